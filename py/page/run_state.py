"""What the page knows of its run, in one place (MicroPython, on the page).

Whoever changes it calls a method here; whoever wants to know of a change adds a listener.
"""
import asyncio

from page.listeners import Listeners

IDLE, PREPARING, STEPPING, TRAINING, PAUSING = "idle", "preparing", "stepping", "training", "pausing"  # modes
STARTING, READY, GONE = "starting", "ready", "gone"  # the worker


class RunState:
    """mode: what the visitor wants of the run. PREPARING: that it begins, though nobody trains yet; PAUSING: Pause was
    pressed, and the slice under way is not back yet. worker: whether there is one to ask."""

    def __init__(self):
        self.mode, self.worker = IDLE, GONE
        self.python = ""                  # the version in the worker
        self.recipe = None                # in the form
        self.running = None               # of the run in the worker; None before it has one
        self.run = self.step = 0          # which run this is, so that a late answer about another is dropped; its step
        self.lineage = 0                  # the same for the run as it is to the visitor: Retry goes on with it
        self.opened = False               # whether it came from a file or a link with a model
        self.engine = "core"              # what does the work, whatever the form asks for
        self.checkpoint, self.checkpoint_step = None, 0  # the run's state as the worker last gave it
        self.chars = ""                   # the alphabet of its data
        self.unfinished = False           # was training, or its last names, on its way: Retry goes on with that
        self.core = None                  # the text of the edited core that runs; None: the published one
        self.pulling = False              # is a slice of it under way
        self._settled = asyncio.Event()   # set while none is
        self._settled.set()
        self.on_mode = Listeners()        # (mode)
        self.on_run = Listeners()         # (): there is another run
        self.on_step = Listeners()        # (step)
        self.on_engine = Listeners()      # ("core" or "compiled"): it does the work from here on
        self.on_speed = Listeners()       # (steps a second, seconds left)
        self.on_forget = Listeners()      # (): there is no run any more
        self.on_core = Listeners()        # (facts of the edited core; None: the published one)
        self.on_core_error = Listeners()  # (line, text, error of an edited core)
        self.on_end = Listeners()         # (): the run's last step, and its names, are done
        self.on_crash = Listeners()       # (): this Python raised, and what waited may wait for ever

    # ---- What the visitor wants

    def set_mode(self, mode):
        if mode != self.mode:
            self.mode = mode
            self.on_mode.tell(mode)

    def wants_more(self):
        return self.mode in (PREPARING, STEPPING, TRAINING)

    def pause(self):
        """The visitor wants no more steps; one under way will be the last."""
        self.set_mode(PAUSING if self.pulling else IDLE)

    # ---- The recipe in the form

    def edit(self, **fields):
        """Take other values for some fields of the form's recipe."""
        self.recipe = dict(self.recipe or {}, **fields)

    # ---- The run

    def abandon(self):
        """Answers about the run so far are dropped."""
        self.run += 1

    def replace(self):
        """Another run, from a file or a link, comes in place of this one."""
        self.abandon()
        self.lineage, self.opened = self.lineage + 1, True

    def forget(self):
        """There is no run: the next one begins anew."""
        self.abandon()
        self.lineage, self.opened = self.lineage + 1, False
        self.running, self.checkpoint, self.step, self.chars, self.unfinished = None, None, 0, "", False
        self.on_forget.tell()

    def begin(self, recipe, step, chars, checkpoint=None):
        """The worker has a run of a recipe, at a step; checkpoint: the state that it went on from."""
        self.running, self.step, self.chars, self.unfinished = recipe, step, chars, False
        self.set_checkpoint(checkpoint)

    def go_to(self, step):
        """The run has come to a step."""
        self.step = step

    def set_unfinished(self, unfinished):
        self.unfinished = unfinished

    def set_checkpoint(self, checkpoint):
        self.checkpoint, self.checkpoint_step = checkpoint, self.step

    def use_engine(self, engine):
        """ "core" or "compiled" does the work from here on."""
        self.engine = engine
        self.on_engine.tell(engine)

    def use_core(self, text, facts=None):
        """Another core runs: an edited one's text and facts, or None for the published one."""
        self.core = text
        self.on_core.tell(facts)

    # ---- The worker, and the slice that is under way

    def set_worker(self, worker, python=None):
        self.worker = worker
        self.python = python or self.python

    def begin_pull(self):
        self.pulling = True
        self._settled.clear()

    def end_pull(self):
        self.pulling = False
        self._settled.set()

    async def settled(self):
        """Wait until no slice is under way."""
        await self._settled.wait()
