"""Import every module of the standard library's archive; print, as JSON, the names of the modules not found.

Run by `test_site.py` in the built Pyodide, where the archive is what the page loads.
"""

import importlib
import json
import sys
import warnings
import zipfile

ARCHIVE = next(path for path in sys.path if path.endswith(".zip"))
SIDE_EFFECTS = {"__phello__", "this", "idlelib", "antigravity"}

warnings.simplefilter("ignore")
missing = {}
for path in zipfile.ZipFile(ARCHIVE).namelist():
    name = path.removesuffix(".pyc").removesuffix("/__init__").replace("/", ".")
    if name.endswith("__main__") or name.split(".")[0] in SIDE_EFFECTS:
        continue
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing[name] = error.name
    except ImportError:
        pass  # for want of an operating system, as in the full library
print(json.dumps(missing))
