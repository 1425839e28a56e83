"""Lines as people have them: a list in one line, columns, numbers and bullets; and how each can be taken apart.

A way to take the lines is a text, such as "column:,:1:header", so that the page can hand it back: way.split(":").
"""
import csv
import json
import re
from collections import Counter
from types import SimpleNamespace

MAX_COLUMNS = 6    # that are offered
MOST = .8          # the share of lines that must look alike
MAX_SAMPLE = 2000  # lines that are looked at
SAMPLES = 3        # documents of each way that are shown

# What people put between the things in a list, by the name that its text in the language files ends with.
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "ideographic": "、", "wide": "，",
              "escape": "\\n", "tag": "<br>", "middot": "·", "bullet": "•", "slash": "/"}
SENTENCE = re.compile(r"(?<=[.!?…])[\"”’»)]*\s+|(?<=[。！？])")
BRACKETS, QUOTES = "[](){}", "\"'“”‘’«»„‚「」『』`"
NUMBERED = re.compile(r"\s*(?:[(\[（]?\d{1,9}\s*[.)\]）:、．。]\s*|(?:#|[Nn]o\.? ?)?\d{1,9}\s*[-–]?\s+|[①-⑳]\s*|"
                      r"[a-zA-Z][.)]\s+|[ivxlc]+[.)]\s+)(?=\D)")
BULLET = re.compile(r"\s*(?:[•·‣◦▪●○■□◆◇★☆✓✔➤►※・∙⁃]\s*|[-*+–—>]\s+|#{1,6}\s+)(?:\[[ xX]\]\s*)?"
                    r"(?=\S)")
QUOTED = re.compile(r"\s*[(\[]?[\"'“‘«„「](.*?)[\"'”’»“」][)\]]?\s*[,;]?\s*")
COUNTER = re.compile(r"(?:^|\s)[(\[]?\d{1,4}[.)\]]\s+")
LAST = re.compile(r"\s*\b(?:and|or|und|oder|et|ou|y|e|o|og|och|en|ja)\s+|\s*&\s*")  # before the last thing in a list
COMMA_AFTER = re.compile(r"\s*(\S.*?)\s*[,;]\s*")
COUNTED = re.compile(r"\s*(\S.*?)\s*(?:[\s:=(\[×]|\s[-–x]\s)\s*\d[\d.,]*\s*%?[)\]]?\s*")
NUMBER = re.compile(r"[-+]?[\d.,'’ \u00a0]*\d[\d.,]*\s*[%€$£]?")
COLUMN_SEPARATORS = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|"}
GAP = re.compile(r"\s{2,}")
NAMES = set("name|names|first|firstname|given|givenname|vorname|prénom|prenom|nombre|nome|namn|navn|nimi|imię|imie|"
            "jméno|ad|word|words|title|text|이름|성명|단어|名前|氏名|姓名|名字|имя|слово".split("|"))
HEADERS = NAMES | set("id|nr|no|no.|rank|count|counts|number|gender|sex|year|births|freq|frequency|last|lastname|"
                      "surname|family|city|country|state|code|email|date|age|anzahl|geschlecht|"
                      "성별|나이|번호|性別|пол".split("|"))


def ways(lines: list[str]) -> list[SimpleNamespace]:
    """How some lines, none of them blank, may be taken apart, the likeliest first: id, for take(); kind, of
    "divide", "column" and those of PATTERNS; name, of the separator or the column; documents, how many that gives, of
    "divide" only; first, how they begin. [] where each line looks like a document."""
    tried = columns(lines) or [*marks(lines), *divisions(lines)]
    found, seen = [], {tuple(lines[:50])}
    for way in tried:
        docs = take(lines if way.kind == "divide" else lines[:MAX_SAMPLE], way.id)
        if docs and tuple(docs[:50]) not in seen:
            seen.add(tuple(docs[:50]))
            way.documents = len(docs) if way.kind == "divide" else None
            way.first = ", ".join([doc[:16] + "…" * (len(doc) > 16) for doc in docs[:SAMPLES]]
                                  + ["…"] * (len(docs) > SAMPLES))
            found.append(way)
    return found


