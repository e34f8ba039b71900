"""The formats that can be read, one row each; a format's module is imported when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from medimg.reading.found import Found
from medimg.values.layers import Layer
from medimg.values.progress import Tick
from medimg.values.series import DerivedObject, Series
from medimg.values.volume import Volume


class Reader(Protocol):
    """What the module of a format holds.

    It may also hold `headers(series)`, one DICOM JSON model an instance; `layers(series, object)`,
    what one object of the files says of a stack; and `data_files(path)`, the files beside a header
    that hold its voxels and are no images of their own.
    """

    def recognises(self, head: bytes) -> bool:
        """Whether a file's first bytes are of this format."""

    def scan(self, paths: Sequence[Path], tick: Tick) -> Found:
        """Put files into stacks, by headers alone; call back once a file."""

    def read(self, series: Series, tick: Tick) -> Volume:
        """Read the pixels of a stack; call back once a frame."""


@dataclass(frozen=True, slots=True)
class Format:
    """A row: what people call the format, the suffixes of its files, the module that reads it.

    Suffixes serve file dialogs and nothing else: a file is recognised by its first bytes.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str

    @property
    def reader(self) -> Reader:
        """The module, imported at its first use."""
        return cast(Reader, import_module(self.module))

    def headers(self, series: Series) -> tuple[str, ...]:
        """One DICOM JSON model an instance; none where the format has no such thing."""
        make = getattr(self.reader, "headers", None)
        return make(series) if make else ()

    def layers(self, series: Series, object_: DerivedObject) -> tuple[Layer, ...]:
        """What one object of the files says of a stack; nothing where it is not DICOM."""
        find = getattr(self.reader, "layers", None)
        return find(series, object_) if find else ()

    def data_files(self, path: Path) -> tuple[Path, ...]:
        """The files that a header keeps its voxels in."""
        find = getattr(self.reader, "data_files", None)
        return find(path) if find else ()


_HERE = "medimg.reading.formats"

#: In the order of recognition: what has the surest mark first. A DICOM file may carry a TIFF or
#: program header in its preamble, so its own mark is looked for before any other; Analyze has
#: no mark but the size of its header, which NIfTI shares.
FORMATS: dict[str, Format] = {
    "dicom": Format("DICOM", (".dcm", ".dicom", ".ima", ""), f"{_HERE}.dicom"),
    "nifti": Format("NIfTI", (".nii", ".nii.gz", ".hdr"), f"{_HERE}.nifti"),
    "hdf5": Format("HDF5", (".h5",), f"{_HERE}.hdf5"),
    "nrrd": Format("NRRD", (".nrrd", ".nhdr"), f"{_HERE}.nrrd"),
    "metaimage": Format("MetaImage", (".mha", ".mhd"), f"{_HERE}.metaimage"),
    "analyze": Format("Analyze 7.5", (".hdr",), f"{_HERE}.analyze"),
    "tiff": Format("TIFF", (".tif", ".tiff"), f"{_HERE}.tiff"),
    "picture": Format("PNG or JPEG", (".png", ".jpg", ".jpeg"), f"{_HERE}.picture"),
}


def names() -> str:
    """The formats in words: "DICOM, NIfTI, PNG and JPEG"."""
    *first, last = (name for format_ in FORMATS.values() for name in format_.name.split(" or "))
    return f"{', '.join(first)} and {last}"
