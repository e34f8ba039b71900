"""Rows of 'Series and order', second part: which pictures share a volume, and which must not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless

from medimg.values.series import ObjectKind, Scan
from medimg.values.volume import Unit, Volume
from tests.faults.phantom import (
    CORNER,
    CORONAL,
    CT_OFFSET,
    SAGITTAL,
    STEP_MM,
    Cut,
    axial_cuts,
    cut,
    fill,
    instance,
    oblique_cuts,
    place,
    save,
    spoil,
    stack_of,
    write,
    written,
)
from tests.faults.truth import Row, Slice, Truth

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
ENHANCED_SR = "1.2.840.10008.5.1.4.1.1.88.22"
#: Slices of a row whose fault does not need the whole stack of 40.
SHORT = 12


def several(
    folder: Path, *groups: list[Cut], labels: tuple[str, ...] = (), is_volume: bool = True
) -> Truth:
    """Write groups of slices into one folder, file names interleaved; each is a stack."""
    truth = []
    for number, cuts in enumerate(groups):
        names = [f"{k:03d}-{number}.dcm" for k in range(len(cuts))]
        write(folder, cuts, names, uids=f"1.2.9.{number + 1}")
        label = labels[number] if labels else ""
        truth.append(stack_of(cuts, label=label, is_volume=is_volume))
    return tuple(truth)


def other_patient(cuts: list[Cut]) -> list[Cut]:
    """The slices as another person's."""
    return spoil(cuts, PatientID="P2", PatientName="Other^Person")


def brighter(cuts: list[Cut], by: int) -> list[Cut]:
    """The slices with all values raised, so that one volume is told from another."""
    result = []
    for one in cuts:
        values = one.truth.values + by
        offset = CT_OFFSET if one.dataset.Modality == "CT" else 0
        fill(one.dataset, values + offset)
        result.append(one.known(values=values))
    return result


def _two_patients_one_uid(folder: Path) -> Truth:
    others = other_patient(brighter(axial_cuts(SHORT), 50))
    return several(folder, axial_cuts(SHORT), others, is_volume=False)


def _two_patients_stacked(folder: Path) -> Truth:
    return several(folder, axial_cuts(20), other_patient(axial_cuts(20, first=20)), is_volume=False)


def _two_patients_two_uids(folder: Path) -> Truth:
    others = spoil(other_patient(axial_cuts(SHORT)), SeriesInstanceUID="1.2.3.9",
                   StudyInstanceUID="1.2.3.8", FrameOfReferenceUID="1.2.3.7")  # fmt: skip
    return several(folder, axial_cuts(SHORT), others)


def _interleaved(folder: Path) -> Truth:
    thick = [cut((CORNER, CORNER, -45 + 5.0 * k), number=k + 1) for k in range(SHORT)]
    spoil(thick, SeriesInstanceUID="1.2.3.9", SeriesNumber=2, SliceThickness=5.0)
    return several(folder, axial_cuts(SHORT), thick)


def _localiser(folder: Path) -> Truth:
    scout = [cut((CORNER, 0.0, -CORNER), CORONAL)]
    return several(folder, axial_cuts(), scout, labels=("", "localiser"))


def _axial_and_sagittal(folder: Path) -> Truth:
    sagittal = oblique_cuts((-24, CORNER, -CORNER), (2.5, 0, 0), SAGITTAL, modality="CT")
    return several(folder, axial_cuts(20, first=10), sagittal, labels=("axial", "sagittal"))


def _mixed_matrix(folder: Path) -> Truth:
    small = [cut(place(k), number=k + 1, shape=(32, 32)) for k in range(30, 40)]
    return several(folder, axial_cuts(30), small, is_volume=False)


def _mixed_pixel_spacing(folder: Path) -> Truth:
    fine = [cut(place(k), number=k + 1, spacing=(0.4, 0.4)) for k in range(20, 40)]
    return several(folder, axial_cuts(20), fine, is_volume=False)


