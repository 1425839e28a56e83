"""Data of one's own, in a browser: given, looked at, trained on; refused when they can't be; and what a link says."""

import random
import re
import unicodedata

import pytest
from common.digits import with_error
from common.recipe import link, parse
from support import beginning, pattern, said, within
from texts import EN
from window import expect
from worker.dataset import read
from worker.formats import data_link
from worker.session import Session

SMALL = "num_steps=20&n_embd=4&n_head=2&block_size=6"
KOREAN = "김서연\n이민준\n박지우\n최서준\n정하윤\n강도현\n조은서\n윤시우\n장지호\n임수아\n"


@pytest.fixture
def settled(visitor):
    """A visitor at a small recipe, with the place for own data open."""
    visitor.open(SMALL)
    visitor.see("own").locator("summary").click()
    return visitor


def give(visitor, content: bytes, name: str = "data.txt") -> None:
    visitor.see("own-file").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})


def refused(visitor, sentence: re.Pattern) -> None:
    visitor.reads("own-note", sentence)
    expect(visitor.see("own-preview")).to_be_hidden()


def recipe_of(visitor) -> dict:
    recipe, notes = parse(visitor.page.evaluate("location.hash"))
    assert not notes
    return recipe


def train(visitor) -> None:
    visitor.press("train")
    visitor.wait("done")


def in_cpython(visitor, content: bytes) -> tuple[Session, dict]:
    """The same run in this Python."""
    session = Session(read(content).docs, recipe_of(visitor))
    return session, session.train(float("inf"), 0.5, "")


@pytest.mark.parametrize("letters", ["", "jamo"], ids=["syllables", "jamo"])
def test_korean_names_train_with_every_number_that_python_gets(settled, letters):
    visitor = settled
    visitor.put("own-text", KOREAN)
    visitor.reads("own-note", beginning("own.facts.same", documents=10, letters=24, length=3))
    assert visitor.see("own-lines").locator("li").all_text_contents() == KOREAN.split()[:8]
    visitor.press("own-use")
    expect(visitor.see("setting-data")).to_have_value("own")
    if letters:
        visitor.see("setting-letters").select_option("jamo")
        visitor.reads("own-note", within("own.facts", documents=10, shortest=7, longest=8))
        expect(visitor.see("own-alphabet")).to_contain_text("-ㄴ")
    train(visitor)
    session, frame = in_cpython(visitor, KOREAN.encode())
    assert session.jamo == bool(letters) and recipe_of(visitor)["sha256"] == read(KOREAN.encode()).sha256[:12]
    assert visitor.points() == frame["points"]
    expect(visitor.see("held-out")).to_have_text(
        said("held-out", loss=with_error(frame["held_out"][-1][1], frame["held_out_errors"][-1])))
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]
    assert all(name == unicodedata.normalize("NFC", name) for _, name in visitor.names())


def test_after_a_dead_worker_reset_and_back_own_data_are_still_there(settled):
    visitor = settled
    give(visitor, KOREAN.encode("cp949"))
    visitor.reads("own-note", within("own.encoding", encoding="CP949"))
    visitor.press("own-use")
    visitor.press("step")
    visitor.reads("step-count", "1 / 20")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 20")
    visitor.see("setting-data").select_option("dinosaurs")
    assert recipe_of(visitor)["sha256"] == ""
    visitor.back()
    expect(visitor.see("setting-data")).to_have_value("own")
    visitor.page.evaluate("""() => { window.frames_heard.length = 0; }""")
    train(visitor)
    assert visitor.points() == in_cpython(visitor, KOREAN.encode())[1]["points"]


def test_hostile_data_are_but_letters(settled):
    visitor = settled
    content = b"<img src=x onerror=alert(1)>\n<b>bold</b>\n&amp;\n\"'><script>alert(1)</script>\n" * 3
    give(visitor, content, name="<img src=x>.txt")
    visitor.reads("own-note", beginning("own.facts", documents=12))
    assert visitor.see("own-lines").locator("li").nth(1).text_content() == "<b>bold</b>"
    visitor.press("own-use")
    train(visitor)
    assert visitor.points() == in_cpython(visitor, content)[1]["points"]
    assert visitor.page.locator("main img, main script").count() == 0
    assert visitor.page.locator("main b", has_text="bold").count() == 0


