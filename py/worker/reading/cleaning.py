"""Text as lines: line ends of every kind, and what nobody can see taken out of it, or left where it matters."""
import re
import unicodedata

from common.errors import UserError
from worker.dataset import UNREADABLE, line_of

LINE_ENDS = re.compile("\r\n|\r|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
ENDING = re.compile("\x1a(?:[\x1a\0]*|\\s*)\\Z")
TERMINAL = re.compile("\x1b\\[[0-9;?]*[A-Za-z]|\x1b[()][0-9A-B]|.\x08")  # colours and overstrikes
CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")
MAX_CONTROLS = 1 / 100  # of a text's characters; with more of them it is no text
SPACES = re.compile("[\u00a0\u2007\u202f]")  # which break no line, and else are spaces
C1 = re.compile("[\x80-\x84\x86-\x9f]")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]")
JOINER, NON_JOINER = "\u200d", "\u200c"
JOINED = re.compile("[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc]")
EMOJI = re.compile("[#*0-9©®‼⁉\u20e3\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]")
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
FLAG = "\U0001f3f4"


def clean(text: str) -> tuple[str, list]:
    """The text with "\\n" between its lines and without what nobody sees, in one form of Unicode (NFC); and notes of
    what was done, [key, values]. Raises UserError for what is no text."""
    notes = []
    ending = ENDING.search(text)
    if ending:  # what DOS wrote there
        text = text[:ending.start()]
    breaks = 0
    if LINE_ENDS.search(text):
        breaks = len(re.findall("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text))
        text = LINE_ENDS.sub("\n", text)
    text, removed = controls_removed(text)
    removed += ending[0] if ending else ""
    if breaks:
        notes.append(["own.breaks", {"count": f"{breaks:,}"}])
    if (place := text.find(UNREADABLE)) >= 0:
        notes.append(["own.unreadable", {"line": line_of(text, place)}])
    if found := C1.search(text):  # Windows-1252 that another program took for Latin-1
        text = C1.sub(lambda one: bytes([ord(one[0])]).decode("cp1252", "replace"), text)
        notes.append(["own.c1", {"code": f"U+{ord(found[0]):04X}", "line": line_of(text, found.start())}])
    text, spaces = SPACES.subn(" ", text)
    if spaces:
        notes.append(["own.spaces", {"count": f"{spaces:,}"}])
    if INVISIBLE.search(text):
        text, invisible = without_invisible(text)
        removed += invisible
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        notes.append(["own.normalized", {}])
    if removed:
        codes = sorted(set(removed))
        notes.append(["own.invisible", {"count": f"{len(removed):,}", "codes": ", ".join(
            f"U+{ord(letter):04X}" for letter in codes[:4]) + (", …" if len(codes) > 4 else "")}])
    return text, notes


def controls_removed(text: str) -> tuple[str, list[str]]:
    """The text without control characters, and those there were. UserError where they are too many for a text's."""
    if not (strange := CONTROL.search(text)):
        return text, []
    plain = TERMINAL.sub("", text)
    controls = CONTROL.findall(plain)
    if "\0" in controls or len(controls) > max(1, MAX_CONTROLS * len(plain)):
        raise UserError("own.control", line=line_of(text, strange.start()), code=f"U+{ord(strange[0]):04X}")
    return CONTROL.sub("", plain), controls or [strange[0]]


def without_invisible(text: str) -> tuple[str, list[str]]:
    """The text without invisible characters, but those that change what is seen; and those that were removed."""
    pieces, removed, end = [], [], 0
    for found in INVISIBLE.finditer(text):
        place, letter = found.start(), found[0]
        if not matters(letter, text[place - 1:place], text[place + 1:place + 2], text, place):
            pieces.append(text[end:place])
            removed.append(letter)
            end = place + 1
    return "".join(pieces) + text[end:], removed


def matters(letter: str, before: str, after: str, text: str, place: int) -> bool:
    """Whether an invisible character changes how those around it look: in emoji, in Arabic and Indic scripts, and as a
    variant of a Han character."""
    if letter == JOINER:
        return bool(EMOJI.match(before) and EMOJI.match(after) or JOINED.match(before))
    if letter == NON_JOINER:
        return bool(JOINED.match(before) and JOINED.match(after))
    if letter in "\ufe0e\ufe0f":
        return bool(EMOJI.match(before)) and not before.isdigit() or after == "\u20e3"
    if "\U000e0100" <= letter <= "\U000e01ef":
        return bool(HAN.match(before))
    if "\U000e0020" <= letter <= "\U000e007f":  # of a flag: 🏴 and the letters of its region
        start = place
        while start and "\U000e0020" <= text[start - 1] <= "\U000e007f":
            start -= 1
        return text[start - 1:start] == FLAG
    return False
