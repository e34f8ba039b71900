"""The grey of a presentation state, put into the values that its image is read as (PS3.3 C.11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import Attributes, attributes_of
from medimg.reading.dicom.header.source import read_header, source_of
from medimg.reading.dicom.picture import pictures
from medimg.reading.dicom.pixels.voi import table_of
from medimg.reading.dicom.stack.windows import of_picture
from medimg.values.series import Frame, Window
from medimg.values.volume import VoiTable

Floats = NDArray[np.float64]
#: Values to shares of full brightness.
Curve = Callable[[Floats], Floats]

#: Fewest and most entries of a table that stands for several steps at once.
COARSEST, FINEST = 256, 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Rescale:
    """Stored values to the modality's: by a line or by a table (PS3.3 C.11.1)."""

    slope: float = 1.0
    intercept: float = 0.0
    table: VoiTable | None = None

    def is_same(self, other: Rescale) -> bool:
        """Whether both make the same of a stored value."""
        if self.table is None or other.table is None:
            lines = (self.slope, self.intercept) == (other.slope, other.intercept)
            return self.table is other.table and lines
        same = (self.table.first, self.table.bits) == (other.table.first, other.table.bits)
        return same and np.array_equal(self.table.entries, other.table.entries)


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """What a state needs to know of an image that it is applied to.

    Attributes:
        span: Lowest and highest value that can be stored.
        is_inverted: Whether low is white where no state says otherwise (MONOCHROME1).
    """

    rescale: Rescale
    span: tuple[int, int]
    is_inverted: bool
    modality: str


@dataclass(frozen=True, slots=True, eq=False)
class Grey:
    """A window or a table in the values that an image is read as, and what lacks.

    Attributes:
        is_inverted: Beside the polarity in which the image is drawn without a state.
        lacking: What of the state is not in it, in words.
    """

    window: Window | None = None
    table: VoiTable | None = None
    is_inverted: bool = False
    lacking: tuple[str, ...] = ()


def image_of(frame: Frame) -> Image:
    """Look up the image of a frame.

    Raises:
        Unusable: Its header cannot be read.
    """
    path = Path(frame.file)
    dataset = read_header(path)
    every = pictures(source_of(path, dataset))
    facts = next(one.attributes for one in every if one.number == frame.number)
    bits, is_signed = facts.whole("BitsStored") or 16, bool(facts.whole("PixelRepresentation"))
    low = -(1 << (bits - 1)) if is_signed else 0
    return Image(
        rescale=_rescale(facts, dataset, signed=is_signed),
        span=(low, low + (1 << bits) - 1),
        is_inverted=facts.text("PhotometricInterpretation") == "MONOCHROME1",
        modality=facts.text("Modality"),
    )


def grey_of(state: Dataset, item: Dataset, image: Image) -> Grey:
    """Put the grey of a state into the values of an image.

    A state stands for the whole way from stored values to grey: what it leaves out is left out,
    the image's own polarity too (PS3.4 N.2).

    Args:
        state: The presentation state.
        item: Of its SoftcopyVOILUTSequence; an empty one where it has none.
    """
    own = _rescale(attributes_of(state), state, signed=image.span[0] < 0)
    is_inverted = (state.get("PresentationLUTShape") == "INVERSE") != image.is_inverted
    bare = Grey(is_inverted=is_inverted)
    if image.modality == "PT":
        return replace(bare, lacking=("its grey, which is not given in SUV",))
    negative = own.table is None and _ends(image, own)[0] < 0
    window, table = _voi(item, signed=negative, is_little=_is_little(state))
    window = window or _whole(image, own)
    last = _last_table(state)
    if last is None and own.is_same(image.rescale):
        return replace(bare, table=table, window=None if table is not None else window)
    made = _composed((own, table or window, last), image)
    if made is None:
        return replace(bare, lacking=("its grey, which takes other modality values",))
    return replace(bare, table=made)


