"""What a visitor keeps of a run, and what they open again: links and files, in pure Python.

model.py       what is kept of a run: settings, alphabet, weights, and of a whole run all else that training changes
coder.py       an adaptive arithmetic coder for small whole numbers
model_link.py  the weights of a trained model as text for a link
data_link.py   the visitor's own data as text for a link
run_file.py    a whole run, or its weights, as a safetensors file
texts.py       weights as JSON, the loss curve as CSV, names as text
pictures.py    attention and probabilities as SVG
receipt.py     whether the published losses and names came out

Links and files come from strangers: whoever reads them here takes any text or bytes whatsoever, looks at every size
before memory is taken for it, and answers with Refused.
"""

__all__ = ["Refused"]


class Refused(Exception):
    """What was given can't be kept or opened. key: that of a sentence in index.html; values: what goes in its places.

    The page says it in the visitor's language.
    """

    def __init__(self, key, **values):
        super().__init__(key)
        self.key, self.values = key, values
