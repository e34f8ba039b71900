"""What is measured of a lung nodule, and the classes that published guidance cuts it into.

The cuts are those of the Fleischner Society (H. MacMahon et al., "Guidelines for management of
incidental pulmonary nodules detected on CT images", Radiology 284 (2017) 228-243). A class is no
advice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Upper end of each class in mm (mean of long and short axis), with its words.
DIAMETER_CLASSES: tuple[tuple[float, str], ...] = (
    (6.0, "under 6 mm"),
    (8.0, "6 to 8 mm"),
    (float("inf"), "over 8 mm"),
)
#: Upper end of each class in mm³, with its words.
VOLUME_CLASSES: tuple[tuple[float, str], ...] = (
    (100.0, "under 100 mm³"),
    (250.0, "100 to 250 mm³"),
    (float("inf"), "over 250 mm³"),
)
#: Solid is what is denser than this. The cuts below were set on the readers' ratings of texture in
#: LIDC-IDRI.
SOLID_HU = -300.0
#: Share of the core from which on a nodule is part-solid, and from which on it is solid.
PART_SOLID_SHARE, SOLID_SHARE = 0.2, 0.7
#: A solid part of this size (5.8 mm across) makes a nodule part-solid, whatever its share.
SOLID_PART_MM3 = 100.0


def class_of(value: float, classes: Sequence[tuple[float, str]]) -> str:
    """The class of a value; a value on the lower cut belongs to the class above it, one on the
    last cut (8 mm, 250 mm³) to the class below."""
    last = classes[-2][0]
    for high, words in classes:
        if value < high or value == high == last:
            return words
    raise ValueError(f"{value} is not a number")


@dataclass(frozen=True, slots=True)
class NoduleMeasures:
    """Size and density of one outlined nodule.

    Attributes:
        volume_mm3: None where the slices do not allow it.
        volume_low_mm3, volume_high_mm3: 95 % interval, from jittered clicks and from how far
            readers differ; None without a volume.
        long_axis_mm: Longest diameter in the slice of the largest area.
        short_axis_mm: Longest chord across it at a right angle.
        slice_index: That slice.
        mean_hu: Mean of all voxels inside.
        solid_share: Share of the core (without the outermost pixels) above -300 HU.
        solid_mm3: Volume of the largest connected part of that.
    """

    volume_mm3: float | None
    volume_low_mm3: float | None
    volume_high_mm3: float | None
    long_axis_mm: float
    short_axis_mm: float
    slice_index: int
    mean_hu: float
    solid_share: float
    solid_mm3: float = 0.0

    @property
    def mean_diameter_mm(self) -> float:
        """Mean of long and short axis."""
        return (self.long_axis_mm + self.short_axis_mm) / 2

    @property
    def diameter_class(self) -> str:
        """Class by mean diameter."""
        return class_of(self.mean_diameter_mm, DIAMETER_CLASSES)

    @property
    def volume_class(self) -> str:
        """Class by volume; empty without one."""
        return "" if self.volume_mm3 is None else class_of(self.volume_mm3, VOLUME_CLASSES)

    @property
    def density_class(self) -> str:
        """Solid, part-solid or ground glass."""
        if self.solid_share >= SOLID_SHARE:
            return "solid"
        is_part = self.solid_share >= PART_SOLID_SHARE or self.solid_mm3 >= SOLID_PART_MM3
        return "part-solid" if is_part else "ground glass"
