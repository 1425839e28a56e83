"""How many of the invented names are in the training data, as the run goes on. Runs in CPython too."""

WINDOW_NAMES = 40  # names that a share is taken of,
MIN_NAMES = 10     # and how many there must be, so that it says something


def shares(names):
    """names: (step, is it in the list) of each, in the order of their steps. Returns (step, the share that is in the
    list, from 0 to 1, of the last WINDOW_NAMES names until that step) for each step after the first MIN_NAMES names."""
    points, count = [], 0
    for i, (step, listed) in enumerate(names):
        count += listed - (names[i - WINDOW_NAMES][1] if i >= WINDOW_NAMES else 0)
        if i + 1 >= MIN_NAMES:
            point = (step, count / min(i + 1, WINDOW_NAMES))
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
