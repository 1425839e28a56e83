"""What the build puts into index.html: the English texts, the choice of languages, the recorded run, the lists of files
that each of the two Pythons gets, and the scripts that say why nothing begins.

The folder tells the runtime, and when a file is fetched. `py/common/` goes to both Pythons. The files directly in
`py/page/` and `py/worker/`, and those in `py/page/parts/`, come with the page; any other folder there is a room,
fetched when it is opened. Each address carries the file's hash, so that a browser's cache never mixes two versions.
"""
import base64
import hashlib
import json
import re
from html import escape
from pathlib import Path

from tools import preview
from tools.recorded import pictures

CORE = "py/microgpt.py"
DATA = "static/datasets/us-names-2018.txt"  # of the published run: the worker has it from the start
WITH_THE_PAGE = ("py/page/parts",)
NEEDS = Path(__file__).with_name("needs.json")
WATCH = ("static/syntax.js", "static/watch.js")  # which stand in the page itself
BY_BUILD = {"language.name", "preview.alt"}  # texts of which the page's Python says nothing
WATCH_TEXTS = ("host.", "incomplete", "load-again")  # what they say: keys that begin so


def fill(site: Path, address: str = "") -> None:
    """Fill in `site/index.html`, a copy of ours; the files it names have their final bytes by now. address: the site's
    own, ending with a slash, or "" where that is not known."""
    page = site / "index.html"
    languages = {path.stem: json.loads(path.read_text("utf-8")) for path in (site / "static/languages").glob("*.json")}
    html = with_texts(page.read_text("utf-8"), languages["en"])
    html = put(html, "preview", preview.tags(languages["en"], address, versioned(site, preview.PICTURE)))
    html = put(html, "languages", options(site, languages))
    for name, drawn in pictures(languages["en"]).items():
        html = put(html, f"recorded: {name}", drawn)
    worker, page_files, rooms = file_lists(site)
    for script, files in (("worker", worker), ("page", page_files)):
        html, count = re.subn(rf'src="py/{script}/main\.py"(\s+config=\'[^\']*"files": ){{}}',
                              lambda found, script=script, files=files:
                              f'src="{versioned(site, f"py/{script}/main.py")}"{found[1]}{json.dumps(files)}', html)
        if count != 1:
            raise ValueError(f"index.html has no script tag, or several, for py/{script}/main.py")
    runtime = versioned(site, "static/runtime.js") + ".js"  # PyScript takes an address for one if it ends so
    html = html.replace('"./static/runtime.js"', f'"./{runtime}"')
    html = re.sub(r'data-file="([^"?]+)"(?! lang)', lambda found: f'data-file="{versioned(site, found[1])}"', html)
    html = put(html, "rooms", data("rooms", rooms))
    html = with_watch(html, site, languages)
    # In ASCII, so that no host's word about the encoding changes a letter.
    page.write_bytes(html.encode("ascii", "xmlcharrefreplace"))


def data(id: str, values: object) -> str:
    """Values for a script, where it finds them by their id."""
    text = json.dumps(values).replace("<", "\\u003c")
    return f'<script type="application/json" id="{id}">{text}</script>'


def with_watch(html: str, site: Path, languages: dict[str, dict]) -> str:
    """The page with the scripts that say why nothing begins, which the page's policy knows by their hashes, and with
    what these need: the list of what is asked of a browser, and their texts."""
    needs = json.loads(NEEDS.read_text("utf-8"))["needs"]
    versions = {name: f"{max(column):g}" for name, column in zip(("chrome", "firefox", "safari"),
                                                                zip(*needs.values(), strict=True), strict=True)}
    scripts = [(site / name).read_text("ascii") for name in WATCH]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    html = html.replace("'wasm-unsafe-eval'", " ".join([*(f"'sha256-{hash}'" for hash in hashes),
                                                        "'wasm-unsafe-eval'"]), 1)
    html = put(html, "watch", "\n".join([data("watch-needs", {"names": list(needs), "versions": versions}),
                                         *(f"<script>{script}</script>" for script in scripts)]))
    texts = {code: {key: text for key, text in language.items() if key.startswith(WATCH_TEXTS)}
             for code, language in languages.items()}
    html = put(html, "watch: texts", data("watch-texts", texts))
    return put(html, "noscript", "".join(f'<p class="status" lang="{code}">{escape(words["host.noscript"])}</p>'
                                         for code, words in languages.items()))


def put(html: str, name: str, what: str) -> str:
    """The page with `what` in the place of the comment of a name; raise `ValueError` where that is not there once."""
    if html.count(f"<!-- {name} -->") != 1:
        raise ValueError(f"index.html has no place, or several, for <!-- {name} -->")
    return html.replace(f"<!-- {name} -->", what)


def with_texts(html: str, texts: dict[str, str]) -> str:
    """The page with each text by its key: in its element, in its attribute, or, where only Python says it, in a
    template. Raises `KeyError` for a key that the language file lacks."""
    placed = set()

    def text(key: str) -> str:
        placed.add(key)
        return escape(texts[key]).replace("\xa0", "&nbsp;")

    html = re.sub(r'(<(\w+)[^>]*\bdata-t="([^"]+)"[^>]*>)(?=</\2>)', lambda found: found[1] + text(found[3]), html)
    for kind, attribute in (("label", "aria-label"), ("placeholder", "placeholder")):
        html = re.sub(rf'data-t-{kind}="([^"]+)"', lambda found, attribute=attribute:
                      f'{attribute}="{text(found[1])}" {found[0]}', html)
    html = html.replace("<title></title>", f"<title>{text('title')}</title>")
    rest = [f'<i data-t="{key}">{text(key)}</i>' for key in texts
            if key not in placed | BY_BUILD and not key.startswith(WATCH_TEXTS)]
    return put(html, "texts", '<template id="words">\n' + "\n".join(rest) + "\n</template>")


def options(site: Path, languages: dict[str, dict]) -> str:
    """An option for each language: adding a file adds one. English, with which the page begins, comes first."""
    codes = sorted(languages, key=lambda code: (code != "en", code))
    return "".join(f'<option value="{code}" lang="{code}" label="{escape(languages[code]["language.name"])}" '
                   f'data-file="{versioned(site, f"static/languages/{code}.json")}"></option>' for code in codes)


def file_lists(site: Path) -> tuple[dict, dict, dict]:
    """{address: path there} of the files that the worker and the page get at once, and of each room: {room: {"page":
    …, "worker": …}}."""
    worker, page, rooms = {}, {}, {}
    entries = {site / "py/page/main.py", site / "py/worker/main.py"}  # which PyScript fetches by itself
    for path in sorted({*(site / "py").rglob("*.py")} - entries):
        name = path.relative_to(site).as_posix()
        folder, there = name.rpartition("/")[0], f"./{name.removeprefix('py/')}"
        side = name.split("/")[1]
        address = f"./{versioned(site, name)}"
        if name == CORE:
            worker[address] = there
        elif side == "common":
            worker[address] = page[address] = there
        elif folder in ("py/page", "py/worker", *WITH_THE_PAGE):
            (page if side == "page" else worker)[address] = there
        elif side in ("page", "worker"):
            rooms.setdefault(folder.split("/")[2], {"page": {}, "worker": {}})[side][address] = there
        else:
            raise ValueError(f"{name}: no Python is known for this folder")
    worker[f"./{versioned(site, DATA)}"] = f"./{Path(DATA).name}"
    return worker, page, rooms


def versioned(site: Path, name: str) -> str:
    """A file's address with its hash."""
    return f"{name}?{hashlib.sha384((site / name).read_bytes()).hexdigest()[:8]}"
