"""NRRD with its data in the file, by its definition (teem.sourceforge.net/nrrd/format.html).

Written here and not by a library, because SimpleITK's writer invents a place and a size of 1 mm
where there is none and holds no shear; the header is ten lines of text.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medimg.writing.stack import Stack

#: numpy type: the format's name for it.
_TYPES = {
    "uint8": "uint8", "int8": "int8", "int16": "int16", "uint16": "uint16", "int32": "int32",
    "uint32": "uint32", "int64": "int64", "uint64": "uint64", "float32": "float",
    "float64": "double",
}  # fmt: skip
_LEVEL = 4


def write(stack: Stack, out: Path) -> tuple[str, ...]:
    """Write a stack as NRRD in LPS mm; unknown places and sizes are left out of the header.

    Returns:
        What the format could not say, in sentences.
    """
    array = stack.array
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    fields = _fields(stack, little.dtype.name, list(reversed(array.shape)))
    with out.open("wb") as file:
        file.write(("\n".join(["NRRD0005", *fields]) + "\n\n").encode("ascii"))
        # No time and no name of a file within: the same volume gives the same bytes.
        with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
            packed.write(little.reshape(-1).view(np.uint8).data)
    if stack.geometry.affine is not None:
        return ()
    notes = ["The file does not say which side is which, as its source did not."]
    if not stack.geometry.plane_spacing.is_known:
        notes.append("The file gives no size of a pixel, as its source did not; readers take 1.")
    return tuple(notes)


def _fields(stack: Stack, dtype: str, sizes: Sequence[int]) -> list[str]:
    before = ["RGB-color"] if stack.is_colour else []
    after = ["list"] if len(stack.volumes) > 1 else []
    third = "list" if stack.is_frames else "domain"
    fields = [
        "# MedImg Workstation",
        f"type: {_TYPES[dtype]}",
        f"dimension: {len(sizes)}",
        *_place(stack, len(before), len(after)),
        f"sizes: {' '.join(str(n) for n in sizes)}",
        f"kinds: {' '.join([*before, 'domain', 'domain', third, *after])}",
        "encoding: gzip",
    ]
    if np.dtype(dtype).itemsize > 1:
        fields.append("endian: little")
    if stack.geometry.affine is not None:
        fields.append(f"space origin: {_vector(stack.geometry.affine[:3, 3])}")
    fields.append(f"unit:={stack.unit.value}")
    return fields


def _place(stack: Stack, before: int, after: int) -> list[str]:
    """Directions in LPS mm (column, row, slice), or spacings, or nothing."""
    affine, plane = stack.geometry.affine, stack.geometry.plane_spacing
    if affine is not None:
        steps = [_vector(affine[:3, axis]) for axis in (2, 1, 0)]
        whole = " ".join(["none"] * before + steps + ["none"] * after)
        return [
            "space: left-posterior-superior",
            f"space directions: {whole}",
            'space units: "mm" "mm" "mm"',
        ]
    if not plane.is_known:
        return []
    spacings = ["nan"] * before + [repr(plane.column_mm), repr(plane.row_mm), "nan"]
    units = ['""'] * before + ['"mm"', '"mm"', '""']
    return [
        f"spacings: {' '.join(spacings + ['nan'] * after)}",
        f"units: {' '.join(units + [chr(34) * 2] * after)}",
    ]


def _vector(numbers: np.ndarray) -> str:
    return "(" + ",".join(repr(float(x)) for x in numbers) + ")"
