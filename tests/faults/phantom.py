"""The phantom of the fault table: every voxel's value follows from its place in the patient.

A body along z with an L-shaped object (so that no mirror or turn goes unseen), a marker at the
patient's left, and a value that names each height. 64 x 64 CT or MR; radiographs are 64 x 48.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from medimg.values.volume import Array, Unit
from tests.faults.truth import Points, Slice, Stack, Triple, Truth

SIZE = 64
STEP_MM = 2.5
PIXEL_MM = 0.8
SLICES = 40
CORNER = -PIXEL_MM * SIZE / 2
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
#: What CT slices store above HU, and MR slices above the phantom's value.
CT_OFFSET, MR_OFFSET = 1024, 2000

CT_IMAGE = UID("1.2.840.10008.5.1.4.1.1.2")
MR_IMAGE = UID("1.2.840.10008.5.1.4.1.1.4")
CR_IMAGE = UID("1.2.840.10008.5.1.4.1.1.1")
ENHANCED_MR = UID("1.2.840.10008.5.1.4.1.1.4.1")


def hounsfield(points_mm: Points) -> NDArray[np.int64]:
    """The value at LPS points (n, 3): air, body named by height, L-shaped object, left marker."""
    x, y, z = points_mm.T
    values = np.full(len(points_mm), -1000)
    body = (x / 24) ** 2 + (y / 20) ** 2 < 1
    values[body] = np.rint(z[body]) + 100
    bar = (np.abs(x) < 10) & (y > -14) & (y < -8) & (np.abs(z) < 30)
    foot = (x > -10) & (x < -4) & (y > -14) & (y < 8) & (np.abs(z) < 30)
    values[bar | foot] = 300
    values[(x > 14) & (x < 18) & (np.abs(y) < 4)] = 700
    return values


def slice_points(
    position: Iterable[float],
    orientation: Iterable[float] = AXIAL,
    spacing: tuple[float, float] = (PIXEL_MM, PIXEL_MM),
    shape: tuple[int, int] = (SIZE, SIZE),
) -> Points:
    """Places of a slice's pixel centres, (rows x columns, 3), by PS3.3 C.7.6.2.1.1."""
    cosines = np.array(tuple(orientation)).reshape(2, 3)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    along = columns[..., None] * cosines[0] * spacing[1]
    down = rows[..., None] * cosines[1] * spacing[0]
    points: Points = (np.array(tuple(position)) + along + down).reshape(-1, 3)
    return points


def instance(modality: str = "CT") -> FileDataset:
    """A data set with what every image has; no pixels yet."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    classes = {"CT": CT_IMAGE, "MR": MR_IMAGE, "CR": CR_IMAGE}
    dataset.SOPClassUID = classes[modality]
    dataset.SOPInstanceUID = generate_uid()
    dataset.PatientID, dataset.PatientName = "P1", "Phantom^Synthetic"
    dataset.PatientSex, dataset.PatientAge = "O", "045Y"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3.1", "1.2.3.2"
    dataset.FrameOfReferenceUID = "1.2.3.3"
    dataset.StudyDate, dataset.Modality, dataset.SeriesNumber = "20260101", modality, 1
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    return dataset


def fill(dataset: FileDataset, stored: Array) -> None:
    """Give a data set its stored values, (rows, columns) or (frames, rows, columns)."""
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    kind = "<i2" if dataset.PixelRepresentation else "<u2"
    dataset.PixelData = stored.astype(kind).tobytes()
    dataset["PixelData"].VR = "OW"


def stored_in(dataset: FileDataset) -> NDArray[np.int64]:
    """The stored values of a 16-bit unsigned slice, to be stored otherwise."""
    plain = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)
    return plain.astype(np.int64)


def section(
    position: Triple,
    orientation: tuple[float, ...] = AXIAL,
    *,
    modality: str = "CT",
    number: int = 1,
    shape: tuple[int, int] = (SIZE, SIZE),
    spacing: tuple[float, float] = (PIXEL_MM, PIXEL_MM),
) -> FileDataset:
    """One slice of the phantom; CT stores HU + 1024, MR the value + 2000."""
    return cut(
        position, orientation, modality=modality, number=number, shape=shape, spacing=spacing
    ).dataset


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """One slice as it is stored, and as it truly is."""

    dataset: FileDataset
    truth: Slice

    def known(self, **parts: object) -> Cut:
        """The same with another truth: `values`, `position`, `orientation` or `spacing`."""
        return Cut(self.dataset, replace(self.truth, **parts))  # type: ignore[arg-type]


def cut(
    position: Triple,
    orientation: tuple[float, ...] = AXIAL,
    *,
    modality: str = "CT",
    number: int = 1,
    shape: tuple[int, int] = (SIZE, SIZE),
    spacing: tuple[float, float] = (PIXEL_MM, PIXEL_MM),
) -> Cut:
    """One slice of the phantom with its truth: HU of a CT, the stored value of an MR."""
    dataset = instance(modality)
    dataset.InstanceNumber = number
    dataset.ImagePositionPatient = [round(value, 6) for value in position]
    dataset.ImageOrientationPatient = list(orientation)
    dataset.PixelSpacing, dataset.SliceThickness = list(spacing), STEP_MM
    values = hounsfield(slice_points(position, orientation, spacing, shape)).reshape(shape)
    if modality == "CT":
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, -CT_OFFSET
        fill(dataset, values + CT_OFFSET)
    else:
        values = values + MR_OFFSET
        fill(dataset, values)
    return Cut(dataset, Slice(values, position, orientation, spacing))


def axial(k: int, *, modality: str = "CT") -> FileDataset:
    """Slice k of the axial stack, from the feet up."""
    return section(place(k), modality=modality, number=k + 1)


def place(k: float, step_mm: float = STEP_MM) -> Triple:
    """Position of the axial stack's slice k."""
    return CORNER, CORNER, (k - SLICES / 2) * step_mm


