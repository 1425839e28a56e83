"""The built site: whole, self-contained, light."""

import base64
import hashlib
import json
import os
import re
import struct
import subprocess
from html.parser import HTMLParser

import pytest

from tools.serve import start
from tools.site import ROOT, VENDOR, vendored
from tools.stdlib import DROPPED, is_kept

MB = 1_000_000
HASHED = re.compile(rb"vendor/(\w+)-[0-9a-f]{8}/")


class References(HTMLParser):
    """Collects what a page's `src` and `href` name, and what the settings of its scripts do (`config`)."""

    def __init__(self, html: str):
        super().__init__()
        self.urls, self.configs = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.urls += [(tag, value) for name, value in attrs if name in ("src", "href") and value]
        self.configs += [json.loads(value) for name, value in attrs if name == "config"]


class Tags(HTMLParser):
    """The attributes of a page's scripts, of what it loads as script or style, its handlers, and its policy."""

    def __init__(self, html: str):
        super().__init__()
        self.scripts, self.loads, self.handlers, self.policy = [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.handlers += [name for name in attributes if name.startswith("on")]
        self.scripts += [attributes] if tag == "script" else []
        if tag == "link" and attributes["rel"] in ("stylesheet", "modulepreload") or attributes.get("type") == "module":
            self.loads.append(attributes)
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]


@pytest.fixture(scope="module")
def references(site) -> References:
    return References((site / "index.html").read_text())


def test_everything_the_page_names_is_there(site, references):
    named = [url for _, url in references.urls if not re.match("#|data:|mailto:|https?://", url)]
    for config in references.configs:
        named += [config["interpreter"], *config["files"]]
    missing = [url for url in named if not (site / re.split("[?#]", url)[0]).exists()]
    assert [url for url in named if url.startswith("static/pyscript.mjs")] and missing == []


def test_no_address_is_bound_to_the_root_of_the_host(references):
    assert [url for _, url in references.urls if url.startswith("/")] == []


def test_the_page_loads_nothing_from_another_host(site, references):
    assert [(tag, url) for tag, url in references.urls if tag != "a" and re.match("(https?:)?//", url)] == []
    loads = re.compile(r"""(?:url\(|\bimport\b|\bfrom\b|fetch\()\s*["']?(?:https?:)?//""")
    sources = [path for path in (site / "static").rglob("*") if path.suffix in (".css", ".mjs", ".js")]
    assert [path.name for path in sources if loads.search(path.read_text())] == []


def test_no_script_stands_in_the_page_and_no_handler(site):
    tags = Tags((site / "index.html").read_text("utf-8"))
    assert tags.scripts
    assert all(script.get("src") or script.get("type") == "application/json" for script in tags.scripts)
    assert tags.handlers == []


@pytest.mark.parametrize(("directive", "sources"), [
    ("default-src", "'none'"), ("script-src", "'self' 'wasm-unsafe-eval'"), ("worker-src", "'self' blob:"),
    ("connect-src", "'self'"), ("style-src", "'self'"), ("style-src-attr", "'unsafe-inline'"), ("img-src", "'self'"),
    ("manifest-src", "'self'"), ("base-uri", "'none'"), ("form-action", "'none'"),
])
def test_the_content_security_policy_allows_no_more_than_is_needed(site, directive, sources):
    """blob: is how PyScript starts a worker; WebAssembly needs its word; pictures are drawn with style attributes."""
    policy = Tags((site / "index.html").read_text("utf-8")).policy
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert allowed[directive] == sources and len(allowed) == 10


def test_the_browser_checks_every_script_and_style_sheet_that_the_page_names(site):
    sealed = [tag for tag in Tags((site / "index.html").read_text("utf-8")).loads]
    assert len(sealed) >= 7
    for tag in sealed:
        content = (site / tag.get("href", tag.get("src")).split("?")[0]).read_bytes()
        assert tag["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def test_the_folders_of_packages_are_named_by_what_is_in_them(site):
    for folder in (site / "vendor").glob("*-*"):
        content = b"".join(path.name.encode() + hashlib.sha384(path.read_bytes()).digest()
                           for path in sorted(folder.iterdir()))
        assert folder.name.endswith("-" + hashlib.sha256(content).hexdigest()[:8])


def test_the_manifests_icons_are_there_in_their_sizes(site):
    manifest = json.loads((site / "static/app.webmanifest").read_text())
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        head = (site / "static" / icon["src"]).read_bytes()[:24]
        assert head.startswith(b"\x89PNG") and "{}x{}".format(*struct.unpack(">II", head[16:])) == icon["sizes"]


def test_our_files_are_served_byte_for_byte_but_for_the_hashes_of_folders(site):
    ours = [*(ROOT / "py").rglob("*.py"), *(ROOT / "static").rglob("*.*")]
    changed = [path for path in ours if HASHED.sub(b"vendor/\\1/", (site / path.relative_to(ROOT)).read_bytes())
               != path.read_bytes()]
    assert ours and changed == []


def test_versions_are_pinned_and_the_lock_names_no_registry():
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    text = (ROOT / "package-lock.json").read_text()
    installed = json.loads(text)["packages"]
    assert wanted == {package: installed[f"node_modules/{package}"]["version"] for package, _ in VENDOR.values()}
    assert all("integrity" in package for path, package in installed.items() if path)
    assert "resolved" not in text


def test_sizes_and_hashes_are_those_of_the_files(site):
    pyodide = vendored(site, "pyodide")
    sizes = json.loads((pyodide / "files.json").read_text())
    assert sizes == {path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                     for path in pyodide.iterdir() if path.name != "files.json"}


def test_the_weight_stays_within_bounds(site):
    assert sum(path.stat().st_size for path in vendored(site, "pyodide").iterdir()) < 13.5 * MB
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 18 * MB


def test_no_module_of_the_library_misses_a_dropped_one(site):
    command = ["node", "tools/pyodide.mjs", "tests/unit/stdlib_imports.py"]
    environment = {**os.environ, "PYODIDE": str(vendored(site, "pyodide"))}
    result = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=True)
    missing = json.loads(result.stdout.splitlines()[-1])
    assert {name: wanted for name, wanted in missing.items() if wanted.replace(".", "/") in DROPPED} == {}


@pytest.mark.parametrize(("path", "kept"), [
    ("json/decoder.py", True), ("random.py", True), ("email/message.py", True), ("encodings/utf_8.py", True),
    ("unittest/mock.py", False), ("pydoc.py", False), ("encodings/big5.py", False), ("tomllib/mypy.ini", False),
    ("json/", False),
])
def test_the_librarys_drop_list(path, kept):
    assert is_kept(path) is kept


def test_the_server_takes_one_port_once(site):
    server = start(site)
    with pytest.raises(OSError):
        start(site, port=server.server_port)
    server.shutdown()
    server.server_close()
