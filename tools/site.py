"""Build the site: plain files in `_site/` that any static host can serve, under any path.

    python3 -m tools.site
    SITE_URL=https://example.org/microgpt/ python3 -m tools.site

`SITE_URL` is the address under which the site will be found; previews of links need it (tools/preview.py), all else
does without.

Our own files are copied. Of the packages in `package-lock.json`, the files that a browser loads go to `_site/vendor/`,
in folders whose names carry a hash of their content, so that a browser's cache never mixes two builds. `files.json` in
Pyodide's folder has the size and SHA-256 of each file that the worker loads.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.index_page import fill, versioned
from tools.preview import PICTURE, draw

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_site"
CACHE = ROOT / ".cache"
MODULES = ROOT / "node_modules"

OURS = ["index.html", "LICENSE", "py/**/*.py", "static/**/*"]

# Folder under vendor/: (package, the files that go there; licences among them where the package has one).
VENDOR = {
    "pyscript": ("@pyscript/core", ["LICENSE", "dist/*.js", "dist/*.css"]),
    "pyodide": ("pyodide", ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"]),
    "micropython": ("@micropython/micropython-webassembly-pyscript", ["micropython.mjs", "micropython.wasm"]),
    "uplot": ("uplot", ["LICENSE", "dist/uPlot.esm.js", "dist/uPlot.min.css"]),
    "uqr": ("uqr", ["LICENSE", "dist/index.mjs"]),
    "idbkeyval": ("idb-keyval", ["LICENCE", "dist/index.js"]),
}


def copy_ours(site: Path) -> None:
    """Copy our own files; raise `FileNotFoundError` if a kind is missing."""
    for pattern in OURS:
        files = [path for path in ROOT.glob(pattern) if path.is_file()]
        if not files:
            raise FileNotFoundError(f"{pattern} is missing: the site cannot be built without it")
        for path in files:
            copy(path, site / path.relative_to(ROOT))


def copy_vendor(vendor: Path) -> None:
    """Copy the files of each package that a browser loads, and list the packages with their licences in NOTICE.txt."""
    notice = ["These folders hold files of the following packages, unchanged but for Pyodide's standard library,"]
    notice += ["which is compiled to byte code, and its list of packages, which is empty.", ""]
    for name, (package, patterns) in VENDOR.items():
        folder = MODULES / package
        for pattern in patterns:
            for path in folder.glob(pattern):
                copy(path, vendor / name / path.name.replace(".mjs", ".js"))
        about = json.loads((folder / "package.json").read_text())
        source = about.get("repository", {}).get("url", about.get("homepage", "")).removeprefix("git+")
        notice.append(f"{name}/: {package} {about['version']}, licence {about['license']}, {source}")
    (vendor / "NOTICE.txt").write_text("\n".join(notice) + "\n")


def trim_pyodide(pyodide: Path) -> None:
    """Add the compiled standard library, and a lock file without packages: the site loads none."""
    shutil.copyfile(compiled_library(), pyodide / "python_stdlib.zip")
    lock = json.loads((MODULES / "pyodide/pyodide-lock.json").read_text())
    (pyodide / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": {}}))


def compiled_library() -> Path:
    """The archive of the standard library as byte code, cached for each version of Pyodide and of `tools/stdlib.py`."""
    sources, compiler = MODULES / "pyodide/python_stdlib.zip", ROOT / "tools/stdlib.py"
    key = hashlib.sha256(sources.read_bytes() + compiler.read_bytes()).hexdigest()[:16]
    compiled = CACHE / f"python_stdlib-{key}.zip"
    if not compiled.exists():
        print("Compiling the standard library for the browser, once …", flush=True)
        CACHE.mkdir(exist_ok=True)
        unfinished = compiled.with_suffix(".part")
        paths = (path.relative_to(ROOT) for path in (compiler, sources, unfinished))
        environment = {**os.environ, "PYTHONNODEBUGRANGES": "1"}
        subprocess.run(["node", "tools/pyodide.mjs", *paths], cwd=ROOT, env=environment, check=True)
        unfinished.rename(compiled)
    return compiled


SOURCES = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self'">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<link rel="icon" href="../icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="../style.css">
</head>
<body class="document">
<main>
{html}</main>
</body>
</html>
"""


