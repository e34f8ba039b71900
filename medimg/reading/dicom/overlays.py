"""Overlay planes of images (group 60xx, PS3.3 C.9.2): a layer each, and no part of the values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from medimg.reading.dicom.header.keywords import OVERLAY_GROUPS
from medimg.reading.dicom.header.source import BROKEN, read_whole, transfer_syntax
from medimg.reading.dicom.header.syntaxes import is_compressed
from medimg.reading.dicom.picture import Picture
from medimg.reading.found import Unusable
from medimg.values.layers import Layer, LayerKind
from medimg.values.masks import Mask
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, Frame, ObjectKind, Series

Bits = NDArray[np.bool_]

#: Elements of a plane.
_ROWS, _COLUMNS, _FRAMES, _FIRST_FRAME = 0x0010, 0x0011, 0x0015, 0x0051
_DESCRIPTION, _LABEL, _ORIGIN = 0x0022, 0x1500, 0x0050
_ALLOCATED, _POSITION, _DATA = 0x0100, 0x0102, 0x3000


def listed(series: Sequence[Series], pictures: Sequence[Picture]) -> Iterator[DerivedObject]:
    """One object a series whose files hold overlay planes."""
    held: dict[str, list[int]] = {}
    for picture in pictures:
        if picture.mosaic is not None:  # whose planes lie on the picture as a whole
            continue
        held_by = picture.source.layer
        groups = [group for group in OVERLAY_GROUPS if group << 16 | _ROWS in held_by]
        if groups:
            held[picture.file] = groups
    for one in series:
        files = [frame.file for frame in one.frames if frame.file in held]
        if files:
            groups = sorted({group for file in files for group in held[file]})
            yield DerivedObject(
                id=f"{one.id}/overlays",
                kind=ObjectKind.OVERLAY,
                file=files[0],
                label="planes",
                contents=tuple(_name(group) for group in groups),
                series_uid=one.uid,
                series_number=one.number,
                patient=one.patient,
                study=one.study,
                series_ids=(one.id,),
            )


def layers(series: Series, object_: DerivedObject) -> tuple[Layer, ...]:
    """The planes of a series, each on the grid of its images."""
    planes: dict[int, Bits] = {}
    names: dict[int, str] = {}
    problems: list[Problem] = []
    in_files = groupby(enumerate(series.frames), key=lambda pair: pair[1].file)
    for file, members in in_files:
        try:
            _gather(Path(file), list(members), series.geometry.shape, planes, names)
        except Unusable as unusable:
            problems.append(unusable.problem.at(file))
        except BROKEN as error:
            sentence = f"The overlays of {Path(file).name} cannot be read: {error}."
            problems.append(Problem("decode-failed", sentence, (file,)))
    made = [_layer(planes[group], group, names, object_) for group in sorted(planes)]
    if problems:
        made.append(Layer(object_.title, LayerKind.ANNOTATION, object_.id, problems=(*problems,)))
    return tuple(made)


def _gather(
    path: Path,
    members: Sequence[tuple[int, Frame]],
    shape: tuple[int, int, int],
    planes: dict[int, Bits],
    names: dict[int, str],
) -> None:
    """Put the planes of one file onto the slices that its frames are."""
    dataset = read_whole(path)
    for group in OVERLAY_GROUPS:
        if (group, _ROWS) not in dataset:
            continue
        bits = plane(dataset, group)
        first = int(_number(dataset, group, _FIRST_FRAME, 1)) - 1
        names.setdefault(group, _own_name(dataset, group))
        for index, frame in members:
            place = frame.number - first
            if 0 <= place < len(bits):
                whole = planes.setdefault(group, np.zeros(shape, dtype=np.bool_))
                _put(whole[index], bits[place], _origin(dataset, group))


def plane(dataset: FileDataset, group: int) -> Bits:
    """Bits of a plane, [frame, row, column]: of its own data, else of the pixels' unused bits.

    Raises:
        ValueError: It holds less than it declares, or lies in pixels that are compressed.
    """
    rows, columns = (int(dataset[group, element].value) for element in (_ROWS, _COLUMNS))
    if (group, _DATA) in dataset:
        count = int(_number(dataset, group, _FRAMES, 1))
        packed = np.frombuffer(dataset[group, _DATA].value, dtype=np.uint8)
        if packed.size * 8 < count * rows * columns:
            raise ValueError(f"plane {_name(group)} has {packed.size * 8} of {rows * columns} bits")
        bits = np.unpackbits(packed, bitorder="little")[: count * rows * columns]
        return bits.reshape(count, rows, columns).astype(np.bool_)
    allocated, position = (int(_number(dataset, group, e, 0)) for e in (_ALLOCATED, _POSITION))
    if is_compressed(transfer_syntax(dataset)) or allocated not in (8, 16, 32):
        raise ValueError(f"{_name(group)} lies in the bits of compressed pixels")
    order = "<" if dataset.original_encoding[1] is not False else ">"
    words = np.frombuffer(dataset.PixelData, dtype=f"{order}u{allocated // 8}")
    frames = words[: len(words) // (rows * columns) * rows * columns].reshape(-1, rows, columns)
    high: Bits = (frames >> position & 1).astype(np.bool_)
    return high


def on_image(dataset: FileDataset, group: int, shape: tuple[int, int]) -> tuple[str, Bits]:
    """A plane that a presentation state brings, by name, on an image of (rows, columns).

    Raises:
        ValueError: It holds less than it declares.
    """
    image = np.zeros(shape, dtype=np.bool_)
    _put(image, plane(dataset, group)[0], _origin(dataset, group))
    return _own_name(dataset, group), image


def groups_of(dataset: FileDataset) -> tuple[int, ...]:
    """The groups of a data set that hold planes."""
    return tuple(group for group in OVERLAY_GROUPS if (group, _ROWS) in dataset)


def _put(image: Bits, bits: Bits, origin: tuple[int, int]) -> None:
    """Lay a plane whose first pixel is at `origin` (from 0, also outside) over an image."""
    top, left = max(origin[0], 0), max(origin[1], 0)
    part = bits[top - origin[0] :, left - origin[1] :]
    target = image[top : top + part.shape[0], left : left + part.shape[1]]
    target |= part[: target.shape[0], : target.shape[1]]


def _layer(mask: Bits, group: int, names: dict[int, str], object_: DerivedObject) -> Layer:
    number = (group - 0x6000) // 2 + 1
    if not mask.any():
        name = Path(object_.file).name
        problem = Problem("empty-layer", f"{_name(group)} of {name} is empty.", (object_.file,))
        return Layer(
            names[group], LayerKind.ANNOTATION, object_.id, number=number, problems=(problem,)
        )
    best = int(mask.sum(axis=(1, 2)).argmax())
    kind = LayerKind.ANNOTATION
    return Layer(names[group], kind, object_.id, number, mask=Mask.of(mask), best_slice=best)


def _origin(dataset: FileDataset, group: int) -> tuple[int, int]:
    """Row and column of the plane's first pixel on the image, from 0."""
    element = dataset.get((group, _ORIGIN))
    value = element.value if element is not None else None
    if value is None or isinstance(value, int) or len(value) != 2:
        return 0, 0
    return int(value[0]) - 1, int(value[1]) - 1


def _number(dataset: FileDataset, group: int, element: int, default: int) -> int:
    found = dataset.get((group, element))
    return default if found is None or found.value in (None, "") else int(found.value)


def _own_name(dataset: FileDataset, group: int) -> str:
    for element in (_LABEL, _DESCRIPTION):
        found = dataset.get((group, element))
        if found is not None and str(found.value or "").strip():
            return str(found.value).strip()
    return _name(group)


def _name(group: int) -> str:
    return f"plane {(group - 0x6000) // 2 + 1}"
