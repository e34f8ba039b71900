"""The formats that can be written, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from medimg.writing import dicom, hdf5, metaimage, nifti, nrrd
from medimg.writing.stack import Stack


class Holds(Enum):
    """What a format may be able to say; the words end the sentence "X is …"."""

    NO_PLACE = "an image whose place in the patient is unknown"
    SHEAR = "a sheared stack"
    FRAMES = "a row of pictures without a place"
    VOLUMES = "several volumes"
    PADDING = "partly padding"
    POLARITY = "stored with low values white"


#: Without these a file would be wrong, so nothing is written; the others are said and left out.
NEEDED = (Holds.NO_PLACE, Holds.SHEAR, Holds.FRAMES, Holds.VOLUMES)


@dataclass(frozen=True, slots=True)
class Writer:
    """What a format can do.

    Attributes:
        write: The stack to a file that does not exist yet; returns what it could not say.
        holds: What it can say; values, spacing, place and colour all can.
    """

    name: str
    write: Callable[[Stack, Path], tuple[str, ...]]
    holds: frozenset[Holds]


_NIFTI = Writer("NIfTI", nifti.write, frozenset(NEEDED))
_META = Writer("MetaImage", metaimage.write, frozenset({Holds.VOLUMES}))

#: By suffix; the longer first, so that .nii.gz is not taken for .gz. No suffix is a folder.
WRITERS: dict[str, Writer] = {
    ".nii.gz": _NIFTI,
    ".nii": _NIFTI,
    ".nrrd": Writer("NRRD", nrrd.write, frozenset(NEEDED)),
    ".mha": _META,
    ".mhd": _META,
    ".h5": Writer("HDF5", hdf5.write, frozenset(Holds)),
    "": Writer("DICOM", dicom.write, frozenset(Holds) - {Holds.VOLUMES}),
}