def write_sources(site: Path) -> None:
    """Write the page on where each data set comes from, from its README.md, for those who read it in a browser."""
    readme = Path("static/datasets/README.md")
    html = subprocess.run(["node", "tools/markdown.mjs", readme], cwd=ROOT, check=True, capture_output=True).stdout
    html = SOURCES.format(title=re.search(r"<h1>(.+?)</h1>", html.decode())[1], html=html.decode())
    html = html.replace("../style.css", "../../" + versioned(site, "static/style.css"))
    (site / readme.with_suffix(".html")).write_bytes(html.encode("ascii", "xmlcharrefreplace"))


def write_files(pyodide: Path) -> None:
    """Write `files.json`: size in bytes and SHA-256 of each file that the worker loads to start Pyodide."""
    files = {path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
             for path in sorted(pyodide.iterdir())}
    (pyodide / "files.json").write_text(json.dumps(files, indent=1) + "\n")


def name_folders(site: Path) -> None:
    """Append a hash of its content to the name of each folder of `vendor/`, and rewrite our files' references to it."""
    names = {}
    for folder in sorted(path for path in (site / "vendor").iterdir() if path.is_dir()):
        content = b"".join(path.name.encode() + digest(path) for path in sorted(folder.iterdir()))
        renamed = folder.rename(f"{folder}-{hashlib.sha256(content).hexdigest()[:8]}")
        names[f"vendor/{folder.name}/"] = f"vendor/{renamed.name}/"
    for path in [site / "index.html", *site.glob("py/**/*.py"), *site.glob("static/*.js")]:
        text = path.read_text("utf-8")
        named = re.sub(r"vendor/\w+/", lambda found: names[found[0]], text)
        if named != text:
            path.write_text(named, "utf-8")


def vendored(site: Path, name: str) -> Path:
    """The folder of a package of `VENDOR` in a built site."""
    return next((site / "vendor").glob(name + "-*"))


def digest(path: Path) -> bytes:
    return hashlib.sha384(path.read_bytes()).digest()


def seal(site: Path) -> None:
    """Give each script and style sheet in index.html an integrity hash: the browser runs none but this build's.

    Our own files' addresses carry their hash too, so that none comes from a cache of another build.
    """
    def sealed(tag: re.Match) -> str:
        path = next(site.glob(tag[2]))  # a pattern where the package's own name has a hash
        name = path.relative_to(site).as_posix()
        hashed = base64.b64encode(digest(path)).decode()
        address = name if name.startswith("vendor/") else versioned(site, name)
        return f'{tag[1]}{address}" integrity="sha384-{hashed}" crossorigin'  # to a sandboxed frame all is another's

    page = site / "index.html"
    named = r'(<link rel="(?:stylesheet|modulepreload)" href="|<script type="module" async src=")([^"?]+)"'
    page.write_text(re.sub(named, sealed, page.read_text("utf-8")), "utf-8")


def write_service_worker(site: Path) -> None:
    """Write the service worker, which caches the site for use offline, with a hash of each file."""
    subprocess.run(["node", "tools/offline.mjs", site], cwd=ROOT, check=True)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def site_address(text: str) -> str:
    """The address under which the site will be found, ending with a slash; "" for none. Raises ValueError."""
    if text and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError(f"SITE_URL is {text!r}, but it has to be a full address like https://example.org/microgpt/")
    return text and text.rstrip("/") + "/"


def build(site: Path = SITE, address: str = "") -> None:
    """Build into a folder beside `site`, then swap the two: a running server never sees half a site. address: where the
    site will be found, ending with a slash, or "" where that is not known."""
    fresh, old = site.with_name(site.name + ".new"), site.with_name(site.name + ".old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    copy_ours(fresh)
    copy_vendor(fresh / "vendor")
    trim_pyodide(fresh / "vendor/pyodide")
    write_files(fresh / "vendor/pyodide")
    name_folders(fresh)
    draw(fresh / PICTURE, json.loads((fresh / "static/languages/en.json").read_text("utf-8")))
    fill(fresh, address)
    seal(fresh)
    write_sources(fresh)
    write_service_worker(fresh)
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    try:
        build(address=site_address(os.environ.get("SITE_URL", "")))
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"tools/site.py: {error}")