def axial_cuts(count: int = SLICES, *, modality: str = "CT", first: int = 0) -> list[Cut]:
    """Slices of the axial stack from the feet up, with their truth."""
    return [
        cut(place(k), modality=modality, number=k + 1 - first) for k in range(first, first + count)
    ]


def oblique_cuts(
    start: Triple,
    step: Triple,
    orientation: tuple[float, ...],
    *,
    modality: str = "MR",
    count: int = 20,
) -> list[Cut]:
    """Slices from `start`, each a `step` (mm) further, of any orientation."""
    at = np.array(start) + np.arange(count)[:, None] * np.array(step)
    return [
        cut((float(x), float(y), float(z)), orientation, modality=modality, number=k + 1)
        for k, (x, y, z) in enumerate(at)
    ]


def save(dataset: Dataset, path: Path) -> Path:
    """Write a data set as a Part 10 file; its pixels are in its transfer syntax already."""
    dataset.file_meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    # Not `save_as`, which takes a data set that was made and not read for little endian.
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def write(
    folder: Path, cuts: Sequence[Cut], names: Sequence[str] | None = None, *, uids: str = "1.2.9"
) -> None:
    """Write slices as files, named by their order, or by `names`.

    Args:
        uids: Root of the SOP Instance UIDs, which are numbered from it, so that the same input
            is made each time; empty to leave those that the slices have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for k, one in enumerate(cuts):
        if uids:
            one.dataset.SOPInstanceUID = f"{uids}.{k + 1}"
        name = f"{k:03d}.dcm" if names is None else names[k]
        save(one.dataset, folder / name)


def stack_of(cuts: Sequence[Cut], **facts: object) -> Stack:
    """The truth of slices that make one series, in the order of their places.

    Args:
        facts: Fields of `Stack` that are not as in a good CT or MR stack.
    """
    slices = sorted((one.truth for one in cuts), key=lambda one: one.height)
    modality = str(cuts[0].dataset.get("Modality") or "")
    unit = Unit.HU if modality == "CT" else Unit.ARBITRARY
    plain = Stack(tuple(slices), unit, spacing=slices[0].spacing)
    return replace(plain, **facts)  # type: ignore[arg-type]


def written(folder: Path, cuts: Sequence[Cut], **facts: object) -> Truth:
    """Write slices that make one series, and say what they truly are."""
    write(folder, cuts)
    return (stack_of(cuts, **facts),)


def spoil(cuts: Sequence[Cut], **values: object) -> list[Cut]:
    """Set attributes of slices by keyword; a function is given k, None takes one away."""
    for k, one in enumerate(cuts):
        for keyword, value in values.items():
            if value is None:
                if keyword in one.dataset:
                    delattr(one.dataset, keyword)
            else:
                setattr(one.dataset, keyword, value(k) if callable(value) else value)
    return list(cuts)


def radiograph() -> FileDataset:
    """A chest film of 64 x 48, 12 bits: brightness rises to the right and downwards."""
    dataset = instance("CR")
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.BodyPartExamined, dataset.ViewPosition = "CHEST", "PA"
    rows, columns = np.mgrid[:64, :48]
    fill(dataset, rows * 40 + columns * 20 + 100)
    dataset.PatientOrientation = ["L", "F"]
    return dataset


def enhanced(
    frames: list[tuple[Triple, Callable[[Dataset, int], None]]],
) -> FileDataset:
    """An Enhanced MR object: one frame a position; `change(group, number)` adds to its groups.

    Stores the value + 2000, without a rescale.
    """
    dataset = instance("MR")
    dataset.SOPClassUID = ENHANCED_MR
    dataset.NumberOfFrames = len(frames)
    shared = Dataset()
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [PIXEL_MM, PIXEL_MM], STEP_MM
    shared.PixelMeasuresSequence = [measures]
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = []
    stored = []
    for number, (position, change) in enumerate(frames):
        group = Dataset()
        at, plane, content = Dataset(), Dataset(), Dataset()
        at.ImagePositionPatient = list(position)
        plane.ImageOrientationPatient = list(AXIAL)
        group.PlanePositionSequence, group.PlaneOrientationSequence = [at], [plane]
        group.FrameContentSequence = [content]
        change(group, number)
        dataset.PerFrameFunctionalGroupsSequence.append(group)
        cosines = group.PlaneOrientationSequence[0].ImageOrientationPatient
        values = hounsfield(slice_points(position, [float(c) for c in cosines]))
        stored.append(values.reshape(SIZE, SIZE) + MR_OFFSET)
    fill(dataset, np.array(stored))
    return dataset
