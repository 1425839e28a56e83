"""What a visitor waits for on the page: its first content, Pause, a thousand compiled steps; and how much of the time
of a training is tasks that hold up the page's own thread. No test asserts these: a busy machine stretches each.
"""

import statistics
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools.browser import launch_options
from tools.serve import start

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
STATUS = '[data-testid="status"]'
SECONDS_UNTIL = """([press, place, attribute, begins]) => new Promise((done) => {
  const part = document.querySelector(place), began = performance.now();
  const look = () => (attribute ? part.getAttribute(attribute) : part.textContent).startsWith(begins)
    && done((performance.now() - began) / 1000);
  new MutationObserver(look).observe(part, { subtree: true, childList: true, characterData: true, attributes: true });
  document.querySelector(`[data-testid="${press}"]`).click();
})"""
FIRST_CONTENT = """() => new Promise((done) => {
  const look = () => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    paint && document.querySelector("[data-head]") ? done(paint.startTime / 1000) : requestAnimationFrame(look);
  };
  look();
})"""
LONG_TASKS = """
window.tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => [task.startTime, task.duration])))
  .observe({ type: "longtask" });"""


def state(page: Page, name: str) -> None:
    page.wait_for_selector(f'{STATUS}[data-state="{name}"]', timeout=120_000)


def first_content(page: Page) -> float:
    """Seconds from the navigation to the recording's pictures and the first paint."""
    page.goto("")
    return page.evaluate(FIRST_CONTENT)


def pause(page: Page) -> float:
    """Seconds from a press of Pause in mid-run until the run is paused."""
    page.goto("#num_steps=2000&n_embd=8&n_head=2")
    state(page, "ready")
    page.get_by_test_id("train").click()
    state(page, "training")
    page.wait_for_function("() => parseInt(document.querySelector('[data-testid=step-count]').textContent) > 3")
    return page.evaluate(SECONDS_UNTIL, ["train", STATUS, "data-state", "paused"])


def thousand_steps(page: Page) -> float:
    """Seconds from a press of Train to step 1,000 of the default run, which was compiled ahead of the press."""
    page.goto("#engine=compiled")
    page.wait_for_function("""(status) => {
      const part = document.querySelector(status);
      return part?.dataset.state === "ready" && /\\d ms/.test(part.textContent);
    }""", arg=STATUS)
    return page.evaluate(SECONDS_UNTIL, ["train", '[data-testid="step-count"]', "", "1000 /"])


def held_up(page: Page) -> float:
    """The share of the time of sixty steps in which a task of 50 ms or more holds up the page's thread."""
    page.add_init_script(LONG_TASKS)
    page.goto("#num_steps=60")
    state(page, "ready")
    page.get_by_test_id("train").click()
    began = page.evaluate("performance.now()")
    state(page, "done")
    ended = page.evaluate("performance.now()")
    return sum(duration for at, duration in page.evaluate("tasks") if at > began) / (ended - began)


MEASURED = {"first content": (first_content, "s"), "Pause": (pause, "s"), "1,000 compiled steps": (thousand_steps, "s"),
            "share of long tasks": (held_up, "")}


def rows(rounds: int = ROUNDS) -> list[tuple[str, float, float, float, str]]:
    """For each measure: its name, the least, the median and the most of its rounds, its unit. Each round is in a fresh
    profile; the measures take turns."""
    server, figures = start(ROOT / "_site"), {name: [] for name in MEASURED}
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
        for _ in range(rounds):
            for name, (measure, _unit) in MEASURED.items():
                context = browser.new_context(base_url=server.url, service_workers="block")
                figures[name].append(measure(context.new_page()))
                context.close()
    server.shutdown()
    server.server_close()
    return [(name, min(found), statistics.median(found), max(found), MEASURED[name][1])
            for name, found in figures.items()]


def main() -> None:
    print(f"What a visitor waits for, {ROUNDS} fresh profiles each")
    print(f"{'':24}{'least':>8}{'median':>8}{'most':>8}")
    for name, least, median, most, unit in rows(*map(int, sys.argv[2:3])):
        print(f"{name:24}{least:8.2f}{median:8.2f}{most:8.2f} {unit}".rstrip())


if __name__ == "__main__":
    main()
