"""A folder of DICOM: one new, derived series of single pictures, each with its place.

It never pretends to be the original: its UIDs are new, its image type is DERIVED, its description
and comments say what it is. A volume in HU becomes CT Image, an MR series MR Image; all else is
Secondary Capture, with the image plane's attributes where the place is known.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from pydicom.valuerep import DSfloat

from medimg.values.errors import InputRefused
from medimg.values.geometry import MeasuredAt
from medimg.values.notice import RESEARCH_NOTICE
from medimg.values.volume import Array, Unit, Volume
from medimg.writing.carried import carry, say_source
from medimg.writing.stack import ORTHOGONAL, Stack
from medimg.writing.stored import Stored, stored

#: Far above what scanners count to, so that no series of the study is hit.
SERIES_NUMBER = 9501
PRODUCT = "MedImg Workstation"

#: Third value of the image type: what the classes want to know of a picture.
_IMAGE_TYPE = {CTImageStorage: ("AXIAL",), MRImageStorage: ("OTHER",)}
#: What RescaleType says of a unit (PS3.3 C.11.1.1.2); others in their own word.
_RESCALE_TYPES = {Unit.HU: "HU", Unit.ARBITRARY: "US", Unit.SUVBW: "SUVBW", Unit.GRAY: "GY"}


def write(stack: Stack, out: Path) -> tuple[str, ...]:
    """Write a volume as a folder of DICOM files, numbered from 0001.dcm.

    Returns:
        What could not be said exactly, in sentences.

    Raises:
        InputRefused: The pixels of a picture do not stand at right angles.
    """
    volume = stack.volumes[0]
    _refuse_slanted_pixels(volume)
    pictures = _stored_pictures(volume)
    common, left_out = _common(stack, volume)
    out.mkdir()
    for k, picture in enumerate(pictures):
        dataset = _instance(common, volume, picture, k)
        dataset.save_as(out / f"{k + 1:04d}.dcm", enforce_file_format=True)
    return (*_notes(volume, pictures), *left_out)


def _refuse_slanted_pixels(volume: Volume) -> None:
    direction = volume.series.geometry.direction
    if direction is not None and abs(float(direction[:, 1] @ direction[:, 2])) > ORTHOGONAL:
        raise InputRefused(
            f"The rows and columns of {volume.series.label} do not stand at right angles, which "
            "DICOM cannot say. Write .nii.gz, .nrrd or .h5."
        )


def _stored_pictures(volume: Volume) -> list[Stored]:
    """One slope for all where it is exact; else each picture its own, as PET has it."""
    if volume.unit is Unit.COLOUR:
        return [Stored(picture, 1.0, 0.0) for picture in volume.array]
    whole = stored(volume.array)
    if whole.largest_error:
        return [stored(picture) for picture in volume.array]
    slope, intercept, padding = whole.slope, whole.intercept, whole.padding
    return [Stored(picture, slope, intercept, 0.0, padding) for picture in whole.array]


def _common(stack: Stack, volume: Volume) -> tuple[Dataset, tuple[str, ...]]:
    """What all instances say alike, and what of the source could not be taken over."""
    series, now = volume.series, datetime.now()
    common = Dataset()
    left_out = carry(stack.headers, common)
    common.SOPClassUID = _sop_class(volume)
    common.SeriesInstanceUID = generate_uid()
    if "StudyInstanceUID" not in common:
        common.StudyInstanceUID = generate_uid()
    common.Modality = series.modality or "OT"
    common.SeriesNumber = SERIES_NUMBER
    common.SeriesDescription = f"{series.label[:42]}: research use only"
    common.SeriesDate = common.ContentDate = now.strftime("%Y%m%d")
    common.SeriesTime = common.ContentTime = now.strftime("%H%M%S")
    common.ImageType = ["DERIVED", "SECONDARY", *_IMAGE_TYPE.get(common.SOPClassUID, ())]
    common.DerivationDescription = "Converted from another file; no original"
    common.ImageComments = RESEARCH_NOTICE.replace("–", "-")
    common.Manufacturer = PRODUCT
    if common.SOPClassUID == SecondaryCaptureImageStorage:
        common.ConversionType = "WSD"
    if "BodyPartExamined" not in common:
        common.setdefault("Laterality", "")  # type 2C: may be of a paired part
    if series.lossy_ratio is not None:
        common.LossyImageCompression = "01"
        if series.lossy_ratio > 0:
            common.LossyImageCompressionRatio = DSfloat(series.lossy_ratio, auto_format=True)
    _say_spacing(volume, common)
    _say_looks(volume, common)
    return common, left_out


def _sop_class(volume: Volume) -> UID:
    is_placed = volume.series.geometry.affine is not None
    if is_placed and volume.unit is Unit.HU:
        return CTImageStorage
    if is_placed and volume.series.modality == "MR" and volume.unit is Unit.ARBITRARY:
        return MRImageStorage
    return SecondaryCaptureImageStorage


def _say_spacing(volume: Volume, common: Dataset) -> None:
    """Say how large a pixel is, and what that is measured at."""
    geometry = volume.series.geometry
    plane = geometry.plane_spacing
    if plane.row_mm is None or plane.column_mm is None:
        if plane.aspect != 1.0:
            common.PixelAspectRatio = [round(plane.aspect * 1000), 1000]
        return
    pair = _decimals(plane.row_mm, plane.column_mm)
    if plane.measured_at is MeasuredAt.DETECTOR:
        common.ImagerPixelSpacing = pair
    elif plane.measured_at is MeasuredAt.CORRECTED and plane.magnification:
        wide = plane.magnification
        common.ImagerPixelSpacing = _decimals(plane.row_mm * wide, plane.column_mm * wide)
        common.EstimatedRadiographicMagnificationFactor = DSfloat(wide, auto_format=True)
    else:
        common.PixelSpacing = pair
    if geometry.affine is None:
        return
    direction, steps = geometry.direction, geometry.spacing_mm
    assert direction is not None and steps is not None  # the affine is known
    common.ImageOrientationPatient = _decimals(*direction[:, 2], *direction[:, 1])
    common.FrameOfReferenceUID = geometry.frame_of_reference_uid or generate_uid()
    common.PositionReferenceIndicator = ""
    thick = volume.series.slice_thickness_mm
    common.SliceThickness = None if thick is None else DSfloat(thick, auto_format=True)
    if geometry.shape[0] > 1:
        across = abs(float(np.cross(direction[:, 2], direction[:, 1]) @ direction[:, 0]))
        common.SpacingBetweenSlices = DSfloat(steps[0] * across, auto_format=True)


def _say_looks(volume: Volume, common: Dataset) -> None:
    """Polarity or colour, windows, and what the class of object wants."""
    series = volume.series
    if volume.unit is Unit.COLOUR:
        common.SamplesPerPixel, common.PhotometricInterpretation = 3, "RGB"
        common.PlanarConfiguration = 0
        return
    common.SamplesPerPixel = 1
    common.PhotometricInterpretation = "MONOCHROME1" if volume.is_inverted else "MONOCHROME2"
    windows = [w for w in series.windows if w.width > 0]
    if windows:
        common.WindowCenter = _decimals(*(w.center for w in windows))
        common.WindowWidth = _decimals(*(w.width for w in windows))
        if len({w.function for w in windows}) == 1 and windows[0].function != "LINEAR":
            common.VOILUTFunction = windows[0].function
    if common.SOPClassUID == CTImageStorage:
        common.AcquisitionNumber = None
        common.setdefault("KVP", None)
    if common.SOPClassUID == MRImageStorage:
        for keyword, word in (("ScanningSequence", "RM"), ("SequenceVariant", "NONE")):
            common.setdefault(keyword, word)
        for keyword in ("ScanOptions", "MRAcquisitionType", "EchoTime", "EchoTrainLength"):
            common.setdefault(keyword, None)
        common.setdefault("RepetitionTime", None)


def _instance(common: Dataset, volume: Volume, picture: Stored, k: int) -> Dataset:
    """One picture of the series."""
    dataset, meta = Dataset(), FileMetaDataset()
    dataset.update(common)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.MediaStorageSOPClassUID = common.SOPClassUID
    dataset.InstanceNumber = k + 1
    geometry = volume.series.geometry
    if geometry.affine is not None:
        dataset.ImagePositionPatient = _decimals(*(geometry.affine @ (k, 0, 0, 1))[:3])
    if dataset.SOPClassUID == SecondaryCaptureImageStorage:
        known = all(volume.series.patient_orientation)
        dataset.PatientOrientation = list(volume.series.patient_orientation) if known else None
    say_source(volume.series, k, dataset)
    _fill(dataset, volume, picture, k)
    return dataset


def _fill(dataset: Dataset, volume: Volume, picture: Stored, k: int) -> None:
    array: Array = np.ascontiguousarray(picture.array)
    bits = array.dtype.itemsize * 8
    if bits == 8 and dataset.SOPClassUID != SecondaryCaptureImageStorage:
        array, bits = array.astype(np.int16), 16  # CT and MR Image store 16 (PS3.3 C.8.2.1.1)
    dataset.Rows, dataset.Columns = array.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    is_signed = array.dtype.kind == "i"
    dataset.PixelRepresentation = int(is_signed)
    is_same = (picture.slope, picture.intercept) == (1.0, 0.0)
    # MR Image has no modality transform of its own; others are told even that there is none.
    if volume.unit is not Unit.COLOUR and not (is_same and dataset.SOPClassUID == MRImageStorage):
        dataset.RescaleSlope = DSfloat(picture.slope, auto_format=True)
        dataset.RescaleIntercept = DSfloat(picture.intercept, auto_format=True)
        dataset.RescaleType = _RESCALE_TYPES[volume.unit]
    if volume.unit is not Unit.COLOUR:
        padding = picture.padding if picture.padding is not None else _padding(volume, array, k)
        if padding is not None:
            dataset.add_new("PixelPaddingValue", "SS" if is_signed else "US", padding)
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    dataset.add_new("PixelData", "OB" if bits == 8 else "OW", data + b"\0" * (len(data) % 2))


def _padding(volume: Volume, array: Array, k: int) -> int | None:
    """The one stored value that all padding has and nothing else; None where there is none."""
    if volume.padding is None or not volume.padding[k].any():
        return None
    mask = volume.padding[k]
    values = np.unique(array[mask])
    alone = len(values) == 1 and not (array[~mask] == values[0]).any()
    return int(values[0]) if alone else None


def _notes(volume: Volume, pictures: list[Stored]) -> list[str]:
    notes = []
    worst = max(picture.largest_error for picture in pictures)
    if worst:
        unit = "" if volume.unit is Unit.ARBITRARY else f" {volume.unit.value}"
        notes.append(
            f"16 bits do not hold these values exactly; the largest error is {worst:.3g}{unit}."
        )
    if any(picture.padding is not None for picture in pictures):
        notes.append("Voxels that are no number are written as padding.")
    elif volume.padding is not None:
        lost = any(
            mask.any() and _padding(volume, picture.array, k) is None
            for k, (mask, picture) in enumerate(zip(volume.padding, pictures, strict=True))
        )
        if lost:
            notes.append("Padding shares its values with image and is no longer told from it.")
    if volume.unit is Unit.SUVBW:
        notes.append("The values are SUVbw; Secondary Capture says so in RescaleType alone.")
    return notes


def _decimals(*numbers: float) -> list[DSfloat]:
    return [DSfloat(float(number), auto_format=True) for number in numbers]
