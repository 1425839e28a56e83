"""Lighthouse's audit of the built site, with its settings for a desktop: .venv/bin/python -m tools.audit

Exits with status 1 if a score is below the one required, and prints what cost points. The site is served with gzip, as
hosts do. Lighthouse is installed by `make audit` into tools/audit/ and is no part of the site.
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
TRIES = 3  # a busy machine can only lower a score
REQUIRED = {"performance": 90, "accessibility": 100, "best-practices": 100}


def report(url: str) -> dict:
    """Lighthouse's report on the page at a URL."""
    options = launch_options()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "report.json"
        subprocess.run(
            ["node", "tools/audit/node_modules/lighthouse/cli/index.js", url, "--quiet", "--preset=desktop",
             "--output=json", f"--output-path={target}", f"--only-categories={','.join(REQUIRED)}",
             "--chrome-flags=" + " ".join(["--headless=new", *options["args"]])],
            cwd=ROOT, env={**os.environ, "CHROME_PATH": options["executable_path"]}, check=True)
        return json.loads(target.read_text("utf-8"))


def main() -> None:
    server = start(ROOT / "_site", compress=True)
    for _ in range(TRIES):
        failed = print_scores(report(server.url))
        if not failed:
            break
    server.shutdown()
    server.server_close()
    if failed:
        sys.exit("A score is below the one required.")


def print_scores(found: dict) -> bool:
    """Print a report's scores; True if one is below the one required."""
    failed = False
    print("| | score | required |\n|---|---:|---:|")
    for name, required in REQUIRED.items():
        category = found["categories"][name]
        score = round(100 * (category["score"] or 0))
        failed |= score < required
        print(f"| {category['title']} | {score} | {required} |")
        for reference in category["auditRefs"]:
            audit = found["audits"][reference["id"]]
            if audit["score"] is not None and audit["score"] < 1 and reference["weight"]:
                print(f"  {audit['title']}: {audit.get('displayValue', '')}".rstrip(": "))
                for item in audit.get("details", {}).get("items", [])[:5]:
                    where = item.get("node", {}).get("snippet") or item.get("description") or item.get("url", "")
                    print(f"    {where}"[:160])
    return failed


if __name__ == "__main__":
    main()
