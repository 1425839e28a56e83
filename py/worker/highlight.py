"""A Python file as HTML, line by line: its comments, texts and keywords marked, its names linked to what explains them.
"""
import io
import keyword
import tokenize
from html import escape

KINDS = {"COMMENT": "comment", "STRING": "text", "NUMBER": "number",
         "FSTRING_START": "text", "FSTRING_MIDDLE": "text", "FSTRING_END": "text"}  # f-strings have parts from 3.12 on

LINKS = {  # of what the core defines: where the page shows what it computes
    "DEFAULTS": "settings", "LN2_HIGH": "number.exp", "EXP_SERIES": "number.exp", "LOG_SERIES": "number.log",
    "COS_SERIES": "number.wte.0.0", "polynomial": "number.exp", "exp": "number.exp", "log": "number.log",
    "power": "number.pow", "gauss": "number.wte.0.0", "Value": "number.loss", "Value.__add__": "number.add",
    "Value.__mul__": "number.mul", "Value.__pow__": "number.pow", "Value.exp": "number.exp", "Value.log": "number.log",
    "Value.relu": "number.relu", "Value.backward": "step.backward", "topological_order": "step.backward",
    "dot": "number.dot", "total": "number.sum", "largest": "number.max", "linear": "letter.1.query",
    "rmsnorm": "letter.1.embedding", "softmax": "letter.1.probabilities", "GPT": "letter.1.token",
    "GPT.__init__": "number.wte.0.0", "GPT.forward": "letter.1.embedding", "GPT.attend": "letter.1.attention",
    "Run.read": "step.forward", "Run.train": "step.update", "Run.sample": "name",
}


def listing(text: str) -> str:
    """The items of an ordered list, one a line. Raises as lines() does."""
    return "".join(f'<li id="L{number}"><code>{line}</code></li>' for number, line in enumerate(lines(text), 1))


def lines(text: str) -> list[str]:
    """The HTML of each line. Raises SyntaxError or tokenize.TokenError where text is not Python."""
    lines = text.splitlines()
    marks = [[] for _ in lines]  # for each line: (start, end, kind), from left to right
    before, inside = "", ""      # the token before this one; the class of the line
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = "keyword" if keyword.iskeyword(token.string) else KINDS.get(tokenize.tok_name[token.type])
        if token.type == tokenize.NAME and not kind:
            if before in ("def", "class") or token.start[1] == 0:
                name = f"{inside}.{token.string}" if inside and token.line[:1].isspace() else token.string
                inside = token.string if before == "class" else inside
                kind = LINKS.get(name) and ("link", LINKS[name])
        before = token.string
        for row in range(token.start[0], token.end[0] + 1 if kind else 0):
            start = token.start[1] if row == token.start[0] else 0
            end = token.end[1] if row == token.end[0] else len(lines[row - 1])
            marks[row - 1].append((start, end, kind))
    return [_marked(line, spans) for line, spans in zip(lines, marks)]


def _marked(line, spans):
    html, at = [], 0
    for start, end, kind in spans:
        mark, end_mark = f'<span class="{kind}">', "</span>"
        if isinstance(kind, tuple):
            mark, end_mark = f'<a href="#view={kind[1]}" data-go="{kind[1]}">', "</a>"
        html.append(f"{escape(line[at:start])}{mark}{escape(line[start:end])}{end_mark}")
        at = end
    return "".join(html) + escape(line[at:])