def take(lines: list[str], way: str) -> list[str]:
    """The documents of some lines, taken in a way that ways() offered; "" is a line each."""
    kind, *rest = way.split(":")
    if kind == "divide":
        return [doc for line in lines for piece in pieces(line, rest[0]) if (doc := bare(piece))]
    if kind == "column":
        found = rows(lines, rest[0])[len(rest) > 2:]
        cells = [row[int(rest[1])] for row in found if len(row) > int(rest[1])]
        return [doc for cell in cells if (doc := " ".join(cell.split()))]
    if kind in PATTERNS:
        return [doc for line in lines if (doc := stripped(line, kind))]
    return [doc for line in lines if (doc := line.strip())]


# ---- Columns

def columns(lines: list[str]) -> list[SimpleNamespace]:
    """The columns of what looks like a table, the most like names first."""
    for name in ("json", *COLUMN_SEPARATORS, "gap"):
        table = rows(lines[:MAX_SAMPLE], name)
        width = Counter(map(len, table)).most_common(1)[0][0] if table else 0
        alike = [row for row in table if len(row) == width]
        if len(table) < 2 or width < 2 - (name == "json") or len(alike) < MOST * len(table) or (
                name != "json" and len(table) < .3 * len(lines[:MAX_SAMPLE])):
            continue
        if name in ("comma", "semicolon") and wordy(alike):
            continue
        header = name == "json" or has_header(alike)
        body, order = alike[header:], []
        for place in range(width):
            cells = [cell for row in body if (cell := row[place].strip())]
            if cells:
                title = alike[0][place].strip() if header else ""
                order.append((-likeness(cells, title), place, title))
        if len(order) < 2 - (name == "json"):
            continue  # a separator at the end of each line
        return [SimpleNamespace(id=f"column:{name}:{place}" + ":header" * header, kind="column",
                                name=title or str(place + 1)) for _, place, title in sorted(order)[:MAX_COLUMNS]]
    return []


def rows(lines: list[str], separator: str) -> list[list[str]]:
    """The cells of each line, quotes undone; a cell may go over some lines."""
    if separator == "json":
        return objects(lines)
    if separator == "gap":
        return [GAP.split(line.strip()) for line in lines]
    letter = COLUMN_SEPARATORS[separator]
    if re.fullmatch("sep=.?", lines[0].strip(), re.IGNORECASE):  # Excel's word to itself
        lines = lines[1:]
    if separator == "bar":  # as Markdown has them, with a bar at each end and a line below the header
        lines = [line.strip().removeprefix("|").removesuffix("|") for line in lines]
        lines = [line for line in lines if not re.fullmatch(r"[\s|:+-]*", line)]
    try:
        found = list(csv.reader([line + "\n" for line in lines], delimiter=letter, skipinitialspace=True))
        if len(found) >= MOST * len(lines):
            return found
    except csv.Error:
        pass
    return [line.split(letter) for line in lines]


def objects(lines: list[str]) -> list[list[str]]:
    """The same of JSON: an array of objects, or an object a line; the first row has the names. [] for anything else."""
    if lines[0].lstrip()[:1] not in ("[", "{"):
        return []
    for text in ("\n".join(lines), "[" + ",".join(lines) + "]"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, list) and found and all(isinstance(one, dict) and one for one in found):
            names = list(found[0])
            return [names] + [["" if one.get(name) is None else str(one[name]) for name in names] for one in found]
    return []


def wordy(table: list[list[str]]) -> bool:
    """Whether cells read like parts of sentences rather than a table's."""
    cells = [cell for row in table for cell in row]
    return sum(len(cell.split()) > 4 for cell in cells) > .4 * len(cells)


def has_header(table: list[list[str]]) -> bool:
    """Whether the first row of a table names its columns."""
    first, rest = table[0], table[1:]
    if any(NUMBER.fullmatch(cell.strip()) for cell in first):
        return False
    if sum(cell.strip().lower().replace("_", "").replace(" ", "") in HEADERS for cell in first) * 2 >= len(first):
        return True
    for place, title in enumerate(first):
        cells = [row[place].strip() for row in rest]
        if cells and sum(bool(NUMBER.fullmatch(cell)) for cell in cells) > MOST * len(cells):
            return True
        if len(title) > 2 and max(map(len, cells), default=9) < 2:  # codes, as F and M
            return True
    return False


def likeness(cells: list[str], title: str) -> float:
    """How much a column looks like names: letters without digits, not always the same few, neither codes nor prose."""
    letters = sum(any(char.isalpha() for char in cell) and not any(char.isdigit() for char in cell) for cell in cells)
    length = sum(map(len, cells)) / len(cells)
    varied = (len(set(cells)) > 5 or len(cells) < 12) * min(1, 2 * len(set(cells)) / len(cells))
    addresses = sum("@" in cell or "://" in cell for cell in cells)
    return ((2 * letters - addresses) / len(cells) + varied - (length < 1.6) - (length > 30)
            + (title.lower().replace(" ", "") in NAMES))


