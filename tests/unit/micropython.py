"""The page's Python, in Node: what its files do there."""
import subprocess
from pathlib import Path

from tools.site import MODULES


def printed(site: Path, module: Path, program: Path) -> list[str]:
    """The lines that a program prints after a module of the page's, as one text. Fails with what went wrong there."""
    command = ["node", MODULES / "@micropython/micropython-webassembly-pyscript/micropython.mjs", module, program]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()
