"""Phantoms as DICOM objects with whole headers, which say in every file that they are synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

SYNTHETIC = "synthetic phantom"
COMMENT = "Calculated image of no patient, for demonstration and tests"
BITS = 12

#: What every phantom says of patient, study and device (PS3.3 C.7.1 to C.7.5).
COMMON = {
    "PatientName": "PHANTOM^Synthetic",
    "PatientBirthDate": "19700101",
    "PatientSex": "O",
    "PatientAge": "050Y",
    "PatientComments": COMMENT,
    "StudyDate": "20200101",
    "StudyTime": "120000",
    "ContentDate": "20200101",
    "ContentTime": "120000",
    "AcquisitionDate": "20200101",
    "AcquisitionTime": "120000",
    "ReferringPhysicianName": "",
    "AccessionNumber": "",
    "StudyDescription": SYNTHETIC,
    "SeriesDescription": SYNTHETIC,
    "SeriesNumber": 1,
    "Manufacturer": "MedImg Workstation",
    "ManufacturerModelName": SYNTHETIC,
    "SoftwareVersions": "1",
    "ImageComments": COMMENT,
    "QualityControlImage": "YES",
    "BurnedInAnnotation": "NO",
    "LossyImageCompression": "00",
    "PatientOrientation": ["L", "F"],
    "SamplesPerPixel": 1,
    "BitsAllocated": 16,
    "BitsStored": BITS,
    "HighBit": BITS - 1,
    "PixelRepresentation": 0,
}


def radiograph(
    stored: NDArray[np.uint16], pixel_mm: float, window: tuple[float, float], *, inverted: bool
) -> Dataset:
    """Make a PA chest film (Digital X-Ray Image, for presentation; PS3.3 A.26).

    Args:
        stored: (rows, columns), 12 bits, brighter is denser.
        pixel_mm: At the detector.
        window: Center and width in stored values.
        inverted: Store it as MONOCHROME1: the same picture from turned values.
    """
    name = "dx-monochrome1" if inverted else "dx"
    center, width = window
    if inverted:
        top = 2**BITS - 1
        stored = (top - stored).astype(np.uint16)
        # Turns with the values: PS3.3 C.11.2.1.2.1 centres on c - 0.5.
        center = top + 1 - center
    dataset = _instance(DigitalXRayImageStorageForPresentation, name, 1, stored)
    dataset.update(
        _dataset(
            PatientID="PHANTOM-DX",
            StudyID="1",
            Modality="DX",
            PresentationIntentType="FOR PRESENTATION",
            ImageType=["DERIVED", "PRIMARY"],
            DerivationDescription=COMMENT,
            BodyPartExamined="CHEST",
            ViewPosition="PA",
            ImageLaterality="U",
            PositionerType="NONE",
            DetectorType="DIRECT",
            ImagerPixelSpacing=[pixel_mm, pixel_mm],
            PhotometricInterpretation="MONOCHROME1" if inverted else "MONOCHROME2",
            PresentationLUTShape="INVERSE" if inverted else "IDENTITY",
            PixelIntensityRelationship="LOG",
            PixelIntensityRelationshipSign=1 if inverted else -1,
            RescaleIntercept=0,
            RescaleSlope=1,
            RescaleType="US",
            WindowCenter=center,
            WindowWidth=width,
            AnatomicRegionSequence=[_code(codes.SCT.Chest)],
            ViewCodeSequence=[_with_empty_modifier(_code(codes.SCT.PosteroAnterior))],
            AcquisitionContextSequence=[],
        )
    )
    return dataset


def flair(
    stored: NDArray[np.uint16],
    origin: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
    window: tuple[float, float],
) -> list[Dataset]:
    """Make an axial FLAIR series (MR Image; PS3.3 A.4), one object a slice.

    Args:
        stored: [slice, row, column], 12 bits, slices run to the head.
        origin: Centre of the first voxel, LPS mm.
        spacing_mm: (slice, row, column).
        window: Center and width in stored values.
    """
    made = []
    for index, picture in enumerate(stored):
        dataset = _instance(MRImageStorage, "flair", index + 1, picture)
        dataset.update(_axial("flair", index, origin, spacing_mm))
        dataset.update(
            _dataset(
                PatientID="PHANTOM-MR",
                StudyID="2",
                Modality="MR",
                ImageType=["DERIVED", "PRIMARY", "OTHER"],
                BodyPartExamined="BRAIN",
                ScanningSequence=["SE", "IR"],
                SequenceVariant="SK",
                ScanOptions="",
                MRAcquisitionType="2D",
                RepetitionTime=9000,
                EchoTime=120,
                InversionTime=2500,
                EchoTrainLength=16,
                MagneticFieldStrength=3,
                SpacingBetweenSlices=spacing_mm[0],
                WindowCenter=window[0],
                WindowWidth=window[1],
                AnatomicRegionSequence=[_code(codes.SCT.Brain)],
            )
        )
        made.append(dataset)
    return made


@dataclass(frozen=True, slots=True)
class Scan:
    """What tells one calculated CT from another in its header.

    Attributes:
        name: UIDs are made of it.
        kernel: ConvolutionKernel.
        contrast: ContrastBolusAgent; empty without one.
        part: BodyPartExamined; empty where the header does not say.
        windows: (center, width) in HU, the first one first.
    """

    name: str = "chest-ct"
    kernel: str = "STANDARD"
    contrast: str = ""
    part: str = "CHEST"
    windows: tuple[tuple[float, float], ...] = ()


def chest_ct(
    stored: NDArray[np.uint16],
    intercept: int,
    origin: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
    scan: Scan,
) -> list[Dataset]:
    """Make an axial CT series (CT Image; PS3.3 A.3), one object a slice.

    Args:
        stored: [slice, row, column], 12 bits, slices run to the head.
        intercept: HU of the stored value 0.
        origin: Centre of the first voxel, LPS mm.
        spacing_mm: (slice, row, column); slices are as thick as they are apart.
    """
    made = []
    for index, picture in enumerate(stored):
        dataset = _instance(CTImageStorage, scan.name, index + 1, picture)
        dataset.update(_axial(scan.name, index, origin, spacing_mm))
        dataset.update(
            _dataset(
                PatientID="PHANTOM-CT",
                StudyID="3",
                Modality="CT",
                ImageType=["DERIVED", "PRIMARY", "AXIAL"],
                AcquisitionNumber=1,
                KVP=120,
                ConvolutionKernel=scan.kernel,
                RescaleIntercept=intercept,
                RescaleSlope=1,
                RescaleType="HU",
                WindowCenter=[center for center, _ in scan.windows],
                WindowWidth=[width for _, width in scan.windows],
                AnatomicRegionSequence=[_code(codes.SCT.Chest)],
            )
        )
        if scan.part:
            dataset.BodyPartExamined = scan.part
        if scan.contrast:
            dataset.ContrastBolusAgent = scan.contrast
        made.append(dataset)
    return made


def _axial(
    name: str,
    index: int,
    origin: tuple[float, float, float],
    spacing_mm: tuple[float, float, float],
) -> Dataset:
    """Where one axial slice lies, of a patient on the back, head first."""
    x, y, z = origin
    between, row_mm, column_mm = spacing_mm
    at = z + index * between
    return _dataset(
        DerivationDescription=COMMENT,
        SliceThickness=between,
        PixelSpacing=[row_mm, column_mm],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        ImagePositionPatient=[round(value, 4) for value in (x, y, at)],
        SliceLocation=round(at, 4),
        PatientPosition="HFS",
        FrameOfReferenceUID=_uid(name, "frame of reference"),
        PositionReferenceIndicator="",
        PatientOrientation=["L", "P"],
        PhotometricInterpretation="MONOCHROME2",
    )


def save(dataset: Dataset, path: Path, syntax: UID = ExplicitVRLittleEndian) -> Path:
    """Write one object as a DICOM file; its pixels are in `syntax` already."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def _instance(sop_class: str, name: str, number: int, stored: NDArray[np.uint16]) -> Dataset:
    """What all share, and UIDs that are the same whenever the phantom is made again."""
    dataset = _dataset(
        **COMMON,
        SOPClassUID=sop_class,
        SOPInstanceUID=_uid(name, f"instance {number}"),
        StudyInstanceUID=_uid(name, "study"),
        SeriesInstanceUID=_uid(name, "series"),
        InstanceNumber=number,
        Rows=stored.shape[0],
        Columns=stored.shape[1],
    )
    dataset.PixelData = np.ascontiguousarray(stored, dtype="<u2").tobytes()
    return dataset


def _dataset(**attributes: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def _uid(*words: str) -> str:
    return str(generate_uid(prefix="2.25.", entropy_srcs=["medimg phantom", *words]))


def _code(code: Code) -> Dataset:
    return _dataset(
        CodeValue=code.value,
        CodingSchemeDesignator=code.scheme_designator,
        CodeMeaning=code.meaning,
    )


def _with_empty_modifier(view: Dataset) -> Dataset:
    # Type 2 within a view (PS3.3 C.8.11.5).
    view.ViewModifierCodeSequence = []
    return view
