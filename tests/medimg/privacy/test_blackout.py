"""Regions are black and everything beside them is as it was, in every kind of pixels."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from medimg.privacy.blackout import Rectangle
from medimg.privacy.instance import Request, State, deidentify
from medimg.privacy.planes import clear_unused_bits
from medimg.privacy.secret import Secret
from medimg.values.errors import UsageError

REGION = Rectangle(1, 2, 3, 4)
WISH = Request(Secret(bytes(32)), regions=(REGION,), keeps_flagged=True)

#: Native, big endian, RLE, JPEG 2000, JPEG-LS, JPEG, colour by plane and by pixel, several frames.
FILES = (
    *("CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm"),
    *("MR_small_jpeg_ls_lossless.dcm", "examples_palette.dcm", "SC_rgb_rle_2frame.dcm"),
    *("SC_rgb_small_odd.dcm", "SC_rgb_jpeg_dcmtk.dcm", "examples_rgb_color.dcm"),
)


@pytest.mark.parametrize("name", FILES)
def test_region_is_black_and_the_rest_as_it_was(name: str) -> None:
    """By pydicom's own decoding of both files."""
    path = Path(get_testdata_file(name, download=False))
    outcome = deidentify(path, WISH)
    assert outcome.state is State.WRITTEN, outcome.reasons
    after = pydicom.dcmread(BytesIO(outcome.data))
    assert not after.file_meta.TransferSyntaxUID.is_compressed
    before = pydicom.dcmread(path)
    old, new = before.pixel_array, after.pixel_array
    frames = 2 if int(before.get("NumberOfFrames") or 1) > 1 else 1
    shape = (frames, int(before.Rows), int(before.Columns), -1)
    old, new = old.reshape(shape), new.reshape(shape)
    inside = np.zeros(shape[1:3], dtype=bool)
    inside[2:6, 1:4] = True
    np.testing.assert_array_equal(old[:, ~inside], new[:, ~inside])
    colour = after.PhotometricInterpretation
    black = 0 if colour == "RGB" else new.min() if colour == "MONOCHROME2" else new[0, 2, 1, 0]
    assert (new[:, inside] == black).all()


def test_black_of_an_inverted_film_is_its_greatest_value(tmp_path: Path) -> None:
    """MONOCHROME1 shows the greatest value darkest (PS3.3 C.7.6.3.1.2)."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.save_as(tmp_path / "film.dcm")
    outcome = deidentify(tmp_path / "film.dcm", WISH)
    pixels = pydicom.dcmread(BytesIO(outcome.data)).pixel_array
    assert (pixels[2:6, 1:4] == pixels.max()).all()


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,0,0,5", "-1,0,5,5"])
def test_no_region(text: str) -> None:
    """The sentence shows how one is written."""
    with pytest.raises(UsageError, match="X,Y,W,H"):
        Rectangle.parse(text)


def test_overlay_in_the_unused_bits_goes(tmp_path: Path) -> None:
    """A plane in bit 15 of 12-bit values spells a name; the values stay (PS3.5 8.1.2)."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    values = dataset.pixel_array & 0x0FFF
    dataset.PixelData = (values | 0x8000).astype("<u2").tobytes()
    dataset.add_new(0x60000102, "US", 15)
    dataset.save_as(tmp_path / "plane.dcm")
    outcome = deidentify(tmp_path / "plane.dcm", Request(Secret(bytes(32))))
    after = pydicom.dcmread(BytesIO(outcome.data))
    assert not np.frombuffer(after.PixelData, "<u2").max() & 0xF000
    np.testing.assert_array_equal(after.pixel_array, values)


def test_cleared_bits_keep_signed_values() -> None:
    """Sign bits above BitsStored go; a reader takes the sign from the highest stored bit."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 1
    values = np.arange(-2048, 2048, dtype="<i2")
    dataset.Rows = dataset.Columns = 64
    dataset.PixelData = values.tobytes()
    clear_unused_bits(dataset)
    np.testing.assert_array_equal(dataset.pixel_array.ravel(), values)