def _rescale(facts: Attributes, dataset: Dataset, *, signed: bool) -> Rescale:
    items = dataset.get("ModalityLUTSequence")
    if items:
        return Rescale(table=table_of(items[0], signed=signed, is_little=_is_little(dataset)))
    slope, intercept = facts.number("RescaleSlope"), facts.number("RescaleIntercept")
    return Rescale(slope or 1.0, intercept or 0.0)


def _is_little(dataset: Dataset) -> bool:
    return getattr(dataset, "original_encoding", (None, True))[1] is not False


def _voi(item: Dataset, *, signed: bool, is_little: bool) -> tuple[Window | None, VoiTable | None]:
    """The table of a softcopy VOI item, which precedes its window, or that window."""
    for one in item.get("VOILUTSequence") or []:
        table = table_of(one, signed=signed, is_little=is_little)
        if table is not None:
            return None, table
    found, _ = of_picture(attributes_of(item), "")
    return (found[0] if found else None), None


def _ends(image: Image, rescale: Rescale) -> tuple[float, float]:
    """The lowest and highest value that an image may hold, after the modality transform."""
    if rescale.table is not None:
        return 0.0, float((1 << rescale.table.bits) - 1)
    ends = sorted(rescale.slope * value + rescale.intercept for value in image.span)
    return ends[0], ends[1]


def _whole(image: Image, rescale: Rescale) -> Window:
    """The window of all values that there may be: what no VOI transform means (C.11.2)."""
    low, high = _ends(image, rescale)
    return Window((low + high) / 2, high - low, "whole range", "LINEAR_EXACT")


def _last_table(state: Dataset) -> Curve | None:
    """The presentation table, over the whole brightness (PS3.3 C.11.6)."""
    items = state.get("PresentationLUTSequence")
    table = table_of(items[0], signed=False, is_little=_is_little(state)) if items else None
    if table is None:
        return None
    last, most = len(table.entries) - 1, float((1 << table.bits) - 1)

    def curve(shares: Floats) -> Floats:
        entries: Floats = table.entries[np.rint(shares * last).astype(np.intp)] / most
        return entries

    return curve


def _composed(
    steps: tuple[Rescale, Window | VoiTable, Curve | None], image: Image
) -> VoiTable | None:
    """One table for the steps of a state, over whole values of an image.

    Returns:
        None where an image's values cannot be led back to what is stored, or are no whole numbers.
    """
    own, voi, last = steps
    low, high = _ends(image, image.rescale)
    if image.rescale.table is not None and not own.is_same(image.rescale):
        return None
    low, high = np.floor(low), np.ceil(high)
    if not min(COARSEST, image.span[1] - image.span[0]) <= high - low < FINEST:
        return None
    values = np.arange(low, high + 1)
    if not own.is_same(image.rescale):
        stored = (values - image.rescale.intercept) / image.rescale.slope
        values = (
            own.slope * stored + own.intercept
            if own.table is None
            else _entries(own.table, stored).astype(np.float64)
        )
    if isinstance(voi, VoiTable):
        shares = _entries(voi, values) / float((1 << voi.bits) - 1)
    else:
        shares = _windowed(voi, values)
    shares = shares if last is None else last(shares)
    entries = np.rint(np.clip(shares, 0, 1) * 65535).astype(np.uint16)
    return VoiTable(float(low), 16, entries, "presentation state")


def _entries(table: VoiTable, values: Floats) -> NDArray[np.uint16]:
    places = np.clip(np.rint(values - table.first), 0, len(table.entries) - 1).astype(np.intp)
    return table.entries[places]


def _windowed(window: Window, values: Floats) -> Floats:
    """Values through a window, 0 to 1 (PS3.3 C.11.2.1.2)."""
    if window.function == "SIGMOID":
        curved: Floats = 1 / (1 + np.exp(-4 * (values - window.center) / window.width))
        return curved
    half = 0.0 if window.function == "LINEAR_EXACT" else 0.5
    width = max(window.width - 2 * half, 1e-9)
    shares: Floats = np.clip((values - (window.center - half)) / width + 0.5, 0, 1)
    return shares
