"""What tests of faults share: how to disturb a run, and the same run without disturbance."""

import re

import pytest
from window import expect

SMALL = "num_steps=39&n_embd=8&n_head=2"  # so few steps that each invents names
KILL = "setTimeout(() => self.close())"  # in the worker: it ends, and answers nothing any more
HANG = "setTimeout(() => { while (true); })"


def die(visitor, how: str = KILL) -> None:
    """End the worker from within, as a browser does that needs its memory."""
    if visitor.page.context.browser.browser_type.name == "firefox":
        pytest.skip("Firefox's driver reaches into no worker that is at work")
    visitor.page.workers[-1].evaluate(how)


def whole_run(cpython, fragment: str) -> tuple[list, list]:
    """The points of an undisturbed run, and its names as the page lists them."""
    session, frame = cpython(fragment)
    names = session.last_names(20, True) + frame["names"][::-1]
    return frame["points"], [(step, name) for step, name, _ in names]


def trained_a_little(visitor, fragment: str) -> None:
    """Open a link and train until there are some steps and a saved state."""
    visitor.open(fragment)
    visitor.press("train")
    expect(visitor.see("step-count")).to_have_text(re.compile(r"^([5-9]|\d\d) / "), timeout=30_000)


def weights_of(view: dict) -> list[str]:
    """A view's attention as the page writes it: each weight in its order."""
    return [f"{weight:.4f}" for heads in view["attention"] for rows in heads for row in rows for weight in row]


# Notes each state of the status, and each sentence in it.
REMEMBER_STATES = """
addEventListener("DOMContentLoaded", () => {
  window.states = [], window.sentences = [];
  const status = document.getElementById("status");
  new MutationObserver(() => states.push(status.dataset.state)).observe(status, { attributes: true });
  new MutationObserver(() => sentences.push(status.textContent)).observe(status, { childList: true });
});"""