def offered(visitor, place: str) -> list[str]:
    return visitor.see(place).locator("button").all_text_contents()


def lines(visitor) -> list[str]:
    return visitor.see("own-lines").locator("li").all_text_contents()


def test_a_list_in_one_line_is_divided_at_a_press_and_trained_on(settled):
    visitor, names = settled, ["anna", "bob", "clara", "dora", "emil"]
    visitor.put("own-text", ", ".join(names))
    visitor.reads("own-note", within("own.single", "own.looks.list"))
    visitor.reads("own-note", beginning("own.facts.same", documents=1, length=28))
    assert offered(visitor, "own-ways") == [
        said("own.way.lines"), said("own.way.divide", separator=said("own.at.comma"), count=5)]
    button = visitor.see("own-ways").locator("button").nth(1)
    button.click()
    visitor.reads("own-note", beginning("own.facts", documents=5, shortest=3, longest=5, mean="4.0"))
    assert lines(visitor) == names
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    visitor.see("own-text").type(", finn")  # what was chosen holds for what is typed on
    visitor.reads("own-note", beginning("own.facts", documents=6))
    visitor.press("own-use")
    expect(visitor.see("settings-note")).to_have_text(said("own.used"))
    plain = "\n".join([*names, "finn"]).encode()
    assert recipe_of(visitor)["sha256"] == read(plain).sha256[:12]
    train(visitor)
    assert visitor.points() == in_cpython(visitor, plain)[1]["points"]


def test_a_guessed_encoding_is_changed_and_a_column_is_taken(settled):
    visitor = settled
    give(visitor, "don’t\nit’s\nwe’ll".encode("cp1252"))
    visitor.reads("own-note", within("own.encoding", encoding="Windows-1252"))
    assert lines(visitor) == ["don’t", "it’s", "we’ll"]
    visitor.see("own-encoding").select_option("CP949")
    visitor.reads("own-note", within("own.encoding", encoding="CP949"))
    assert lines(visitor)[0] == "don뭪"
    give(visitor, b"Name;Count\r\nLoan;627\r\nUlno;353\r\nMaja;243\r\n")
    visitor.reads("own-note", within("own.looks.columns"))
    expect(visitor.see("own-encoding")).to_be_hidden()
    assert offered(visitor, "own-ways")[1] == said("own.way.column", name="Name", first="Loan, Ulno, Maja")
    visitor.see("own-ways").locator("button").nth(1).click()
    visitor.reads("own-note", beginning("own.facts.same", documents=3, length=4))
    assert lines(visitor) == ["Loan", "Ulno", "Maja"]


def test_thousands_of_letters_are_made_to_fit_at_a_press(settled):
    visitor = settled
    give(visitor, "\n".join(chr(0x4E00 + 2 * i) + chr(0x4E01 + 2 * i) for i in range(1250)).encode())
    refused(visitor, beginning("own.letters", count="2,500", limit="2,000"))
    assert offered(visitor, "own-fits") == [said("own.fit.rare", lost=250, total="1,250"),
                                            said("own.fit.first", lost=250, total="1,250")]
    visitor.see("own-fits").locator("button").nth(0).click()
    visitor.reads("own-note", within("own.left-out", lost=250, total="1,250"))
    visitor.reads("own-note", beginning("own.facts.same", documents="1,000", letters="2,000", length=2))


