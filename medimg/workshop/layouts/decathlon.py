"""Medical Segmentation Decathlon: `dataset.json` names volumes and label maps in NIfTI.

M. Antonelli and others, "The Medical Segmentation Decathlon", Nature Communications 2022.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from medimg.values.errors import InputRefused
from medimg.workshop.layouts import rows
from medimg.workshop.layouts.case import Case

INDEX = "dataset.json"


class _Pair(msgspec.Struct):
    image: str
    label: str = ""


class _Index(msgspec.Struct):
    training: list[_Pair]
    labels: dict[str, str] = {}
    modality: dict[str, str] = {}


def recognises(folder: Path) -> bool:
    """Whether there is a `dataset.json`."""
    return (folder / INDEX).is_file()


def cases(folder: Path) -> Iterator[Case]:
    """List the training volumes, each a patient; `cases.csv` beside it may say more of them.

    Raises:
        InputRefused: The index is not of the Decathlon's form.
    """
    try:
        index = msgspec.json.decode((folder / INDEX).read_bytes(), type=_Index)
    except (msgspec.DecodeError, OSError) as error:
        raise InputRefused(f"{INDEX} of {folder.name} is not the Decathlon's: {error}.") from error
    table = folder / "cases.csv"
    facts = {row.get("id", ""): row for row in rows.read(table)} if table.is_file() else {}
    for pair in index.training:
        image = folder / pair.image
        name = image.name.partition(".")[0]
        mask = folder / pair.label if pair.label else None
        yield Case(name, (image,), (mask,), facts.get(name, {}))
