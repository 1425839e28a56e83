"""Compile Pyodide's standard library ahead of time, so that no visitor's browser has to.

The package holds the library as sources, which Python compiles anew on every page load, for seconds. This writes the
same archive as byte code, without docstrings and asserts (`-O2`), and without what nothing in a browser runs. Byte code
fits one version of Python only, so this file is run by Pyodide itself:

    PYTHONNODEBUGRANGES=1 node tools/pyodide.mjs tools/stdlib.py SOURCES.zip COMPILED.zip

The variable leaves out the columns of the library's own code, a quarter of its bytes; tracebacks keep its lines.
"""

import importlib.util
import marshal
import sys
import zipfile

# Modules and packages that need processes, sockets, a terminal or a desktop, or serve formats and tests of no use here.
DROPPED = set(
    """
    _pyio _pyrepl _ssl antigravity asyncio/__main__ asyncio/proactor_events asyncio/windows_events
    asyncio/windows_utils bdb cProfile compileall concurrent/futures/process configparser ctypes doctest filecmp
    fileinput fractions ftplib getpass http imaplib logging/config logging/handlers mailbox mimetypes modulefinder
    multiprocessing netrc nturl2path optparse pdb pickletools plistlib poplib profile pstats pty py_compile pyclbr
    pprint pydoc shelve smtplib socketserver sqlite3 ssl statistics tabnanny tarfile tomllib trace tracemalloc tty
    unittest urllib/request urllib/robotparser uuid wave webbrowser wsgiref xml xmlrpc zipapp zoneinfo
    """.split()
)

# Text comes to the worker as UTF-8. These are the encodings that Python itself, or its `codecs` examples, ask for, and
# those of old Korean, Japanese and Chinese files; those of one byte a letter come with worker/reading.
KEPT_ENCODINGS = set(
    """
    __init__ aliases ascii base64_codec bz2_codec charmap cp1252 cp437 cp932 cp949 cp950 euc_jp gb18030 hex_codec idna
    iso2022_jp iso8859_1 iso8859_15 latin_1 punycode quopri_codec raw_unicode_escape rot_13 undefined unicode_escape
    utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_7 utf_8 utf_8_sig uu_codec zlib_codec
    """.split()
)

LIBRARY = next(path for path in sys.path if path.endswith(".zip"))  # where the archive will be: tracebacks name it
PYC_HEADER = importlib.util.MAGIC_NUMBER + bytes(12)  # no flags, time or size: there is no source to compare with


def is_kept(path: str) -> bool:
    """Whether the module at `path` in the archive (`json/decoder.py`) goes to the browser."""
    module = path.removesuffix(".py")
    package, _, rest = module.partition("/")
    if package == "encodings":
        return rest in KEPT_ENCODINGS
    return path.endswith(".py") and not {module, package} & DROPPED


def compile_library(sources: str, compiled: str) -> None:
    """Read the archive `sources`, write the archive `compiled`; the same input gives the same bytes."""
    with zipfile.ZipFile(sources) as old, zipfile.ZipFile(compiled, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for path in filter(is_kept, sorted(old.namelist())):
            code = compile(old.read(path), f"{LIBRARY}/{path}", "exec", dont_inherit=True, optimize=2)
            entry = zipfile.ZipInfo(path + "c")  # its date is always 1980-01-01
            new.writestr(entry, PYC_HEADER + marshal.dumps(code), zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    compile_library(*sys.argv[1:])
