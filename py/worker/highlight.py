"""A Python file as HTML, line by line: its comments, texts and keywords marked."""
import io
import keyword
import tokenize
from html import escape

KINDS = {"COMMENT": "comment", "STRING": "text", "NUMBER": "number",
         "FSTRING_START": "text", "FSTRING_MIDDLE": "text", "FSTRING_END": "text"}  # f-strings have parts from 3.12 on


def listing(text: str) -> str:
    """The items of an ordered list, one a line. Raises as lines() does."""
    return "".join(f'<li id="L{number}"><code>{line}</code></li>' for number, line in enumerate(lines(text), 1))


def lines(text: str) -> list[str]:
    """The HTML of each line. Raises SyntaxError or tokenize.TokenError where text is not Python."""
    lines = text.splitlines()
    marks = [[] for _ in lines]  # for each line: (start, end, kind), from left to right
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = "keyword" if keyword.iskeyword(token.string) else KINDS.get(tokenize.tok_name[token.type])
        for row in range(token.start[0], token.end[0] + 1 if kind else 0):
            start = token.start[1] if row == token.start[0] else 0
            end = token.end[1] if row == token.end[0] else len(lines[row - 1])
            marks[row - 1].append((start, end, kind))
    return [_marked(line, spans) for line, spans in zip(lines, marks)]


def _marked(line, spans):
    html, at = [], 0
    for start, end, kind in spans:
        html.append(f'{escape(line[at:start])}<span class="{kind}">{escape(line[start:end])}</span>')
        at = end
    return "".join(html) + escape(line[at:])
