"""Rows of 'Pixels', second part: polarity, colour, and what compression does to a number."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit

from medimg.display.windowing import grey
from medimg.values.geometry import MeasuredAt
from medimg.values.series import Scan
from medimg.values.volume import Array, Unit, Volume
from tests.faults.grouping import SECONDARY_CAPTURE
from tests.faults.phantom import (
    CT_OFFSET,
    SIZE,
    axial_cuts,
    fill,
    instance,
    radiograph,
    save,
    spoil,
    stored_in,
    written,
)
from tests.faults.pixels import FEW
from tests.faults.truth import Row, Slice, Stack, Truth

PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
#: A JPEG's own error, by quality 95 without subsampling.
_JPEG_OFF = 4.0


def colours() -> Array:
    """Four fields of colour, 64 x 64, unlike in every corner."""
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    half = SIZE // 2
    picture[:half, :half], picture[:half, half:] = (200, 30, 60), (20, 180, 90)
    picture[half:, :half], picture[half:, half:] = (40, 60, 220), (250, 240, 10)
    return picture


def coloured(photometric: str, data: bytes, *, planar: int = 0) -> FileDataset:
    """A secondary capture of 64 x 64 in colour, 8 bits."""
    made = instance("CR")
    made.SOPClassUID = SECONDARY_CAPTURE
    made.SOPInstanceUID = "1.2.9.700"
    made.Modality, made.ImageType, made.InstanceNumber = "XC", ["DERIVED", "SECONDARY"], 1
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, photometric
    made.PlanarConfiguration, made.Rows, made.Columns = planar, SIZE, SIZE
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelData = 7, data
    made["PixelData"].VR = "OB"
    return made


def picture_of(values: Array, unit: Unit = Unit.COLOUR, **facts: object) -> Truth:
    """The truth of one picture without a place in the patient."""
    plain = {"is_volume": False, "measured_at": MeasuredAt.UNKNOWN} | facts
    return (Stack((Slice(values),), unit, **plain),)  # type: ignore[arg-type]


def _film(folder: Path, stored: Array, **values: object) -> Truth:
    film = radiograph()
    fill(film, stored)
    for keyword, value in {"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2],
                           **values}.items():  # fmt: skip
        setattr(film, keyword, value)
    save(film, folder / "film.dcm")
    return picture_of(stored, Unit.ARBITRARY, spacing=(0.2, 0.2), measured_at=MeasuredAt.DETECTOR)


def _inverted_film(folder: Path) -> Truth:
    stored = np.full((64, 48), 3500)
    stored[20:40, 10:30] = 400
    return _film(folder, stored, PhotometricInterpretation="MONOCHROME1")


def _air_is_dark(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    shown = grey(volumes[0], index=0)[0]
    return [] if shown[0, 0] < 0.1 and shown[30, 20] > 0.9 else ["the picture is not turned"]


def _one_inverted(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    one = cuts[2]
    stored = 4095 - stored_in(one.dataset)
    one.dataset.PhotometricInterpretation = "MONOCHROME1"
    fill(one.dataset, stored)
    cuts[2] = one.known(values=stored - CT_OFFSET)
    return written(folder, cuts)


def _palette(folder: Path) -> Truth:
    made = coloured("PALETTE COLOR", b"")
    made.SamplesPerPixel = 1
    del made.PlanarConfiguration
    index = np.arange(SIZE * SIZE).reshape(SIZE, SIZE) % 256
    tables = [np.arange(256) * 257, 65535 - np.arange(256) * 257, (np.arange(256) * 7919) % 65536]
    for place, (name, table) in enumerate(zip(("Red", "Green", "Blue"), tables, strict=True)):
        made.add_new(0x00281101 + place, "US", [256, 0, 16])
        setattr(made, f"{name}PaletteColorLookupTableData", table.astype("<u2").tobytes())
    made.PixelData = index.astype(np.uint8).tobytes()
    save(made, folder / "x.dcm")
    true = np.stack([table[index] >> 8 for table in tables], axis=-1)
    return picture_of(true)


def _planar(folder: Path) -> Truth:
    data = np.moveaxis(colours(), -1, 0).tobytes()
    save(coloured("RGB", data, planar=1), folder / "x.dcm")
    return picture_of(colours())


def _ybr(folder: Path) -> Truth:
    data = convert_color_space(colours(), "RGB", "YBR_FULL").tobytes()
    save(coloured("YBR_FULL", data), folder / "x.dcm")
    return picture_of(colours(), tolerance=2.0)


def _ybr_422(folder: Path) -> Truth:
    full = convert_color_space(colours(), "RGB", "YBR_FULL").reshape(-1, 2, 3)
    # Two luma values, then the pair's one blue and one red difference.
    data = np.stack([full[:, 0, 0], full[:, 1, 0], full[:, 0, 1], full[:, 0, 2]], axis=-1)
    save(coloured("YBR_FULL_422", data.tobytes()), folder / "x.dcm")
    return picture_of(colours(), tolerance=2.0)


def _jpeg(folder: Path, label: str) -> Truth:
    stream = io.BytesIO()
    Image.fromarray(colours()).save(stream, "JPEG", quality=95, subsampling=0)
    made = coloured(label, encapsulate([stream.getvalue()]))
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    made.LossyImageCompression, made.LossyImageCompressionRatio = "01", 10
    save(made, folder / "x.dcm")
    decoded = np.asarray(Image.open(stream))
    return picture_of(decoded, tolerance=_JPEG_OFF)


def _unmarked_lossy(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), BitsStored=12, HighBit=11)
    for k, one in enumerate(cuts):
        one.dataset.compress(JPEG2000, j2k_cr=[8], generate_instance_uid=False)
        cuts[k] = one.known(values=one.dataset.pixel_array.astype(np.int64) - CT_OFFSET)
    return written(folder, cuts, tolerance=1.0)


def _sign_mismatch(folder: Path) -> Truth:
    cuts = axial_cuts(FEW, modality="MR")
    for k, one in enumerate(cuts):
        values = np.asarray(one.truth.values).copy()
        values[10:20, 10:20] = 40_100
        fill(one.dataset, values)
        one.dataset.compress(JPEG2000Lossless)
        one.dataset.PixelRepresentation = 1
        values[10:20, 10:20] -= 65_536
        cuts[k] = one.known(values=values)
    return written(folder, cuts)


ROWS: tuple[Row, ...] = (
    Row("monochrome1", "radiograph MONOCHROME1 (low value = white)",
        "polarity set right once for display and model input (air dark), note monochrome1; "
        "stored values kept for export", _inverted_film, ("monochrome1", "not-calibrated"),
        look=_air_is_dark),
    Row("mono1-slice-in-series", "one MONOCHROME1 slice (inverted) in a MONOCHROME2 series",
        "problem mixed-photometric naming the file", _one_inverted, ("mixed-photometric",),
        files=("002.dcm",)),
    Row("palette-colour", "PALETTE COLOR, 16-bit tables", "reads as RGB through the palette",
        _palette),
    Row("rgb-planar-1", "RGB with PlanarConfiguration 1", "reads colours right", _planar),
    Row("ybr-full", "YBR_FULL, uncompressed", "reads as RGB", _ybr),
    Row("ybr-full-422", "YBR_FULL_422, uncompressed", "reads as RGB, not shifted or sheared",
        _ybr_422),
    Row("jpeg-ybr", "control: baseline JPEG, YBR_FULL label and YCbCr inside", "reads as RGB",
        lambda folder: _jpeg(folder, "YBR_FULL"), ("lossy",)),
    Row("jpeg-ycc-labelled-rgb", "baseline JPEG holds YCbCr (JFIF), labelled RGB",
        "reads colours right from the JPEG's own markers; note photometric-label-wrong",
        lambda folder: _jpeg(folder, "RGB"), ("photometric-label-wrong", "lossy")),
    Row("lossy-j2k-unmarked",
        "CT, JPEG 2000 lossy codestream under the lossless-or-lossy syntax, no "
        "LossyImageCompression",
        "reads; note lossy found in the codestream", _unmarked_lossy, ("lossy",),
        (r"codestream",), needs_word=True),
    Row("j2k-sign-mismatch",
        "JPEG 2000 codestream unsigned, header says signed (values above 2^15 wrap)",
        "problem signedness-differs (header signed, codestream unsigned; 40100 or -25436); "
        "measures refused until one is chosen", _sign_mismatch, ("signedness-differs",),
        (r"-25436 may be 40100",)),
)  # fmt: skip