def test_what_is_typed_is_folded_to_the_letters_of_the_data(visitor):
    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    for typed, meant, key in (("Emma", "emma", "lower"), ("ｅｍｍａ", "emma", "folded"), ("emma", "emma", "")):
        visitor.put("look", typed)
        expect(visitor.page.locator("#look-note")).to_have_text(said("look." + key, text=meant) if key else "")
        expect(visitor.see("attention").locator("thead").first).to_have_text("·" + meant)
        visitor.put("prefix", typed)
        visitor.press("more-names")
        expect(visitor.page.locator("#prefix-note")).to_have_text(said("prefix." + key, text=meant) if key else "")
        expect(visitor.see("names").locator(".name").first).to_have_text(re.compile("^emma"))
    visitor.put("look", "Émma")
    expect(visitor.page.locator("#look-note")).to_have_text(said("look.unknown", letters="É"))


def test_a_beginning_keeps_its_space_where_the_data_has_one(settled):
    visitor = settled
    visitor.put("own-text", "ana maria\nana luisa\neva maria\neva luisa\n" * 3)
    visitor.press("own-use")
    visitor.press("step")
    visitor.wait("paused")
    visitor.put("prefix", "ana ")
    visitor.press("more-names")
    expect(visitor.see("names").locator("li").first).to_have_attribute("data-name", re.compile("^ana "))


REFUSED = [
    (b"", within("own.blank")),
    (b"\x89PNG\r\n\x1a\n\0\0", within("own.control", line=2, code="U+001A")),
    ("서연\n".encode() + b"\xff", within("own.utf8", line=2, byte="0xFF")),
    (b"\xff\xfe" + "a\n".encode("utf-16-le") + b"\x00\xd8", within("own.half", line=2)),
    (b"a\n" + b"b" * 1_000_000, within("own.long", line=2, count="1,000,000")),
    ("\n".join(map(chr, range(0x4E00, 0x5E00))).encode(), within("own.letters", count="4,096")),
    (b"a" * 10_000_001, within("own.large", megabytes="10.0", limit=10)),
]


def test_what_cannot_be_is_refused_and_the_page_stays_as_it_was(settled):
    visitor = settled
    for content, sentence in REFUSED:
        give(visitor, content)
        refused(visitor, sentence)
    assert recipe_of(visitor)["data"] == "us-names-2018"
    visitor.press("step")
    visitor.reads("step-count", "1 / 20")


def test_megabytes_can_be_pasted(settled):
    settled.see("own-text").evaluate(
        "(box) => { box.value = 'abcdefghi\\n'.repeat(150_000); box.dispatchEvent(new Event('input')); }")
    settled.reads("own-note", beginning("own.facts.same", documents="150,000", letters=9))


def test_half_of_a_pair_that_is_pasted_is_told_of(settled):
    settled.see("own-text").evaluate("(box) => { box.value = 'a\\nb\\ud800'; box.dispatchEvent(new Event('input')); }")
    settled.reads("own-note", within("own.unreadable", line=2))


def test_ten_megabytes_and_what_repeats_or_is_cut_is_told(settled):
    visitor = settled
    give(visitor, b"abcdefgh\nab\n" * 800_000)
    visitor.reads("own-note", re.compile(
        within("own.large").pattern + "|" + within("own.many", count="1,600,000", limit="1,000,000").pattern))
    give(visitor, (b"a" * 99 + b"\n") * 102_000)
    visitor.reads("own-note", within("own.large", megabytes="10.2", limit=10))
    assert offered(visitor, "own-fits") == [said("own.fit.large", limit=10)]
    visitor.see("own-fits").locator("button").click()
    visitor.reads("own-note", beginning("own.facts.same", documents="100,000", letters=1, length=99))
    give(visitor, b"abcdefghijk\nab\n" * 400_000)
    visitor.reads("own-note", re.compile(".*".join([
        beginning("own.facts", documents="800,000", letters=11).pattern,
        within("own.duplicates", count="799,998").pattern, within("own.cut", block=6, count="400,000").pattern])))


def test_a_file_can_be_dropped_anywhere(visitor):
    visitor.open(SMALL)
    visitor.page.evaluate("""() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["emma\\nolivia"], "names.txt"));
      const options = { dataTransfer, bubbles: true, cancelable: true };
      for (const name of ["dragover", "drop"])
        document.querySelector("h1").dispatchEvent(new DragEvent(name, options));
    }""")
    visitor.reads("own-note", beginning("own.facts", documents=2))


