"""The switch between the core and what is compiled from it: the run is the same run, bit for bit, whichever works."""
from functools import cache

import pytest
from common.recipe import DATASETS, DEFAULTS
from support import ROOT, soak
from worker import compiler
from worker.session import Session

SMALL = DEFAULTS | {"n_embd": 8, "n_head": 2, "block_size": 8, "num_steps": 60}


def session(recipe=SMALL) -> Session:
    with open(ROOT / DATASETS[recipe["data"]], encoding="utf-8") as lines:
        return Session(lines, recipe)


def trained(engines: list[str], recipe=SMALL, saves=False):
    """The losses and names of a run that changes engines every so many steps, its state, and its last names."""
    run, losses, names = session(recipe), [], []
    while run.run.step < recipe["num_steps"]:
        run.use(engines[run.run.step * len(engines) // recipe["num_steps"]])
        frame = run.train(0, 0.5, "")
        losses += frame["points"][1]
        names += frame["names"]
    return losses, names, run.state().tolist(), run.last_names(5, True)


@cache
def by_the_core():
    return trained(["core"])


@pytest.mark.parametrize("engines", [["compiled"], ["core", "compiled"], soak(["compiled", "core"]),
                                     soak(["core", "compiled", "core", "compiled"])])
def test_a_run_is_the_same_run_whichever_engine_works(engines):
    assert trained(engines) == by_the_core()


def test_a_compiled_slice_gives_what_single_steps_give():
    run = session()
    run.use("compiled")
    frame = run.train(10_000, 0.5, "")
    losses, names, state, _ = by_the_core()
    assert (frame["points"][1], frame["names"], run.state().tolist()) == (losses, names, state) and frame["done"]


@pytest.mark.parametrize("step", [0, 1, 20])
def test_both_engines_see_the_same_in_a_document(step):
    views = []
    for engine in ("core", "compiled"):
        run = session()
        while run.run.step < step:
            run.train(0, 0.5, "")
        run.use(engine)
        views.append([run.view(), run.view("emma")])
    assert views[0] == views[1]


def test_the_core_goes_on_where_compiling_is_not_possible():
    run = session(SMALL | {"block_size": 2})
    with pytest.raises(compiler.CannotCompile, match="compile.block-size"):
        run.use("compiled")
    assert run.train(0, 0.5, "")["step"] == 1


def test_the_core_goes_on_where_the_compiled_run_fails_a_check(monkeypatch):
    run = session()
    run.use("compiled")
    run.train(0, 0.5, "")

    def fail(n):
        error = compiler.CannotCompile("compile.differs.loss")
        error.losses = []
        raise error

    monkeypatch.setattr(run.engine, "train", fail)
    frame = run.train(0, 0.5, "")
    assert (frame["step"], frame["declined"]["key"], run.engine) == (1, "compile.differs.loss", None)
    assert run.train(0, 0.5, "")["points"][1] == by_the_core()[0][1:2]
