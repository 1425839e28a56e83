"""A page that is booted once and used by many tests: between two of them it is put back to how it was at opening, by
its own means, and that is verified. To boot a page takes two seconds of a processor, to put it back a tenth of one.
"""

from common import recipe as recipes
from window import Visitor

SIZE = {"width": 1280, "height": 800}

# Puts back what is no part of the recipe.
PUT_BACK = """() => {
  const at = (id) => document.getElementById(id);
  const press = (id) => at(id)?.checkVisibility() && at(id).click();
  const set = (id, value) => {
    if (at(id).value === value) return;
    at(id).value = value;
    for (const kind of ["input", "change"]) at(id).dispatchEvent(new Event(kind, { bubbles: true }));
  };
  document.documentElement.removeAttribute("style");
  for (const id of ["panel-close", "share-close", "let-go", "history-now"]) press(id);
  if (at("numbers").checked) at("numbers").click();
  set("look", "");
  set("own-text", "");
  for (const part of document.querySelectorAll("details[open]")) part.open = false;
  const title = document.querySelector("h1");  // so that the Tab key begins at the top again
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  title.blur();
  title.removeAttribute("tabindex");
  scrollTo(0, 0);
  location.hash = "";
}"""
# Presses Reset; that the status is said anew tells that it is done.
RESET = """() => {
  document.getElementById("status").dataset.state = "in a test's hands";
  document.getElementById("reset").click();
}"""
IS_BACK = """() => !document.querySelector("#names > *")
  && document.getElementById("status").dataset.state === "ready"
  && document.getElementById("step-count").textContent === "0 / 1000" && document.documentElement.lang === "en"
  && Object.entries({ engine: "core", look: "", prefix: "", temperature: "0.5", "setting-data": "us-names-2018",
    "own-text": "" }).every(([id, value]) => document.getElementById(id).value === value)
  && document.getElementById("parameters").textContent === "4,192"
  && !["edited", "panel", "sharing", "ignored", "incomplete", "retry"].some(
    (id) => document.getElementById(id)?.checkVisibility())"""


class SharedVisitor(Visitor):
    """A visitor who finds the page booted, and follows links within it."""

    def goto(self, address: str) -> None:
        super().goto(address or "#")

    def open(self, fragment: str = "", state: str = "ready") -> None:
        """Follow a link; wait until the form has its recipe, and the page is in that state."""
        self.goto("#" + fragment)
        recipe, notes = recipes.parse(fragment)
        if not notes and not recipe["model"]:
            wanted = {f"setting-{name}": f"{recipe[name]:.10g}" if isinstance(default, float) else str(recipe[name])
                      for name, default, *_ in recipes.FIELDS if name not in recipes.LIVE}
            self.until("(wanted) => Object.entries(wanted).every("
                       "([id, value]) => (document.getElementById(id)?.value ?? value) === value)", wanted)
        self.wait(state)


class Booted:
    """The shared page of one process; made when it is first asked for, and anew after a test that broke it."""

    def __init__(self, new_context):
        self.new_context, self.context, self.now = new_context, None, None

    def visitor(self) -> Visitor:
        if not self.now:
            self.context = self.new_context()
            self.now = SharedVisitor(self.context.new_page())
            self.now.goto("")
            self.now.wait("ready")
            self.put_back()
        return self.now

    def put_back(self) -> None:
        """The page as at opening, but without the recording; raises where it can't be, and gives that page up."""
        visitor = self.now
        try:
            for other in self.context.pages:
                if other != visitor.page:
                    other.close()
            self.context.unroute_all()
            visitor.page.unroute_all()
            visitor.page.set_viewport_size(SIZE)
            visitor.page.emulate_media(color_scheme="light", forced_colors="none", reduced_motion="reduce")
            visitor.evaluate(PUT_BACK)
            visitor.until("() => document.getElementById('setting-seed').value === '42'", seconds=10)
            visitor.evaluate(RESET)
            visitor.until(IS_BACK, seconds=15)
            visitor.evaluate("() => { frames_heard.length = 0; }")
        except Exception as error:
            state = f"{visitor.state()}, {visitor.text('step-count')}, {visitor.fragment()}"
            self.close()
            raise AssertionError(f"this test leaves the page in a state that nothing brings back ({state}): "
                                 "mark it fresh_page") from error

    def close(self) -> None:
        if self.context:
            self.context.close()
        self.context = self.now = None
