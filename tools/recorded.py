"""The recorded run that the page shows until the visitor's own begins: the default recipe, trained to its end.

    python3 -m tools.recorded

trains the core (half a minute) and writes static/recorded.json, which holds numbers only. The build calls pictures(),
which draws them as the worker draws a live frame.
"""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "py"))

from common.recipe import DATASETS, DEFAULTS  # noqa: E402
from worker import markup  # noqa: E402
from worker.session import Session  # noqa: E402

RECORDED = ROOT / "static/recorded.json"
DIGITS = 4


def record(recipe: dict) -> dict:
    """Train a run to its end. Returns its alphabet, loss curve, last view and names."""
    with open(ROOT / DATASETS[recipe["data"]], encoding="utf-8") as lines:
        session = Session(lines, recipe)
    frame = session.train(float("inf"), recipe["temperature"], recipe["prefix"])
    names = session.last_names(20, True) + frame["names"][::-1]
    return rounded({"step": frame["step"], "mean": frame["mean"], "points": frame["points"], "names": names,
                    "alphabet": session.alphabet, "view": session.view()})


def rounded(value):
    """The same value with every float rounded to DIGITS decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def pictures(words: dict[str, str]) -> dict[str, str]:
    """The recording as HTML by name: attention, probabilities and names, with a language's texts."""
    recorded = json.loads(RECORDED.read_text())
    view = recorded["view"]
    return {"attention": markup.attention(view["letters"], view["attention"], words),
            "probabilities": markup.pictures(view, recorded["alphabet"], words)["probabilities"],
            "names": markup.names(recorded["names"], words)}


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(record(DEFAULTS), ensure_ascii=False, separators=(",", ":")) + "\n")
