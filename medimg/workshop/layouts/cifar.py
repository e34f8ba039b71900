"""CIFAR-10 in its binary form; the Python form could run a program and is refused.

A row is one byte of class, then 1,024 bytes each of red, green and blue (A. Krizhevsky, "Learning
Multiple Layers of Features from Tiny Images", 2009).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg.values.errors import InputRefused
from medimg.workshop.layouts.case import Case, Part

SIDE = 32
ROW = 1 + 3 * SIDE * SIDE
NAMES = "batches.meta.txt"
# The index of the Python form.
PYTHON_FORM = "batches.meta"


def _folder(folder: Path) -> Path:
    below = folder / "cifar-10-batches-bin"
    return below if below.is_dir() else folder


def recognises(folder: Path) -> bool:
    """Whether batches of either form are there."""
    here = _folder(folder)
    return (here / NAMES).is_file() or (here / PYTHON_FORM).is_file()


def pixels(path: Path, index: int) -> NDArray[np.uint8]:
    """Picture `index` of a batch, (32, 32, 3).

    Raises:
        InputRefused: The batch ends before it.
    """
    data = np.fromfile(path, np.uint8, ROW, offset=index * ROW)
    if data.size != ROW:
        raise InputRefused(f"{path.name} ends before picture {index}. Copy the batch again.")
    return np.ascontiguousarray(data[1:].reshape(3, SIDE, SIDE).transpose(1, 2, 0))


def cases(folder: Path) -> Iterator[Case]:
    """List the pictures of all batches; `test_batch.bin` is the test split.

    Raises:
        InputRefused: The folder holds the Python form, or a batch is cut.
    """
    here = _folder(folder)
    if not (here / NAMES).is_file():
        raise InputRefused(
            f"{here.name} holds the Python form of CIFAR-10, which could run any program when it "
            "is opened. Use the binary form."
        )
    names = (here / NAMES).read_text("utf-8").split()
    for path in sorted(here.glob("*_batch*.bin")):
        yield from _batch(path, names)


def _batch(path: Path, names: list[str]) -> Iterator[Case]:
    size = path.stat().st_size
    if size % ROW:
        raise InputRefused(f"{path.name} is cut inside a picture. Copy the batch again.")
    labels = np.fromfile(path, np.uint8).reshape(-1, ROW)[:, 0]
    split = "test" if path.stem.startswith("test") else "train"
    for index, label in enumerate(labels.tolist()):
        if label >= len(names):
            raise InputRefused(f"{path.name}: picture {index} has the class {label}, not a name.")
        part = Part(path, index, pixels)
        yield Case(part.name, (part,), (None,), {"label": names[label], "split": split})
