"""Links that hold a model or data: they come back, and what is damaged or hostile is refused."""
import math
import random
import tracemalloc
import zlib
from array import array

import numpy as np
import pytest
import reference
from common.errors import UserError
from common.recipe import DEFAULTS, count_parameters
from hypothesis import given
from hypothesis import strategies as st
from saved import NAMES, SOME, TINY, damaged, key_and_memory, key_of, matrices, tokens, trained
from worker.formats import base64url, data_link, model_link, range_coder
from worker.formats import checkpoint as models
from worker.formats.range_coder import LARGEST
from worker.session import Session

# ---- The coder


@given(st.lists(st.tuples(st.integers(-LARGEST, LARGEST) | st.integers(-3, 3), st.integers(0, 3))))
def test_numbers_come_back_from_the_coder(numbers):
    encoder = range_coder.Encoder()
    for number, context in numbers:
        encoder.number(number, context)
    decoder = range_coder.Decoder(encoder.done())
    assert [decoder.number(context) for _, context in numbers] == [number for number, _ in numbers]
    assert decoder.done()


def test_the_coder_comes_close_to_the_entropy():
    rng = random.Random(5)
    numbers = [round(rng.gauss(0, 2)) for _ in range(5000)]
    encoder = range_coder.Encoder()
    for number in numbers:
        encoder.number(number, 0)
    counts = [numbers.count(number) for number in set(numbers)]
    entropy = -sum(count * math.log2(count / len(numbers)) for count in counts) / 8
    assert len(encoder.done()) < 1.02 * entropy


# ---- A model in a link


def test_a_model_link_brings_back_settings_alphabet_and_step(tiny, link):
    model = model_link.decode(link)
    assert model.recipe == {name: (DEFAULTS | TINY)[name] for name in models.RUN_FIELDS}
    assert model.step == 23 and model.alphabet == tiny[0].run.chars
    assert max(abs(a - b) for a, b in zip(model.weights, models.take(tiny[0]).weights, strict=True)) < 0.05


def test_the_whole_fragment_is_below_two_thousand_characters_and_loses_little():
    session = Session(NAMES, DEFAULTS)
    session.use("compiled")
    session.train(math.inf, 0.5, "")
    text = model_link.encode(models.take(session), session.run.square)
    assert len("#model=" + text + "&lang=ko") <= 2000
    opened = models.session_of(model_link.decode(text), NAMES)
    assert opened.run.docs == session.run.docs
    docs, losses = session.run.docs[-400:], []
    for one in (session, opened):
        losses.append(np.mean([reference.loss(matrices(one), tokens(one, doc), 1, 4) for doc in docs]))
    assert losses[1] < 1.01 * losses[0]


def test_a_linked_model_without_its_data_invents_names_and_shows_itself(link):
    session = models.session_of(model_link.decode(link))
    assert session.view()["letters"] and all(is_new is None for _, _, is_new in session.names(3, 0.5, "", session.rng))


def test_a_finished_model_from_a_link_goes_on():
    session, _ = trained()
    model = model_link.decode(model_link.encode(models.take(session), session.run.square))
    opened = models.session_of(model, SOME)
    assert opened.train(math.inf, 0.5, "")["step"] == 40
    opened.extend(30)
    assert opened.train(math.inf, 0.5, "")["step"] == 70


def test_what_is_too_large_or_wild_for_a_link_is_refused(tiny):
    large = models.Model(dict(TINY, n_layer=4, n_embd=64), 0, list("ab"), array("d", bytes(8 * 200_000)))
    wild = models.take(tiny[0])
    wild.weights[3] = math.inf
    for model, key in ((large, "keep.large"), (wild, "keep.wild")):
        with pytest.raises(UserError) as refused:
            model_link.encode(model)
        assert refused.value.key == key


# ---- Data in a link


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40), min_size=1))
def test_documents_come_back_from_a_link(documents):
    assert data_link.decode(data_link.encode(documents)) == documents


def test_data_that_do_not_fit_or_are_a_bomb_are_refused():
    noise = random.Random(1)
    with pytest.raises(UserError) as refused:
        data_link.encode([chr(noise.randrange(0x4e00, 0x9fff)) for _ in range(30000)])
    assert refused.value.key == "keep.data.large"
    with pytest.raises(UserError):
        data_link.encode(["\ud800"])
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    bomb = base64url.wrap(deflate.compress(bytes(20_000_000)) + deflate.flush())
    assert len(bomb) < base64url.MAX_CHARACTERS
    tracemalloc.start()
    with pytest.raises(UserError):
        data_link.decode(bomb)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


# ---- Strangers


def test_a_damaged_link_is_refused_each_time(link):
    rng, seen = random.Random(1), set()
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for _ in range(1500):
        at = rng.randrange(len(link))
        text = rng.choice([link[:at], link[:at] + rng.choice(digits + "=+/ %<\ud800é") + link[at + 1:], link[at:],
                           link + rng.choice(digits), link[:at] + link[at + 1:]])
        if text != link:
            seen.add(key_of(model_link.decode, text))
            seen.add(key_of(data_link.decode, text))
    assert seen <= {"keep.damaged", "keep.newer"}


def test_a_link_with_a_right_checksum_and_wrong_contents_is_refused_or_a_model(link):
    rng, data, refused = random.Random(2), base64url.unwrap(link), 0
    for _ in range(400):
        key = key_of(model_link.decode, base64url.wrap(damaged(rng, data)))
        assert key in ("", "keep.damaged")
        refused += bool(key)
    assert refused > 120
    for _ in range(300):
        assert key_of(model_link.decode, base64url.wrap(rng.randbytes(rng.randrange(60)))) == "keep.damaged"


@pytest.mark.parametrize("text", ["", "1", "2", "0AAAA", "1====", "1<script>", "9" * 40000, "1" + "A" * 1_000_000,
                                  "é", "\ud800", "1AAAAA", "1\n", "1 AAAAAAA"])
def test_what_is_no_link_is_refused(text):
    for decode in (model_link.decode, data_link.decode):
        key, memory = key_and_memory(decode, text)
        assert key in ("keep.damaged", "keep.newer") and memory < 20


def test_the_largest_link_takes_little_memory():
    recipe = dict({name: (DEFAULTS | TINY)[name] for name in models.RUN_FIELDS},
                  n_layer=4, n_embd=32, n_head=1, block_size=64)
    vocabulary = (model_link.MAX_WEIGHTS - count_parameters(recipe, 0)) // 64
    model = models.Model(recipe, 0, [chr(0x4e00 + i) for i in range(vocabulary - 1)],
                         array("d", bytes(8 * count_parameters(recipe, vocabulary))))
    text = model_link.encode(model)
    tracemalloc.start()
    opened = model_link.decode(text)
    assert opened == model and tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()
