"""Rows of 'Pixels', fourth part: a header and what it describes say two things."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless

from medimg.values.volume import Array, Unit
from tests.faults.files import raw
from tests.faults.phantom import (
    AXIAL,
    PIXEL_MM,
    Cut,
    axial_cuts,
    fill,
    instance,
    place,
    radiograph,
    save,
    spoil,
    stack_of,
    stored_in,
    written,
)
from tests.faults.pictures import coloured, picture_of
from tests.faults.pixels import FEW
from tests.faults.truth import Row, Slice, Stack, Truth

_PET_IMAGE, _RT_DOSE = "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.481.2"
_GREY = (np.add.outer(np.arange(64) * 2, np.arange(48))).astype(np.uint8)
_EIGHT = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


def _refused() -> Truth:
    return (Stack((Slice(_GREY),), Unit.ARBITRARY, is_volume=False, is_read=False),)


def _film(**values: object) -> FileDataset:
    film = radiograph()
    for keyword, value in (_EIGHT | values).items():
        setattr(film, keyword, value)
    return film


def _coded(folder: Path, stream: Array, syntax: UID) -> Truth:
    """A film of 64 x 48 and 8 bits, and a compressed picture that is another."""
    sink = BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(stream))
    if syntax == JPEGBaseline8Bit:
        picture.save(sink, "JPEG")
    else:
        picture.save(sink, "JPEG2000", no_jp2=True)
    film = _film(PixelData=encapsulate([sink.getvalue()]))
    film["PixelData"].VR, film["PixelData"].is_undefined_length = "OB", True
    film.file_meta.TransferSyntaxUID = syntax
    save(film, folder / "x.dcm")
    return _refused()


def _deeper_than_told(folder: Path) -> Truth:
    film = radiograph()
    stored = stored_in(film)
    film.compress(JPEGLSLossless, generate_instance_uid=False)
    film.BitsStored, film.HighBit = 8, 7
    save(film, folder / "x.dcm")
    return picture_of(stored, Unit.ARBITRARY)


def _short_modality_table(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleSlope=None, RescaleIntercept=None)
    for one in cuts:
        table = Dataset()
        table.LUTDescriptor, table.ModalityLUTType = [4096, 0, 16], "HU"
        table.add_new(0x00283006, "OW", bytes(200))
        one.dataset.ModalityLUTSequence = [table]
    return written(folder, cuts, is_read=False)


def _short_palette(folder: Path) -> Truth:
    film = _film(PhotometricInterpretation="PALETTE COLOR", PixelData=_GREY.tobytes())
    film["PixelData"].VR = "OB"
    for colour in ("Red", "Green", "Blue"):
        keyword = f"{colour}PaletteColorLookupTable"
        setattr(film, f"{keyword}Descriptor", [256, 0, 16])
        setattr(film, f"{keyword}Data", bytes(100 if colour == "Green" else 512))
    save(film, folder / "x.dcm")
    return _refused()


def _another_unit(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(FEW), RescaleType="US"), unit=Unit.ARBITRARY)


def _wild_slope(folder: Path) -> Truth:
    cuts = axial_cuts(FEW, modality="MR")
    return written(folder, spoil(cuts, RescaleSlope="1e308", RescaleIntercept="0"))


def _tomograms() -> list[Cut]:
    cuts = spoil(axial_cuts(FEW, modality="MR"), Modality="PT", SOPClassUID=_PET_IMAGE,
                 Units="BQML", RescaleIntercept="0", RescaleSlope="2")  # fmt: skip
    return [one.known(values=np.asarray(one.truth.values) * 2) for one in cuts]


def _slope_lost(folder: Path) -> Truth:
    cuts = _tomograms()
    del cuts[3].dataset.RescaleSlope
    cuts[3] = cuts[3].known(values=np.asarray(cuts[3].truth.values) // 2)
    return written(folder, cuts)


def _dose(folder: Path, scaling: bytes) -> Truth:
    """Dose planes whose stored values have no usable scaling."""
    cuts = axial_cuts(FEW, modality="MR")
    dose = instance("MR")
    dose.Modality, dose.SOPClassUID, dose.NumberOfFrames = "RTDOSE", _RT_DOSE, FEW
    fill(dose, np.stack([np.asarray(one.truth.values) for one in cuts]))
    dose.PixelSpacing, dose.ImageOrientationPatient = [PIXEL_MM, PIXEL_MM], list(AXIAL)
    dose.ImagePositionPatient = list(place(0))
    dose.GridFrameOffsetVector = [2.5 * k for k in range(FEW)]
    dose.DoseUnits, dose.DoseType, dose.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    if scaling:
        raw(Cut(dose, cuts[0].truth), "DoseGridScaling", "DS", scaling)
    save(dose, folder / "x.dcm")
    return (stack_of(cuts),)


def _small_letters(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(FEW), PhotometricInterpretation="monochrome2"))


def _coloured_as_grey(folder: Path) -> Truth:
    colours = np.stack([np.resize(np.arange(251 - k, dtype=np.uint8), (64, 64)) for k in range(3)],
                       axis=-1)  # fmt: skip
    save(coloured("MONOCHROME2", colours.tobytes()), folder / "x.dcm")
    return picture_of(colours)


def _two_rows(folder: Path) -> Truth:
    (one,) = spoil(axial_cuts(1), Rows=[64, 32])
    save(one.dataset, folder / "x.dcm")
    return ()


def _colours(grey: Array) -> Array:
    colours: Array = np.stack([grey, grey // 2, 255 - grey], axis=-1)
    return colours


ROWS: tuple[Row, ...] = (
    Row("j2k-turned", "JPEG 2000 of 48 x 64 under a header of 64 x 48",
        "refused naming both sizes; never sheared",
        lambda folder: _coded(folder, _GREY.T, JPEG2000Lossless), says=(r"64 x 48.*48 x 64",)),
    Row("j2k-deeper", "JPEG 2000 of 16 bits under a header of 8", "refused naming both depths",
        lambda folder: _coded(folder, _GREY.astype(np.uint16) * 257, JPEG2000Lossless),
        says=(r"1 x 8 bits.*1 x 16",)),
    Row("jpeg-colour-under-grey", "JPEG of three colours under a header of one value a pixel",
        "refused naming both",
        lambda folder: _coded(folder, _colours(_GREY), JPEGBaseline8Bit), ("lossy",),
        says=(r"1 x 8 bits.*3 x 8",)),
    Row("jpegls-above-stored", "JPEG-LS with values to 3560 under BitsStored 8",
        "reads them all; problem bits-inconsistent", _deeper_than_told, ("bits-inconsistent",),
        (r"100 to 3560",)),
    Row("modality-lut-short", "Modality LUT of 100 entries that declares 4096",
        "refused naming the table and both numbers", _short_modality_table,
        says=(r"Modality LUT.*100 of 4096",)),
    Row("palette-short", "PALETTE COLOR whose green table has 50 of 256 entries",
        "refused naming the table and both numbers", _short_palette,
        says=(r"green colour table.*50 of 256",)),
    Row("rescale-type-other", "CT with RescaleType US",
        "reads; problem rescale-missing: not HU; HU measures refused", _another_unit,
        ("rescale-missing",), (r"'US' and not to HU",)),
    Row("slope-wild", "MR with RescaleSlope 1e308",
        "reads stored values; problem values-out-of-range", _wild_slope, ("values-out-of-range",)),
    Row("pet-slope-missing-in-one", "PET, one slice of six without RescaleSlope",
        "problem rescale-missing naming the file", _slope_lost, ("rescale-missing", "no-suv"),
        files=("003.dcm",)),
    Row("dose-scaling-missing", "RTDOSE without DoseGridScaling",
        "reads stored values; problem: not in Gy", lambda folder: _dose(folder, b""),
        ("rescale-missing", "series-absent"), (r"not in Gy",)),
    Row("dose-scaling-negative", "RTDOSE with DoseGridScaling -0.001",
        "reads stored values; problem: not in Gy", lambda folder: _dose(folder, b"-0.001"),
        ("rescale-missing", "series-absent"), (r"'-0\.001'",)),
    Row("photometric-small-letters", "PhotometricInterpretation 'monochrome2'",
        "reads; no problem", _small_letters),
    Row("rgb-labelled-grey", "three values a pixel, labelled MONOCHROME2",
        "reads as RGB; note photometric-label-wrong", _coloured_as_grey,
        ("photometric-label-wrong",), needs_word=True),
    Row("rows-two-values", "Rows has two values, 64 and 32",
        "problem decode-failed naming the attribute", _two_rows, ("decode-failed",),
        (r"Rows.*64\\32",)),
)  # fmt: skip
