"""Serve a folder to this machine's browsers, as a static host would.

    python3 -m tools.serve _site [--port 8000] [--prefix /repo-name/] [--gzip]

Browsers revalidate each file at every load, so that a cache never hides an edit.
"""

import argparse
import errno
import gzip
import io
import sys
import threading
from collections import deque
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXT = {
    "": "text/plain",
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".py": "text/plain",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder under a path prefix."""

    protocol_version = "HTTP/1.1"  # one connection for many files
    disable_nagle_algorithm = True  # else a small body waits 40 ms for the acknowledgement of its headers
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        **{suffix: f"{kind}; charset=utf-8" for suffix, kind in TEXT.items()},
        ".wasm": "application/wasm",
    }

    def __init__(self, *args, prefix: str, compress: bool, **kwargs):
        self.prefix, self.compress = prefix, compress
        super().__init__(*args, **kwargs)

    def send_head(self):
        """Send the response's headers; returns its body as an open file, or None if it has none."""
        if not self.path.startswith(self.prefix):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        self.path = "/" + self.path.removeprefix(self.prefix)
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path = path / "index.html"
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        stat = path.stat()
        tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", tag)
            self.end_headers()
            return None
        squeeze = self.compress and "gzip" in self.headers.get("Accept-Encoding", "") and path.suffix != ".zip"
        body = io.BytesIO(compressed(path, tag)) if squeeze else path.open("rb")
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(body.getbuffer().nbytes if squeeze else stat.st_size))
        if squeeze:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("ETag", tag)
        self.end_headers()
        return body

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code="-", size="-"):
        """Record the response in the server's `answers`, for tests and `tools.size`."""
        self.server.answers.append((self.path.lstrip("/").split("?")[0] or "index.html", int(code)))

    def log_message(self, *args):
        """Print nothing: the browser's developer tools show the requests."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a browser opens several connections at once

    def __init__(self, *args):
        super().__init__(*args)
        self.answers = deque(maxlen=10_000)  # (path in the folder, HTTP status), the newest last

    def handle_error(self, request, client_address):
        """Ignore browsers that close a connection early."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@lru_cache(maxsize=64)
def compressed(path: Path, tag: str) -> bytes:
    """The file at `path` with gzip; `tag` changes when the file does."""
    return gzip.compress(path.read_bytes(), 6)


def start(folder: str | Path, prefix: str = "/", port: int = 0, compress: bool = False,
          handler: type[Handler] = Handler) -> Server:
    """Serve `folder` under `prefix` on 127.0.0.1 from a thread of its own, on any free port if `port` is 0.

    The result's `url` is where it is; its `shutdown()` ends it. Raises `OSError` if the port is taken.
    """
    prefix = f"/{prefix.strip('/')}/".replace("//", "/")
    handler = partial(handler, directory=str(folder), prefix=prefix, compress=compress)
    server = Server(("127.0.0.1", port), handler)
    server.url = f"http://localhost:{server.server_port}{prefix}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a folder to this machine's browsers, as a static host would.")
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prefix", default="/", help="the path under which a host serves it: /repo-name/")
    parser.add_argument("--gzip", action="store_true", help="compress what hosts compress")
    options = parser.parse_args()
    try:
        server = start(options.folder, options.prefix, options.port, options.gzip)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"Port {options.port} is taken: try another, as in `make serve PORT={options.port + 1}`.")
    print(f"{server.url}  (Ctrl-C ends it)", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.shutdown()


if __name__ == "__main__":
    main()
