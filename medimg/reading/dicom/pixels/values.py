"""From stored values to the modality's unit: slope, table, padding, believable range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.pixels.processing import apply_modality_lut

from medimg.reading.dicom.header.attributes import Attributes, attributes_of
from medimg.reading.dicom.picture import Picture, is_secondary_class
from medimg.reading.dicom.pixels.tables import check_modality_table
from medimg.reading.narrowing import narrow, rescale
from medimg.values.problems import Problem
from medimg.values.series import Series
from medimg.values.volume import Array, Unit

#: HU beyond which a number cannot be one: extended metal scales end at 31 743.
HU_RANGE = (-10_000, 35_000)
#: A slope or intercept beyond it is no measure's.
WILD = 1e20


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One frame: its values, where they are padding, and their unit.

    Attributes:
        held: Lowest and highest value, where they are known already.
    """

    values: Array
    padding: NDArray[np.bool_] | None
    unit: Unit
    held: tuple[float, float] | None = None

    def ends(self) -> tuple[float, float] | None:
        """Lowest and highest value, padding apart; None where all is padding."""
        if self.held is not None:
            return self.held
        inside = self.values if self.padding is None else self.values[~self.padding]
        return (float(inside.min()), float(inside.max())) if inside.size else None


def modality_values(stored: Array, picture: Picture, dataset: FileDataset) -> Decoded:
    """Apply the modality transform of one frame (PS3.3 C.11.1)."""
    padding = padding_of(stored, attributes_of(dataset))
    if dataset.get("ModalityLUTSequence"):
        check_modality_table(dataset, picture.name)
        values = apply_modality_lut(stored, dataset)
        kind = str(dataset.ModalityLUTSequence[0].get("ModalityLUTType") or "")
        unit = Unit.HU if kind == "HU" else Unit.ARBITRARY
        return Decoded(_whole_if_exact(np.asarray(values)), padding, unit)
    slope, intercept, unit = scaling_of(picture.attributes)
    return Decoded(rescale(stored, slope, intercept), padding, unit)


class Scaling(NamedTuple):
    """From stored values to a unit."""

    slope: float
    intercept: float
    unit: Unit


def scaling_of(facts: Attributes) -> Scaling:
    """How stored values are rescaled, where no table does it; 1 and 0 where the header is silent.

    Args:
        facts: What holds for one picture.
    """
    dose = facts.number("DoseGridScaling")
    if dose and 0 < dose < WILD:
        unit = Unit.GRAY if facts.text("DoseUnits").upper() == "GY" else Unit.ARBITRARY
        return Scaling(dose, 0.0, unit)
    slope, intercept = facts.number("RescaleSlope"), facts.number("RescaleIntercept")
    if not slope or intercept is None or is_wild(facts):  # the scan has told it
        return Scaling(1.0, 0.0, Unit.ARBITRARY)
    is_ct = facts.text("Modality").upper() == "CT"
    is_secondary = is_secondary_class(facts.text("SOPClassUID"))
    is_hu = is_ct and not is_secondary and facts.text("RescaleType").upper() in ("", "HU")
    return Scaling(slope, intercept, Unit.HU if is_hu else Unit.ARBITRARY)


def is_wild(facts: Attributes) -> bool:
    """Whether slope or intercept are so large that no measure can have them."""
    told = (facts.number("RescaleSlope"), facts.number("RescaleIntercept"))
    return max(abs(number or 0.0) for number in told) > WILD


def unit_of(series: Series, frames: Sequence[Decoded], problems: list[Problem]) -> Unit:
    """The unit of a whole series; values that cannot be HU are told and lose it."""
    units = {frame.unit for frame in frames}
    unit = units.pop() if len(units) == 1 else Unit.ARBITRARY
    if unit is not Unit.HU:
        return unit
    for frame, decoded in zip(series.frames, frames, strict=False):
        ends = decoded.ends()
        if ends is None:
            continue
        low, high = ends
        if low < HU_RANGE[0] or high > HU_RANGE[1]:
            name = frame.file.replace("\\", "/").rsplit("/", 1)[-1]
            worst = high if high > HU_RANGE[1] else low
            sentence = f"{name} holds {worst:g} HU, which no tissue or metal has."
            problems.append(Problem("values-out-of-range", sentence, (frame.file,)))
            return Unit.ARBITRARY
    return unit


def padding_of(
    stored: Array, facts: Attributes, held: tuple[int, int] | None = None
) -> NDArray[np.bool_] | None:
    """Where stored values are padding (PS3.3 C.7.5.1.1.2); None where none is.

    Args:
        stored: Values of a frame.
        facts: What holds for its file.
        held: Lowest and highest of the values, where they are known.
    """
    if stored.dtype.kind == "f":
        return _float_padding(stored, facts)
    value = _as_stored(facts.number("PixelPaddingValue"), facts)
    if value is None:
        return None
    limit = _as_stored(facts.number("PixelPaddingRangeLimit"), facts)
    low, high = sorted((value, value if limit is None else limit))
    if held is not None and (high < held[0] or low > held[1]):
        return None
    return _any((stored >= low) & (stored <= high))


def _float_padding(stored: Array, facts: Attributes) -> NDArray[np.bool_] | None:
    """Where values with a fraction are padding; 0 is a value like any other."""
    for kind in ("Float", "DoubleFloat"):
        value = facts.number(f"{kind}PixelPaddingValue")
        if value is None:
            continue
        limit = facts.number(f"{kind}PixelPaddingRangeLimit")
        ends = sorted((value, value if limit is None else limit))
        low, high = (stored.dtype.type(end) for end in ends)
        return _any((stored >= low) & (stored <= high))
    return None


def _any(mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return mask if mask.any() else None


def _as_stored(number: float | None, facts: Attributes) -> int | None:
    """Read a padding value by the sign of the pixels, whatever its own VR was."""
    if number is None:
        return None
    bits = facts.whole("BitsAllocated") or 16
    is_signed = bool(facts.whole("PixelRepresentation"))
    value = int(number) % (1 << bits)
    return value - (1 << bits) if is_signed and value >= 1 << (bits - 1) else value


def _whole_if_exact(values: Array) -> Array:
    """Table output as integers where it is whole."""
    if values.dtype.kind == "f" and (values == np.rint(values)).all():
        return narrow(values.astype(np.int64))
    return values
