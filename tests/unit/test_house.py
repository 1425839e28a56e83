"""The rule of the house: the folder tells the runtime. Who may import whom, and what of it the build makes."""
import ast
import hashlib
import json
import re
import shutil
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tools.index_page import file_lists

ROOT = Path(__file__).resolve().parents[2]
PY = ROOT / "py"
CORE_SHA256 = "09c64ec31cb05bb60a6591c2d5c59381fe2f26a0c018d4737cd3aa4cc182956d"
MICROPYTHON = {"asyncio", "json", "math", "os", "sys", "time"}
BRIDGES = {"worker/main.py": {"pyodide"}, "worker/compiler/runtime.py": {"pyodide", "js", "wasmtime"}}
PATHS = sorted(PY.rglob("*.py"))
FILES = [path.relative_to(PY).as_posix() for path in PATHS]
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in zip(FILES, PATHS, strict=True)}


def module_of(name: str) -> str:
    """The dotted name of a file: "worker/formats/__init__.py" is worker.formats."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module_of(name): name for name in FILES}


def imported(name: str, tree: ast.AST, inside_functions: bool = True) -> list[str]:
    """The full names of what a file imports: of `from a import b`, a.b where that is a file of ours, else a."""
    package = name.rpartition("/")[0].split("/") if "/" in name else []
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            found += [f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names]
        elif inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += imported(name, node, inside_functions)
    return found


def allowed(name: str, module: str) -> bool:
    """Whether the rule lets the file `name` import `module`."""
    side, top = name.split("/")[0], module.split(".")[0]
    if side == "page":
        return top in {"page", "common", "pyscript"} | MICROPYTHON
    if side == "worker":
        return top in {"worker", "common", "microgpt"} | BRIDGES.get(name, set()) | sys.stdlib_module_names
    if side == "common":
        return top in {"common", "json"}  # json: what both Pythons have, and what is needed of that
    return top in sys.stdlib_module_names  # the core, and py/ladder: programs of one file each


def room_of(name: str) -> str | None:
    """The room a file belongs to, as "page/source": any folder but page/parts, fetched when it is opened. None for the
    first screen's files and those that are no room's."""
    parts = name.split("/")
    inside = len(parts) > 2 and parts[0] in ("page", "worker") and parts[:2] != ["page", "parts"]
    return "/".join(parts[:2]) if inside else None


@pytest.mark.parametrize(("name", "source", "modules"), [
    ("worker/formats/x.py", "from . import svg\nfrom .svg import attention\nfrom .. import markup\nimport a.b, c",
     ["worker.formats.svg", "worker.formats.svg", "worker.markup", "a.b", "c"]),
    ("worker/x.py", "from worker import formats, nothing\nfrom common.recipe import parse",
     ["worker.formats", "worker", "common.recipe"]),
    ("page/x.py", "def f():\n    if x:\n        import js", ["js"]),
])
def test_what_a_file_imports_is_found(name, source, modules):
    assert imported(name, ast.parse(source)) == modules
    assert imported(name, ast.parse("def f():\n import a"), inside_functions=False) == []


@pytest.mark.parametrize(("name", "module", "may"), [
    ("page/tab.py", "common.recipe", True), ("page/tab.py", "pyscript", True), ("page/tab.py", "asyncio", True),
    ("page/tab.py", "worker.session", False), ("page/tab.py", "microgpt", False), ("page/tab.py", "typing", False),
    ("worker/session.py", "microgpt", True), ("worker/session.py", "pickle", True), ("worker/session.py", "js", False),
    ("worker/session.py", "pyscript", False), ("worker/session.py", "page.view", False),
    ("worker/session.py", "wasmtime", False), ("worker/compiler/runtime.py", "wasmtime", True),
    ("common/recipe.py", "json", True), ("common/recipe.py", "pickle", False), ("common/recipe.py", "page.view", False),
    ("microgpt.py", "math", True), ("microgpt.py", "common.recipe", False),
    ("ladder/counts.py", "random", True), ("ladder/counts.py", "microgpt", False),
])
def test_who_may_import_whom(name, module, may):
    assert allowed(name, module) is may


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_only_what_its_runtime_has(name):
    assert [module for module in imported(name, TREES[name]) if not allowed(name, module)] == []


def test_every_file_is_of_a_known_runtime():
    assert {name.split("/")[0] for name in FILES} - {"ladder"} == {"common", "page", "worker", "microgpt.py"}


def test_no_file_imports_itself_by_way_of_others():
    """At module level: an import inside a function runs when everything has been loaded."""
    needs = {name: {MODULES[module] for module in imported(name, TREES[name], inside_functions=False)
                    if module in MODULES} for name in FILES}
    order = list(TopologicalSorter(needs).static_order())  # raises CycleError, which names the files
    assert sorted(order) == sorted(FILES) and sum(map(len, needs.values())) > 100


def test_a_file_that_comes_first_imports_no_room_before_it_is_opened():
    """A room's files are not there before it is fetched, so that nobody outside it imports one at module level."""
    early = [(name, module) for name in FILES
             for module in imported(name, TREES[name], inside_functions=False)
             if module in MODULES and room_of(MODULES[module]) not in (None, room_of(name))]
    assert early == []


