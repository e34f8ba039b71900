"""Every compression is what it says, and the reader gives back the very pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import UID

from medimg import read, scan
from medimg.phantoms.compressed import CODECS, picture


@pytest.mark.parametrize("syntax", CODECS, ids=lambda syntax: UID(syntax).name)
def test_decodes(tmp_path: Path, syntax: str) -> None:
    path = tmp_path / "one.dcm"
    tolerance = CODECS[syntax](path)
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == syntax
    volume = read(scan(path).series[0])
    expected = picture(255 if tolerance else 4095).astype(int)
    assert np.abs(volume.array[0].astype(int) - expected).max() <= tolerance
    assert list(tmp_path.iterdir()) == [path]


def test_the_picture_is_not_symmetric() -> None:
    """A decoder that swaps rows and columns must be seen."""
    one = picture().astype(int)
    assert np.abs(one - one.T).max() > 500
