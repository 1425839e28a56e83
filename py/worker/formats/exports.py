"""Weights as JSON, the loss curve as CSV, invented names as text: for other programs to read."""
import json


def weights_json(session) -> str:
    """The weights by the core's names, [row][column], with the settings and the alphabet beside them."""
    run = session.synced()
    settings = {name: value for name, value in vars(run.settings).items() if name != "num_samples"}
    weights = {name: [[p.data for p in row] for row in rows] for name, rows in run.gpt.weights.items()}
    about = {"settings": settings, "step": run.step, "alphabet": run.chars}
    return json.dumps({**about, "weights": weights}, ensure_ascii=False, allow_nan=False)


def curve_csv(curve: list) -> str:
    """curve: steps, losses and running means, three lists. Every digit is written."""
    rows = [f"{int(step)},{loss!r},{mean!r}" for step, loss, mean in zip(*curve)]
    return "\r\n".join(["step,loss,mean", *rows, ""])  # as RFC 4180 has it


def names_text(names: list) -> str:
    """names: those invented, each as [step, name, is it new]; one a line."""
    return "".join(f"{name}\n" for _, name, _ in names)
