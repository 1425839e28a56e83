"""How many digits a mean bears: as many as its standard error leaves. Runs in MicroPython (the page) and in CPython."""
MOST_DECIMALS = 6


def standard_error(values):
    """The standard error of the mean of some numbers, taken as independent: their standard deviation (n − 1) by the
    root of n. None of fewer than two, and where it is no finite number."""
    n = len(values)
    if n < 2:
        return None
    mean = sum(values) / n
    error = (sum([(value - mean) * (value - mean) for value in values]) / (n - 1) / n) ** 0.5
    return error if error < 1e300 else None  # neither infinite nor no number


def decimals(error):
    """The decimals of a number with this standard error: up to the error's first digit, and one more where that is a
    1, as physicists round. One where the error is not known; of none at all, those of three digits of a loss."""
    if error is None:
        return 1
    if error < 10 ** -MOST_DECIMALS:
        return 3
    places = 0
    while places < MOST_DECIMALS and error * 10 ** places < 0.95:
        places += 1
    first = error * 10 ** places
    return min(places + 1, MOST_DECIMALS) if 0.95 <= first < 1.95 and error < 10 else places


def rounded(mean, error):
    """A mean as text, with the digits that its standard error leaves."""
    return "%.*f" % (decimals(error), mean)


def with_error(mean, error):
    """A mean and its standard error as text, "2.42 ± 0.06"; the mean alone where the error is not known."""
    if error is None:
        return rounded(mean, error)
    places = decimals(error)
    return "%.*f ± %.*f" % (places, mean, places, error)


def significant(value, digits=2):
    """A size with so many significant digits, a whole one with zeros in place of the others: 385 becomes 390."""
    unit = 1
    while abs(value) >= unit * 10 ** digits:
        unit *= 10
    if abs(value) >= 10 ** (digits - 1) or value == int(value):
        return int(value / unit + 0.5) * unit
    places = 0
    while value and abs(value) * 10 ** places < 10 ** (digits - 1):
        places += 1
    return round(value, places)


def difference(a, b, paired):
    """The mean of the losses b less that of a, and its standard error; paired: each loss of a has its like in b, the
    same text's, and what the texts have in common falls out."""
    if paired:
        between = [y - x for x, y in zip(a, b)]
        return sum(between) / len(between), standard_error(between)
    errors = standard_error(a), standard_error(b)
    error = None if None in errors else (errors[0] ** 2 + errors[1] ** 2) ** 0.5
    return sum(b) / len(b) - sum(a) / len(a), error