@pytest.mark.fresh_page
def test_a_link_to_own_data_asks_for_them_and_knows_them(visitor):
    sha256 = read(KOREAN.encode()).sha256[:12]
    visitor.open(f"{SMALL}&data=own&letters=jamo&sha256={sha256}")
    refused(visitor, within("own.wanted", sha256=sha256))
    visitor.press("train")
    visitor.wait("problem")
    visitor.reads("train", said("train"))
    visitor.put("own-text", "emma\nolivia")
    visitor.press("own-use")
    expect(visitor.see("settings-note")).to_contain_text(said("own.other"))
    visitor.back()
    visitor.put("own-text", KOREAN)
    visitor.reads("own-note", beginning("own.facts.same", documents=10))
    visitor.press("own-use")
    expect(visitor.see("settings-note")).to_have_text(said("own.used"))
    assert recipe_of(visitor)["letters"] == "jamo"
    train(visitor)
    assert visitor.points() == in_cpython(visitor, KOREAN.encode())[1]["points"]


# ---- Data that travel with the link


def shared(visitor, *keys: str) -> str:
    """The replay link that Share gives; keys: of what is said then."""
    visitor.let_copy()
    visitor.press("share")
    said_then = [EN[key] for key in keys or ("status.shared", "share.copied.data")]
    visitor.reads("status", re.compile("|".join(map(re.escape, said_then))))
    return visitor.page.evaluate("navigator.clipboard.readText()")


def stranger(visitor, browser):
    """Somebody else, in a fresh profile."""
    return type(visitor)(browser.new_context().new_page())


def test_korean_data_travel_with_the_link_and_train_to_the_same_bits(settled, browser):
    visitor = settled
    visitor.put("own-text", KOREAN)
    visitor.press("own-use")
    visitor.see("setting-letters").select_option("jamo")
    train(visitor)
    link = shared(visitor)
    expect(visitor.see("status")).to_have_text(said("share.copied.data"))
    visitor.reads("share-replay", said("share.replay", count=len(link)))
    assert len(link) < 400
    assert "documents" not in visitor.page.url  # one's own address stays short

    other = stranger(visitor, browser)
    other.page.goto(link)
    other.wait("ready")
    other.reads("own-note", beginning("own.came", "own.facts.same", documents=10))
    assert other.see("own-lines").locator("li").all_text_contents() == KOREAN.split()[:8]
    expect(other.see("parameters")).to_have_text(visitor.see("parameters").text_content())
    train(other)
    assert other.points() == visitor.points() == in_cpython(visitor, KOREAN.encode())[1]["points"]
    assert other.names() == visitor.names()
    assert shared(other) == link  # and on it travels
    other.see("setting-data").select_option("dinosaurs")
    assert "documents" not in other.page.url and recipe_of(other)["sha256"] == ""
    other.page.context.close()


def test_data_that_are_too_large_for_a_link_are_said_to_be(settled):
    visitor, noise = settled, random.Random(1)
    give(visitor, "\n".join("".join(noise.choices("abcdefghijklmnopqrstuvwxyz", k=12)) for _ in range(4000)).encode())
    visitor.reads("own-note", beginning("own.facts.same", documents="4,000"))
    visitor.press("own-use")
    link = shared(visitor, "share.copied.no-data")
    assert "documents" not in link and "data=own" in link
    expect(visitor.see("share-note")).to_have_text(re.compile(
        pattern(EN["keep.data.large"]).replace(".+", r"4\d,\d{3}", 1)))


def link_of(content: bytes, text: str | None = None, sha256: str | None = None) -> str:
    own = read(content)
    return link(parse(SMALL)[0] | {"data": "own", "sha256": own.sha256[:12] if sha256 is None else sha256,
                                   "documents": data_link.encode(own.docs) if text is None else text})


