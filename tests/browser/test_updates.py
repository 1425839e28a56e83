"""From one version of the site to the next, in real profiles of two browsers. Without a network: test_engines.py.

A profile with a disk, because a private window keeps neither the large files nor a service worker for long.
"""

import re

import pytest
from support import AUTOSAVE, NO_AUTOSAVE, WORKER, changed, persistent, within
from texts import EN
from window import Visitor, expect

from tools.site import write_service_worker

pytestmark = pytest.mark.fresh_page

LONG = "num_steps=5000&n_embd=4&n_head=1&block_size=4"


@pytest.fixture(params=["chromium", "firefox"])
def profile(request, playwright, tmp_path):
    """A browser profile on the disk, which is allowed service workers."""
    with persistent(playwright, request.param, tmp_path / "profile") as context:
        yield context


def visit(profile, url: str, fragment: str = "") -> Visitor:
    """Open a tab at the link and wait until Python is ready there and the page is kept."""
    visitor = Visitor(profile.new_page())
    visitor.page.goto(f"{url}#{fragment}")
    visitor.wait("ready")
    expect(visitor.see("offline")).to_be_visible(timeout=60_000)
    return visitor


def publish(served, version: str) -> None:
    """A new version of the site: its title says which, in Python too."""
    page = served.folder / "index.html"
    page.write_text(re.sub("<h1[^>]*>.*?</h1>", f'<h1 data-t="title">{version}</h1>', page.read_text("utf-8")), "utf-8")
    worker = served.folder / WORKER
    worker.write_text(re.sub(r'"python": .*?\}', f'"python": "{version}"}}', worker.read_text("utf-8")), "utf-8")
    write_service_worker(served.folder)


PYTHON = re.compile(re.escape(EN["status.ready"]).replace(r"\ ", r"\s").replace(r"\{python\}", "(.+)"))


def versions(visitor) -> tuple[str, str]:
    """Of the page and of its worker."""
    status = visitor.see("status").text_content()
    return visitor.page.locator("h1").text_content(), PYTHON.search(status)[1]


TRY_TO_UPDATE = """async () => {
  const kept = await navigator.serviceWorker.getRegistration();
  await kept.update().catch(() => {});
  while (kept.installing) await new Promise((resolve) => setTimeout(resolve, 20));
  return kept.waiting ? "another" : "as before";
}"""
FIRST = (EN["title"], "3.14.2")


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_a_new_version_waits_until_it_is_asked_for_and_no_two_mix(profile, served):
    visit(profile, served.url).page.close()
    running = visit(profile, served.url, LONG)
    assert versions(running) == FIRST
    running.press("train")
    publish(served, "second")
    other = visit(profile, served.url)
    for visitor in (running, other):
        expect(visitor.see("update")).to_be_visible(timeout=60_000)
    other.page.reload()  # brings the version that is kept, and that offers the new one again
    other.wait("ready")
    assert versions(other) == FIRST
    expect(other.see("update")).to_be_visible()

    other.press("update-use")  # while a run is under way beside it
    expect(other.see("update-busy")).to_be_visible()
    step = running.step()
    expect(running.see("step-count")).not_to_have_text(f"{step} / 5000")
    assert (running.page.locator("h1").text_content(), versions(other)) == (FIRST[0], FIRST)

    running.press("reset")
    running.reads("step-count", "0 / 5000")
    other.press("update-use")
    for visitor in (running, other):
        expect(visitor.page.locator("h1")).to_have_text("second", timeout=60_000)
        visitor.wait("ready")
        assert versions(visitor) == ("second", "second")
        expect(visitor.see("update")).to_be_hidden()


# Keeps, over a reload, the last step that the page has shown.
LAST_STEP = """
addEventListener("DOMContentLoaded", () => {
  const count = document.getElementById("step-count");
  new MutationObserver(() => {
    if (!count.textContent.startsWith("0 ")) sessionStorage.setItem("last", parseInt(count.textContent));
  }).observe(count, { childList: true, characterData: true, subtree: true });
});"""
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"


def seldom_kept(served) -> None:
    """The page keeps a run in training only when it is asked to."""
    (served.folder / AUTOSAVE).write_text(changed(NO_AUTOSAVE), "utf-8")
    write_service_worker(served.folder)


@pytest.mark.timeout(240)
@pytest.mark.soak
@pytest.mark.parametrize("profile", ["chromium"], indirect=True)
def test_whoever_trains_may_take_the_new_version_in_mid_run_which_is_kept_first(profile, served):
    seldom_kept(served)
    profile.add_init_script(LAST_STEP)
    visit(profile, served.url).page.close()
    visitor = visit(profile, served.url, LONG)
    visitor.press("train")
    publish(served, "second")
    visit(profile, served.url).page.close()
    expect(visitor.see("update")).to_be_visible(timeout=60_000)
    visitor.press("update-use")
    expect(visitor.page.locator("h1")).to_have_text("second", timeout=60_000)
    visitor.wait("ready")
    assert versions(visitor) == ("second", "second") and visitor.step() == 0
    assert visitor.page.url.endswith(LONG)
    last = visitor.page.evaluate("sessionStorage.getItem('last')")
    expect(visitor.see("kept")).to_contain_text(within("kept", step=f"{int(last):,}", steps="5,000"))
    visitor.press("kept-go-on")
    visitor.reads("step-count", f"{last} / 5000")


@pytest.mark.timeout(240)
@pytest.mark.soak
@pytest.mark.parametrize("profile", ["chromium"], indirect=True)
def test_where_the_run_cannot_be_kept_the_new_version_waits_for_a_second_press(profile, served):
    profile.add_init_script(FULL)
    visit(profile, served.url).page.close()
    visitor = visit(profile, served.url, LONG)
    visitor.press("step")
    visitor.reads("step-count", "1 / 5000")
    publish(served, "second")
    assert visitor.page.evaluate(TRY_TO_UPDATE) == "another"
    visitor.press("update-use")
    expect(visitor.see("update-unkept")).to_be_visible()
    assert visitor.page.locator("h1").text_content() == FIRST[0] and visitor.step() == 1
    visitor.press("update-use")
    expect(visitor.page.locator("h1")).to_have_text("second", timeout=60_000)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("profile", ["chromium"], indirect=True)
def test_a_version_of_which_a_file_is_not_the_builds_is_not_taken(profile, served, site):
    """As when a host is still giving out files of the last version."""
    visit(profile, served.url).page.close()
    publish(served, "second")
    (served.folder / WORKER).write_text((site / WORKER).read_text("utf-8"), "utf-8")
    for _ in range(2):
        visitor = visit(profile, served.url)
        assert visitor.page.evaluate(TRY_TO_UPDATE) == "as before"
        assert versions(visitor) == FIRST
        expect(visitor.see("update")).to_be_hidden()
        visitor.page.close()
    came = [path for path, status in served.answers if path.partition("?")[0] == WORKER and status == 200]
    assert len(came) >= 3
