"""Numbers as people type them: "0,02", "1 000", "１６", "1e-2". Runs in MicroPython (the page) and in CPython.

What can be read in one way only is read; what could be two numbers ("1.000" where whole ones are wanted) is not.
"""
ZEROS = (0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6)  # of full-width, Arabic, Persian, Devanagari and Bengali digits
SIGNS = {"−": "-", "－": "-", "＋": "+", "．": ".", "，": ",", "٫": ",", "、": ",", "ｅ": "e", "Ｅ": "E", "％": "%",
         "’": "'"}
SPACES = "\t\u00a0\u1680\u2007\u2008\u2009\u200a\u202f\u3000"  # read as a space: it may part groups
MARKS = "'_"  # of three digits, and these may
LONGEST = 40  # characters that are looked at

PLAIN, READ, AMBIGUOUS, FRACTION, NONE = "plain", "read", "ambiguous", "fraction", "none"  # how it was read


def parse(text, whole):
    """(number, how) of a text: PLAIN as Python writes it; READ where it was written in another way; and without a
    number (None) AMBIGUOUS where it could be two, FRACTION where a whole one is wanted, NONE where there is none."""
    if len(text) > LONGEST:
        return None, NONE
    plain = _to_ascii(text)
    if not plain:
        return None, NONE
    sign, digits, exponent = _parts(plain)
    digits, grouped = _without_groups(digits)
    if digits is None or not _is_exponent(exponent):
        return None, NONE
    points = [char for char in digits if char in ".,"]
    comma = "," in points
    if len(set(points)) == 2:  # the last is the decimal one, and the others stand between groups
        last = points[-1]
        before, _, after = digits.rpartition(last)
        if last in before or not _is_grouped(before, points[0]):
            return None, NONE
        digits, comma = before.replace(points[0], "") + "." + after, True
    elif len(points) > 1:
        if not _is_grouped(digits, points[0]):
            return None, NONE
        digits, comma = digits.replace(points[0], ""), True
    elif points and _is_grouped(digits, points[0]) and not exponent and not grouped and (whole or comma):
        if not (whole and comma):  # the page itself writes 1,000
            return None, AMBIGUOUS
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    if not any(_is_digit(char) for char in digits) or not all(_is_digit(char) for char in digits.replace(".", "", 1)):
        return None, NONE
    try:
        value = float(sign + digits + exponent)
    except (ValueError, OverflowError):
        return None, NONE
    if whole:
        if value - value != 0:  # infinite
            return None, NONE
        if value != int(value):
            return None, FRACTION
        value = int(digits.partition(".")[0] or "0") * (-1 if sign == "-" else 1) if not exponent else int(value)
    usual = plain == text.strip() and " " not in plain and not comma and not grouped
    return value, PLAIN if usual and not (whole and ("." in plain or exponent)) else READ


def _to_ascii(text):
    """The text with the digits and signs of other scripts as ASCII's, and without a percent sign at its end."""
    result = []
    for char in text:
        for zero in ZEROS:
            if zero <= ord(char) < zero + 10:
                char = chr(ord("0") + ord(char) - zero)
        result.append(" " if char in SPACES else SIGNS.get(char, char))
    return "".join(result).strip().rstrip("%").rstrip()


def _parts(text):
    """Sign, digits with all that stands between them, and exponent."""
    sign = text[0] if text[0] in "+-" else ""
    text = text[len(sign):].lstrip()
    for i, char in enumerate(text):
        if char in "eE":
            return sign, text[:i], "e" + text[i + 1:]
    return sign, text, ""


def _is_exponent(text):
    digits = text[2:] if text[1:2] in ("+", "-") else text[1:]
    return not text or 0 < len(digits) < 6 and all(_is_digit(char) for char in digits)


def _without_groups(text):
    """The text without the spaces or marks between groups of three digits, and whether there were any; (None, True)
    where they stand elsewhere."""
    for mark in " " + MARKS:
        if mark in text:
            end = min([i for i, char in enumerate(text + ".") if char in ".,"])
            whole, rest = text[:end], text[end:]
            if not _is_grouped(whole, mark) or any(char in " " + MARKS for char in rest):
                return None, True
            return whole.replace(mark, "") + rest, True
    return text, False


def _is_grouped(text, mark):
    """Whether digits stand in groups of three between these marks, the first group in one to three, and not a zero."""
    first, *groups = text.split(mark)
    return (0 < len(first) < 4 and first[0] != "0" and all(len(group) == 3 for group in groups)
            and all(_is_digit(char) for char in "".join([first] + groups)))


def _is_digit(char):
    return "0" <= char <= "9"
