"""Mosaics of Siemens: the slices of one volume side by side in one picture.

Slices follow row by row from the upper left, as many across as down. The header places the
picture as if it were one slice of its own size about the middle of the first; the private CSA
header says how many slices there are and towards which side they follow. Where that is not
said, or is said in two ways, the picture is not cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.reading.dicom.header import csa, private
from medimg.reading.dicom.header.attributes import Attributes, Layer
from medimg.reading.dicom.header.keywords import BLOCKS, OVERLAY_ROWS
from medimg.reading.dicom.header.limits import check
from medimg.reading.dicom.header.source import Source, read_header
from medimg.reading.dicom.placing import PERPENDICULAR, normal_of, unit_cosines
from medimg.values.problems import Problem
from medimg.values.volume import Array

Floats = NDArray[np.float64]

_HEADERS = 0x0029, "SIEMENS CSA HEADER"
_MR_HEADER = 0x0019, "SIEMENS MR HEADER"
_UIH_HEADER = 0x0065, "Image Private Header"
_COUNT, _NORMAL, _FIRST = "NumberOfImagesInMosaic", "SliceNormalVector", "ProtocolSliceNumber"
#: Cosine from which the stated normal is the slices' own.
_ALONG = 0.999


class NotLaidOut(ValueError):
    """Why a mosaic cannot be cut; completes a sentence that begins with 'because'."""


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """How slices lie in a mosaic, and where in the patient.

    Attributes:
        count: Slices.
        across: Tiles in a row, and in a column.
        rows, columns: Of a tile.
        origin: (3,) LPS mm, centre of the first slice's first pixel.
        step: (3,) LPS mm from slice to slice.
        is_thickness: Whether the length of the step is the thickness of a slice, because no
            spacing is stated.
    """

    count: int
    across: int
    rows: int
    columns: int
    origin: Floats
    step: Floats
    is_thickness: bool

    def position(self, number: int) -> tuple[float, float, float]:
        """LPS mm of the first pixel of a slice, counted from 0."""
        x, y, z = self.origin + number * self.step
        return float(x), float(y), float(z)

    def tile(self, whole: Array, number: int) -> Array:
        """One slice (rows, columns) out of the picture."""
        down, right = divmod(number, self.across)
        top, left = down * self.rows, right * self.columns
        return whole[top : top + self.rows, left : left + self.columns]


def is_mosaic(facts: Attributes) -> bool:
    """Whether a picture says that it is a mosaic."""
    return "MOSAIC" in (word.upper() for word in facts.texts("ImageType"))


def grid_problems(source: Source) -> list[Problem]:
    """Say of a grid of United Imaging, their mosaic, that it is not cut; nothing of others."""
    words = {word.upper() for word in source.facts.texts("ImageType")}
    counts = private.numbers(source.layer, *_UIH_HEADER, 0x50, "DS") or (1.0,)
    if "VFRAME" not in words or counts[0] < 2:
        return []
    name = source.path.name
    sentence = (
        f"{name} is a grid of {counts[0]:g} slices side by side in one picture, which is not cut."
    )
    return [Problem("no-position", sentence, (str(source.path),))]


def mosaic_of(source: Source) -> Mosaic:
    """Lay out the slices of a mosaic.

    Raises:
        NotLaidOut: Its headers do not say how, or say it in two ways.
        Unusable: It has too many slices, or can no longer be read.
    """
    facts, layer = source.facts, source.layer
    if (facts.whole("NumberOfFrames") or 1) > 1 or (facts.whole("SamplesPerPixel") or 1) > 1:
        raise NotLaidOut("it has several frames, or colours")
    if not any(0x00290000 | block in layer for block in BLOCKS):
        layer = Layer(read_header(source.path))  # a scan does not keep them
    told = _csa(layer)
    count = _count(told, layer)
    check("frames", count, source.path.name)
    across = math.isqrt(count - 1) + 1
    rows, columns = facts.whole("Rows") or 0, facts.whole("Columns") or 0
    if not rows or not columns or rows % across or columns % across:
        raise NotLaidOut(f"{rows} x {columns} pixels are not {across} tiles across and down")
    size = rows // across, columns // across
    corner, units, spacing = _plane(facts)
    hidden = (rows - size[0]) / 2 * spacing[0], (columns - size[1]) / 2 * spacing[1]
    origin = corner + hidden[0] * units[1] + hidden[1] * units[0]
    length, is_thickness = _step_mm(facts)
    step = length * _normal(told, units)
    return Mosaic(count, across, *size, origin, step, is_thickness)


def problems_of(source: Source, mosaic: Mosaic | None) -> list[Problem]:
    """Say how a mosaic was cut into slices, or why it was not."""
    name, files = source.path.name, (str(source.path),)
    if mosaic is None:
        sentence = (
            f"{name} is a mosaic, many slices side by side in one picture, which is not cut "
            f"because {_reason(source)}."
        )
        return [Problem("no-position", sentence, files)]
    lost = "; its overlay planes are not shown" if _has_overlays(source) else ""
    sentence = f"{name} is a mosaic; its {mosaic.count} slices were cut out of one picture{lost}."
    cut = Problem("mosaic", sentence, files)
    if not mosaic.is_thickness:
        return [cut]
    sentence = (
        f"{name} does not say how far apart the slices of its mosaic are; their thickness of "
        f"{float(np.linalg.norm(mosaic.step)):g} mm stands for it, as if there were no gaps."
    )
    return [cut, Problem("gaps-unknown", sentence, files)]


def _reason(source: Source) -> str:
    try:
        mosaic_of(source)
    except NotLaidOut as reason:
        return str(reason)
    raise AssertionError("a mosaic that can be laid out was not")


def _has_overlays(source: Source) -> bool:
    """Whether a file holds overlay planes, which lie on the whole picture."""
    return any(tag in source.layer for tag in OVERLAY_ROWS)


def _csa(layer: Layer) -> dict[str, tuple[str, ...]]:
    header = private.raw(layer, *_HEADERS, 0x10)
    if header is None:
        raise NotLaidOut("it has no CSA header")
    try:
        return csa.values(header, (_COUNT, _NORMAL, _FIRST))
    except ValueError as error:
        raise NotLaidOut(f"its CSA header cannot be read: {error}") from error


def _count(told: dict[str, tuple[str, ...]], layer: Layer) -> int:
    """How many slices there are, which may be said in two places."""
    stated = told.get(_COUNT, ())[:1] + private.texts(layer, *_MR_HEADER, 0x0A, "US")[:1]
    counts = {int(text) for text in stated if text.isdecimal()}
    if len(counts) != 1 or min(counts) < 1:
        found = " and ".join(map(str, sorted(counts))) or "no number"
        raise NotLaidOut(f"its headers say {found} of slices")
    if told.get(_FIRST, ("0",))[:1] not in ((), ("0",)):
        # Numbered from the far end, in which case programs disagree on what the normal means.
        raise NotLaidOut(f"its slices are numbered backwards, from {told[_FIRST][0]}")
    return counts.pop()


def _plane(facts: Attributes) -> tuple[Floats, Floats, tuple[float, float]]:
    """First pixel, unit vectors and spacing of the picture as a whole."""
    corner = facts.numbers("ImagePositionPatient", 3)
    cosines = facts.numbers("ImageOrientationPatient", 6)
    pair = facts.numbers("PixelSpacing", 2)
    units = None if cosines is None else unit_cosines(cosines)
    if corner is None or units is None or abs(float(units[0] @ units[1])) > PERPENDICULAR:
        raise NotLaidOut("it does not say where it lies and how it is turned")
    if pair is None or min(pair) <= 0:
        raise NotLaidOut("it does not say how large a pixel is")
    return np.array(corner), units, (pair[0], pair[1])


def _normal(told: dict[str, tuple[str, ...]], units: Floats) -> Floats:
    """Unit vector (3,) towards which slices follow: their own normal, with the sign told."""
    own = normal_of((*units[0], *units[1]))
    try:
        stated = np.array([float(text) for text in told.get(_NORMAL, ())])
    except ValueError as error:
        raise NotLaidOut("its slice normal cannot be read") from error
    if own is None or stated.shape != (3,):
        raise NotLaidOut("it does not say towards which side its slices follow")
    along = float(stated @ own)
    if not _ALONG <= abs(along) <= 2 - _ALONG or abs(np.linalg.norm(stated) - 1) > 1 - _ALONG:
        raise NotLaidOut("its slice normal does not stand upright on its slices")
    return own * math.copysign(1.0, along)


def _step_mm(facts: Attributes) -> tuple[float, bool]:
    """Distance of the slices, and whether it is only their thickness."""
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        number = facts.number(keyword)
        if number:
            return abs(number), keyword == "SliceThickness"
    raise NotLaidOut("it does not say how far apart its slices are")
