"""The functions of the core that compute something, with the lines that do it highlighted."""
import ast

from worker import highlight


class Excerpt:
    def __init__(self, text: str):
        """text: the core's source."""
        self.lines, self.text = highlight.lines(text), text.splitlines()
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        self.named = {node.name: (node.lineno, node.end_lineno) for node in functions}
        self.spans = sorted(((node.lineno, node.end_lineno) for node in functions), reverse=True)

    def containing(self, function: str, pieces) -> set[int]:
        """The numbers of a function's lines that contain any of these pieces of text."""
        start, end = self.named.get(function, (1, 0))
        return {number for number in range(start, end + 1) if any(piece in self.text[number - 1] for piece in pieces)}

    def html(self, lit) -> str:
        """lit: the numbers of the lines to highlight. Each function with one is shown whole, numbered as in the file;
        the last come first, because they call those that stand before them."""
        spans = [(start, end) for start, end in self.spans if any(start <= line <= end for line in lit)]
        blocks = "".join(f'<ol class="listing" start="{start}">{self._items(start, end, lit)}</ol>'
                         for start, end in spans)
        return f'<div class="excerpt" tabindex="0">{blocks}</div>' if blocks else ""

    def _items(self, start, end, lit):
        return "".join(f'<li value="{number}"{" class=lit" if number in lit else ""}>'
                       f'<code>{self.lines[number - 1]}</code></li>' for number in range(start, end + 1))
