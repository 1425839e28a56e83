"""Nothing that a link or a file holds becomes markup: hostile texts, each tried in every field that takes a text."""

import json
from urllib.parse import quote

import pytest
from common.recipe import DEFAULTS, parse
from support import beginning, said, soak, within
from window import expect
from worker import reading
from worker.session import Session

DO = "window.pwned=1"
TAGS = [f"<{tag} {on}={DO}>" for tag, on in (
    ("img src=x", "onerror"), ("svg", "onload"), ("body", "onload"), ("details open", "ontoggle"),
    ("input autofocus", "onfocus"),
    ("select autofocus", "onfocus"), ("textarea autofocus", "onfocus"), ("video src=x", "onerror"), ("audio src=x",
    "onerror"),
    ("iframe", "onload"), ("object data=x", "onerror"), ("embed src=x", "onload"), ("marquee", "onstart"), ("div",
    "onclick"),
    ("a href=x", "onmouseover"), ("style", "onload"), ("link rel=stylesheet href=x", "onerror"), ("b",
    "onpointerenter"),
    ("svg><animate attributeName=x dur=1s", "onbegin"), ("svg><set attributeName=x", "onend"), ("math", "onclick"),
    ("keygen autofocus", "onfocus"), ("video><source", "onerror"), ("form", "onsubmit"), ("button", "onclick"))]
URLS = [f'{before}{scheme}{after}' for before, after in (("", ""), ('<a href="', '">x</a>'), ('<iframe src="', '">'),
                                                         ('<form action="', '"><button>x'))
        for scheme in (f"javascript:{DO}", f"JaVaScRiPt:{DO}", f"java\tscript:{DO}",
    f"data:text/html,<script>{DO}</script>",
                       "//evil.example/x", "https://evil.example/x")]
BREAKOUTS = [before + f"<script>{DO}</script>" for before in (
    "", '"', "'", ">", '">', "'>", "-->", "]]>", "</td>", "</title>", "</style>", "</script>", "</template>",
    "</textarea>",
    "</svg>", "<!--", "<![CDATA[", "<svg>", "<math><mtext>", "<noscript>", "<select><template>", "<table>", "`",
    "${", "{{")]
ATTRIBUTES = [f"{mark} onfocus={DO} autofocus tabindex=0 x={mark}" for mark in ('"', "'", "`", "")]
ENTITIES = ["&lt;script&gt;", "&#60;img src=x onerror=1&#62;", "&#x3c;b&#x3e;", "&amp;lt;b&amp;gt;",
    "&quot; onclick=1", "&NewLine;",
            "%3Cscript%3E", "\\u003cscript\\u003e", "&lt"]
STYLES = ["1;background:url(//evil.example)", "};*{display:none}", "expression(alert(1))",
    "@import '//evil.example';",
          "url(javascript:1)", "<style>*{display:none}</style>", "--w:1;position:fixed", "</style><style>body{}"]
UNICODE = ["\u202eevil\u202c", "\u2066a\u2069", "a\u200bb", "\ufeffa", "a\u2028b", "a\u2029b", "a\u0085b", "\0a",
    "a\x1bb", "\ud800a", "\udfffb",
           "\U0001f600" * 9, "e" + "\u0301" * 50, "＜script＞", "ﬀ", "\uffff"]
WORDS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "{0.__class__}", "{}", "{{}}",
    "%s%n%x", "$&", "\\", "../../x",
         "null", "NaN", "-0", "1e999", "true", "[]", "'; DROP TABLE x; --", "__import__('os')", "a" * 39000]
PAYLOADS = TAGS + URLS + BREAKOUTS + ATTRIBUTES + ENTITIES + STYLES + UNICODE + WORDS
SMALL = "num_steps=4&n_embd=4&n_head=2"

