"""Rows of 'Pixels', third part: more ways in which a number, a label or a codec misleads."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import gdcm
import numpy as np
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000, JPEGBaseline8Bit, JPEGLSNearLossless, RLELossless

from medimg.display.windowing import grey
from medimg.values.geometry import MeasuredAt
from medimg.values.series import Scan
from medimg.values.volume import Unit, Volume
from tests.faults.files import raw
from tests.faults.frames import plain
from tests.faults.phantom import (
    CT_OFFSET,
    Cut,
    axial_cuts,
    enhanced,
    fill,
    instance,
    place,
    save,
    spoil,
    stack_of,
    stored_in,
    write,
    written,
)
from tests.faults.pictures import coloured, colours, picture_of
from tests.faults.pixels import FEW, as_stored, signed
from tests.faults.truth import Row, Slice, Stack, Truth

PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
#: What 12-bit lossy JPEG at quality 60 may change, in HU, at edges of 1700 HU.
_LOSSY_OFF = 60.0


def _slope_comma(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    for one in cuts:
        raw(one, "RescaleSlope", "DS", b"1,0")
    return written(folder, as_stored(cuts), unit=Unit.ARBITRARY)


def _slope_comma_mr(folder: Path) -> Truth:
    cuts = axial_cuts(FEW, modality="MR")
    for one in cuts:
        one.dataset.RescaleIntercept = 0
        raw(one, "RescaleSlope", "DS", b"2,5")
    return written(folder, cuts)


def _intercept_missing(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleIntercept=None)
    return written(folder, as_stored(cuts), unit=Unit.ARBITRARY)


def _rescale_missing_in_one(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    spoil(cuts[2:3], RescaleSlope=None, RescaleIntercept=None)
    cuts[2] = as_stored(cuts[2:3])[0]
    return written(folder, cuts, unit=Unit.ARBITRARY)


def _signs_mixed(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    signed(cuts[::2])
    return written(folder, cuts)


def _bits_mixed(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    spoil(cuts[::2], BitsStored=12, HighBit=11)
    return written(folder, cuts)


def _stored_above_allocated(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), BitsStored=20, HighBit=19)
    return (stack_of_refused(folder, cuts),)


def stack_of_refused(folder: Path, cuts: Sequence[Cut]) -> Stack:
    """Write slices whose pixels must be refused."""
    write(folder, cuts)
    return stack_of(cuts, is_read=False)


def _window(folder: Path, center: bytes, width: bytes) -> Truth:
    cuts = axial_cuts(FEW)
    for one in cuts:
        raw(one, "WindowCenter", "DS", center)
        raw(one, "WindowWidth", "DS", width)
    return written(folder, cuts)


def _is_drawn(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    shown = grey(volumes[0], index=0)
    return [] if np.isfinite(shown).all() and np.ptp(shown) > 0.5 else ["the picture is not drawn"]


def _padding_unsigned(folder: Path) -> Truth:
    cuts = signed(axial_cuts(FEW))
    for k, one in enumerate(cuts):
        values = np.asarray(one.truth.values).copy()
        values[:, :5] = -2000
        fill(one.dataset, values)
        one.dataset.add_new(0x00280120, "US", 65536 - 2000)
        cuts[k] = one.known(values=values)
    outside = np.zeros((FEW, 64, 64), dtype=np.bool_)
    outside[:, :, :5] = True
    return written(folder, cuts, padding=outside)


def _baseline_unmarked(folder: Path) -> Truth:
    grey_8 = np.zeros((64, 64), np.uint8)
    grey_8[16:48, 16:48] = 200
    stream = io.BytesIO()
    Image.fromarray(grey_8).save(stream, "JPEG", quality=90)
    made = coloured("MONOCHROME2", encapsulate([stream.getvalue()]))
    made.SamplesPerPixel = 1
    del made.PlanarConfiguration
    made["PixelData"].is_undefined_length = True
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    save(made, folder / "x.dcm")
    return picture_of(np.asarray(Image.open(stream)), Unit.ARBITRARY, tolerance=1.0)


def _near_lossless(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    for one in cuts:
        one.dataset.compress(JPEGLSNearLossless, jls_error=3, generate_instance_uid=False)
        for keyword in ("LossyImageCompression", "LossyImageCompressionRatio",
                        "LossyImageCompressionMethod"):  # fmt: skip
            if keyword in one.dataset:
                delattr(one.dataset, keyword)
    return written(folder, cuts, tolerance=3.0)


def _one_lossy(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), BitsStored=12, HighBit=11)
    one = cuts[3]
    one.dataset.compress(JPEG2000, j2k_cr=[8], generate_instance_uid=False)
    cuts[3] = one.known(values=one.dataset.pixel_array.astype(np.int64) - CT_OFFSET)
    return written(folder, cuts, tolerance=1.0)


def _lossy_12(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW, first=18), BitsStored=12, HighBit=11, RescaleIntercept=-1500)
    for one in cuts:
        fill(one.dataset, np.asarray(one.truth.values) + 1500)
    truth = written(folder, cuts, tolerance=_LOSSY_OFF)
    for path in folder.glob("*.dcm"):
        _to_lossy(path)
    return truth


def _to_lossy(path: Path) -> None:
    """Compress a file in place as 12-bit JPEG of quality 60, by GDCM's own codec."""
    reader, writer = gdcm.ImageReader(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    codec = gdcm.JPEGCodec()
    codec.SetLossless(False)
    codec.SetQuality(60)
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    change.SetUserCodec(codec)
    change.SetInput(reader.GetImage())
    assert change.Change()
    held = reader.GetFile().GetDataSet()
    for element, vr, text in ((0x1054, "LO", "HU"), (0x2110, "CS", "01"), (0x2112, "DS", "6.5 ")):
        one = gdcm.DataElement(gdcm.Tag(0x0028, element))
        one.SetVR(gdcm.VR(getattr(gdcm.VR, vr)))
        one.SetByteValue(text, gdcm.VL(len(text)))
        held.Replace(one)
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def _float_map(folder: Path) -> Truth:
    cuts = axial_cuts(12, modality="MR", first=14)
    made = enhanced([(place(14 + k), plain) for k in range(12)])
    made.SOPClassUID, made.Modality = PARAMETRIC_MAP, "MR"
    values = np.stack([one.truth.values for one in cuts]) / np.float32(7.0)
    del made.PixelData, made.PixelRepresentation, made.BitsStored, made.HighBit
    made.BitsAllocated = 32
    made.FloatPixelData = values.astype("<f4").tobytes()
    save(made, folder / "map.dcm")
    cuts = [one.known(values=value) for one, value in zip(cuts, values, strict=True)]
    return (stack_of(cuts, tolerance=1e-4),)


def _grey_as_rgb(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), PhotometricInterpretation="RGB")
    return written(folder, cuts)


