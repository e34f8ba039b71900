"""Rows of 'Series and order', fourth part: diffusion that only a maker's private elements tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import Dataset

from tests.faults.grouping import SHORT, brighter, several
from tests.faults.phantom import Cut, axial_cuts, spoil
from tests.faults.truth import Row, Truth

Weight = Callable[[Dataset, int], None]
B_VALUES = (0, 500, 1000)


def ge(dataset: Dataset, b: int) -> None:
    """GE: four numbers in one slot, the b-value first and marked by 1e9."""
    dataset.Manufacturer = "GE MEDICAL SYSTEMS"
    dataset.ScanningSequence = ["EP", "SE"]
    dataset.add_new(0x00430010, "LO", "GEMS_PARM_01")
    dataset.add_new(0x00431039, "IS", [str(b + 1_000_000_000), "8", "0", "0"])


def philips(dataset: Dataset, b: int) -> None:
    """Philips: a single-precision number."""
    dataset.Manufacturer = "Philips Medical Systems"
    dataset.add_new(0x20010010, "LO", "Philips Imaging DD 001")
    dataset.add_new(0x20011003, "FL", float(b))


def siemens(dataset: Dataset, b: int) -> None:
    """Siemens: a text beside the CSA header."""
    dataset.Manufacturer = "SIEMENS"
    dataset.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    dataset.add_new(0x0019100C, "IS", str(b))


def united_imaging(dataset: Dataset, b: int) -> None:
    """United Imaging: a double-precision number."""
    dataset.Manufacturer = "UIH"
    dataset.add_new(0x00650010, "LO", "Image Private Header")
    dataset.add_new(0x00651009, "FD", float(b))


def _foreign(dataset: Dataset, b: int) -> None:
    """The element of Siemens under somebody else's name, and an acquisition each."""
    siemens(dataset, b)
    dataset[0x00190010].value = "SOMEBODY ELSE"
    dataset.AcquisitionNumber = B_VALUES.index(b) + 1


def weighted(b: int, weight: Weight) -> list[Cut]:
    """A volume of the phantom with a b-value."""
    cuts = brighter(spoil(axial_cuts(SHORT, modality="MR"), SeriesDescription="ep2d"), b // 10)
    spoil(cuts, InstanceNumber=lambda k: SHORT * B_VALUES.index(b) + k + 1)
    for one in cuts:
        weight(one.dataset, b)
    return cuts


def _of(weight: Weight) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        volumes = [weighted(b, weight) for b in B_VALUES]
        return several(folder, *volumes, labels=tuple(f"DWI, b {b}" for b in B_VALUES))

    return make


def _of_nobody(folder: Path) -> Truth:
    volumes = [weighted(b, _foreign) for b in B_VALUES]
    return several(folder, *volumes, labels=tuple(f"acquisition {n}" for n in (1, 2, 3)))


def _row(id_: str, maker: str, weight: Weight) -> Row:
    return Row(id_, f"b 0, 500, 1000 at each position, told by {maker} alone",
               "three volumes labelled by b-value", _of(weight), ("split",),
               (r"b-value",))  # fmt: skip


ROWS: tuple[Row, ...] = (
    _row("dwi-ge-private", "GE (0043,1039), marked by 1e9", ge),
    _row("dwi-philips-private", "Philips (2001,1003)", philips),
    _row("dwi-siemens-private", "Siemens (0019,100C)", siemens),
    _row("dwi-uih-private", "United Imaging (0065,1009)", united_imaging),
    Row("dwi-private-of-nobody", "the element of Siemens under another creator",
        "three volumes by acquisition, none of them called diffusion", _of_nobody, ("split",),
        (r"acquisition",)),
)  # fmt: skip
