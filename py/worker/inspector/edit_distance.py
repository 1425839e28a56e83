"""The documents of a list that are most like a text: by edit distance, the least number of letters to insert, delete or
replace (Levenshtein, 1965). Pure, and quick enough for some ten thousand names between a press and its answer.
"""


class Nearest:
    def __init__(self, documents: list[str]):
        """documents: texts, each once."""
        self.bits = {}  # of a letter, the first of its kind in a text, or the second, … : a bit of an integer
        self.documents = [(document, self._letters(document)) for document in documents]

    def _letters(self, text):
        """The letters of a text, whatever their order, as bits."""
        seen, letters = {}, 0
        for letter in text:
            seen[letter] = kind = seen.get(letter, 0) + 1
            letters |= self.bits.setdefault((letter, kind), 1 << len(self.bits))
        return letters

    def of(self, text: str, count: int) -> list[tuple[int, str]]:
        """The count documents nearest to a text, as (distance, document): the nearest first, then by the alphabet."""
        mine, least = self._letters(text), {}
        for document, letters in self.documents:
            # An edit takes one letter away at the most, and brings one at the most: there are so many, or more.
            edits_at_least = max((mine & ~letters).bit_count(), (letters & ~mine).bit_count())
            least.setdefault(edits_at_least, []).append(document)
        found = []  # at most count of them, in their order
        for at_least, documents in sorted(least.items()):
            if len(found) == count and at_least > found[-1][0]:
                break
            for document in documents:
                limit = found[-1][0] if len(found) == count else max(len(document), len(text))
                distance = edits(text, document, limit)
                if distance <= limit:
                    found = sorted([*found, (distance, document)])[:count]
        return found


def edits(a: str, b: str, limit: int) -> int:
    """The edit distance of two texts; where it is above the limit, any number above it."""
    if len(a) > len(b):
        a, b = b, a
    while a and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    row = list(range(len(a) + 1))  # row[i]: the distance of a[:i] and the letters of b so far
    for j, letter in enumerate(b):
        corner, row[0] = j, j + 1
        for i, other in enumerate(a):
            above = row[i + 1]
            row[i + 1] = corner if other == letter else 1 + min(corner, above, row[i])
            corner = above
        if min(row) > limit:
            return limit + 1
    return row[-1]
