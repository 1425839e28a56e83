"""Run every measurement of this folder: `make bench`, or `python -m bench startup` for one of them."""

import importlib
import pkgutil
import sys

import bench

names = sys.argv[1:] or [module.name for module in pkgutil.iter_modules(bench.__path__) if module.name != "__main__"]
for name in names:
    importlib.import_module(f"bench.{name}").main()
    print()