# ---- What stands before or around each line's own text

PATTERNS = {"unnumbered": NUMBERED, "unbulleted": BULLET, "unquoted": QUOTED, "uncomma": COMMA_AFTER,
            "uncounted": COUNTED}


def marks(lines: list[str]) -> list[SimpleNamespace]:
    """What most lines begin or end with and need not."""
    some, found = [line for line in lines[:MAX_SAMPLE] if line.strip(BRACKETS + ",; ")], []
    for kind, pattern in PATTERNS.items():
        whole = kind in ("unquoted", "uncomma", "uncounted")
        fits = [line for line in some if (pattern.fullmatch(line) if whole else pattern.match(line))]
        left = [stripped(line, kind) for line in fits]
        if len(fits) < max(3, MOST * len(some)) or sum(any(map(str.isalpha, doc)) for doc in left) < MOST * len(left):
            continue
        if kind == "unnumbered" and len({line.split()[0] for line in fits}) < 3 and len(fits) > 3:
            continue  # not numbers, but how the lines begin
        found.append(SimpleNamespace(id=kind, kind=kind, name=""))
    return found


def stripped(line: str, kind: str) -> str:
    """A line's own text, without what a pattern finds around it."""
    pattern = PATTERNS[kind]
    if kind in ("unnumbered", "unbulleted"):
        return pattern.sub("", line, count=1).strip()
    found = pattern.fullmatch(line)
    text = (found[1] if found else line).strip()
    return "" if kind != "uncounted" and not text.strip(BRACKETS + ",; ") else text


# ---- Lists in one line, or in few

def divisions(lines: list[str]) -> list[SimpleNamespace]:
    """The separators at which few lines may be divided into short documents, that of the most documents first."""
    found = []
    text = "\n".join(lines)[:100_000]
    for name, separator in SEPARATORS.items():
        if separator not in text or (name == "slash" and ("://" in text or "</" in text)):
            continue
        parts = [doc for line in text.split("\n") for piece in pieces(line, name) if (doc := bare(piece))]
        short = sorted(parts, key=len)[len(parts) // 2] if parts else ""
        words = sorted(len(part.split()) for part in parts)
        sentences = len(SENTENCE.findall(text)) if name in ("comma", "ideographic", "wide", "semicolon", "slash") else 0
        if (len(parts) >= max(3, 2.5 * len(lines)) and len(short) <= 30 and words[len(words) // 2] <= 3
                and sentences <= len(parts) / 6):
            found.append((-len(parts), name))
    if len(lines) == 1 and len(COUNTER.findall(text)) > 2:
        found = [(0, "number")]
    if not found and len(lines) == 1:
        sentences = len([piece for piece in pieces(text, "sentence") if piece.strip()])
        if sentences > 1:
            found.append((-sentences, "sentence"))
        elif len(text.split()) > 2:
            found.append((-len(text.split()), "space"))
    return [SimpleNamespace(id=f"divide:{name}", kind="divide", name=name) for _, name in sorted(found)[:2]]


def pieces(line: str, name: str) -> list[str]:
    """A line, divided at a separator; commas within quotes divide nothing."""
    if name == "space":
        return line.split()
    if name == "sentence":
        return SENTENCE.split(line)
    if name == "number":
        return COUNTER.split(line)
    separator = SEPARATORS[name]
    if name in ("comma", "semicolon") and line.count('"') >= 2:
        try:
            return next(csv.reader([line.strip().strip(BRACKETS)], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            pass
    parts = line.split(separator)
    return parts[:-1] + LAST.split(parts[-1]) if name in ("comma", "semicolon") and len(parts) > 1 else parts


def bare(piece: str) -> str:
    """A piece of a list without the brackets and quotes around it."""
    text = piece.strip()
    if text[:1] and text[:1] in "[({" and text.count(text[0]) != text.count(BRACKETS[BRACKETS.index(text[0]) + 1]):
        text = text[1:].strip()
    if text[-1:] and text[-1:] in "])}" and text.count(text[-1]) != text.count(BRACKETS[BRACKETS.index(text[-1]) - 1]):
        text = text[:-1].strip()
    if len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES:
        text = text[1:-1].strip()
    return text
