"""Rows of 'Pixels', first part: what a stored number means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from medimg.display.windowing import grey
from medimg.values.series import Scan
from medimg.values.volume import Unit, Volume
from tests.faults.phantom import (
    CT_OFFSET,
    Cut,
    axial_cuts,
    enhanced,
    fill,
    place,
    save,
    spoil,
    stack_of,
    stored_in,
    written,
)
from tests.faults.truth import Row, Truth

#: Slices of a row of pixels.
FEW = 6
_BITS_12 = {"BitsStored": 12, "HighBit": 11}
#: Rows at the upper edge that a row of padding fills.
_PADDED = 8


def _rescale_missing(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleSlope=None, RescaleIntercept=None)
    return written(folder, as_stored(cuts), unit=Unit.ARBITRARY)


def _slope_zero(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleSlope=0)
    return written(folder, as_stored(cuts), unit=Unit.ARBITRARY)


def as_stored(cuts: Sequence[Cut]) -> list[Cut]:
    """CT slices whose truth is what they store."""
    return [one.known(values=one.truth.values + CT_OFFSET) for one in cuts]


def _fractional(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleSlope=0.37, RescaleIntercept=-1000.5)
    cuts = [one.known(values=stored_in(one.dataset) * 0.37 - 1000.5) for one in cuts]
    return written(folder, cuts, tolerance=1e-3)


def signed(cuts: Sequence[Cut]) -> list[Cut]:
    """CT slices that store HU, signed, intercept 0."""
    for one in spoil(cuts, PixelRepresentation=1, RescaleIntercept=0):
        fill(one.dataset, np.asarray(one.truth.values))
    return list(cuts)


def _signed(folder: Path) -> Truth:
    return written(folder, signed(axial_cuts(FEW)))


def _sign_lies(folder: Path) -> Truth:
    cuts = spoil(signed(axial_cuts(FEW)), PixelRepresentation=0)
    cuts = [one.known(values=one.truth.values % 65536) for one in cuts]
    return written(folder, cuts, unit=Unit.ARBITRARY)


def _garbage_bits(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), **_BITS_12)
    noise = np.random.default_rng(5)
    for one in cuts:
        upper = noise.integers(0, 16, one.truth.values.shape) << 12
        fill(one.dataset, stored_in(one.dataset) | upper)
    return written(folder, cuts)


def _not_extended(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), PixelRepresentation=1, RescaleIntercept=0, **_BITS_12)
    for one in cuts:
        one.dataset.PixelData = (one.truth.values & 0xFFF).astype("<u2").tobytes()
    return written(folder, cuts)


def _high_bit(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), BitsStored=12, HighBit=15)
    for one in cuts:
        fill(one.dataset, stored_in(one.dataset) << 4)
    return written(folder, cuts)


def _bits_32(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW, modality="MR"), BitsAllocated=32, BitsStored=32, HighBit=31)
    for k, one in enumerate(cuts):
        values = np.asarray(one.truth.values) * 70_001
        one.dataset.PixelData = values.astype("<u4").tobytes()
        cuts[k] = one.known(values=values)
    return written(folder, cuts)


def _packed(folder: Path) -> Truth:
    """Two values of 12 bits in three bytes, the lower value in the lower bits."""
    cuts = spoil(axial_cuts(FEW), BitsAllocated=12, BitsStored=12, HighBit=11)
    for one in cuts:
        low, high = (np.asarray(one.truth.values) + CT_OFFSET).reshape(-1, 2).T.astype(np.uint16)
        thirds = np.stack([low & 0xFF, low >> 8 | (high & 0xF) << 4, high >> 4], axis=1)
        one.dataset.PixelData = thirds.astype(np.uint8).tobytes()
    return written(folder, cuts)


def _table(rows: Sequence[int], first: int, kind: str = "HU") -> Dataset:
    """A lookup table of 16-bit entries."""
    table = Dataset()
    table.add_new(0x00283002, "US", [len(rows), first, 16])
    table.add_new(0x00283006, "OW", np.array(rows).astype("<u2").tobytes())
    if kind:
        table.ModalityLUTType = kind
    return table


def _modality_table(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), RescaleSlope=None, RescaleIntercept=None)
    table = [10 * entry for entry in range(256)]
    for k, one in enumerate(cuts):
        stored = np.clip(stored_in(one.dataset) // 8, 0, 255)
        fill(one.dataset, stored)
        one.dataset.ModalityLUTSequence = [_table(table, 0)]
        cuts[k] = one.known(values=np.array(table)[stored])
    return written(folder, cuts)


def _voi(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), WindowCenter=[40, -600], WindowWidth=[400, 1500],
                 WindowCenterWidthExplanation=["SOFT", "LUNG"])  # fmt: skip
    for one in cuts:
        curve = _table([65535 - 60 * k for k in range(1000)], 0, "")
        one.dataset.VOILUTSequence = [curve]
    return written(folder, cuts)


def _windows_are_offered(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    names = [window.name for window in scan.series[0].windows]
    faults = [] if names == ["SOFT", "LUNG"] else [f"windows are {names}"]
    return faults if volumes[0].voi_tables else [*faults, "the VOI table is not offered"]


def _no_width(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(FEW), WindowCenter=40, WindowWidth=0))


def _is_drawn_in_its_range(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    shown = grey(volumes[0], index=0)
    return [] if shown.min() < 0.1 < 0.9 < shown.max() else ["the picture is drawn in one grey"]


def _padding(folder: Path) -> Truth:
    cuts = signed(axial_cuts(FEW))
    for k, one in enumerate(cuts):
        values = np.asarray(one.truth.values).copy()
        values[:_PADDED] = -2000
        fill(one.dataset, values)
        one.dataset.add_new(0x00280120, "SS", -2000)
        cuts[k] = one.known(values=values)
    outside = np.zeros((FEW, 64, 64), dtype=np.bool_)
    outside[:, :_PADDED] = True
    return written(folder, cuts, padding=outside)


def _padding_is_black(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    shown = grey(volumes[0], index=0)[0]
    return ["padding is drawn"] if shown[:_PADDED].any() else []


def _big_endian(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    for one in cuts:
        one.dataset.PixelData = stored_in(one.dataset).astype(">u2").tobytes()
        one.dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    return written(folder, cuts)


def _deflated(folder: Path) -> Truth:
    cuts = axial_cuts(FEW)
    for one in cuts:
        one.dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return written(folder, cuts)


def _overlay_in_bits(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), **_BITS_12)
    for one in cuts:
        drawn = np.zeros((64, 64), dtype=np.int64)
        drawn[20:30, 20:40] = 1 << 12
        fill(one.dataset, stored_in(one.dataset) | drawn)
        for element, vr, value in ((0x10, "US", 64), (0x11, "US", 64), (0x40, "CS", "G"),
                                   (0x50, "SS", [1, 1]), (0x100, "US", 16),
                                   (0x102, "US", 12)):  # fmt: skip
            one.dataset.add_new(0x60000000 | element, vr, value)
    return written(folder, cuts)


def _polarity_missing(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(FEW), PhotometricInterpretation=None)
    return written(folder, cuts, unit=Unit.HU)


def _above_32767(folder: Path) -> Truth:
    cuts = axial_cuts(FEW, modality="MR")
    for k, one in enumerate(cuts):
        values = np.asarray(one.truth.values) + 39_000
        fill(one.dataset, values)
        cuts[k] = one.known(values=values)
    return written(folder, cuts)


def _slope_per_frame(folder: Path) -> Truth:
    def scaled(group: Dataset, number: int) -> None:
        item = Dataset()
        item.RescaleSlope, item.RescaleIntercept = (number + 1) / 4, -number
        item.RescaleType = "US"
        group.PixelValueTransformationSequence = [item]

    cuts = axial_cuts(10, modality="MR")
    save(enhanced([(place(k), scaled) for k in range(10)]), folder / "x.dcm")
    cuts = [one.known(values=one.truth.values * (k + 1) / 4 - k) for k, one in enumerate(cuts)]
    return (stack_of(cuts),)


def _frames_missing(folder: Path) -> Truth:
    one = axial_cuts(1)[0].dataset
    one.NumberOfFrames, one.PixelData = 20, one.PixelData * 12
    save(one, folder / "x.dcm")
    return ()


ROWS: tuple[Row, ...] = (
    Row("rescale-missing", "CT without RescaleSlope/Intercept (stored = HU + 1024)",
        "reads stored values; problem rescale-missing: not HU; HU measures refused",
        _rescale_missing, ("rescale-missing",)),
    Row("slope-zero", "RescaleSlope 0",
        "problem slope-zero; values refused, stored values on request", _slope_zero,
        ("slope-zero",)),
    Row("slope-0.37", "RescaleSlope 0.37, Intercept -1000.5",
        "reads; float values, not rounded to whole HU", _fractional),
    Row("signed-16", "control: signed 16-bit, intercept 0", "reads; no problem", _signed),
    Row("signedness-lies",
        "PixelRepresentation 0 but the data are signed (air stored 64536)",
        "reads; problem values-out-of-range (HU 64536); HU measures refused", _sign_lies,
        ("values-out-of-range",), (r"64536",)),
    Row("garbage-high-bits", "BitsStored 12 of 16, unrelated bits in the top four",
        "reads 12 bits; top bits masked", _garbage_bits),
    Row("signed-12-not-extended",
        "signed, BitsStored 12 of 16, sign not extended into the top bits",
        "reads negative values right", _not_extended),
    Row("high-bit-15", "BitsStored 12, HighBit 15 (data in the upper 12 bits)",
        "reads shifted values right, or refuses naming HighBit", _high_bit),
    Row("bits-32", "32-bit unsigned, values above 65535", "reads exactly", _bits_32),
    Row("packed-12", "BitsAllocated 12: two values in three bytes, as ACR-NEMA wrote them",
        "reads exactly", _packed),
    Row("modality-lut", "ModalityLUTSequence, no slope (stored 0-255 to HU)",
        "reads HU through the table", _modality_table),
    Row("voi-lut-and-window", "VOILUTSequence and two windows present",
        "values untouched by the display tables", _voi, look=_windows_are_offered),
    Row("window-width-zero", "WindowWidth 0",
        "reads; display falls back to the value range, note window-invalid", _no_width,
        ("window-invalid",), look=_is_drawn_in_its_range),
    Row("padding-value", "PixelPaddingValue -2000 fills eight rows",
        "padding is outside the image: left out of mean, minimum, histogram and model input",
        _padding, look=_padding_is_black, needs_word=True),
    Row("enhanced-slope-per-frame", "Enhanced MR, slope and intercept differ per frame",
        "reads, each frame by its own slope", _slope_per_frame),
    Row("frames-fewer-than-declared", "NumberOfFrames 20, pixels for 12",
        "problem frames-missing (12 of 20); never padded in silence", _frames_missing,
        ("frames-missing",), (r"20 frames.*12",)),
    Row("big-endian", "Explicit VR Big Endian series", "reads; no problem", _big_endian),
    Row("deflated", "Deflated Explicit VR Little Endian series", "reads; no problem",
        _deflated),
    Row("overlay-in-high-bits",
        "old overlay stored in bit 12 of the pixel data (group 6000)",
        "reads 12 bits; overlay drawn apart", _overlay_in_bits),
    Row("photometric-missing", "PhotometricInterpretation absent",
        "problem photometric-missing; grey assumed and said", _polarity_missing,
        ("photometric-missing",)),
    Row("unsigned-above-32767", "16-bit unsigned MR with values 40000 to 42000",
        "reads exactly; never as negative numbers", _above_32767),
)  # fmt: skip
