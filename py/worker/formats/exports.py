"""The loss curve as CSV and invented names as text: for other programs to read."""

CURVE_BEGINS = "step,loss,mean"  # the first line, of earlier versions too


def curve_csv(curve: list, held_out=()) -> str:
    """curve: steps, losses and running means, three lists; held_out: losses on held-out data, as [step, loss]. A row
    for each step of either, empty where it has no such number. Every digit is written."""
    rows = {int(step): [repr(loss), repr(mean), ""] for step, loss, mean in zip(*curve[:3])}
    for step, loss in held_out:
        rows.setdefault(int(step), ["", "", ""])[2] = repr(loss)
    lines = [",".join([str(step), *rows[step]]) for step in sorted(rows)]
    return "\r\n".join([CURVE_BEGINS + ",held_out", *lines, ""])  # as RFC 4180 has it


def names_text(names: list) -> str:
    """names: those invented, each as [step, name, is it new]; one a line."""
    return "".join(f"{name}\n" for _, name, _ in names)
