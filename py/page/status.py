"""What the page is doing, in words and figures: the status line, the step, the speed, the time left (MicroPython)."""
from page import dom
from page.i18n import number, put, sentence
from pyscript import window

WITH_COMPILER = ("ready", "training", "paused", "naming", "done")  # the states in which the compiler has a word too
SPEED_SECONDS = 4  # over which the speed is taken
LINES = {"status": ("status.start", {}), "compiler": None}  # what is said now: each a key and its values


def show(key, state, **values):
    """Say what the page is doing, or what went wrong; state is for the style sheet: loading, ready, training, …"""
    LINES["status"] = key, values
    dom.get("status").dataset.state = state
    _put()
    retry = state in ("failed", "silent")
    if not retry:
        dom.hand_focus_on("retry", "train")
    dom.get("retry").hidden = not retry


def show_compiler(key, **values):
    """Say what the compiler does or did, behind what the page is doing; "" for nothing."""
    LINES["compiler"] = (key, values) if key else None
    _put()


def _put():
    put("status", *[part for part in (LINES["status"], LINES["compiler"] if state() in WITH_COMPILER else None)
                    if part])


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


def loss(mean):
    """Show the running mean of the loss; None for none."""
    dom.get("loss").textContent = "–" if mean is None else "%.3f" % mean


class Speed:
    """Steps a second over the last few seconds, and the time left."""

    def __init__(self):
        self.marks = []  # (seconds, step)
        self.clear()

    def clear(self):
        self.marks = []
        dom.get("speed").textContent = "–"
        put("time-left")

    def show(self, step, num_steps):
        """Show the speed at a step. Gives it, in steps a second; None where it is not known yet."""
        now = window.performance.now() / 1000
        recent = [mark for mark in self.marks if now - mark[0] < SPEED_SECONDS]
        self.marks = (recent or self.marks[-1:]) + [(now, step)]
        seconds, steps = now - self.marks[0][0], step - self.marks[0][1]
        if seconds <= 0 or steps <= 0:
            return None
        speed = steps / seconds
        dom.get("speed").textContent = in_words(speed)
        left = (num_steps - step) / speed
        put("time-left", *[sentence("time.minutes", n=round(left / 60)) if left > 100
                           else sentence("time.seconds", n=round(left))] if left >= 1 else [])
        return speed


def in_words(speed):
    """A speed in steps a second, with two digits: it bears no more."""
    if speed >= 100:
        size = 10 ** (len(str(int(speed))) - 2)
        return number(int(speed / size + 0.5) * size)
    return "%d" % round(speed) if speed >= 10 else "%.2g" % speed
