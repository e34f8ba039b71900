"""Small DICOM files with a known truth: every voxel's value follows from its place in the patient.

A body along z with an L-shaped object (so that no mirror or turn goes unseen), a marker at the
patient's left, and a value that names each height. A stack is right where the value read at each
voxel is the value that `hounsfield` gives for the voxel's place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

SIZE = 64
STEP_MM = 2.5
PIXEL_MM = 0.8
SLICES = 40
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
CR_IMAGE = "1.2.840.10008.5.1.4.1.1.1"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"

Points = NDArray[np.float64]
Change = Callable[[FileDataset, int], None]


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
    return (np.array(tuple(position)) + along + down).reshape(-1, 3)


def instance(modality: str = "CT") -> FileDataset:
    """A data set with what every image has; no pixels yet."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    classes = {"CT": CT_IMAGE, "MR": MR_IMAGE, "CR": CR_IMAGE}
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID = classes[modality]
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


def fill(dataset: FileDataset, stored: NDArray[np.integer]) -> None:
    """Give a data set its stored values, (rows, columns) or (frames, rows, columns)."""
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    kind = "<i2" if dataset.PixelRepresentation else "<u2"
    dataset.PixelData = stored.astype(kind).tobytes()
    dataset["PixelData"].VR = "OW"


def section(
    position: tuple[float, float, float],
    orientation: tuple[float, ...] = AXIAL,
    *,
    modality: str = "CT",
    number: int = 1,
    shape: tuple[int, int] = (SIZE, SIZE),
    spacing: tuple[float, float] = (PIXEL_MM, PIXEL_MM),
) -> FileDataset:
    """One slice of the phantom; CT stores HU + 1024, MR the value + 2000."""
    dataset = instance(modality)
    dataset.InstanceNumber = number
    dataset.ImagePositionPatient = list(position)
    dataset.ImageOrientationPatient = list(orientation)
    dataset.PixelSpacing, dataset.SliceThickness = list(spacing), STEP_MM
    values = hounsfield(slice_points(position, orientation, spacing, shape)).reshape(shape)
    if modality == "CT":
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
        fill(dataset, values + 1024)
    else:
        fill(dataset, values + 2000)
    return dataset


def axial(k: int, *, modality: str = "CT") -> FileDataset:
    """Slice k of the axial stack, from the feet up."""
    corner = -PIXEL_MM * SIZE / 2
    height = (k - SLICES / 2) * STEP_MM
    return section((corner, corner, height), modality=modality, number=k + 1)


def save(dataset: Dataset, path: Path) -> Path:
    """Write a data set as a Part 10 file."""
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_stack(
    folder: Path, change: Change | None = None, *, count: int = SLICES, modality: str = "CT"
) -> list[Path]:
    """Write the axial stack; `change(dataset, k)` spoils slice k before it is written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for k in range(count):
        dataset = axial(k, modality=modality)
        if change is not None:
            change(dataset, k)
        paths.append(save(dataset, folder / f"{k:03d}.dcm"))
    return paths


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
    frames: list[tuple[tuple[float, float, float], Callable[[Dataset, int], None]]],
) -> FileDataset:
    """An Enhanced MR object: one frame a position; `change(group, number)` adds to its groups.

    Stores the value + 2000, without a rescale.
    """
    dataset = instance("MR")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ENHANCED_MR
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
        place, plane, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = list(position)
        plane.ImageOrientationPatient = list(AXIAL)
        group.PlanePositionSequence, group.PlaneOrientationSequence = [place], [plane]
        group.FrameContentSequence = [content]
        change(group, number)
        dataset.PerFrameFunctionalGroupsSequence.append(group)
        cosines = group.PlaneOrientationSequence[0].ImageOrientationPatient
        values = hounsfield(slice_points(position, [float(c) for c in cosines]))
        stored.append(values.reshape(SIZE, SIZE) + 2000)
    fill(dataset, np.array(stored))
    return dataset
