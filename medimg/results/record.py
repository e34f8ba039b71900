"""The record: one analysis in one HDF5 file, whole in itself.

Layout: attributes `format` and `version`; `analysis`, the value as JSON in UTF-8 (uint8);
`arrays/array:N`, one data set an array of the value, compressed. No pickled objects, no links
out of the file, so that a record from a stranger can be opened without harm.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import h5py
import msgspec
import numpy as np

from medimg.reading.hdf5_sizes import declared_bytes
from medimg.results.exported import Exported
from medimg.values import plain
from medimg.values.analysis import Analysis
from medimg.values.errors import InputRefused, NothingRead

FORMAT = "medimg-analysis"
VERSION = 2

#: More than any stack with its masks and maps, all arrays of a record together.
_MOST_BYTES = 8 * 1024**3
_JSON = "analysis"
_ARRAYS = "arrays"


def make(analysis: Analysis) -> Exported:
    """Turn an analysis into the bytes of its record."""
    memory = BytesIO()
    with h5py.File(memory, "w") as file:
        arrays = file.create_group(_ARRAYS)

        def keep(name: str, array: np.ndarray) -> None:
            arrays.create_dataset(name, data=array, compression="gzip", shuffle=True)

        text = np.frombuffer(plain.to_json(analysis, keep), dtype=np.uint8)
        file.create_dataset(_JSON, data=text, compression="gzip")
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
    return Exported(memory.getvalue())


def load(path: Path | str) -> Analysis:
    """Read a record back.

    Raises:
        NothingRead: There is no such file, or it is damaged or no record.
        InputRefused: It was written by a later version, or is not what it says.
    """
    path = Path(path)
    try:
        with h5py.File(path, "r") as file:
            return _analysis(path, file)
    except (OSError, KeyError, RuntimeError, msgspec.DecodeError) as error:
        raise NothingRead(
            f"{path.name} cannot be read as a record of an analysis ({error}). "
            "Run the analysis again, or copy the file again."
        ) from error


def _analysis(path: Path, file: h5py.File) -> Analysis:
    if file.attrs.get("format") != FORMAT:
        raise InputRefused(f"{path.name} is not a record of an analysis. Choose an analysis.h5.")
    version = int(file.attrs.get("version", 0))
    if version != VERSION:
        raise InputRefused(
            f"{path.name} is a record of version {version}, this program reads version {VERSION}. "
            "Open it with the program that wrote it."
        )
    try:
        arrays = _Arrays(file)
        text = arrays.read(_JSON).tobytes()
        analysis = plain.from_json(Analysis, text, lambda name: arrays.read(f"{_ARRAYS}/{name}"))
    except (msgspec.ValidationError, ValueError) as error:
        raise InputRefused(f"{path.name} is not a valid record ({error}).") from error
    _check_grids(path, analysis)
    return analysis


class _Arrays:
    """The data sets of one record, each read once, all of them together within a limit."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._left = _MOST_BYTES
        self._found: dict[str, np.ndarray] = {}

    def read(self, name: str) -> np.ndarray:
        """Read one data set; a name that comes again costs nothing more."""
        if name not in self._found:
            self._found[name] = self._read(name)
        return self._found[name]

    def _read(self, name: str) -> np.ndarray:
        """Read one data set of numbers that is kept in this very file."""
        if not isinstance(self._file.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{name} is missing or stored in another file")
        dataset = self._file[name]
        if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
            raise ValueError(f"{name} is not stored in this file")
        if dataset.dtype.kind not in "biuf":
            raise ValueError(f"{name} does not hold numbers")
        self._left -= declared_bytes(dataset)
        if self._left < 0:
            raise ValueError(f"its arrays take more than {_MOST_BYTES} bytes")
        array: np.ndarray = dataset[()]
        return array


def _check_grids(path: Path, analysis: Analysis) -> None:
    """Masks and maps lie on the image's own grid, or the record is refused."""
    shape = analysis.series.geometry.shape
    shapes = [region.mask.shape for region in analysis.regions]
    shapes += [explanation.map.shape for explanation in analysis.explanations]
    for found in shapes:
        if found != shape:
            what = f"a mask or map of {found} for an image of {shape}"
            raise InputRefused(f"{path.name} contains {what}.")
