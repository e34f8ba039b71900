"""What a derived DICOM series takes over from its source, and how it refers to it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from medimg.values.series import Series

#: Of patient and study, and of how the image was acquired; taken as they stand.
_CARRIED = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "PatientAge", "PatientSize", "PatientWeight", "PatientIdentityRemoved",
    "DeidentificationMethod", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName", "StudyDescription", "BodyPartExamined",
    "Laterality", "PatientPosition", "ProtocolName", "BurnedInAnnotation", "ViewPosition", "KVP",
    "ConvolutionKernel", "ContrastBolusAgent", "ScanningSequence", "SequenceVariant",
    "ScanOptions", "MRAcquisitionType", "RepetitionTime", "EchoTime", "EchoTrainLength",
    "InversionTime", "FlipAngle", "MagneticFieldStrength", "SequenceName",
)  # fmt: skip

#: Must be there, empty where nothing is known (type 2; PS3.3 C.7.1.1, C.7.2.1, C.7.3.1).
_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "StudyID", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip


#: Classes whose pictures are not frames: the slices of a mosaic.
_SINGLE_FRAME = ("1.2.840.10008.5.1.4.1.1.4",)


def carry(headers: Sequence[str], onto: Dataset) -> tuple[str, ...]:
    """Put the facts of patient, study and acquisition onto a data set.

    Returns:
        What the standard forbids in the source and was left out, in sentences without the value.
    """
    model = json.loads(headers[0]) if headers else {}
    notes = []
    for keyword in _CARRIED:
        tag = f"{tag_for_keyword(keyword):08X}"
        if tag not in model:
            continue
        try:
            with warnings.catch_warnings(action="error"):
                onto.update(Dataset.from_json({tag: model[tag]}))
        except (UserWarning, ValueError, TypeError):
            notes.append(f"{keyword} of the source breaks the standard and is left out.")
    # The values were decoded on reading, whatever they were written in.
    onto.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _EMPTY:
        onto.setdefault(keyword, "")
    return tuple(notes)


def say_source(series: Series, k: int, dataset: Dataset) -> None:
    """Refer to the instance that picture k was made from (PS3.3 C.7.6.1.1.4)."""
    frame = series.frames[k] if k < len(series.frames) else None
    if frame is None or not frame.sop_instance_uid or not series.sop_class_uid:
        return
    source = Dataset()
    source.ReferencedSOPClassUID = series.sop_class_uid
    source.ReferencedSOPInstanceUID = frame.sop_instance_uid
    if frame.number and series.sop_class_uid not in _SINGLE_FRAME:
        source.ReferencedFrameNumber = frame.number + 1
    dataset.SourceImageSequence = [source]