def _rgb_16(folder: Path) -> Truth:
    made = coloured("RGB", (colours().astype("<u2") * 257).tobytes())
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit = 15
    made["PixelData"].VR = "OW"
    save(made, folder / "x.dcm")
    return picture_of(colours())


def _planar_rle(folder: Path) -> Truth:
    made = coloured("RGB", colours().tobytes())
    made.compress(RLELossless)
    save(made, folder / "x.dcm")
    return picture_of(colours())


def _sizes_differ(folder: Path) -> Truth:
    cuts = axial_cuts(1)
    cuts[0].dataset.compress(RLELossless, generate_instance_uid=False)
    spoil(cuts, Rows=32)
    return (stack_of_refused(folder, cuts),)


def _encapsulated_few(folder: Path) -> Truth:
    made = enhanced([(place(k), plain) for k in range(12)])
    made.compress(RLELossless)
    made.NumberOfFrames = 20
    save(made, folder / "x.dcm")
    return ()


def _more_frames(folder: Path) -> Truth:
    cuts = axial_cuts(8, modality="MR")
    made = enhanced([(place(k), plain) for k in range(12)])
    made.NumberOfFrames = 8
    made.PerFrameFunctionalGroupsSequence = made.PerFrameFunctionalGroupsSequence[:8]
    save(made, folder / "x.dcm")
    return (stack_of(cuts),)


def _frames_unreadable(folder: Path) -> Truth:
    made = instance("CT")
    stored = np.stack([stored_in(one.dataset) for one in axial_cuts(4)])
    fill(made, stored)
    raw(Cut(made, axial_cuts(1)[0].truth), "NumberOfFrames", "IS", b"four")
    save(made, folder / "x.dcm")
    first = Slice(stored[0])
    return (Stack((first,), Unit.ARBITRARY, is_volume=False, measured_at=MeasuredAt.UNKNOWN),)


def _groups_few(folder: Path) -> Truth:
    made = enhanced([(place(k), plain) for k in range(12)])
    made.PerFrameFunctionalGroupsSequence = made.PerFrameFunctionalGroupsSequence[:9]
    save(made, folder / "x.dcm")
    cuts = axial_cuts(12, modality="MR")
    lost = [one.known(position=None) for one in cuts[9:]]
    slices = tuple(one.truth for one in [*cuts[:9], *lost])
    return (stack_of(cuts[:1], slices=slices, is_volume=False),)


