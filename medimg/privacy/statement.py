"""What the standard wants written into an object that was de-identified (PS3.15 E.1.1, E.3)."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from medimg import __version__
from medimg.privacy.options import (
    CLEAN_CONTENT,
    CLEAN_PIXELS,
    OPTIONS,
    PROFILE,
    Kept,
    Option,
)

#: Of this program, under 2.25 (PS3.7 D.3.3.2); it says by what the file was written.
IMPLEMENTATION_CLASS_UID = UID("2.25.273190468112436471962871540287164925023")
IMPLEMENTATION_VERSION_NAME = f"MEDIMG {__version__}"[:16]


def declare(dataset: Dataset, kept: Kept, *, is_blacked_out: bool) -> None:
    """Write that, how and with which options the identity was removed."""
    options = [PROFILE, *(OPTIONS[name] for name in OPTIONS if name in kept)]
    if "ContentSequence" in dataset:
        options.append(CLEAN_CONTENT)
    if is_blacked_out:
        options.append(CLEAN_PIXELS)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = [
        f"MedImg Workstation {__version__}",
        *(f"PS3.15 {option.clause} {option.meaning}"[:64] for option in options),
    ]
    dataset.DeidentificationMethodCodeSequence = Sequence(map(_code, options))
    dataset.LongitudinalTemporalInformationModified = _dates(kept)


def _dates(kept: Kept) -> str:
    if "dates" in kept:
        return "UNMODIFIED"
    return "MODIFIED" if "shifted-dates" in kept else "REMOVED"


def _code(option: Option) -> Dataset:
    code = Dataset()
    code.CodeValue = option.code
    code.CodingSchemeDesignator = "DCM"
    code.CodeMeaning = option.meaning[:64]
    return code


def begin_anew(dataset: FileDataset, kind: UID, instance_uid: UID, transfer_syntax: UID) -> None:
    """Write the preamble and the meta information anew: nothing of the source's stays (PS3.10)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = kind
    meta.MediaStorageSOPInstanceUID = instance_uid
    meta.TransferSyntaxUID = transfer_syntax
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
