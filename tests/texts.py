"""The page's texts by their keys, in each language, as the tests compare them with what is said."""
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EN, KO = (json.loads((ROOT / f"static/languages/{code}.json").read_text("utf-8")) for code in ("en", "ko"))
