"""The formats that can be read, one row each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from medimg.reading.formats import dicom, hdf5, nifti, picture
from medimg.reading.found import Found
from medimg.values.layers import Layer
from medimg.values.progress import Tick
from medimg.values.series import DerivedObject, Series
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True)
class Format:
    """What a format can do.

    Attributes:
        suffixes: For file dialogs; recognition is by bytes.
        recognises: Whether a file's first bytes are of this format.
        scan: Files to stacks, headers only; calls back once a file.
        read: A stack's pixels; calls back once a frame.
        headers: One DICOM JSON model an instance; none where it is not DICOM.
        layers: What one object of the files says of a stack; nothing where it is not DICOM.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    scan: Callable[[Sequence[Path], Tick], Found]
    read: Callable[[Series, Tick], Volume]
    headers: Callable[[Series], tuple[str, ...]] = lambda series: ()
    layers: Callable[[Series, DerivedObject], tuple[Layer, ...]] = lambda series, object_: ()


#: In the order of recognition: what has the surest mark first. A DICOM file may carry a TIFF or
#: program header in its preamble, so its own mark is looked for before any other.
FORMATS: dict[str, Format] = {
    "dicom": Format(
        "DICOM",
        dicom.SUFFIXES,
        dicom.recognises,
        dicom.scan,
        dicom.read,
        dicom.headers,
        dicom.layers,
    ),
    "nifti": Format("NIfTI", nifti.SUFFIXES, nifti.recognises, nifti.scan, nifti.read),
    "hdf5": Format("HDF5", hdf5.SUFFIXES, hdf5.recognises, hdf5.scan, hdf5.read, hdf5.headers),
    "picture": Format("picture", picture.SUFFIXES, picture.recognises, picture.scan, picture.read),
}
