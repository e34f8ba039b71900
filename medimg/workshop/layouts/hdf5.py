"""HDF5: one file with the data sets `images` (n, row, column[, colour]), `label`, `patient`.

Any further data set of n numbers or words is a column. Names of classes may stand in the attribute
`classes` of `label`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from medimg.values.errors import InputRefused
from medimg.workshop.layouts.case import Case, Part

IMAGES = "images"


def _file(folder: Path) -> Path | None:
    found = sorted([*folder.glob("*.h5"), *folder.glob("*.hdf5")])
    return found[0] if len(found) == 1 else None


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputRefused(f"{path.name} is not a whole HDF5 file: {error}.") from error


def recognises(folder: Path) -> bool:
    """Whether the folder holds one HDF5 file."""
    return _file(folder) is not None


def pixels(path: Path, index: int) -> NDArray[Any]:
    """Image `index` of the file."""
    with _opened(path) as file:
        return np.asarray(file[IMAGES][index])


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def cases(folder: Path) -> Iterator[Case]:
    """List the images.

    Raises:
        InputRefused: There is no data set `images`, or a column has another length.
    """
    path = _file(folder)
    assert path is not None
    with _opened(path) as file:
        if not isinstance(file.get(IMAGES), h5py.Dataset):
            raise InputRefused(f'{path.name} has no data set "{IMAGES}". Name the images so.')
        count = len(file[IMAGES])
        columns = {name: _column(file[name], count, path) for name in file if name != IMAGES}
    for index in range(count):
        row = {name: values[index] for name, values in columns.items()}
        part = Part(path, index, pixels)
        yield Case(row.get("patient") or part.name, (part,), (None,), row)


def _column(data: h5py.Dataset, count: int, path: Path) -> list[str]:
    if data.shape != (count,):
        raise InputRefused(
            f'{path.name}: "{data.name[1:]}" has the shape {data.shape}, and there are {count} '
            "images."
        )
    names = [_text(one) for one in data.attrs.get("classes", ())]
    values = data[()]
    return [names[int(one)] if names else _text(one) for one in values]
