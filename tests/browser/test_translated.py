"""A browser's translator, emulated: it wraps and rewrites every text that it may, again and again."""
import pytest
from support import CORE
from window import expect

pytestmark = pytest.mark.fresh_page

# As translators do: each text node that is under no translate="no" is put into two font elements, in other words.
TRANSLATE = """() => {
  const may = (node) => !node.parentElement.closest(
    "[translate=no], .notranslate, script, style, template, textarea, py-config, font");
  const work = () => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (texts.nextNode()) if (texts.currentNode.data.trim() && may(texts.currentNode)) found.push(texts.currentNode);
    for (const node of found) {
      const [outer, inner] = [document.createElement("font"), document.createElement("font")];
      inner.textContent = node.data.replace(/[a-z0-9]/gi, "X");
      outer.append(inner);
      node.replaceWith(outer);
    }
  };
  work();
  new MutationObserver(work).observe(document.body, { subtree: true, childList: true, characterData: true });
  document.documentElement.lang = "de";
  document.documentElement.classList.add("translated-ltr");
}"""


def test_names_letters_numbers_and_code_stay_and_the_page_works_on(visitor, cpython):
    fragment = "num_steps=30&n_embd=4&n_head=2"
    visitor.open(fragment)
    visitor.evaluate(TRANSLATE)
    assert visitor.text("train") == "XXXXX" and visitor.text("status").startswith("XXXXX")
    visitor.press("train")
    visitor.wait("done")
    session, frame = cpython(fragment)
    names = [name for _, name, _ in session.last_names(20, True)]
    shown = visitor.evaluate("() => [...document.querySelectorAll('#names .name')].map((one) => one.textContent)")
    assert shown == [name or "∅" for _, name in visitor.names()] and {name or "∅" for name in names} <= {*shown}
    assert visitor.text("step-count") == "30 / 30" and visitor.text("loss") == f"{frame['mean']:.3f}"
    letters = visitor.evaluate("() => [...document.querySelector('#attention thead').textContent].join('')")
    assert letters.startswith("·") and "X" not in letters and "X" not in visitor.text("probabilities")
    assert "30" in visitor.text("status")  # a number in a sentence
    visitor.press("inside-letter")
    expect(visitor.see("panel-body").locator(".formula")).to_be_visible()
    visitor.press("panel-next")
    expect(visitor.see("panel-body").locator("table").first).to_be_visible()
    data = visitor.see("panel-body").locator("td, th, code, .letters").all_text_contents()
    assert data and not any("X" in text for text in data)
    expect(visitor.see("panel-body").locator("font").first).to_be_attached()  # its sentences are translated
    visitor.press("#listing summary")
    expect(visitor.see("source").locator("li").first).to_be_visible()
    lines = visitor.evaluate("() => [...document.querySelectorAll('#source-lines li')].map((one) => one.textContent)")
    assert "\n".join(lines) + "\n" == CORE.read_text("utf-8")
    assert "X" not in visitor.text("sha256") and visitor.value("setting-n_embd") == "4"
    visitor.press("reset")
    visitor.wait("ready")
    assert visitor.text("step-count") == "0 / 30"