def test_document_is_touched_on_the_page_only():
    """`document` as the browser's object: imported from pyscript or js, or an attribute of window. Elsewhere the word
    means a line of the data."""
    for name, tree in TREES.items():
        if name.startswith("page/"):
            continue
        names = [(node.module, alias.name) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                 for alias in node.names]
        assert not {("pyscript", "document"), ("js", "document"), ("js", "window")} & set(names), name
        touched = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
                   and isinstance(node.value, ast.Name) and node.value.id in ("js", "window", "self_window")]
        assert "document" not in touched and "window" not in touched, name


def test_the_core_is_the_published_one_byte_for_byte():
    content = (PY / "microgpt.py").read_bytes()
    assert hashlib.sha256(content).hexdigest() == CORE_SHA256
    assert content.count(b"\n") <= 243


# ---- What the build makes of it


@pytest.fixture
def copied(tmp_path) -> Path:
    """A folder with what the lists are made of, which a test may change."""
    shutil.copytree(PY, tmp_path / "py", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "static/datasets").mkdir(parents=True)
    shutil.copy(ROOT / "static/datasets/us-names-2018.txt", tmp_path / "static/datasets")
    return tmp_path


def addresses(site: Path) -> dict[str, list[tuple[str, str]]]:
    """{"page", "worker": all (address, path there) that this Python ever gets}: at once, and with each room."""
    worker, page, rooms = file_lists(site)
    return {side: [*first.items(), *(pair for room in rooms.values() for pair in room[side].items())]
            for side, first in (("worker", worker), ("page", page))}


def names_in(site: Path, side: str) -> list[str]:
    """The files of ours that a Python gets by the lists, without their hashes."""
    return sorted(address.split("?")[0].removeprefix("./py/") for address, _ in addresses(site)[side]
                  if address.startswith("./py/"))


@pytest.mark.parametrize("side", ["page", "worker"])
def test_each_python_gets_each_of_its_files_once_and_none_of_the_others(copied, side):
    own = [name for name in FILES if name.startswith((f"{side}/", "common/")) and name != f"{side}/main.py"]
    assert names_in(copied, side) == sorted([*own, *["microgpt.py"] * (side == "worker")])
    paths = [path for _, path in addresses(copied)[side]]
    assert len(paths) == len(set(paths))
    for address, path in addresses(copied)[side]:  # where Python finds it: beside the others, by its module's name
        name = address.split("?")[0]
        assert path == (f"./{name.removeprefix('./py/')}" if name.startswith("./py/") else "./us-names-2018.txt")


def test_the_rooms_are_fetched_apart_and_all_the_rest_at_once(copied):
    worker, page, rooms = file_lists(copied)
    there = {room_of(name) for name in FILES} - {None}
    assert there >= {"page/inspector", "page/source", "worker/compiler", "worker/inspector", "worker/formats"}
    for side, first in (("worker", worker), ("page", page)):
        assert {room_of(address.split("?")[0].removeprefix("./py/")) for address in first} == {None}
        for room, files in rooms.items():
            found = {room_of(address.split("?")[0].removeprefix("./py/")) for address in files[side]}
            assert found == {f"{side}/{room}"} & there


def test_an_address_carries_the_hash_of_its_file(copied):
    for side in ("page", "worker"):
        for address, _ in addresses(copied)[side]:
            name, _, version = address.partition("?")
            assert version == hashlib.sha384((copied / name).read_bytes()).hexdigest()[:8]


ONE_OF_EACH_FOLDER = {name.rpartition("/")[0]: name for name in FILES if not re.match("(page|worker)/main.py", name)}


@pytest.mark.parametrize("changed", ONE_OF_EACH_FOLDER.values())
def test_two_builds_that_differ_in_a_file_differ_in_its_address_only(copied, changed):
    before = addresses(copied)
    with open(copied / "py" / changed, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    after = addresses(copied)
    top = changed.split("/")[0]
    goes_to = {"common": {"page", "worker"}, "microgpt.py": {"worker"}}.get(top, {top})
    for side in ("page", "worker"):
        differing = {address.split("?")[0] for address, _ in set(before[side]) ^ set(after[side])}
        assert differing == ({f"./py/{changed}"} if side in goes_to else set())


def test_a_file_of_no_known_runtime_stops_the_build(copied):
    (copied / "py/elsewhere").mkdir()
    (copied / "py/elsewhere/x.py").touch()
    with pytest.raises(ValueError, match="elsewhere/x.py"):
        file_lists(copied)


def test_the_built_page_has_these_lists(site):
    html = (site / "index.html").read_text("utf-8")
    worker, page, rooms = file_lists(site)
    for side, files in (("worker", worker), ("page", page)):
        script = re.search(rf"""src="(py/{side}/main\.py\?[0-9a-f]{{8}})"\s+config='([^']*)'""", html)
        name, _, version = script[1].partition("?")
        assert version == hashlib.sha384((site / name).read_bytes()).hexdigest()[:8]
        assert json.loads(script[2])["files"] == files
    assert json.loads(re.search(r'id="rooms">([^<]*)<', html)[1]) == rooms
