"""Lighthouse's audit of the built site, with its settings for a desktop: .venv/bin/python -m tools.audit

Fails where a mark is under the one wanted, and names what took marks away. The site is served with gzip, as hosts do.
The packages are in tools/audit/, which `make audit` fills: no part of the site.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.browser import launch_options
from tools.serve import start

ROOT = Path(__file__).resolve().parent.parent
TRIES = 3  # what else the machine does can only take marks away
WANTED = {"performance": 90, "accessibility": 100, "best-practices": 100}


def report(url: str) -> dict:
    """Lighthouse's report on the page at a URL."""
    options = launch_options()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "report.json"
        subprocess.run(
            ["node", "tools/audit/node_modules/lighthouse/cli/index.js", url, "--quiet", "--preset=desktop",
             "--output=json", f"--output-path={target}", f"--only-categories={','.join(WANTED)}",
             "--chrome-flags=" + " ".join(["--headless=new", *options["args"]])],
            cwd=ROOT, env={**os.environ, "CHROME_PATH": options["executable_path"]}, check=True)
        return json.loads(target.read_text("utf-8"))


def main() -> None:
    server = start(ROOT / "_site", compress=True)
    for _ in range(TRIES):
        failed = tell(report(server.url))
        if not failed:
            break
    server.shutdown()
    server.server_close()
    if failed:
        sys.exit("The audit's marks are under those wanted.")


def tell(told: dict) -> bool:
    """Print a report's marks; True where one is under that wanted."""
    failed = False
    for name, wanted in WANTED.items():
        category = told["categories"][name]
        mark = round(100 * (category["score"] or 0))
        failed |= mark < wanted
        print(f"{category['title']:16}{mark:4} of 100, {wanted} wanted")
        for reference in category["auditRefs"]:
            audit = told["audits"][reference["id"]]
            if audit["score"] is not None and audit["score"] < 1 and reference["weight"]:
                print(f"  {audit['title']}: {audit.get('displayValue', '')}".rstrip(": "))
                for item in audit.get("details", {}).get("items", [])[:5]:
                    where = item.get("node", {}).get("snippet") or item.get("description") or item.get("url", "")
                    print(f"    {where}"[:160])
    return failed


if __name__ == "__main__":
    main()
