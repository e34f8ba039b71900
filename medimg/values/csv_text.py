"""Tables as CSV in which no cell is a formula: the one writer of all tables of the product.

A spreadsheet runs a text that begins with one of a few characters, and texts of a table come from
files of others: names, numbers of patients, labels.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

Cell = str | int | float | None

#: First characters at which a spreadsheet takes a text for a formula, or loses its place.
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
#: A text behind it is shown as it is.
_MARK = "'"


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    """Write rows under a line of column names; what a row lacks stays empty.

    Texts that a spreadsheet would run get an apostrophe before them; numbers stay numbers.
    """
    text = StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _safe(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue()


def original(cell: str) -> str:
    """A cell as it was before `table` wrote it."""
    behind = cell.removeprefix(_MARK)
    return behind if behind.startswith(_FORMULA) else cell


def _safe(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    # Python puts no quotes around a carriage return, at which a spreadsheet begins a new row.
    cell = "\n".join(cell.replace("\r\n", "\n").split("\r"))
    return f"{_MARK}{cell}" if cell.startswith(_FORMULA) else cell
