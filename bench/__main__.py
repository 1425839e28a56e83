"""Run the measurements of this folder and print their tables, as bench/README.md has them.

    python -m bench              all of them, one after the other (`make bench`)
    python -m bench startup      only these
    python -m bench --list       their names

Each module here that has a `main()` is a measurement.
"""

import importlib
import pkgutil
import sys

import bench

MODULES = [module.name for module in pkgutil.iter_modules(bench.__path__) if module.name != "__main__"]


def measurements() -> dict:
    """The `main` of each measurement, by name."""
    modules = {name: importlib.import_module(f"bench.{name}") for name in MODULES}
    return {name: module.main for name, module in modules.items() if hasattr(module, "main")}


def main(arguments: list[str]) -> None:
    found = measurements()
    if arguments == ["--list"]:
        print(*found, sep="\n")
        return
    if unknown := [name for name in arguments if name not in found]:
        sys.exit(f"bench: unknown measurement {', '.join(unknown)}; there are {', '.join(found)}")
    for name in arguments or found:
        found[name]()
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