# What the page is made of before anything hostile arrives is remembered; what stands there later and is new, is told.
FORBIDDEN = """() => {
  const kinds = "script, iframe, object, embed, img, video, audio, link, style, base, meta, form, math, template, "
    + "foreignObject, animate, set";
  const found = [...document.querySelectorAll(kinds)].map((element) => element.outerHTML.slice(0, 80));
  for (const element of document.querySelectorAll("*"))
    for (const { name, value } of element.attributes)
      if (name.startsWith("on")
          || /href|src|style|action/.test(name) && /^\\s*javascript:|^data:text|^(https?:)?\\/\\/evil/i.test(value))
        found.push(element.tagName + " " + name + "=" + value.slice(0, 60));
  return found.concat(window.pwned ? ["pwned"] : [], ({}).polluted ? ["polluted"] : []).sort();
}"""


def written(text: str) -> str:
    """As it stands in a link: every byte escaped; half a pair as its three bytes, as a broken sender writes it."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def watched(visitor):
    """A visitor at an untrained page, and what to call to see that nothing came in."""
    dialogs = []

    def dismiss(dialog):
        dialogs.append(dialog.message)
        dialog.dismiss()

    visitor.page.on("dialog", dismiss)
    visitor.open(SMALL)
    before = visitor.page.evaluate(FORBIDDEN)

    def unharmed(what):
        new = [found for found in visitor.page.evaluate(FORBIDDEN) if found not in before]
        assert not new and not dialogs, (new, dialogs, what)
    yield visitor, unharmed
    visitor.page.remove_listener("dialog", dismiss)


def follow(visitor, fragments: list[str]) -> None:
    """Each link after the other, as someone would who pastes them into the address."""
    visitor.page.evaluate("""async (fragments) => {
      for (const fragment of fragments) {
        await new Promise((resolve) => {
          addEventListener("hashchange", resolve, { once: true });
          location.hash = fragment;
          setTimeout(resolve, 300);  // where the address stays the same, nothing is told
        });
      }
    }""", fragments)


@pytest.mark.timeout(240)
def test_a_link_brings_in_nothing(watched):
    visitor, unharmed = watched
    for first in range(0, len(PAYLOADS), 16):
        some = PAYLOADS[first:first + 16]
        follow(visitor, ["&".join(f"{field}={written(text[:1500])}" for field in DEFAULTS) for text in some])
        unharmed(some)


def test_data_of_ones_own_are_shown_as_texts(watched):
    visitor, unharmed = watched
    texts = [text for text in PAYLOADS if text.isprintable() and len(text) < 60 and text == text.strip()]
    visitor.see("own").locator("summary").click()
    for name in ('"><img src=x onerror=window.pwned=1>.txt', "__proto__", "\u202etxt.exe"):
        visitor.see("own-file").set_input_files(
            {"name": name, "mimeType": "text/html", "buffer": "\n".join(texts).encode()})
        expect(visitor.see("own-lines").locator("li").first).to_have_text(texts[0])
        unharmed(name)
    visitor.press("own-use")
    visitor.see("setting-block_size").fill("64")
    visitor.see("setting-block_size").blur()
    visitor.press("train")
    visitor.wait("done", 90)
    unharmed("trained")


LETTERS_AND = b"emma\nolivia\n"
HOSTILE_DATA = {  # data of one's own: their bytes, and the sentence that refuses them; None: they are trained on
    "markup": (f"<img src=x onerror={DO}>\n<script>{DO}</script>\n</td></table><b onclick={DO}>".encode(), None),
    "quotes": (b"\"'`\n\"\"\" onfocus=1 x=\"\n''''\n\\\"\\'", None),
    "ampersands": (b"&lt;b&gt;\n&amp;amp;\n&#60;i&#62;\n&&&", None),
    "templates": (b"{0.__class__}\n{}\n%s%n\n${1}\n{{7*7}}", None),
    "right to left": ("\u202eabc\u202c\n\u2066x\u2067y\n\u200fdef\n\u05d0\u05d1ab".encode(), None),
    "combining marks": (("e" + "\u0301" * 40 + "\n\u0301\u0302\na\u20dd\n" + "Z\u0335\u0336\u0337" * 9).encode(), None),
    "joiners": ("\U0001f468\u200d\U0001f469\u200d\U0001f467\n\u2764\ufe0f\n\u200b\u200ca\u2060".encode(), None),
    "four bytes": ("\U0001f600\U00020000\U0010fffd\n\U000e0041\U0001d552".encode(), None),
    "no characters": ("\uffff\ufffe\n\ufdd0a\n\ue000".encode(), None),
    "other line ends": ("a\u2028b\nc\u2029d\ne\x85f".encode(), None),
    "carriage returns only": (b"emma\rolivia\rava\r", None),
    "the page's own signs": ("\u00b7\u00b7a\n\u2423 b\n\u2205\u2026".encode(), None),
    "a line as long as may be": (b"a" * 10_000 + b"\nb", None),
    "millions of blank lines": (b"\n" * 3_000_000 + b"emma" + b"\r\n" * 2_000_000, None),
    "UTF-16": ("<b>\U0001f600\nd\u00e9".encode("utf-16"), None),
    "half of a pair in UTF-8": (LETTERS_AND + b"\xed\xa0\x80x", None),  # which is Latin-1, then
    "NUL": (LETTERS_AND + b"a\0b", within("own.control", line=3, code="U+0000")),
    "escape": (b"\x1b[31mred", None),  # a colour, left out
    "delete": (LETTERS_AND + b"\x7f", None),
    "half of a pair": (b"\xff\xfea\0\n\0\0\xd8b\0", within("own.half", line=2)),
    "the other half": (b"\xfe\xff\0a\0\n\xdc\0\0b", within("own.half", line=2)),
    "UTF-32": ("abc".encode("utf-32"), None),
    "nothing but blank lines": (b" \t\r\n" * 2_000_000, within("own.blank")),
    "a line longer than may be": (b"a\n" + b"b" * 10_001, within("own.long", line=2, count="10,001")),
}


# The letters of the picture of attention, as soon as they are those that are waited for.
LETTERS_COME = """async (letters) => {
  for (const end = Date.now() + 20_000; ;) {
    const cells = [...document.querySelector("#attention table").tHead.rows[0].cells].slice(1);
    const found = cells.map((cell) => cell.textContent);
    if (found.join("\\n") === letters.join("\\n") || Date.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_data_with_a_hostile_alphabet_are_trained_on_or_refused_in_a_sentence(watched):
    visitor, unharmed = watched
    visitor.see("own").locator("summary").click()
    for name, (content, sentence) in HOSTILE_DATA.items():
        visitor.see("own-file").set_input_files({"name": "x.txt", "mimeType": "text/plain", "buffer": content})
        if sentence:
            expect(visitor.see("own-note")).to_contain_text(sentence)
            expect(visitor.see("own-preview")).to_be_hidden()
        else:
            docs = reading.read(content, {}).own.docs
            preview = [doc[:60] + ("…" if len(doc) > 60 else "") for doc in docs[:8]]
            expect(visitor.see("own-lines").locator("li")).to_have_count(len(preview))
            expect(visitor.see("own-lines").locator("li").first).to_have_text(preview[0])
            shown = visitor.see("own-lines").locator("li").evaluate_all("(all) => all.map((line) => line.textContent)")
            assert shown == preview, name
            visitor.press("own-use")
            visitor.press("reset")
            visitor.reads("step-count", "0 / 4")
            visitor.press("step")
            visitor.reads("step-count", "1 / 4")
            session = Session(docs, parse(visitor.page.evaluate("location.hash"))[0])
            session.train(0, 0.5, "")
            letters = session.view()["letters"]
            assert visitor.page.evaluate(LETTERS_COME, letters) == letters, name
        unharmed(name)


def test_the_boxes_take_texts(watched):
    visitor, unharmed = watched
    visitor.press("step")
    visitor.wait("paused")
    for box in ("prefix", "look"):
        for text in PAYLOADS[::3]:
            visitor.put(box, text.encode("utf-8", "replace").decode()[:2000])
        unharmed(box)


# Where the Latin letters and the digits of elements stand on the screen, in the order of their texts.
PLACES = """(elements) => {
  const found = [], range = document.createRange();
  for (const element of elements) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());)
      for (const { 0: letter, index } of node.data.matchAll(/[A-Za-z0-9]/g)) {
        range.setStart(node, index);
        range.setEnd(node, index + 1);
        const { left, top } = range.getBoundingClientRect();
        found.push([letter, Math.round(top), left]);
      }
  }
  return found;
}"""


def in_order(locator, first: str = "") -> None:
    """The Latin letters and the digits of each line of elements, from a word on, run from the left to the right."""
    places = locator.evaluate_all(PLACES)
    places = places["".join(place[0] for place in places).index(first):]
    assert places
    for (letter, top, left), (after, next_top, next_left) in zip(places, places[1:]):
        assert top != next_top or left < next_left, (letter, after, "".join(place[0] for place in places))


@pytest.mark.parametrize("turning", [
    "\u202e", soak("\u202b"), "\u2067", soak("\u2067\u202e"), "\u2069\u202e", "\u05d0\u05d1",
    soak("\u0639\u0631\u0628"), soak("\U0001e900\U0001e901"),
], ids=ascii)
def test_letters_that_turn_what_follows_turn_nothing_of_the_page(watched, turning):
    visitor, _ = watched
    visitor.put("prefix", turning)
    visitor.put("look", turning + "12")
    visitor.press("step")
    visitor.wait("paused")
    for note, key in (("#prefix-note", "prefix.unknown"), ("#look-note", "look.unknown")):
        visitor.reads(note, beginning(key))
        assert [letter for letter in turning if not letter.isprintable() and f"U+{ord(letter):04X}" not in
                visitor.text(note)] == []
        in_order(visitor.page.locator(note))
    visitor.see("own").locator("summary").click()
    visitor.see("own-file").set_input_files(
        {"name": "x.txt", "mimeType": "text/plain", "buffer": f"{turning}ab\nab{turning}\na{turning}b".encode()})
    expect(visitor.see("own-lines").locator("li").first).to_be_visible()
    visitor.press("own-use")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 4")
    visitor.press("step")
    visitor.reads("step-count", "1 / 4")
    visitor.wait("paused")
    in_order(visitor.see("probabilities").locator("td"))
    visitor.see("attention").locator("td[data-query='1'][data-key='1']").first.hover()
    visitor.reads("reading", within("head", n=1))
    in_order(visitor.see("reading"), said("head", n=1).replace(" ", "")[:4])


def hostile_file(text: str) -> bytes:
    """A model's file whose every text is hostile."""
    metadata = {name: text for name in ("format", "alphabet", "data", "names", "recipe", "name", "__proto__", text)}
    header = json.dumps(
        {"__metadata__": metadata, text: {"dtype": text, "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0\0\0\0"


@pytest.mark.tolerates("Content Security Policy", "blocked an event handler")
@pytest.mark.fresh_page
def test_the_watch_sees_what_it_is_for(watched):
    visitor, unharmed = watched
    visitor.page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<b onclick=1>x</b>')")
    with pytest.raises(AssertionError):
        unharmed("a handler")


def test_a_file_brings_in_nothing(watched):
    visitor, unharmed = watched
    for text in PAYLOADS[::6]:
        visitor.see("open-file").set_input_files(
            {"name": "x.safetensors", "mimeType": "application/octet-stream", "buffer": hostile_file(text)})
        expect(visitor.see("files-note")).not_to_be_empty()
        unharmed(text)
