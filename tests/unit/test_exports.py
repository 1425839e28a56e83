"""The loss curve as CSV, names as text, pictures as SVG."""
import csv
import io
import json
import xml.etree.ElementTree

from saved import SOME, TINY, matrices, trained
from worker import formats
from worker.formats import exports, svg


def test_weights_as_json_keep_every_digit(tiny):
    session, _ = tiny
    read = json.loads(formats.save("json", session, [], [], "", {}, "ab"))
    assert read["weights"] == {name: rows.tolist() for name, rows in matrices(session).items()}
    assert read["recipe"]["seed"] == 3 and read["alphabet"] == session.run.chars and read["step"] == 23


def test_the_curve_as_csv_keeps_every_digit_and_has_the_held_out_losses(tiny):
    _, curve = tiny
    held_out = [[4, 2.125], [23, 1 / 3]]
    rows = list(csv.reader(io.StringIO(exports.curve_csv(curve, held_out))))
    assert rows[0] == ["step", "loss", "mean", "held_out"]
    assert [[float(x) for x in row[:3]] for row in rows[1:]] == [list(row) for row in zip(*curve, strict=True)]
    assert [[int(row[0]), float(row[3])] for row in rows[1:] if row[3]] == held_out
    thinned = [column[::3] for column in curve]  # whose steps are 1, 4, …
    rows = list(csv.reader(io.StringIO(exports.curve_csv(thinned, [[5, 2.5]]))))
    assert ["5", "", "", "2.5"] in rows and [int(row[0]) for row in rows[1:]] == sorted({*thinned[0], 5})


def test_names_are_a_line_each():
    assert exports.names_text([[5, "ada", True], [4, "bo", False]]) == "ada\nbo\n"


def test_pictures_are_xml_whose_titles_hold_the_numbers():
    session, _ = trained(dict(TINY, n_layer=2), ["<b>&\"'", "]]>\x01", *SOME], 2)
    words = {"head": "head {n}", "layer": "layer {n} <"}
    view = session.view("<b>&")
    drawn = xml.etree.ElementTree.fromstring(svg.attention(view["letters"], view["attention"], words))
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    expected = [f"{view['letters'][q]} → {view['letters'][k]}: {100 * weight:.2f} %"
                for heads in view["attention"] for rows in heads for q, row in enumerate(rows)
                for k, weight in enumerate(row)]
    assert titles == expected
    drawn = xml.etree.ElementTree.fromstring(svg.probabilities(
        view["letters"], session.alphabet, view["probabilities"], view["targets"]))
    assert {element.tag.split("}")[1] for element in drawn.iter()} == {"svg", "rect", "text", "title"}
