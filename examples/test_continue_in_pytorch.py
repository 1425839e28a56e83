"""PyTorch against the core: the same numbers from the same file, with any number of processes (`make torch`)."""

import contextlib
import io
import json
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import continue_in_pytorch
import pytest
import saved_run
import torch
from common.recipe import DEFAULTS
from microgpt import Run
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from worker.formats import safetensors_file
from worker.session import Session

torch.set_num_threads(1)  # the models are small, and the other processors may be busy

ROOT = Path(__file__).resolve().parent.parent
NAMES = ROOT / "static/datasets/us-names-2018.txt"
PROGRAM = ROOT / "examples/continue_in_pytorch.py"
SHAPES = {"the published shape": {}, "two layers of three heads": {"n_layer": 2, "n_embd": 12, "n_head": 3},
          "documents longer than the block": {"n_embd": 8, "block_size": 3}}
every_shape = pytest.mark.parametrize("settings", SHAPES.values(), ids=SHAPES.keys())


def core(steps: int = 0, **settings) -> tuple[Run, list[float]]:
    """A run of the core on the names after so many steps, and their losses."""
    with NAMES.open(encoding="utf-8") as lines:
        run = Run(lines, **settings)
    return run, [run.train() for _ in range(steps)]


def save(run: Run, losses: list[float], path: Path, whole: bool = True, **metadata: str) -> Path:
    """The file that the page saves: the whole run, or the weights alone."""
    weights = run.gpt.weights
    tensors = {name: [[p.data for p in row] for row in matrix] for name, matrix in weights.items()}
    if whole:
        for part, moments in (("mean.", iter(run.mean)), ("square.", iter(run.square))):
            tensors |= {part + name: [[next(moments) for _ in row] for row in weights[name]] for name in weights}
        means = [sum(losses[max(0, i - 100):i]) / min(i, 100) for i in range(1, len(losses) + 1)]
        tensors |= {"recent": losses[-100:], "curve": [[*range(1, run.step + 1)], losses, means]}
    about = {"format": "microgpt-in-your-tab 1", "recipe": json.dumps(vars(run.settings)), "step": str(run.step),
             "alphabet": json.dumps(run.chars), "data": "us-names-2018", "data_sha256": "0" * 64, **metadata}
    save_file({name: torch.tensor(x, dtype=torch.float64) for name, x in tensors.items()}, path, about)
    return path


