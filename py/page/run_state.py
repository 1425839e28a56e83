"""What the page knows of its run, in one place (MicroPython, on the page).

Form, buttons, links, files, receipt and recovery read here which core, data, recipe, engine and model stand behind what
is shown. Whoever changes it calls a method here; whoever wants to know of a change adds a listener.
"""
import asyncio

from common import recipe as recipes
from page.listeners import Listeners

IDLE, STEPPING, TRAINING, PAUSING = "idle", "stepping", "training", "pausing"  # modes
STARTING, READY, GONE = "starting", "ready", "gone"  # the worker


class RunState:
    """mode: what the visitor wants of the run. PAUSING: Pause was pressed, and the slice under way is not back yet.
    worker: whether there is one to ask."""

    def __init__(self):
        self.mode, self.worker = IDLE, GONE
        self.python = ""                  # the version in the worker
        self.recipe = None                # in the form: of the next run
        self.running = None               # of the run; None before there is one
        self.in_worker = False            # has the worker that run; else it begins there again, from the checkpoint
        self.has_data = True              # are its documents here; else it can't train
        self.source = ""                  # what the run was opened from: a link's text, a file's bytes; "" for nothing
        self.went_on = False              # was it finished here, and let go on
        self.run = self.step = 0          # which run this is, so that a late answer about another is dropped; its step
        self.lineage = 0                  # the same for the run as it is to the visitor: Retry goes on with it
        self.opened = False               # whether it came from a file or a link with a model
        self.checkpoint, self.checkpoint_step = None, 0  # the run's state as the worker last gave it
        self.chars = ""                   # the alphabet of its data
        self.engine = self.asked_engine = "core"  # which does the work; which was last asked to
        self.unfinished = False           # was training, or its last names, on its way: Retry goes on with that
        self.core = None                  # the text of the edited core that runs; None: the published one
        self.recorded = True              # is what is shown the recording, and not a run of this page's
        self.pulling = False              # is a slice of it under way
        self._settled = asyncio.Event()   # set while none is
        self._settled.set()
        self.on_mode = Listeners()        # (mode)
        self.on_run = Listeners()         # (): there is another run, or it has other steps to go
        self.on_step = Listeners()        # (step)
        self.on_engine = Listeners()      # ("core" or "compiled"): it does the work from here on
        self.on_speed = Listeners()       # (steps a second, seconds left)
        self.on_leave = Listeners()       # (): the run, of which some steps were taken, is about to be left for another
        self.on_forget = Listeners()      # (): there is no run any more
        self.on_data_wanted = Listeners() # (): the run can't train without its data
        self.on_recording_end = Listeners()  # (): from here on nothing of the recording is shown
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
        return self.mode in (STEPPING, TRAINING)

    def pause(self):
        """The visitor wants no more steps; one under way will be the last."""
        self.set_mode(PAUSING if self.pulling else IDLE)

    # ---- The recipe in the form

    def edit(self, **fields):
        """Take other values for some fields of the form's recipe."""
        self.recipe = dict(self.recipe or {}, **fields)

    # ---- The run

    def num_steps(self):
        """Of the run, or of the one that the form describes: all of its parts together."""
        return recipes.ends(self.running or self.recipe)[-1]

    def next_part(self):
        """What going on adds: how many steps, and the learning rate that they begin with; see worker/schedule.py."""
        steps = self.running["num_steps"]
        return steps, self.running["learning_rate"] * steps / (self.num_steps() + steps)

    def part(self):
        """The same of the part that the next step belongs to; None in the first."""
        ends = recipes.ends(self.running)
        later = [(start, end) for start, end in zip(ends, ends[1:]) if self.step >= start]
        if not later:
            return None
        start, end = later[-1]
        return end - start, self.running["learning_rate"] * (end - start) / end

    def is_finished(self):
        """Whether the run has taken all of its steps."""
        return bool(self.running) and self.step >= self.num_steps()

    def needs_new_run(self):
        """Whether the form describes another run than the one there is."""
        return bool(self.running) and any(
            [self.recipe[name] != self.running[name] for name in self.recipe if name not in recipes.LIVE])

    def abandon(self):
        """Answers about the run so far are dropped."""
        self.run += 1

    def leave(self):
        """Another run takes the place of this one, or none: whoever keeps what was trained does so now."""
        if self.running and self.step:
            self.on_leave.tell()

    def replace(self):
        """Another run, from a file or a link, comes in place of this one."""
        self.leave()
        self.abandon()
        self.lineage, self.opened = self.lineage + 1, True

    def forget(self):
        """There is no run: the next one begins anew."""
        self.leave()
        self.abandon()
        self.lineage, self.opened = self.lineage + 1, False
        if self.went_on:
            self.edit(more="")  # the next run is as long as the form says
        self.running, self.in_worker, self.source, self.checkpoint, self.went_on = None, False, "", None, False
        self.has_data = True
        self.step, self.chars, self.unfinished = 0, "", False
        self.on_forget.tell()

    def begin(self, recipe, step, chars, checkpoint=None, source="", has_data=True):
        """The worker has a run of a recipe, at a step. checkpoint: the state that it went on from; source: what it was
        opened from; has_data: are its documents here."""
        self.running, self.in_worker, self.source, self.has_data = recipe, True, source, has_data
        self.step, self.chars, self.unfinished = step, chars, False
        self.set_checkpoint(checkpoint)

    def put_back(self, before):
        """A run from before is the run again; the worker does not have it yet. before: see parts/undo.py."""
        self.begin(before.recipe, before.step, before.chars, before.checkpoint, before.source)
        self.lineage, self.opened, self.in_worker = before.lineage, before.opened, False

    def take_data(self, sha256):
        """The run's data have come: own data, by how their SHA-256 begins, or "" for others."""
        self.running, self.has_data = dict(self.running, sha256=sha256), True
        self.on_run.tell()

    def go_on(self, more):
        """The run has other steps to go: the recipe's `more`."""
        self.running, self.went_on = dict(self.running, more=more), True
        self.edit(more=more)
        self.on_run.tell()

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

    # ---- The recording

    def end_recording(self):
        """What is shown from here on is the visitor's own. Once."""
        if self.recorded:
            self.recorded = False
            self.on_recording_end.tell()

    # ---- The worker, and the slice that is under way

    def set_worker(self, worker, python=None):
        self.worker = worker
        self.python = python or self.python
        if worker != READY:
            self.in_worker = False

    def begin_pull(self):
        self.pulling = True
        self._settled.clear()

    def end_pull(self):
        self.pulling = False
        self._settled.set()

    async def settled(self):
        """Wait until no slice is under way."""
        await self._settled.wait()
