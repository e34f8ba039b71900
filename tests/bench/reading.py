"""`bench read`: a CT stack to an array, by transfer syntax."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.reading import read, scan
from medimg.reading.decoding.process import close
from medimg.reading.dicom.header.syntaxes import syntax
from medimg.values.series import Series
from medimg.values.volume import Volume
from tests.bench.inputs import SYNTAXES, renew, write_stack
from tests.bench.measure import Race, Variant
from tests.bench.sizes import Sizes

#: Rows and columns of a slice.
SIZE = 512


def races(root: Path, sizes: Sizes) -> Iterator[Race]:
    """One race a transfer syntax; compressed stacks are shorter, for their codecs take longer."""
    for name, uid in SYNTAXES.items():
        count = sizes.slices if name == "uncompressed" else max(1, sizes.slices // 3)
        folder = root / name.replace(" ", "-")
        files = write_stack(folder, count, SIZE, uid)
        yield Race(
            title=f"read: {count} slices of {SIZE} x {SIZE}, {name}",
            area="read",
            name=name,
            folder=folder,
            count=count,
            unit="slices",
            variants=variants(name),
            renew=partial(renew, files),
        )


def variants(name: str) -> tuple[Variant, ...]:
    """pydicom's plain loop first; offsets into the file exist where pixels are native.

    The scan that is measured starts the decoders, the reading after a scan finds them running.
    """
    same = (
        Variant("pydicom, loop to float32", _pydicom, _as_answer),
        Variant("medimg.read, after a scan", read, _ours, prepare=_warm),
        Variant("medimg.scan and read", _both, _ours, prepare=_without_decoders),
        Variant("SimpleITK ImageSeriesReader", _simpleitk, _as_answer, ("SimpleITK",)),
        Variant("MONAI LoadImage (pydicom)", _monai, _as_answer, ("monai",)),
        Variant("dcm2niix, writes a file", _dcm2niix, _nifti_answer, ("dcm2niix", "nibabel")),
        Variant("limit: bytes into a hot buffer", _bytes, None),
    )
    offsets = Variant("pydicom specific_tags + fromfile", _offsets, _as_answer)
    if name == "uncompressed":
        return (*same[:3], offsets, *same[3:])
    return (same[0], Variant("pydicom, by our codec", _by_our_codec, _as_answer), *same[1:])


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.dcm"))


def _pydicom(folder: Path, **options: str) -> NDArray[np.float32]:
    pydicom = import_module("pydicom")
    slices = []
    for path in _files(folder):
        dataset = pydicom.dcmread(path)
        if options:
            dataset.pixel_array_options(**options)
        stored = dataset.pixel_array.astype(np.float32)
        slices.append(stored * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept))
    return np.stack(slices)


def _by_our_codec(folder: Path) -> NDArray[np.float32]:
    """pydicom's own choice among codecs is not always the fastest of those that are installed."""
    uid = import_module("pydicom").dcmread(_files(folder)[0]).file_meta.TransferSyntaxUID
    return _pydicom(folder, decoding_plugin=syntax(uid).plugin)


def _warm(folder: Path) -> Series:
    """The series, while decoders run: whoever reads a second series has them."""
    (few,) = scan(*_files(folder)[:8]).series
    read(few)
    return _scanned(folder)


def _without_decoders(folder: Path) -> Path:
    """The folder, as a program that has read nothing meets it."""
    close()
    return folder


def _scanned(folder: Path) -> Series:
    (series,) = scan(folder).series
    return series


def _both(folder: Path) -> Volume:
    return read(_scanned(folder))


def _offsets(folder: Path) -> NDArray[np.float32]:
    pydicom = import_module("pydicom")
    tags = ["Rows", "Columns", "RescaleSlope", "RescaleIntercept"]
    slices = []
    for path in _files(folder):
        with path.open("rb") as file:
            dataset = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=tags)
            start = file.tell() + 12
        words = np.fromfile(path, "<u2", dataset.Rows * dataset.Columns, offset=start)
        stored = words.reshape(dataset.Rows, dataset.Columns).astype(np.float32)
        slices.append(stored * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept))
    return np.stack(slices)


def _simpleitk(folder: Path) -> NDArray[Any]:
    sitk = import_module("SimpleITK")
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    array: NDArray[Any] = sitk.GetArrayFromImage(reader.Execute())
    return array


def _monai(folder: Path) -> NDArray[Any]:
    with warnings.catch_warnings(action="ignore"):  # of decoders for graphics cards
        reader = import_module("monai.transforms").LoadImage(
            reader="PydicomReader", image_only=True
        )
        array: NDArray[Any] = reader(folder).numpy().transpose(2, 1, 0)
    return array


def _dcm2niix(folder: Path) -> bytes:
    with tempfile.TemporaryDirectory() as out:
        call = ["dcm2niix", "-z", "n", "-b", "n", "-f", "volume", "-o", out, str(folder)]
        code = subprocess.run(call, check=False, capture_output=True).returncode
        if code:
            raise RuntimeError(f"it ends with {code}")
        (written,) = Path(out).glob("*.nii")
        return written.read_bytes()


def _bytes(folder: Path) -> None:
    files = _files(folder)
    buffer = bytearray(max(path.stat().st_size for path in files))
    for path in files:
        with path.open("rb", buffering=0) as file:
            file.readinto(buffer)


def _ours(volume: Volume) -> object:
    return _as_answer(volume.array)


def _as_answer(array: NDArray[Any]) -> object:
    """Shape and checksum a slice, of whole numbers in whatever type they are held."""
    whole = array.astype(np.int16)
    if not np.array_equal(whole, array):
        return "values that are no HU"
    return whole.shape, tuple(zlib.crc32(image.tobytes()) for image in whole)


def _nifti_answer(content: bytes) -> object:
    """NIfTI as a stack: axes (column, row, slice), rows from the back of the patient."""
    image = import_module("nibabel").Nifti1Image.from_bytes(content)
    return _as_answer(np.asarray(image.dataobj).T[:, ::-1])
