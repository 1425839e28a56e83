"""How many of the invented names are in the list, as the run goes on. Pure: runs in MicroPython and in CPython."""

WINDOW = 40  # names that a share is taken of,
LEAST = 10   # and how many there must be, so that it says something


def shares(names):
    """names: (step, is it in the list) of each, in the order of their steps. Returns (step, the share that is in the
    list, from 0 to 1, of the last WINDOW names until that step) for each step after the first LEAST names."""
    points, count = [], 0
    for i, (step, listed) in enumerate(names):
        count += listed - (names[i - WINDOW][1] if i >= WINDOW else 0)
        if i + 1 >= LEAST:
            point = (step, count / min(i + 1, WINDOW))
            if points and points[-1][0] == step:
                points[-1] = point
            else:
                points.append(point)
    return points


def line(points, num_steps):
    """The points of shares() as those of an SVG polyline in a box of 100 by 100, for a run of num_steps steps. The box
    reaches from 0 to the largest of the shares, and to 20 % in any case."""
    top = max([0.2] + [share for _, share in points])
    return " ".join(["%.1f,%.1f" % (100 * step / num_steps, 98 - 96 * share / top) for step, share in points])
