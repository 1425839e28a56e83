"""The site's host where a browser's driver can't reach into the network: it puts scripts before the page's own, and
another answer in a file's place, in the words of Playwright's `route`."""

import io
import re
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

from tools.serve import Handler, start

BEFORE = "before-the-pages-own.js"
ANOTHER_NAME = "class.example"  # of this machine, to Chromium: http from there is no secure context


@dataclass
class Rules:
    """What one test wants otherwise."""

    before: list[str] = field(default_factory=list)  # scripts
    routes: list[tuple[str, Callable]] = field(default_factory=list)  # an address's pattern, what is to be done there
    heard: list[Callable] = field(default_factory=list)  # who is told of each request
    over: threading.Event = field(default_factory=threading.Event)


class Host(Handler):
    """A site's files, but for what the rules say."""

    rules = Rules()

    @classmethod
    def forget(cls) -> None:
        """Be the site's usual host again."""
        cls.rules.over.set()
        cls.rules = Rules()

    def do_GET(self):
        rules, url = self.rules, f"http://{self.headers['Host']}{self.path}"
        route = Route(self, url)
        for hear in rules.heard:
            hear(route.request)
        for pattern, told in reversed(rules.routes):
            if matches(pattern, url):
                told(route)
                while not route.settled.wait(0.1):
                    if rules.over.is_set():
                        route.abort()
                return route.answer()
        return self.usual()

    def file(self):
        """The path of the file that is asked for."""
        return self.translate_path("/" + (self.path.split("?")[0].removeprefix(self.prefix) or "index.html"))

    def content(self) -> bytes:
        with open(self.file(), "rb") as file:
            return file.read()

    def usual(self):
        name = self.path.split("?")[0].removeprefix(self.prefix)
        if name == BEFORE:
            return self.say(200, "\n".join(self.rules.before).encode(), "text/javascript")
        if self.rules.before and name in ("", "index.html"):
            content = self.content().replace(b"<head>", f'<head><script src="{BEFORE}"></script>'.encode(), 1)
            return self.say(200, content, "text/html; charset=utf-8")
        return super().do_GET()

    def say(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Route:
    """One request, whose answer waits until somebody says what it is; once."""

    def __init__(self, handler: Host, url: str):
        self.handler, self.request, self.settled = handler, SimpleNamespace(url=url), threading.Event()

    def abort(self) -> None:
        """The connection breaks."""
        def answer():
            self.handler.close_connection = True
            self.handler.connection.close()

        self._settle(answer)

    def continue_(self) -> None:
        """As if nobody had looked."""
        self._settle(self.handler.usual)

    def fetch(self) -> SimpleNamespace:
        """What the host would have answered."""
        content = self.handler.content()
        return SimpleNamespace(body=lambda: content, text=lambda: content.decode())

    def fulfill(self, *, status: int = 200, body: str | bytes = "", content_type: str | None = None,
                response: SimpleNamespace | None = None) -> None:
        """Answer with this; `response` is for its head, which is the file's in any case."""
        content = body.encode() if isinstance(body, str) else body
        kind = content_type or self.handler.guess_type(self.handler.file())
        self._settle(lambda: self.handler.say(status, content, kind))

    def _settle(self, answer: Callable[[], None]) -> None:
        self.answer = answer
        self.settled.set()


def matches(pattern: str, url: str) -> bool:
    """Whether an address is one of a pattern's: ** is any part of it, * any part without a slash."""
    parts = {"**": ".*", "*": "[^/]*"}
    expression = "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", pattern))
    return bool(re.fullmatch(expression, url))


class Odd(Handler):
    """A host with its own ideas of a file: `types` has the Content-Type of a suffix, `adds` more headers of each
    answer, `answers` what else comes for a suffix: (status, type, content), or a function that is called first."""

    types: dict[str, str] = {}
    adds: dict[str, str] = {}
    answers: dict[str, tuple] = {}

    def send_head(self):
        path = self.path.split("?")[0]
        answer = next((answer for suffix, answer in self.answers.items() if path.endswith(suffix)), None)
        if callable(answer):
            answer = answer()
        if answer is None:
            return super().send_head()
        status, kind, content = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return io.BytesIO(content)

    def guess_type(self, path):
        kind = super().guess_type(path)
        return next((odd for suffix, odd in self.types.items() if str(path).endswith(suffix)), kind)

    def end_headers(self):
        for name, value in self.adds.items():
            self.send_header(name, value)
        super().end_headers()


@contextmanager
def odd(site, **ideas):
    """Serve a site by an Odd host; gives where it is."""
    server = start(site, prefix="/under/any/path/", handler=type("Odd", (Odd,), ideas))
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
