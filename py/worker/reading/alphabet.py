"""Data that go beyond the limits, made to fit: documents left out, as few as one finds quickly."""
from collections import Counter, defaultdict
from heapq import heapify, heappop, heappush
from types import SimpleNamespace

from common import hangul
from worker.dataset import MAX_DOCUMENTS, MAX_LENGTH, MAX_LETTERS


def letters_of(doc: str) -> set[str]:
    """The letters that count against the limit: Hangul by the jamo, as it can be taken."""
    return set(hangul.decompose("".join(set(doc))))


def cuts(docs: list[str]) -> list[SimpleNamespace]:
    """How documents may be made to fit: id, for cut(); kind; documents, how many stay; lost, how many do not. []
    where they fit, or none of them would."""
    if len(docs) > MAX_DOCUMENTS or max(map(len, docs)) > MAX_LENGTH:
        kinds = ["first"] if len(docs) > MAX_DOCUMENTS else ["short"]
    elif len(letters_of("".join(set("".join(docs))))) > MAX_LETTERS:
        kinds = ["rare", "first"]
    else:
        return []
    found = []
    for kind in kinds:
        kept = cut(docs, kind)
        if kept:
            found.append(SimpleNamespace(id=kind, kind=kind, documents=len(kept), lost=len(docs) - len(kept)))
    return found


def cut(docs: list[str], kind: str) -> list[str]:
    """Those documents that stay: "short", those within the length; "first", the first that fit; "rare", all but those
    with the rarest letters."""
    if not kind:
        return docs
    docs = [doc for doc in docs if len(doc) <= MAX_LENGTH]
    if kind == "first":
        docs = first(docs[:MAX_DOCUMENTS])
    elif kind == "rare":
        docs = without_rarest(docs)
    return docs


def first(docs: list[str]) -> list[str]:
    if len(letters_of("".join(docs))) <= MAX_LETTERS:
        return docs
    seen = set()
    for place, doc in enumerate(docs):
        seen |= letters_of(doc)
        if len(seen) > MAX_LETTERS:
            return docs[:place]
    return docs


def without_rarest(docs: list[str]) -> list[str]:
    """Leave out the documents of the rarest letter, then those of the letter that is the rarest now, and so on."""
    contents = [letters_of(doc) for doc in docs]
    within = defaultdict(list)
    for place, letters in enumerate(contents):
        for letter in letters:
            within[letter].append(place)
    counts = Counter({letter: len(places) for letter, places in within.items()})
    queue = [(count, letter) for letter, count in counts.items()]
    heapify(queue)
    left, gone = len(counts), set()
    while left > MAX_LETTERS:
        count, rarest = heappop(queue)
        if count != counts[rarest] or not count:
            continue  # an older entry
        for place in within[rarest]:
            if place not in gone:
                gone.add(place)
                for letter in contents[place]:
                    counts[letter] -= 1
                    if counts[letter]:
                        heappush(queue, (counts[letter], letter))
                    else:
                        left -= 1
    return [doc for place, doc in enumerate(docs) if place not in gone]
