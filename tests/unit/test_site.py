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
        self.inside = []  # the texts of scripts that stand in the page
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.handlers += [name for name in attributes if name.startswith("on")]
        self.scripts += [attributes] if tag == "script" else []
        self.inside += [""] if tag == "script" and not attributes else []
        if tag == "link" and attributes["rel"] in ("stylesheet", "modulepreload") or attributes.get("type") == "module":
            self.loads.append(attributes)
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]

    def handle_data(self, data):
        if self.scripts and not self.scripts[-1] and self.inside[-1] == "":
            self.inside[-1] = data


@pytest.fixture(scope="module")
def references(site) -> References:
    return References((site / "index.html").read_text())


def test_everything_the_page_names_is_there(site, references):
    named = [url for _, url in references.urls if not re.match("#|data:|mailto:|https?://", url)]
    for config in references.configs:
        named += [config["interpreter"], *config["files"]]
    missing = [url for url in named if not (site / re.split("[?#]", url)[0]).exists()]
    assert [url for url in named if url.startswith("static/pyscript.js")] and missing == []


def test_no_address_is_bound_to_the_root_of_the_host(references):
    assert [url for _, url in references.urls if url.startswith("/")] == []


def test_the_page_loads_nothing_from_another_host(site, references):
    assert [(tag, url) for tag, url in references.urls if tag != "a" and re.match("(https?:)?//", url)] == []
    loads = re.compile(r"""(?:url\(|\bimport\b|\bfrom\b|fetch\()\s*["']?(?:https?:)?//""")
    sources = [path for path in (site / "static").rglob("*") if path.suffix in (".css", ".mjs", ".js")]
    assert [path.name for path in sources if loads.search(path.read_text())] == []


def test_no_handler_stands_in_the_page_and_no_script_but_those_whose_hashes_the_policy_has(site):
    tags = Tags((site / "index.html").read_text("utf-8"))
    assert all(script.get("src") or script.get("type") == "application/json" for script in tags.scripts if script)
    assert tags.inside == [(site / f"static/{name}.js").read_text("utf-8") for name in ("syntax", "watch")]
    assert re.findall("'sha256-(.+?)'", tags.policy) == [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in tags.inside]
    assert tags.handlers == []


@pytest.mark.parametrize(("directive", "sources"), [
    ("default-src", "'none'"), ("script-src", "'self' 'wasm-unsafe-eval'"), ("worker-src", "'self' blob:"),
    ("connect-src", "'self' blob:"), ("style-src", "'self'"), ("style-src-attr", "'unsafe-inline'"),
    ("img-src", "'self'"), ("manifest-src", "'self'"), ("base-uri", "'none'"), ("form-action", "'none'"),
])
def test_the_content_security_policy_allows_no_more_than_is_needed(site, directive, sources):
    """blob: is how PyScript starts a worker, and how the browser is asked for the hash of what has come; WebAssembly
    needs its word; pictures are drawn with style attributes."""
    policy = re.sub(" 'sha256-.+?'", "", Tags((site / "index.html").read_text("utf-8")).policy)
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
    environment = {**os.environ, "STDLIB": str(vendored(site, "pyodide") / "python_stdlib.zip")}
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


def test_whatever_encoding_a_host_names_no_letter_of_the_page_changes(site):
    assert (site / "index.html").read_bytes().isascii()


def test_an_old_browser_can_read_what_says_that_it_is_old():
    """The words that came with ES2015 and later, but for the one object with a getter, which is older."""
    text = re.sub(r"//.*|\"[^\"]*\"", "", (ROOT / "static/watch.js").read_text("utf-8"))
    assert re.findall(r"=>|`|\b(?:const|let|class|async|await|of)\b|\?\.|\?\?", text) == []


def test_no_script_is_named_as_hosts_do_not_know_it(site):
    assert [path.name for path in site.rglob("*.mjs")] == []


def test_the_list_of_what_a_browser_needs_is_whole(site):
    needs = json.loads((ROOT / "tools/needs.json").read_text("utf-8"))["needs"]
    text = (site / "index.html").read_text("utf-8")
    there = json.loads(re.search(r'id="watch-needs">(.+?)</script>', text)[1])
    assert there["names"] == list(needs) and there["versions"] == {"chrome": "98", "firefox": "114", "safari": "16.4"}
    watch = (ROOT / "static/watch.js").read_text("utf-8")
    assert [name for name in needs if " " in name and f'"{name}"' not in watch] == []


def test_each_file_of_ours_that_the_page_loads_is_asked_for_by_what_is_in_it(site, references):
    """So that a page never meets another version's file in a cache."""
    text = (site / "index.html").read_text("utf-8")
    rooms = json.loads(re.search(r'id="rooms">(.+?)</script>', text)[1])
    named = [url for tag, url in references.urls if tag in ("script", "link")]
    named += [url for config in references.configs for url in (config["interpreter"], *config["files"])]
    named += [url for room in rooms.values() for side in room.values() for url in side]
    named += re.findall('data-file="(.+?)"', text)
    asked = {url.removeprefix("./") for url in named} - {"static/app.webmanifest", "static/icon.svg",
                                                         "static/icons/maskable-512.png"}  # for the system
    ours = [url for url in asked if not url.startswith("vendor/")]
    assert len(ours) > 60 and {"py/common/recipe.py", "static/recorded.json", "static/languages/ko.json",
                               "static/datasets/cities.txt", "static/style.css"} <= {url.split("?")[0] for url in ours}
    for url in ours:
        name, _, hashed = url.partition("?")
        digest = hashlib.sha384((site / name).read_bytes()).hexdigest()[:8]
        assert hashed.removesuffix(".js") == digest, url
    assert all(re.match(r"vendor/\w+-[0-9a-f]{8}/", url) for url in asked if url.startswith("vendor/"))


def test_where_the_data_sets_come_from_is_a_page_to_read(site):
    html = (site / "static/datasets/README.html").read_text("ascii")
    assert "<title>The data sets</title>" in html and "<table>" in html and "<code>cities.txt</code>" in html
    style = re.search(r'rel="stylesheet" href="(.+?)\?', html)[1]
    assert (site / "static/datasets" / style).resolve() == (site / "static/style.css").resolve()
    link = re.search(r'<a [^>]*data-t="footer.data"[^>]*>', (site / "index.html").read_text("utf-8"))[0]
    assert 'href="static/datasets/README.html"' in link and 'target="_blank"' in link


def test_no_file_input_greys_a_file_out(site):
    """iOS knows no type of .safetensors, and lets only known ones be chosen where `accept` names a suffix."""
    inputs = re.findall(r'<input [^>]*type="file"[^>]*>', (site / "index.html").read_text("utf-8"))
    assert len(inputs) == 2 and not any("accept" in tag for tag in inputs)
