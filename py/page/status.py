"""What the page is doing, in words and figures: the status line, the step, the speed, the time left (MicroPython)."""
from common.digits import rounded, significant
from page import dom
from page.i18n import number, put, sentence
from pyscript import window

WITH_COMPILER = ("ready", "training", "paused", "naming", "done")  # the states in which the compiler has a word too
SPEED_SECONDS = 4  # over which the speed is taken
PASSING_MS = 10000  # how long what a press is answered with stands in place of what the page is doing
LINES = {"status": ("status.start", {}), "compiler": None, "passing": None}  # what is said: each a key and its values


def show(key, state, **values):
    """Say what the page is doing, or what went wrong; state is for the style sheet: loading, ready, training, …"""
    LINES["status"], LINES["passing"] = (key, values), None
    dom.get("status").dataset.state = state
    _put()
    retry = state in ("failed", "silent")
    if not retry:
        dom.hand_focus_on("retry", "train")
    dom.get("retry").hidden = not retry


def show_passing(key, **values):
    """Answer a press where it changes nothing of what the page is doing: that comes back after a while, or at once
    where the page does something else."""
    passing = LINES["passing"] = key, values
    _put()

    def pass_away():
        if LINES["passing"] is passing:
            LINES["passing"] = None
            _put()

    window.setTimeout(pass_away, PASSING_MS)


def show_compiler(key, **values):
    """Say what the compiler does or did, behind what the page is doing; "" for nothing."""
    LINES["compiler"] = (key, values) if key else None
    _put()


def _put():
    compiler = LINES["compiler"] if state() in WITH_COMPILER else None
    put("status", *[LINES["passing"]] if LINES["passing"] else [part for part in (LINES["status"], compiler) if part])


def state():
    """The state shown last."""
    return dom.get("status").dataset.state


def duration(seconds):
    """How long something lasts, as a sentence for others."""
    if seconds < 2:
        return sentence("lasting.second")
    return sentence("lasting.seconds", n=seconds) if seconds < 120 else sentence("lasting.minutes", n=seconds // 60)


def progress(step, num_steps):
    dom.get("step-count").textContent = "%d / %d" % (step, num_steps)
    dom.get("progress").max, dom.get("progress").value = num_steps, step


def loss(mean, error=None):
    """Show the running mean of the loss, with the digits that its standard error leaves; None for none."""
    dom.get("loss").textContent = "–" if mean is None else rounded(mean, error)


class Speed:
    """Steps a second over the last few seconds, and the time left. What measuring the held-out loss takes is no part of
    the speed, and of the time left it is the same share as it was so far."""

    def __init__(self):
        self.marks = []  # (seconds of training, step)
        self.left = 0    # seconds
        self.clear()

    def clear(self):
        self.marks, self.began, self.measured = [], None, 0
        dom.get("speed").textContent = "–"
        put("time-left")

    def show(self, step, num_steps, measuring=0):
        """Show the speed at a step, measuring: the seconds that went into the held-out loss since the last call. Gives
        it, in steps a second; None where it is not known yet."""
        self.measured += measuring
        now = window.performance.now() / 1000 - self.measured
        if self.began is None:
            self.began = now
        recent = [mark for mark in self.marks if now - mark[0] < SPEED_SECONDS]
        self.marks = (recent or self.marks[-1:]) + [(now, step)]
        seconds, steps = now - self.marks[0][0], step - self.marks[0][1]
        if seconds <= 0 or steps <= 0:
            return None
        speed = steps / seconds
        dom.get("speed").textContent = in_words(speed)
        self.left = left = (num_steps - step) / speed * (1 + self.measured / max(now - self.began, 1e-3))
        put("time-left", *[sentence("time.minutes", n=round(left / 60)) if left > 100
                           else sentence("time.seconds", n=round(left))] if left >= 1 else [])
        return speed


def in_words(speed):
    """A speed in steps a second, with two digits: it bears no more."""
    return number(significant(speed)) if speed >= 10 else "%.2g" % speed