ROWS: tuple[Row, ...] = (
    Row("slope-comma", "CT, RescaleSlope written 1,0",
        "problem slope-not-a-number; reads stored values; HU measures refused", _slope_comma,
        ("slope-not-a-number", "rescale-missing"), (r"RescaleSlope.*'1,0'",)),
    Row("slope-comma-mr", "MR, RescaleSlope written 2,5",
        "problem slope-not-a-number; reads stored values", _slope_comma_mr,
        ("slope-not-a-number",), (r"RescaleSlope.*'2,5'",)),
    Row("intercept-missing", "CT with RescaleSlope and no RescaleIntercept",
        "reads stored values; problem rescale-missing; HU measures refused", _intercept_missing,
        ("rescale-missing",)),
    Row("rescale-missing-in-one", "CT, one slice without RescaleSlope/Intercept",
        "problem rescale-missing naming the file; HU measures refused", _rescale_missing_in_one,
        ("rescale-missing",), files=("002.dcm",)),
    Row("signs-mixed", "every second slice signed with intercept 0, the others unsigned",
        "reads each slice by its own header", _signs_mixed),
    Row("bits-mixed", "every second slice BitsStored 12, the others 16",
        "reads each slice by its own header", _bits_mixed),
    Row("bits-above-allocated", "BitsStored 20 of BitsAllocated 16",
        "refused in words, or problem bits-inconsistent", _stored_above_allocated,
        ("bits-inconsistent",)),
    Row("window-nan", "WindowCenter and WindowWidth NaN",
        "reads; display falls back to the value range, note window-invalid",
        lambda folder: _window(folder, b"NaN", b"NaN"), ("window-invalid",), look=_is_drawn),
    Row("window-negative", "WindowWidth -400",
        "reads; display falls back to the value range, note window-invalid",
        lambda folder: _window(folder, b"40", b"-400"), ("window-invalid",), look=_is_drawn),
    Row("window-infinite", "WindowWidth 1e999",
        "reads; display falls back to the value range, note window-invalid",
        lambda folder: _window(folder, b"40", b"1e999"), ("window-invalid",), look=_is_drawn),
    Row("padding-value-unsigned", "signed pixels, PixelPaddingValue written as unsigned 63536",
        "padding is outside the image", _padding_unsigned, needs_word=True),
    Row("lossy-jpeg-ct", "CT, 12-bit lossy JPEG quality 60 (LossyImageCompression 01)",
        "reads; note lossy with ratio; HU measures carry 'lossy source'", _lossy_12, ("lossy",),
        (r"6\.5:1",), needs_word=True),
    Row("lossy-baseline-unmarked", "baseline JPEG without LossyImageCompression",
        "reads; note lossy by its transfer syntax", _baseline_unmarked, ("lossy",),
        needs_word=True),
    Row("lossy-jpegls-unmarked", "CT, JPEG-LS near-lossless (3) without LossyImageCompression",
        "reads; note lossy found in the codestream", _near_lossless, ("lossy",),
        needs_word=True),
    Row("lossy-in-one", "one slice of six is lossy JPEG 2000 and does not say so",
        "reads; note lossy naming the file", _one_lossy, ("lossy",), files=("003.dcm",),
        needs_word=True),
    Row("float-pixels", "Parametric map, FloatPixelData, 12 frames",
        "reads float values exactly", _float_map, ("series-absent",)),
    Row("grey-labelled-rgb", "one sample a pixel, PhotometricInterpretation RGB",
        "reads as grey; note photometric-label-wrong", _grey_as_rgb,
        ("photometric-label-wrong",)),
    Row("rgb-16", "RGB with 16 bits a sample", "reads colours right", _rgb_16),
    Row("rgb-rle", "RGB in RLE", "reads colours right", _planar_rle),
    Row("rows-differ", "RLE picture of 64 rows, Rows says 32", "refused in words",
        _sizes_differ),
    Row("frames-missing-encapsulated", "RLE, NumberOfFrames 20, 12 frames in it",
        "problem frames-missing (12 of 20)", _encapsulated_few, ("frames-missing",),
        (r"20 frames.*12",)),
    Row("frames-more-than-declared", "NumberOfFrames 8, pixels for 12",
        "reads 8; note extra-bytes", _more_frames, ("extra-bytes",)),
    Row("frames-unreadable", "NumberOfFrames 'four', pixels for four pictures",
        "reads the first; problem bad-value NumberOfFrames, note extra-bytes", _frames_unreadable,
        ("bad-value", "extra-bytes", "no-position", "spacing-unknown", "rescale-missing"),
        (r"NumberOfFrames.*'four'",)),
    Row("frame-groups-missing", "Enhanced MR of 12 frames, functional groups for 9",
        "problem no-position; 3-D analysis refused", _groups_few, ("no-position",),
        (r"3 of 12",)),
)  # fmt: skip
