"""What chats and networks show of a link: the tags, and the picture that they name."""
import json
import re
import struct
import xml.etree.ElementTree as ElementTree

import pytest
from texts import EN

from tools import preview
from tools.recorded import RECORDED
from tools.site import site_address


def test_the_tags_have_the_full_address_where_the_build_knows_it():
    tags = dict(re.findall(r'<meta (?:property|name)="(.+?)" content="(.+?)">', preview.tags(
        EN, "https://example.org/gpt/", "static/preview.png?1234")))
    assert tags["og:image"] == "https://example.org/gpt/static/preview.png?1234"
    assert tags["og:url"] == "https://example.org/gpt/" and tags["twitter:card"] == "summary_large_image"
    assert (tags["og:image:width"], tags["og:image:height"]) == ("1200", "630")
    assert tags["og:title"] == EN["title"] and tags["og:description"] == EN["lead"] and tags["og:image:alt"]


def test_without_an_address_no_tag_stands_that_needs_one():
    tags = preview.tags(EN, "", "static/preview.png")
    assert "og:title" in tags and not re.search("og:url|og:image|twitter", tags)


@pytest.mark.parametrize(("given", "address"), [
    ("", ""), ("https://example.org", "https://example.org/"), ("http://a.b:80/gpt/", "http://a.b:80/gpt/"),
    ("https://example.org/gpt", "https://example.org/gpt/"),
])
def test_an_address_ends_with_a_slash(given, address):
    assert site_address(given) == address


@pytest.mark.parametrize("given", ["example.org", "/gpt/", "ftp://example.org/", "https://", "https://a.b/?x", "a b"])
def test_what_is_no_full_address_is_refused(given):
    with pytest.raises(ValueError, match="SITE_URL"):
        site_address(given)


def test_the_picture_is_a_png_of_the_size_that_is_asked_for(site):
    content = (site / preview.PICTURE).read_bytes()
    assert content.startswith(b"\x89PNG") and struct.unpack(">II", content[16:24]) == (1200, 630)
    assert 40_000 < len(content) < 300_000  # with its letters and dots; and small enough for those who show it


def test_the_picture_shows_the_recorded_run():
    recorded = json.loads(RECORDED.read_text("utf-8"))
    picture = ElementTree.fromstring(preview.svg(recorded, EN))
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert EN["title"] in texts and " ".join(texts[1:3]) == EN["lead"]
    new = [name for _, name, is_new in recorded["names"] if is_new]
    assert texts[-7:] == new[:7]
    weights = [weight for row in recorded["view"]["attention"][0][preview.HEAD] for weight in row]
    cells = [cell.get("fill-opacity") for cell in picture.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert cells == [f"{.06 + .94 * weight:.3f}" for weight in weights]


def test_the_picture_is_no_part_of_a_visit_nor_of_what_is_kept_for_use_offline(site):
    assert "preview.png" not in (site / "service-worker.js").read_text("utf-8")
