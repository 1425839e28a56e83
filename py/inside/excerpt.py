"""The functions of the core that compute something, with the lines that do it lit."""
import ast

import source


class Excerpt:
    def __init__(self, text):
        """text: the core's source."""
        self.lines = source.lines(text)
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        self.spans = sorted(((node.lineno, node.end_lineno) for node in functions), reverse=True)

    def html(self, lit):
        """lit: line numbers. Each function with a lit line is shown whole, numbered as in the file; the last come
        first, because they call those that stand before them."""
        spans = [(start, end) for start, end in self.spans if any(start <= line <= end for line in lit)]
        blocks = "".join(f'<ol class="listing" start="{start}">{self._items(start, end, lit)}</ol>'
                         for start, end in spans)
        return f'<div class="excerpt" tabindex="0">{blocks}</div>'

    def _items(self, start, end, lit):
        return "".join(f'<li value="{number}"{" class=lit" if number in lit else ""}>'
                       f'<code>{self.lines[number - 1]}</code></li>' for number in range(start, end + 1))
