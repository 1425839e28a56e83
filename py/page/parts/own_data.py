"""Whatever data a run asks for, as bytes; and the visitor's own, which stay in this tab (MicroPython, on the page).

What a visitor gives is read by the worker, which says what it is or what is wrong with it. It stays here, as bytes that
only JavaScript holds, and in the worker.
"""
import asyncio

from common import recipe as recipes
from common.errors import UserError
from page.js import loads, reason
from page.listeners import Listeners
from page.run_state import READY
from page.worker_client import Failed
from pyscript import document, window

MAX_DATA_SETS = 4  # of the visitor's own that stay at hand, for Back
PACKING_S = 3      # how long Share waits for large data; a browser lets a press copy something for some seconds
KEY_LENGTH = 12    # digits of a SHA-256 that a recipe carries


class OwnData:
    """By how their SHA-256 begins: data sets as (bytes, the worker's facts), and each packed as text for a link."""

    def __init__(self, state, client):
        self.state, self.client = state, client
        self.sets, self.order = {}, []  # the order apart, the newest last, because MicroPython's dicts have none
        self.texts = {}      # as text for a link, or the UserError that says why they do not fit one
        self.packing = {}    # those that are being packed: an event each, set when they are
        self.problems = {}   # what was wrong with those that came along with a link, a UserError each
        self.on_arrival = Listeners()  # (key, UserError or None): a link's data were read, or not

    async def bytes(self, recipe):
        """The bytes of a recipe's data, which the worker wants in start(); None for those that it has. UserError where
        they are somebody's own, and not here; Failed where they cannot be loaded."""
        if recipe["data"] == recipes.OWN:
            await self.arrive(recipe)
            if recipe["sha256"] not in self.sets:
                raise self.problems.get(recipe["sha256"]) or UserError("own.missing")
            return self.sets[recipe["sha256"]][0]
        if recipe["data"] == recipes.DEFAULTS["data"]:
            return None
        address = document.querySelector('#setting-data option[value="%s"]' % recipe["data"]).dataset.file
        try:
            answer = await window.fetch(address)
            if answer.ok:
                return window.Uint8Array.new(await answer.arrayBuffer())
            problem = "HTTP %d" % answer.status
        except Exception as error:
            problem = reason(error)
        raise Failed("%s: %s" % (address.split("?")[0], problem))

    def of(self, recipe):
        """A recipe's own data as (bytes, facts); None where it has none, or they are not here."""
        return self.sets.get(recipe["sha256"]) if recipe["data"] == recipes.OWN else None

    def is_missing(self, recipe):
        """Whether a recipe's data are somebody's own, and not here."""
        return recipe["data"] == recipes.OWN and not self.of(recipe)

    async def arrive(self, recipe):
        """Read the data that came along with a link. What is wrong with them is said, and they are missing then."""
        key, text = recipe["sha256"], recipe["documents"]
        if recipe["data"] != recipes.OWN or not text or key in self.sets:
            return
        try:
            bytes = await self.client.call("unpack_data", text)
            facts = loads(await self.client.call("read_data", bytes))
            if facts.sha256[:KEY_LENGTH] != key:
                raise UserError("keep.damaged")
            self.add(key, (bytes, facts))
            self.texts[key] = text
        except UserError as error:
            if self.state.recipe["documents"] == text:
                if error.key != "room.unloaded":  # which another try may mend
                    self.problems[key] = error
                    self.state.edit(documents="")
                self.on_arrival.tell(key, error)
                return
        self.on_arrival.tell(key, None)

    async def restore(self, key, bytes):
        """Have own data at hand that this browser kept. Raises UserError where they can't be read any more."""
        facts = loads(await self.client.call("read_data", bytes))
        if facts.sha256[:KEY_LENGTH] == key:
            self.add(key, (bytes, facts))
            self.on_arrival.tell(key, None)

    async def arrive_if_ready(self):
        """Read the data that the page's address brings along, once there is a worker to read them."""
        if self.state.worker == READY:
            await self.arrive(self.state.recipe)

    def add(self, key, found):
        """Have data at hand, the newest few."""
        self.sets[key] = found
        self.order = [other for other in self.order if other != key] + [key]
        while len(self.order) > MAX_DATA_SETS:
            old = self.order.pop(0)
            self.sets.pop(old)
            self.texts.pop(old, None)

    async def pack(self, key):
        """Make them text for a link, once."""
        if key in self.texts or key in self.packing:
            return
        self.packing[key] = done = asyncio.Event()
        try:
            self.texts[key] = await self.client.call("pack_data", self.sets[key][0])
        except UserError as error:
            if error.key != "room.unloaded":  # which another try may mend
                self.texts[key] = error
        finally:  # where the worker failed, the link goes without them
            self.packing.pop(key)
            done.set()

    async def packed(self, recipe):
        """Wait a little for a recipe's own data to be packed."""
        if recipe["sha256"] in self.packing:
            try:
                await asyncio.wait_for(self.packing[recipe["sha256"]].wait(), PACKING_S)
            except asyncio.TimeoutError:
                pass

    def text(self, recipe):
        """A recipe's own data as text for a link; "" where they are not here, or do not fit one."""
        text = self.texts.get(recipe["sha256"]) if recipe["data"] == recipes.OWN else None
        return text if type(text) is str else ""

    def problem(self, recipe):
        """The UserError that says why a recipe's own data do not fit a link, or None."""
        text = self.texts.get(recipe["sha256"])
        return text if isinstance(text, UserError) else None

    def vocab_size(self, recipe):
        """How many tokens a recipe's model has; 27 where that is not known yet."""
        name, jamo = recipe["data"], recipe["letters"] == "jamo"
        if name == recipes.OWN:
            own = self.of(recipe)
            return form(own[1], recipe).letters + 1 if own else 27
        return (jamo and recipes.JAMO.get(name) or recipes.LETTERS[name]) + 1

    def size(self, recipe):
        """Parameters times positions of a recipe's model: a step and compiling take about so long."""
        return recipes.count_parameters(recipe, self.vocab_size(recipe)) * recipe["block_size"]


def form(facts, recipe):
    """The facts that hold for the documents as syllables or as jamo."""
    jamo = recipe["letters"] == "jamo" and hasattr(facts.forms, "jamo")
    return facts.forms.jamo if jamo else facts.forms.syllables
