"""The page's two pictures as SVG that stands alone: letters on both axes, the numbers as titles, all escaped."""
from worker.markup import TOP_TOKENS, escape, head_name, top_tokens

CELL, LEFT, TOP, GAP = 24, 34, 34, 26  # pixels
INK, SOFT, ACCENT, WASH = "#1c1b19", "#6b6862", "#a23b00", "#f4f1ec"
FONT = 'font-family="system-ui, sans-serif" font-size="14"'
HEADS_PER_ROW = 4


def attention(letters: list, weights: list, texts: dict) -> str:
    """A square for each head, [layer][head][query][key]; down: the letter that asks, across: the one looked at.

    texts: "head" and "layer", with {n} for the number.
    """
    n, parts = len(letters), []
    width, height = LEFT + n * CELL + GAP, TOP + n * CELL + GAP
    across = min(HEADS_PER_ROW, max(map(len, weights)))
    down = 0
    for layer, heads in enumerate(weights):
        for h, rows in enumerate(heads):
            name = head_name(layer, h, len(weights), texts)
            x, y = h % across * width, (down + h // across) * height
            parts.append(f'<g transform="translate({x} {y})">{_head(letters, rows, name)}</g>')
        down += -(-len(heads) // across)
    return _document(across * width, down * height, "".join(parts))


def _head(letters, rows, name):
    parts = [_text(LEFT, 14, name, SOFT)]
    for i, letter in enumerate(letters):
        middle = i * CELL + CELL / 2
        parts.append(_text(LEFT + middle, TOP - 5, letter, INK, "middle"))
        parts.append(_text(LEFT - 8, TOP + middle + 5, letter, INK, "end"))
    for query, row in enumerate(rows):
        for key, weight in enumerate(row):
            parts.append(_cell(LEFT + key * CELL, TOP + query * CELL, CELL, weight,
                               f"{letters[query]} → {letters[key]}: {100 * weight:.2f} %"))
    return "".join(parts)


def probabilities(letters: list, alphabet: list, rows: list, targets: list) -> str:
    """A row for each position: what was read so far, and the likeliest next letters; the actual one is outlined."""
    parts, left, width = [], 130, 76
    for position, (row, target) in enumerate(zip(rows, targets)):
        y, read = 10 + position * (CELL + 4), "".join(letters[:position + 1])
        parts.append(_text(left - 10, y + 17, read[-12:], INK, "end"))
        for place, token in enumerate(top_tokens(row, target)):
            x = left + place * (width + 4)
            title = f"{read} → {alphabet[token]}: {100 * row[token]:.2f} %"
            outline = f' stroke="{ACCENT}"' if token == target else ""
            parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="{CELL}" fill="{WASH}"{outline}/>')
            parts.append(f'<rect x="{x}" y="{y}" width="{width * row[token]:.2f}" height="{CELL}" fill="{ACCENT}" '
                         f'fill-opacity=".25"><title>{_safe(title)}</title></rect>')
            parts.append(_text(x + 6, y + 17, alphabet[token], INK))
            parts.append(_text(x + width - 6, y + 17, f"{100 * row[token]:.0f}", SOFT, "end"))
    return _document(left + TOP_TOKENS * (width + 4) + 10, 20 + len(rows) * (CELL + 4), "".join(parts))


def _cell(x, y, size, weight, title):
    return (f'<rect x="{x + 1}" y="{y + 1}" width="{size - 2}" height="{size - 2}" rx="2" fill="{ACCENT}" '
            f'fill-opacity="{.05 + .95 * weight:.4f}"><title>{_safe(title)}</title></rect>')


def _text(x, y, text, colour, anchor="start"):
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" text-anchor="{anchor}" xml:space="preserve">{_safe(text)}</text>'


def _safe(text):
    """Escaped, and without the characters that no XML may hold (XML 1.0, section 2.2)."""
    return escape("".join(char if char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
                          else "\ufffd" for char in text))


def _document(width, height, content):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" {FONT}><rect width="100%" height="100%" fill="#fff"/>{content}</svg>\n')
