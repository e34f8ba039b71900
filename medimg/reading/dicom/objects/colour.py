"""Colours that objects recommend, as sRGB."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset

from medimg.values.layers import Colour


def recommended(item: Dataset) -> Colour | None:
    """The RecommendedDisplayCIELabValue of an item as sRGB; None without one.

    Encoded as PS3.3 C.10.7.1.1 has it; the white point is D65, as those who write it use it.
    """
    stored = item.get("RecommendedDisplayCIELabValue")
    if not isinstance(stored, Sequence) or isinstance(stored, str) or len(stored) != 3:
        return None
    # Imported late: it costs a second and only objects need it.
    from highdicom.color import CIELabColor

    red, green, blue = CIELabColor.from_dicom_value([int(x) for x in stored]).to_rgb()
    return int(red), int(green), int(blue)


def display_rgb(values: Sequence[object] | None) -> Colour | None:
    """Three numbers from 0 to 255, as ROIDisplayColor has them; None where they are not."""
    if values is None or isinstance(values, str) or len(values) != 3:
        return None
    numbers = [int(str(value)) for value in values]
    if not all(0 <= number <= 255 for number in numbers):
        return None
    return numbers[0], numbers[1], numbers[2]
