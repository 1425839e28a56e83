"""The receipt: whether the published run came out as published."""
import math

import pytest
from common.recipe import DEFAULTS
from saved import NAMES
from worker.formats import published
from worker.session import Session

from tools.recorded import ROOT

PUBLISHED = ROOT.parent / "shared/data/makemore-names.txt"


@pytest.fixture(scope="module")
def published_run():
    """A run of a data file, by the receipt's account of it. The real one is not in this repository."""
    session = Session(NAMES, DEFAULTS)
    session.run.step = 1000
    losses = [published.LOSSES.get(step, 2.0) + 3e-5 for step in range(1, 1001)]
    return session, [list(range(1, 1001)), losses, losses]


def test_a_receipt_is_for_the_published_run_only(published_run, monkeypatch):
    session, curve = published_run
    assert published.check_published(session, curve, published.NAMES) is None
    monkeypatch.setattr(session, "data_sha256", published.DATA_SHA256)
    assert published.check_published(session, curve, published.NAMES) == {
        "key": "receipt.came", "losses": 4, "names": 20}
    assert published.check_published(session, curve, ["x", *published.NAMES[1:]]) == {
        "key": "receipt.differs", "losses": 4, "names": 19}
    session.run.step = 999
    assert published.check_published(session, curve, published.NAMES) is None


@pytest.mark.skipif(not PUBLISHED.exists(), reason="makemore's names.txt is not beside the checkout")
def test_the_real_file_has_the_published_hash_and_its_run_the_published_losses_and_names():
    session = Session(PUBLISHED.read_text("utf-8").splitlines(), DEFAULTS)
    session.use("compiled")
    frame = session.train(math.inf, 0.5, "")
    names = [name for _, name, _ in session.last_names(20, True)]
    assert published.check_published(session, frame["points"], names)["key"] == "receipt.came"
