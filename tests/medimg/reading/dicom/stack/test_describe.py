"""What corner text says of the technique."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.reading.dicom.stack.describe import acquisition


@pytest.mark.parametrize(
    ("stored", "shown"),
    [(1.5, "1.5 T"), (7, "7 T"), (15000, "1.5 T (said in gauss)")],
)
def test_a_field_in_gauss_is_never_called_tesla(stored: float, shown: str) -> None:
    """A breast MR of 1991 says 15000; drawn as 15 000 T it would be no magnet of this world."""
    dataset = Dataset()
    dataset.MagneticFieldStrength = stored
    assert ("Field", shown) in acquisition(attributes_of(dataset), "MR")