DAMAGED = [
    (link_of(KOREAN.encode(), data_link.encode(KOREAN.split())[:-3]), "keep.damaged"),
    (link_of(KOREAN.encode(), "<img src=x onerror=alert(1)>"), "keep.damaged"),
    (link_of(KOREAN.encode(), "9" + data_link.encode(KOREAN.split())[1:]), "keep.newer"),
    (link_of(KOREAN.encode(), data_link.encode(["emma"])), "keep.damaged"),  # other data than the run's
    (link_of(KOREAN.encode(), sha256=""), "keep.damaged"),
    (link_of(KOREAN.encode(), data_link.encode(["a\0b"])), "own.control"),
]


@pytest.mark.fresh_page
def test_damaged_data_in_a_link_are_said_and_can_be_given_by_hand(visitor):
    for number, (fragment, key) in enumerate(DAMAGED):
        if number:
            visitor.page.goto("about:blank")
        visitor.page.goto("#" + fragment)
        visitor.wait("problem")
        visitor.reads("status", beginning(key))
        refused(visitor, re.compile(within("own.wanted").pattern.replace(".+", ".*")))
        assert not visitor.page.locator("main img").count()
    visitor.page.goto("#" + DAMAGED[0][0] + "&engine=compiled")
    visitor.wait("problem")
    visitor.press("train")
    visitor.wait("problem")
    visitor.reads("status", beginning("keep.damaged"))
    visitor.put("own-text", KOREAN)
    visitor.reads("own-note", beginning("own.facts.same", documents=10))
    visitor.press("own-use")
    train(visitor)


def test_a_link_with_data_opened_in_mid_run_leaves_the_run_and_begins_with_reset(visitor):
    visitor.open(SMALL)
    visitor.press("step")
    visitor.reads("step-count", "1 / 20")
    visitor.wait("paused")
    content = b"<img src=x onerror=alert(1)>\n<b>bold</b>\n&amp;{seed}\n" * 3
    visitor.page.goto("#" + link_of(content))
    visitor.reads("own-note", within("own.came"))
    assert visitor.see("own-lines").locator("li").nth(1).text_content() == "<b>bold</b>"
    visitor.press("step")
    visitor.reads("step-count", "2 / 20")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 20")
    visitor.wait("ready|paused")
    visitor.page.evaluate("() => { window.frames_heard.length = 0; }")
    train(visitor)
    assert visitor.points() == in_cpython(visitor, content)[1]["points"]
    assert visitor.page.locator("main img, main script").count() == 0
    assert visitor.page.locator("main b", has_text="bold").count() == 0


@pytest.mark.parametrize("data", ["korean-names", "cities"])
def test_a_data_set_is_fetched_when_it_is_wanted(visitor, cpython, data):
    fetched = []
    visitor.page.on("request", lambda request: fetched.append(request.url))
    visitor.open(SMALL)
    visitor.see("setting-data").select_option(data)
    assert not [url for url in fetched if f"{data}.txt" in url]
    train(visitor)
    assert [url for url in fetched if f"{data}.txt" in url]
    assert visitor.points() == cpython(f"{SMALL}&data={data}")[1]["points"]


def test_presets_are_links_without_a_fault_that_keep_data_and_language(visitor):
    visitor.open("data=korean-names&letters=jamo&lang=ko")
    links = {name: visitor.see(f"preset-{name}").get_attribute("href") for name in ("published", "quick", "bigger")}
    recipes = {name: parse(link) for name, link in links.items()}
    assert all(notes == [] and recipe["lang"] == "ko" for recipe, notes in recipes.values())
    assert recipes["published"][0] == parse("lang=ko&held_out=0")[0]
    assert [recipes[name][0]["data"] for name in ("quick", "bigger")] == ["korean-names"] * 2
    assert recipes["bigger"][0]["engine"] == "compiled"
    visitor.press("preset-quick")
    expect(visitor.see("setting-num_steps")).to_have_value("200")
    expect(visitor.see("setting-data")).to_have_value("korean-names")
