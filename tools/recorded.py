"""The recording that the page shows until the visitor's own run has begun: the published run on the project's own list.

    python3 -m tools.recorded

runs the core (half a minute) and writes static/recorded.json: numbers only. fill() draws them into index.html when the
site is built, as the worker draws a live frame.
"""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "py"))

import draw  # noqa: E402
from recipe import DATASETS, DEFAULTS  # noqa: E402
from session import Session, drawn  # noqa: E402

RECORDED = ROOT / "static/recorded.json"
DIGITS = 4


def record(recipe: dict) -> dict:
    """Train a run to its end. Returns its alphabet, the points of its loss curve, its last view, and its names."""
    with open(ROOT / DATASETS[recipe["data"]], encoding="utf-8") as lines:
        session = Session(lines, recipe)
    frame = session.train(float("inf"), recipe["temperature"], recipe["prefix"])
    names = session.last_names(20, True) + frame["names"][::-1]
    return rounded({"step": frame["step"], "mean": frame["mean"], "points": frame["points"], "names": names,
                    "alphabet": session.alphabet, "view": session.view()})


def rounded(value):
    """The same value with every float cut to what a picture can show."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def fill(html: str) -> str:
    """index.html with the recording drawn where it says so; the words come from the page itself."""
    recorded = json.loads(RECORDED.read_text())
    words = {key: re.search(f'<i data-t="{key}">(.*?)</i>', html)[1] for key in ("head", "layer", "new", "listed")}
    view = recorded["view"]
    pictures = {"attention": draw.attention(view["letters"], view["attention"], words),
                "probabilities": drawn(view, recorded["alphabet"], words)["probabilities"],
                "names": draw.names(recorded["names"], words)}
    for name in ("attention", "probabilities", "names"):
        place = f"<!-- recorded: {name} -->"
        if place not in html:
            raise ValueError(f"index.html has no place for the recording: {place}")
        html = html.replace(place, pictures[name])
    return html


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(record(DEFAULTS), ensure_ascii=False, separators=(",", ":")) + "\n")