def _mixed_rescale(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for k, one in enumerate(cuts):
        slope = (k + 1) / 8
        stored = np.rint((np.asarray(one.truth.values) + 1000) / slope)
        one.dataset.RescaleSlope, one.dataset.RescaleIntercept = slope, -1000
        fill(one.dataset, stored)
        cuts[k] = one.known(values=stored * slope - 1000)
    return written(folder, cuts, tolerance=1e-3)


def _mixed_syntax(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    for one in cuts[::3]:
        one.dataset.compress(RLELossless)
    for one in cuts[1::3]:
        one.dataset.compress(JPEG2000Lossless)
    return written(folder, cuts)


def parted(keyword: str, values: list[object], modality: str = "MR") -> Callable[..., list[Cut]]:
    """Prepare volumes over one place that differ in an attribute, and each in its values."""

    def make(number: int, count: int = SHORT) -> list[Cut]:
        cuts = spoil(axial_cuts(count, modality=modality), **{keyword: values[number]})
        spoil(cuts, InstanceNumber=lambda k: k * len(values) + number + 1)
        return brighter(cuts, 100 * number)

    return make


def _echoes(folder: Path) -> Truth:
    make = parted("EchoTime", [10, 20, 30])
    labels = ("TE 10 ms", "TE 20 ms", "TE 30 ms")
    return several(folder, *(make(n) for n in range(3)), labels=labels)


def _b_values(folder: Path) -> Truth:
    make = parted("DiffusionBValue", [0.0, 500.0, 1000.0])
    labels = ("b 0", "b 500", "b 1000")
    return several(folder, *(make(n) for n in range(3)), labels=labels)


def _magnitude_phase(folder: Path) -> Truth:
    make = parted("ImageType", [["ORIGINAL", "PRIMARY", "M"], ["ORIGINAL", "PRIMARY", "P"]])
    return several(folder, make(0), make(1), labels=("magnitude", "phase"))


def _ct_phases(folder: Path) -> Truth:
    make = parted("NominalPercentageOfCardiacPhase", [0.0, 20.0, 40.0, 60.0, 80.0], "CT")
    labels = tuple(f"phase {20 * n}" for n in range(5))
    return several(folder, *(make(n) for n in range(5)), labels=labels)


def _half_step(folder: Path) -> Truth:
    first = spoil(axial_cuts(SHORT), AcquisitionNumber=1)
    second = [
        cut((CORNER, CORNER, (k - 20) * STEP_MM + STEP_MM / 2), number=SHORT + k + 1)
        for k in range(SHORT)
    ]
    return several(folder, first, spoil(second, AcquisitionNumber=2))


def _screen_save(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    screen = instance("CT")
    screen.SOPClassUID, screen.SOPInstanceUID = SECONDARY_CAPTURE, "1.2.9.500"
    screen.ImageType = ["DERIVED", "SECONDARY"]
    screen.SamplesPerPixel, screen.PhotometricInterpretation = 3, "RGB"
    screen.PlanarConfiguration, screen.Rows, screen.Columns = 0, 64, 64
    screen.BitsAllocated = screen.BitsStored = 8
    screen.HighBit, screen.InstanceNumber = 7, 999
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[10:20, 5:50] = (250, 10, 20)
    screen.PixelData = picture.tobytes()
    save(screen, folder / "report.dcm")
    dose = stack_of([Cut(screen, Slice(picture))], is_volume=False, unit=Unit.COLOUR)
    return (*truth, dose)


def _position_missing(folder: Path) -> Truth:
    cuts = axial_cuts()
    spoil(cuts[17:18], ImagePositionPatient=None)
    write(folder, cuts)
    by_number = [one.truth for one in cuts]
    by_number[17] = cuts[17].known(position=None).truth
    return (stack_of([Cut(cuts[0].dataset, one) for one in by_number[:1]], is_volume=False,
                     slices=tuple(by_number)),)  # fmt: skip


def _cut_off(folder: Path) -> Truth:
    cuts = axial_cuts()
    write(folder, cuts)
    path = folder / "017.dcm"
    path.write_bytes(path.read_bytes()[:-4000])
    return (stack_of(cuts[:17] + cuts[18:], is_volume=False),)


def report() -> Dataset:
    """A structured report of the phantom's study, without pictures."""
    made = instance("CT")
    for keyword in ("SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated",
                    "BitsStored", "HighBit", "PixelRepresentation", "ImageType"):  # fmt: skip
        delattr(made, keyword)
    made.SOPClassUID = ENHANCED_SR
    made.Modality, made.SeriesInstanceUID, made.ValueType = "SR", "1.2.3.20", "CONTAINER"
    made.SOPInstanceUID = "1.2.9.600"
    return made


def _report_beside(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    save(report(), folder / "report.dcm")
    return truth


def _report_is_listed(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    found = [(Path(one.file).name, one.kind) for one in scan.objects]
    return [] if found == [("report.dcm", ObjectKind.REPORT)] else [f"objects are {found}"]


def _two_folders(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    for name in ("even", "odd"):
        (folder / name).mkdir()
    for k, path in enumerate(sorted(folder.glob("*.dcm"))):
        path.rename(folder / ("odd" if k % 2 else "even") / path.name)
    return truth


def _one_slice(folder: Path) -> Truth:
    return written(folder, axial_cuts(1))


ROWS: tuple[Row, ...] = (
    Row("two-patients-one-series-uid",
        "two patients share Study and Series UID, same positions",
        "two volumes; problem two-patients naming both files", _two_patients_one_uid,
        ("two-patients",), files=("000-0.dcm", "000-1.dcm")),
    Row("two-patients-stacked",
        "two patients share Series UID, positions follow on without overlap",
        "two volumes; problem two-patients naming both", _two_patients_stacked,
        ("two-patients",), files=("000-0.dcm", "000-1.dcm")),
    Row("two-patients-one-folder", "two patients, two series UIDs, one folder",
        "two volumes under two patients; no merging", _two_patients_two_uids),
    Row("two-series-interleaved",
        "two series of one study, file names interleaved, other spacing", "two volumes",
        _interleaved),
    Row("localiser-in-series", "a coronal localiser (InstanceNumber 1) in the axial series",
        "two items: localiser and 40-slice volume; note mixed-orientation", _localiser,
        ("mixed-orientation",)),
    Row("axial-and-sagittal-one-series", "20 axial then 20 sagittal slices, one Series UID",
        "two volumes; note mixed-orientation", _axial_and_sagittal, ("mixed-orientation",)),
    Row("mixed-matrix", "slices 30 to 39 are 32 x 32 instead of 64 x 64",
        "two volumes; problem mixed-matrix", _mixed_matrix, ("mixed-matrix",)),
    Row("mixed-pixel-spacing", "PixelSpacing 0.8 in 20 slices, 0.4 in the next 20",
        "two volumes; problem mixed-pixel-spacing", _mixed_pixel_spacing,
        ("mixed-pixel-spacing",)),
    Row("mixed-rescale", "RescaleSlope and Intercept differ from slice to slice (as PET)",
        "reads, each slice by its own slope", _mixed_rescale),
    Row("mixed-transfer-syntax",
        "every third slice RLE, every other third JPEG 2000 lossless", "reads; no problem",
        _mixed_syntax),
    Row("multi-echo-one-series", "three echoes (10, 20, 30 ms) at each position, one Series UID",
        "three volumes labelled by echo time", _echoes, ("split",), (r"echo time",)),
    Row("dwi-one-series", "b 0, 500, 1000 at each position, one Series UID",
        "three volumes labelled by b-value", _b_values, ("split",), (r"b-value",)),
    Row("magnitude-phase-one-series", "magnitude and phase at each position, one Series UID",
        "two volumes labelled magnitude and phase", _magnitude_phase, ("split",),
        (r"image type",)),
    Row("ct-phases-one-series", "4-D CT: five phases (0 to 80 %) of 12 slices, one Series UID",
        "one 4-D item of five volumes, ordered by phase", _ct_phases, ("split",), (r"phase",)),
    Row("two-acquisitions-half-step",
        "AcquisitionNumber 1 and 2, second shifted by half a step, one Series UID",
        "two volumes by acquisition; not one of 1.25 mm", _half_step, ("split",),
        (r"acquisition",)),
    Row("screen-save-in-series", "an 8-bit RGB dose report without position, same Series UID",
        "volume of 40 and one secondary picture", _screen_save, ("split",)),
    Row("position-missing-in-one", "ImagePositionPatient absent from slice 17",
        "problem no-position naming the file; 3-D analysis refused", _position_missing,
        ("no-position",), files=("017.dcm",)),
    Row("one-corrupt-slice", "slice 17 cut off in the middle of its pixels",
        "problem truncated naming the file; the slice is never padded with zeros in silence",
        _cut_off, ("truncated", "missing-slice"), files=("017.dcm",)),
    Row("rtstruct-sr-beside", "a structured report beside the slices",
        "volume of 40; the report listed, not an image", _report_beside, look=_report_is_listed),
    Row("half-in-subfolder", "even slices in one subfolder, odd in another",
        "one volume of 40", _two_folders),
    Row("one-slice-series", "a single axial slice",
        "reads as one slice of 2.5 mm; 3-D measures refused", _one_slice,
        look=lambda scan, volumes: [
            "a volume in ml is given" for v in volumes if v.series.geometry.voxel_ml
        ]),
)  # fmt: skip
