"""The functions of the core that compute something, with the lines that do it highlighted."""
import ast

from worker import highlight


class Excerpt:
    def __init__(self, text: str):
        """text: the core's source."""
        self.lines, self.text = highlight.lines(text), text.splitlines()
        tree = ast.parse(text)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self.named = {node.name: node for node in reversed(functions)}  # of several with one name, the outermost
        self.named |= {f"{node.name}.{method.name}": method for node in tree.body if isinstance(node, ast.ClassDef)
                       for method in node.body if isinstance(method, ast.FunctionDef)}
        self.spans = sorted(((node.lineno, node.end_lineno) for node in functions), reverse=True)

    def containing(self, function: str, pieces) -> set[int]:
        """The numbers of a function's lines that contain any of these pieces of text."""
        node = self.named.get(function)
        return {number for number in range(node.lineno, node.end_lineno + 1)
                if any(piece in self.text[number - 1] for piece in pieces)} if node else set()

    def body(self, *functions: str) -> set[int]:
        """The numbers of these functions' lines, without their heads and docstrings."""
        nodes = [self.named[function] for function in functions if function in self.named]
        return {number for node in nodes for part in node.body[ast.get_docstring(node) is not None:]
                for number in range(part.lineno, part.end_lineno + 1)}

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
