"""The page's preview, which chats, blogs and social networks show beside a link (Open Graph): a title, a sentence, a
picture of the recorded run. What needs the site's full address is left out where the build does not know it.
"""
import json
import math
import subprocess
from html import escape
from pathlib import Path

from tools.recorded import RECORDED

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "node_modules/@expo-google-fonts/source-serif-4"
PICTURE = "static/preview.png"
WIDTH, HEIGHT = 1200, 630  # what those who show it ask for
MARGIN, TOP, BOTTOM = 64, 330, 572  # of the picture; of what is drawn in it
PAPER, INK, SOFT, LINE, ACCENT = "#fbfaf6", "#1d1d1b", "#5d5d58", "#dfddd5", "#b23c0a"  # of static/style.css
LOSSES = (1.5, 3.9)  # what the curve's height stands for: few names lie beyond
LINE_LETTERS = 78    # of the sentence
HEAD = 1             # the one that is drawn
NAMES = 7


def tags(texts: dict[str, str], address: str, picture: str) -> str:
    """The tags for index.html. address: the site's own, ending with a slash, or ""; picture: the picture's path."""
    facts = {"og:type": "website", "og:site_name": texts["title"], "og:title": texts["title"],
             "og:description": texts["lead"], "og:locale": "en_US", "og:locale:alternate": "ko_KR"}
    if address:
        facts |= {"og:url": address, "og:image": address + picture, "og:image:type": "image/png",
                  "og:image:width": WIDTH, "og:image:height": HEIGHT, "og:image:alt": texts["preview.alt"]}
    lines = [f'<meta property="{name}" content="{escape(str(value))}">' for name, value in facts.items()]
    if address:
        lines.append('<meta name="twitter:card" content="summary_large_image">')
    return "\n".join(lines)


def draw(target: Path, texts: dict[str, str]) -> None:
    """Write the picture as PNG."""
    fonts = [FONTS / "400Regular/SourceSerif4_400Regular.ttf", FONTS / "700Bold/SourceSerif4_700Bold.ttf"]
    subprocess.run(["node", "tools/png.mjs", target, *fonts], cwd=ROOT, check=True,
                   input=svg(json.loads(RECORDED.read_text("utf-8")), texts).encode())


def svg(recorded: dict, texts: dict[str, str]) -> str:
    """The picture of a recorded run: its loss, a head's attention, some of its names."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
             f' font-family="Source Serif 4">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
             text(MARGIN, 122, texts["title"], 68, INK, bold=True)]
    parts += [text(MARGIN, 176 + 38 * i, line, 29, SOFT) for i, line in enumerate(lines_of(texts["lead"]))]
    parts.append(f'<path d="M{MARGIN} 244H{WIDTH - MARGIN}" stroke="{LINE}" stroke-width="2"/>')
    for x, key, drawn in ((MARGIN, "loss.title", loss(recorded, 64, 420, texts)),
                          (548, "attention.title", attention(recorded["view"], 548)),
                          (888, "names.title", names(recorded["names"], 888))):
        parts += [text(x, 290, texts[key], 23, INK, bold=True), drawn]
    return "\n".join([*parts, "</svg>"])


def loss(recorded: dict, left: float, width: float, texts: dict[str, str]) -> str:
    """Each name's loss, their running mean, and what a uniform guess would lose."""
    steps, losses, means = recorded["points"]

    def place(step, value):
        share = (min(max(value, LOSSES[0]), LOSSES[1]) - LOSSES[0]) / (LOSSES[1] - LOSSES[0])
        return f"{left + width * step / steps[-1]:.1f} {BOTTOM - share * (BOTTOM - TOP):.1f}"

    dots = "".join(f"M{place(*point)}h0" for point in zip(steps, losses) if LOSSES[0] <= point[1] <= LOSSES[1])
    guess = math.log(len(recorded["alphabet"]))
    y = place(0, guess).split()[1]
    return (f'<path d="{dots}" stroke="{ACCENT}" stroke-opacity=".3" stroke-width="4.6" stroke-linecap="round"/>'
            f'<path d="M{left} {y}h{width}" stroke="{SOFT}" stroke-width="2" stroke-dasharray="7 6"/>'
            f'<path d="M{"L".join(place(*point) for point in zip(steps, means))}" fill="none" stroke="{ACCENT}"'
            f' stroke-width="5" stroke-linejoin="round"/>'
            f'<path d="M{left} {BOTTOM + 10}h{width}" stroke="{LINE}" stroke-width="2"/>')


def attention(view: dict, left: float) -> str:
    """A head's weights, as the page draws them."""
    letters, rows = view["letters"], view["attention"][0][HEAD]
    size = (BOTTOM + 10 - TOP) / len(rows)
    parts = []
    for i, (letter, row) in enumerate(zip(letters, rows)):
        parts.append(text(left + 10, TOP + size * (i + .68), letter, 24, INK, anchor="middle"))
        parts.append(text(left + 32 + size * (i + .45), TOP - 8, letter, 24, INK, anchor="middle"))
        parts += [f'<rect x="{left + 32 + size * k:.1f}" y="{TOP + size * i:.1f}" width="{size - 4:.1f}" rx="3"'
                  f' height="{size - 4:.1f}" fill="{ACCENT}" fill-opacity="{.06 + .94 * weight:.3f}"/>'
                  for k, weight in enumerate(row)]
    return "".join(parts)


def names(recorded: list, left: float) -> str:
    """The last names that are in no list, the newest first."""
    new = [name for _, name, is_new in recorded if is_new][:NAMES]
    step = (BOTTOM + 10 - TOP + 14) / NAMES
    return "".join(text(left, TOP + 12 + step * i, name, 29, INK)
                   + f'<path d="M{left} {TOP + 23 + step * i:.1f}H{WIDTH - MARGIN}" stroke="{LINE}"/>'
                   for i, name in enumerate(new))


def text(x: float, y: float, content: str, size: int, fill: str, bold: bool = False, anchor: str = "start") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"'
            f' font-weight="{700 if bold else 400}">{escape(content)}</text>')


def lines_of(sentence: str) -> list[str]:
    """A sentence in lines of LINE_LETTERS at most."""
    lines = [""]
    for word in sentence.split():
        if len(lines[-1]) + len(word) >= LINE_LETTERS:
            lines.append("")
        lines[-1] += " " * bool(lines[-1]) + word
    return lines
