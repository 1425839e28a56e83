"""Pictures of numbers for the panel: HTML that carries its numbers as text. Pure. Letters come from strangers: all is
escaped. The attribute data-go holds the address that a press opens; --w is a share from 0 to 1, for the style sheet."""
from worker.markup import escape

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SMALL, LARGE = 1e-4, 1e5  # sizes between which numbers are written out; beyond them as 3×10⁻⁵


def written(value: float, digits: int, decimals: int | None = None) -> str:
    """A number with so many significant digits, and with no more decimals than these where it has one digit before
    them; with a true minus sign, and without an e."""
    size = abs(value)
    if size == 0 or size != size or size == float("inf"):
        text = f"{size:g}"
    elif not SMALL <= float(f"{size:.{digits - 1}e}") < LARGE:
        mantissa, power = f"{size:.{digits - 1}e}".split("e")
        text = f"{mantissa}×10{str(int(power)).translate(SUPERSCRIPTS)}"
    elif decimals is not None and float(f"{size:.{decimals}f}"):
        text = f"{size:.{decimals if size < 100 else 0}f}"
    else:
        power = int(f"{size:.{digits - 1}e}".split("e")[1])
        text = f"{round(size, digits - 1 - power):.{max(0, digits - 1 - power)}f}"
    return ("−" if value < 0 else "") + text


def signed(value: float) -> str:
    """A number in few characters, for a cell: two decimals, or the first digit where those are zeros."""
    return written(value, 1, 2)


def fitted(text: str) -> str:
    """A number in a cell, which has room for five characters in their full size, and no wide ones among them."""
    return f"<span{' class=long' if len(text) > 5 or 'e' in text else ''}>{text}</span>"


def vector(label, values, names, letters=(), marked=None):
    """Numbers side by side. label: HTML; values: floats; names: of each, as DocumentTrace.name() gives them; letters:
    what each belongs to, if it has a letter; marked: the index of one to point out."""
    largest = max(map(abs, values), default=0) or 1
    cells = "".join(
        f'<td data-go="number.{name}" data-value="{value:.6g}" style="--w:{abs(value) / largest:.3f}"'
        f'{" data-minus" if value < 0 else ""}{" data-zero" if value == 0 else ""}'
        f'{" data-true" if i == marked else ""}>'
        f'{f"<b>{escape(letters[i])}</b>" if letters else ""}{fitted(signed(value))}</td>'
        for i, (value, name) in enumerate(zip(values, names)))
    return (f'<table role="grid" class="vector{" lettered" if letters else ""}"><caption>{label}</caption>'
            f"<tbody><tr>{cells}</tr></tbody></table>")


def shares(label, letters, rows, heads):
    """A table of shares in percent: a row for each of heads (texts), a column for each letter."""
    columns = "".join(f'<th scope="col">{escape(letter)}</th>' for letter in letters)
    lines = "".join(
        f'<tr><th scope="row">{escape(head)}</th>' + "".join(
            f'<td data-go="number.{name}" data-value="{value:.6g}" style="--w:{value:.3f}">{100 * value:.0f}</td>'
            for value, name in row) + "</tr>" for head, row in zip(heads, rows))
    return (f'<table role="grid" class="shares"><caption>{label}</caption><thead><tr><td></td>{columns}</tr></thead>'
            f"<tbody>{lines}</tbody></table>")


def edges(label, heads, rows):
    """A table of a number's neighbours in the graph. heads: texts; rows: (name, html, *numbers), the name as
    DocumentTrace.name() gives it."""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    lines = "".join(f'<tr><td><button type="button" data-go="number.{name}">{html}</button></td>'
                    + "".join(f"<td>{precise(value)}</td>" for value in values) + "</tr>"
                    for name, html, *values in rows)
    return (f'<table class="edges"><caption>{label}</caption><thead><tr>{columns}</tr></thead>'
            f"<tbody>{lines}</tbody></table>")


def precise(value: float) -> str:
    """A number with five significant digits, without zeros at its end."""
    text = written(value, 5)
    mantissa, times, power = text.partition("×")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + times + power


def documents(items, address, chosen):
    """Links to the same address in other documents. items: (document, text); chosen: one of the documents."""
    return "".join(f'<button type="button" data-go="{escape(address)}" data-look="{escape(document)}"'
                   f'{" aria-current=true" if document == chosen else ""}>{escape(text)}</button>'
                   for document, text in items)


def choices(items, chosen):
    """Links in a row, one of them chosen. items: (address, text)."""
    return "".join(f'<button type="button" data-go="{escape(address)}"'
                   f'{" aria-current=true" if address == chosen else ""}>{escape(text)}</button>'
                   for address, text in items)