def program(*arguments: object, processes: int = 0) -> str:
    """What the program prints, in this process or under torchrun. Raises SystemExit where it fails."""
    with contextlib.redirect_stdout(io.StringIO()) as printed, mock.patch("sys.argv", [PROGRAM, *map(str, arguments)]):
        if not processes:
            runpy.run_path(str(PROGRAM), run_name="__main__")
            return printed.getvalue()
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    done = subprocess.run([*torchrun, PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def trained(path: Path, *arguments: object, processes: int = 0) -> dict[str, torch.Tensor]:
    """The tensors that the program saves when it goes on in double precision from this file."""
    target = path.with_name(f"after-{processes}.safetensors")
    program(path, NAMES, "--float64", "--save", target, *arguments, processes=processes)
    return load_file(target)


def difference(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    """The largest difference between two files' numbers, tensor by tensor."""
    assert a.keys() == b.keys()
    assert all(a[name].shape == b[name].shape for name in a)
    return max((a[name] - b[name]).abs().max().item() for name in a)


@every_shape
def test_the_logits_are_the_cores(settings, tmp_path):
    run, losses = core(10, **settings)
    tensors, about = saved_run.read(save(run, losses, tmp_path / "run.safetensors"))
    model, _ = continue_in_pytorch.load(tensors, about, torch.float64)
    docs = run.docs[10:15]
    rows = continue_in_pytorch.batch(docs, about["alphabet"], run.settings.block_size)
    logits, means = model(rows[:, :-1].clamp(min=0)), model.losses(rows)
    for row, mean, doc in zip(logits, means, docs):
        context = [[] for _ in range(run.settings.n_layer)]
        tokens = [run.bos, *map(run.chars.index, doc)][:run.settings.block_size]
        expected = [[logit.data for logit in run.gpt.forward(token, context)] for token in tokens]
        assert row[:len(tokens)].tolist() == [pytest.approx(scores, rel=0, abs=1e-12) for scores in expected]
        run.read(doc)
        assert mean.item() == pytest.approx(run.loss.data, rel=0, abs=1e-12)


@pytest.mark.parametrize(("settings", "before"), [*zip(SHAPES.values(), (0, 20, 0)), ({}, 20)])
def test_a_hundred_steps_are_the_cores(settings, before, tmp_path):
    run, losses = core(before, **settings, num_steps=before + 100)
    path = save(run, losses, tmp_path / "run.safetensors")
    losses += [run.train() for _ in range(100)]
    after = trained(path)
    assert after["curve"][1].tolist() == pytest.approx(losses, rel=0, abs=1e-9)
    assert difference(after, load_file(save(run, losses, tmp_path / "expected.safetensors"))) < 1e-9


@pytest.mark.parametrize(("size", "processes"), [(8, 2), (5, 3), (1, 2)])
def test_processes_share_the_work_and_change_nothing(size, processes, tmp_path):
    path = save(*core(5, num_steps=25), tmp_path / "run.safetensors")
    alone = trained(path, "--batch", size)
    assert difference(trained(path, "--batch", size, processes=processes), alone) < 1e-12


def test_a_batch_is_the_mean_of_its_documents(tmp_path):
    run, losses = core(num_steps=1)
    after = trained(save(run, losses, tmp_path / "run.safetensors"), "--batch", 4)
    for p in run.gpt.parameters:
        p.grad = 0.0
    for doc in run.docs[:4]:
        run.read(doc)
        losses.append(run.loss.data)
        run.loss.backward()
    gradients = [p.grad / 4 for p in run.gpt.parameters]
    assert after["curve"][1].item() == pytest.approx(sum(losses) / 4, rel=0, abs=1e-12)
    means = [x for name in run.gpt.weights for x in after["mean." + name].flatten().tolist()]
    assert means == pytest.approx([0.15 * gradient for gradient in gradients], rel=0, abs=1e-12)


def test_single_precision_learns_the_same(tmp_path):
    run, losses = core(num_steps=50)
    path = save(run, losses, tmp_path / "run.safetensors")
    program(path, NAMES, "--save", tmp_path / "after.safetensors")
    after = load_file(tmp_path / "after.safetensors")
    assert after["curve"][1].tolist() == pytest.approx([run.train() for _ in range(50)], abs=1e-3)
    assert {tensor.dtype for tensor in after.values()} == {torch.float64}


def test_what_is_saved_says_what_it_is_and_goes_on_again(tmp_path):
    run, losses = core(10, num_steps=20)
    path = save(run, losses, tmp_path / "run.safetensors", names='["emma"]')
    middle, end = tmp_path / "middle.safetensors", tmp_path / "end.safetensors"
    assert "loss" in program(path, NAMES, "--float64", "--learning_rate", "0.02", "--save", middle)
    with safe_open(middle, "pt") as file:
        about = file.metadata()
    recipe = json.loads(about["recipe"])
    assert (about["format"], about["step"], about["names"]) == ("microgpt-in-your-tab 1", "20", '["emma"]')
    assert recipe == vars(run.settings) | {"learning_rate": 0.02}
    assert json.loads(about["alphabet"]) == run.chars
    program(middle, NAMES, "--num_steps", 30, "--save", end)
    assert load_file(end)["curve"][0].tolist() == [*range(1, 31)]


def test_bare_weights_begin_a_run(tmp_path):
    path = save(*core(10, num_steps=10), tmp_path / "weights.safetensors", whole=False)
    after = trained(path)
    run, losses = core(10, num_steps=10)
    run.step, run.mean, run.square = 0, [0.0] * len(run.mean), [0.0] * len(run.square)
    assert after["curve"][1].tolist() == pytest.approx([run.train() for _ in range(10)], rel=0, abs=1e-9)


def damaged(path: Path, change) -> None:
    """Write the file again with its tensors and its metadata changed."""
    with safe_open(path, "pt") as file:
        tensors, about = load_file(path), file.metadata()
    change(tensors, about)
    save_file(tensors, path, about)


def recipe(about: dict[str, str], **fields) -> None:
    about["recipe"] = json.dumps(json.loads(about["recipe"]) | fields)


DAMAGE = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "no safetensors": lambda path: path.write_text("emma\nolivia\n" * 100),
    "gone": lambda path: path.unlink(),
    "a later version": lambda path: damaged(path, lambda _, about: about.update(format="microgpt-in-your-tab 2")),
    "another program's": lambda path: damaged(path, lambda _, about: about.clear()),
    "no recipe": lambda path: damaged(path, lambda _, about: about.update(recipe="{")),
    "a recipe of a list": lambda path: damaged(path, lambda _, about: about.update(recipe="[]")),
    "another shape": lambda path: damaged(path, lambda _, about: recipe(about, n_embd=32)),
    "heads that do not divide": lambda path: damaged(path, lambda _, about: recipe(about, n_head=3)),
    "a text for a number": lambda path: damaged(path, lambda _, about: recipe(about, n_layer="one")),
    "a step of words": lambda path: damaged(path, lambda _, about: about.update(step='"ten"')),
    "a learning rate of words": lambda path: damaged(path, lambda _, about: recipe(about, learning_rate="fast")),
    "no recent losses": lambda path: damaged(path, lambda tensors, _: tensors.pop("recent")),
    "a matrix missing": lambda path: damaged(path, lambda tensors, _: tensors.pop("layer0.attn_wq")),
    "a moment missing": lambda path: damaged(path, lambda tensors, _: tensors.pop("square.wte")),
    "no number": lambda path: damaged(path, lambda tensors, _: tensors["wte"][0].fill_(float("nan"))),
    "a letter missing": lambda path: damaged(path, lambda _, about: about.update(alphabet='["a"]')),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_ends_in_a_sentence(damage, tmp_path, capsys):
    path = save(*core(1, num_steps=2), tmp_path / "run.safetensors")
    damage(path)
    with pytest.raises(SystemExit, match="2"):
        program(path, NAMES, "--save", tmp_path / "after.safetensors")
    said = capsys.readouterr().err
    assert said.startswith("continue_in_pytorch: ") and said.count("\n") == 1
    assert path.name in said and not (tmp_path / "after.safetensors").exists()


@pytest.mark.parametrize(("data", "arguments", "sentence"), [
    ("Emma\n", (), "has 'E', a letter that "),
    ("\n \n", (), "a document at least"),
    ("emma\n", ("--num_steps", 1), "a larger --num_steps goes on"),
    ("emma\n", ("--batch", 0), "a document at least"),
])
def test_what_cannot_be_trained_ends_in_a_sentence(data, arguments, sentence, tmp_path, capsys):
    path = save(*core(1, num_steps=2), tmp_path / "run.safetensors")
    (tmp_path / "data.txt").write_text(data)
    with pytest.raises(SystemExit, match="2"):
        program(path, tmp_path / "data.txt", *arguments, "--save", tmp_path / "after.safetensors")
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_the_page_opens_what_is_saved(tmp_path):
    session = Session(NAMES.read_text(encoding="utf-8").splitlines(), DEFAULTS | {"num_steps": 10})
    frames = [session.train(0, 0.5, "") for _ in range(5)]
    curve = [sum((frame["points"][row] for frame in frames), []) for row in range(3)]
    path = tmp_path / "run.safetensors"
    path.write_bytes(safetensors_file.save(session, "us-names-2018", curve=curve))
    after = trained(path)
    opened = safetensors_file.read((tmp_path / "after-0.safetensors").read_bytes())
    losses = curve[1] + [session.run.train() for _ in range(5)]
    assert (opened.step, list(opened.curve[0])) == (10, [*range(1, 11)])
    assert list(opened.curve[1]) == pytest.approx(losses, rel=0, abs=1e-9)
    weights = [x for name in session.run.gpt.weights for x in after[name].flatten().tolist()]
    assert list(opened.weights) == weights == pytest.approx([p.data for p in session.run.gpt.parameters], abs=1e-9)
