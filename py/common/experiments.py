"""Ready experiments: small edits of the core, each a few exact pieces of its text and what stands in their place.

Pure, so that the page (MicroPython) and the tests (CPython) use the same table.
"""

EDITS = {  # name: (piece of the core's text, what replaces it), ...
    "relu2": (("[h.relu() for h in", "[h.relu() ** 2 for h in"),),
    "init": (("Value(0.08 * next(normal))", "Value(0.02 * next(normal))"),),
    "cosine": (("        learning_rate = self.settings.learning_rate * (1 - self.step / self.settings.num_steps)\n",
                "        angle = math.pi * self.step / self.settings.num_steps  # half a turn in all\n"
                "        cosine = polynomial(COS_SERIES, angle * angle)\n"
                "        learning_rate = self.settings.learning_rate * (1 + cosine) / 2\n"),),
    "no-norm": (("    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5\n    return [xi * scale for xi in x]\n",
                 "    return x  # as it is\n"),),
    "one-head": (("SimpleNamespace(**DEFAULTS | settings)", 'SimpleNamespace(**DEFAULTS | settings | {"n_head": 1})'),),
}


def edit(text, name):
    """The core's text with an experiment put in. KeyError for a name that EDITS lacks; ValueError where a piece does
    not stand in the text exactly once, as in a text that has been edited there."""
    for piece, instead in EDITS[name]:
        if text.count(piece) != 1:
            raise ValueError("the text has changed where this would go")
        text = text.replace(piece, instead)
    return text
