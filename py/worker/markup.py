"""Numbers in, HTML out: the pictures of the page. Pure, so that the worker, the build and the tests can all call it.

Each picture is a table that carries its own numbers, so that what is seen, read aloud and copied is the same. The style
sheet turns the numbers into ink: --w is a weight from 0 to 1. Letters come from strangers: all is escaped.
"""
import re

from common.values import BEGIN, END

TRUE = ' data-true aria-current="true"'  # of the actual next letter: outlined, and announced as the current one
TOP_TOKENS = 5  # how many of the next letter's probabilities each position shows

DATA = re.compile('<(table|code|b|p class="formula"|ol class="(?:listing|difference)"|'
                  'div class="(?:letters|documents|excerpt|stages names-at-hand)")(?=[ >])')

ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}


def escape(text: str) -> str:
    return text.translate(ESCAPES)


def untranslated(html: str) -> str:
    """The inspector's HTML with all that is data or code kept from translators: tables but their captions, rows of
    letters and names, formulas, lines of code, and each value that is marked in a sentence (see common/values.py)."""
    html = DATA.sub(r'<\1 translate="no"', html).replace("<caption>", '<caption translate="yes">')
    html = re.sub("<[^>]*>", lambda tag: tag[0].replace(BEGIN, "").replace(END, ""), html)
    return re.sub(f"{BEGIN}([^{BEGIN}{END}]*){END}", r'<span translate="no">\1</span>', html)


def pictures(view: dict, alphabet: list, texts: dict) -> dict:
    """What Session.view() gives, as the page shows it: the pictures as HTML, that of attention as [layer][head]."""
    return {"letters": view["letters"], "telling": view["telling"], "positions": view["positions"],
            "attention": heads(view["letters"], view["attention"], texts),
            "probabilities": probabilities(view["letters"], alphabet, view["probabilities"], view["targets"])}


def attention(letters: list, weights: list, texts: dict) -> str:
    """A block for each layer, and in it the tables of heads()."""
    return "".join(f'<div class="layer">{"".join(tables)}</div>' for tables in heads(letters, weights, texts))


def heads(letters: list, weights: list, texts: dict) -> list[list[str]]:
    """A small table for each head, as [layer][head].

    letters: the position's characters, "·" for the beginning; weights: [layer][head][query][key], each query's from 0
    to itself; texts: "head" and "layer", with {n} for the number.
    """
    return [[_head(letters, head, layer, h, head_name(layer, h, len(weights), texts)) for h, head in enumerate(heads)]
            for layer, heads in enumerate(weights)]


def head_name(layer: int, head: int, n_layer: int, texts: dict) -> str:
    """“layer n, head m”, counted from 1; of a model with one layer, “head m”."""
    name = texts["head"].format(n=head + 1)
    return texts["layer"].format(n=layer + 1) + ", " + name if n_layer > 1 else name


def _head(letters, weights, layer, h, name):
    columns = "".join(f'<th scope="col">{escape(letter)}</th>' for letter in letters)
    rows = "".join(
        f'<tr><th scope="row" data-go="letter.{query}.attention">{escape(letters[query])}</th>'
        + "".join(f'<td data-query="{query}" data-key="{key}" data-weight="{weight:.4f}" style="--w:{weight:.3f}">'
                  f"{100 * weight:.0f}</td>" for key, weight in enumerate(row))
        + "</tr>" for query, row in enumerate(weights))
    return (f'<table class="head" data-layer="{layer}" data-head="{h}" style="--n:{len(letters)}" translate="no">'
            f'<caption translate="yes">{escape(name)}</caption>'
            f"<thead><tr><td></td>{columns}</tr></thead><tbody>{rows}</tbody></table>")


def top_tokens(probabilities: list, target: int) -> list[int]:
    """The likeliest tokens, the most likely first; the last of them is the target where it would not be among them."""
    order = sorted(range(len(probabilities)), key=lambda token: -probabilities[token])[:TOP_TOKENS]
    return order if target in order else [*order[:-1], target]


def probabilities(letters: list, alphabet: list, rows: list, targets: list) -> str:
    """A table with a row for each position: what was read so far, and the likeliest next letters, in percent.

    letters: the position's characters; alphabet: the character of each token; rows: [position][token], from 0 to 1;
    targets: the token that follows at each position, which is always among those shown: the table's current one.
    """
    lines = []
    for position, (row, target) in enumerate(zip(rows, targets)):
        cells = "".join(
            f'<td data-token="{token}" data-probability="{row[token]:.4f}" style="--w:{row[token]:.3f}"'
            f'{TRUE if token == target else ""}><b>{escape(alphabet[token])}</b>{100 * row[token]:.0f}</td>'
            for token in top_tokens(row, target))
        lines.append(f'<tr><th scope="row" data-go="letter.{position}.probabilities">'
                     f'<bdi>{escape("".join(letters[:position + 1]))}</bdi></th>{cells}</tr>')
    return f'<table aria-labelledby="next-title" translate="no"><tbody>{"".join(lines)}</tbody></table>'


def names(items: list, texts: dict) -> str:
    """List items for invented names, the newest first. items: (step, name, is_new), which is None where nobody can
    know, as the data are not here; texts: "new" and "listed"."""
    lines, last = [], None
    for step, name, is_new in items:
        shown = f"{step}" if step != last else ""
        shown_name, mark = escape(name) or "∅", {None: "unknown", True: "new", False: "listed"}[is_new]
        lines.append(f'<li data-step="{step}" data-name="{escape(name)}">'
                     f'<span class="step" translate="no">{shown}</span>'
                     f'<span class="name" translate="no" role="button"'
                     f' data-go="name.{step}.{escape(name)}.0">{shown_name}</span>'
                     f'<span class="{mark}">{"" if is_new is None else escape(texts[mark])}</span></li>')
        last = step
    return "".join(lines)
