"""Diffusion weighting where the Standard's attributes are absent: each maker's private elements.

An element counts only under the creator that defines it. What each means is in the makers'
conformance statements and in the notes of dcm2niix on vendors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medimg.reading.dicom.header import private
from medimg.reading.dicom.picture import Picture

#: No gradient of people's scanners gives more, in s/mm2; a larger number is something else.
_MOST = 100_000.0
#: GE marks some b-values by adding this.
_GE_MARK = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Element:
    """A private element: group, creator, lower byte of its number, VR."""

    group: int
    creator: str
    element: int
    vr: str

    def numbers(self, picture: Picture) -> tuple[float, ...] | None:
        """Its values in a file; None where it has none."""
        return private.numbers(
            picture.source.layer, self.group, self.creator, self.element, self.vr
        )


def _always(picture: Picture) -> bool:
    return True


def _is_spin_echo_epi(picture: Picture) -> bool:
    """Other sequences of GE keep other things in the element (it is a slot for four numbers)."""
    words = {word.upper() for word in picture.attributes.texts("ScanningSequence")}
    return "EP" in words and "GR" not in words


@dataclass(frozen=True, slots=True)
class Maker:
    """Where one maker keeps them.

    Attributes:
        b_value: First number in s/mm2.
        direction: One element of three numbers, or three of one; of GE in its own frame.
        holds_for: Whether the elements mean diffusion in a picture.
    """

    b_value: Element
    direction: tuple[Element, ...]
    holds_for: Callable[[Picture], bool] = _always


_SIEMENS, _GE_IMAGE, _GE = "SIEMENS MR HEADER", "GEMS_ACQU_01", "GEMS_PARM_01"
_PHILIPS, _PHILIPS_MR = "Philips Imaging DD 001", "Philips MR Imaging DD 001"
_UIH = "Image Private Header"

MAKERS: dict[str, Maker] = {
    "Siemens": Maker(
        Element(0x0019, _SIEMENS, 0x0C, "IS"), (Element(0x0019, _SIEMENS, 0x0E, "FD"),)
    ),
    "Philips": Maker(
        Element(0x2001, _PHILIPS, 0x03, "FL"),
        tuple(Element(0x2005, _PHILIPS_MR, number, "FL") for number in (0xB0, 0xB1, 0xB2)),
    ),
    "GE": Maker(
        Element(0x0043, _GE, 0x39, "IS"),
        tuple(Element(0x0019, _GE_IMAGE, number, "DS") for number in (0xBB, 0xBC, 0xBD)),
        _is_spin_echo_epi,
    ),
    "United Imaging": Maker(
        Element(0x0065, _UIH, 0x09, "FD"), (Element(0x0065, _UIH, 0x37, "FD"),)
    ),
}


def b_value(picture: Picture) -> float | None:
    """b-value in s/mm2 that a maker states privately; None where none does."""
    found = _stated(picture)
    return None if found is None else found[1]


def direction(picture: Picture) -> tuple[float, ...] | None:
    """Direction of the gradient that a maker states privately; None without weighting."""
    found = _stated(picture)
    if found is None or found[1] == 0:
        return None
    parts = [element.numbers(picture) for element in found[0].direction]
    whole = [number for part in parts if part is not None for number in part]
    return tuple(whole) if len(whole) == 3 and any(whole) else None


def _stated(picture: Picture) -> tuple[Maker, float] | None:
    """The maker whose elements a single-frame picture of MR has, and its b-value."""
    if picture.modality != "MR" or "NumberOfFrames" in picture.attributes:
        return None
    for maker in MAKERS.values():
        numbers = maker.b_value.numbers(picture)
        if numbers is None or not maker.holds_for(picture):
            continue
        value = numbers[0] % _GE_MARK if numbers[0] >= _GE_MARK else numbers[0]
        if 0 <= value <= _MOST:
            return maker, value
    return None
