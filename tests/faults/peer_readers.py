"""One other reader on one input, in a process of its own.

Defaults everywhere, as its own manual shows it. What it returns and what it says is written into
a folder, where the parent reads it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from medimg.values.volume import Array

#: An array of three axes, or four with colour last, and (4, 4) from its index to LPS mm; None
#: where the reader gives no place.
Read = tuple[Array, Array | None]

#: RAS to LPS and back.
_TURNED = np.diag([-1.0, -1.0, 1.0, 1.0])


def simpleitk(folder: Path, out: Path) -> Iterator[Read]:
    """SimpleITK: every series id of the folder, by ImageSeriesReader; pictures one by one."""
    sitk = import_module("SimpleITK")
    reader = sitk.ImageSeriesReader
    folders = [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]
    found = [(str(at), uid) for at in folders for uid in reader.GetGDCMSeriesIDs(str(at))]
    for at, uid in found:
        one = reader()
        one.SetFileNames(reader.GetGDCMSeriesFileNames(at, uid))
        yield _of_itk(sitk, one.Execute())
    if not found:
        for path in _files(folder):
            yield _of_itk(sitk, sitk.ReadImage(str(path)))


def _of_itk(sitk: ModuleType, image: Any) -> Read:
    array = sitk.GetArrayFromImage(image)
    count = image.GetDimension()
    matrix = np.array(image.GetDirection()).reshape(count, count) * np.array(image.GetSpacing())
    affine = np.eye(4)
    affine[:count, :count], affine[:count, 3] = matrix, image.GetOrigin()
    swapped = affine[:, [2, 1, 0, 3]]
    return (array[None], swapped) if count == 2 else (array, swapped)


def _monai(folder: Path, reader: str) -> Iterator[Read]:
    transforms, readers = import_module("monai.transforms"), import_module("monai.data")
    load = transforms.LoadImage(reader=getattr(readers, reader), image_only=True)
    image = load(str(folder))
    array, affine = image.numpy(), _TURNED @ image.affine.numpy()
    yield (array[..., None], affine) if array.ndim == 2 else (array, affine)


def monai_pydicom(folder: Path, out: Path) -> Iterator[Read]:
    """MONAI: LoadImage of the folder by PydicomReader."""
    return _monai(folder, "PydicomReader")


def monai_itk(folder: Path, out: Path) -> Iterator[Read]:
    """MONAI: LoadImage of the folder by ITKReader."""
    import_module("itk")
    return _monai(folder, "ITKReader")


def monai_auto(folder: Path, out: Path) -> Iterator[Read]:
    """MONAI: LoadImage of each file, choosing its reader itself."""
    load = import_module("monai.transforms").LoadImage(image_only=True)
    for path in _files(folder):
        image = load(str(path))
        array, affine = image.numpy(), _TURNED @ image.affine.numpy()
        yield (array[..., None], affine) if array.ndim == 2 else (array, affine)


def highdicom(folder: Path, out: Path) -> Iterator[Read]:
    """Highdicom: get_volume_from_series a Series UID, or get_volume of a multi-frame object."""
    pydicom, hd = import_module("pydicom"), import_module("highdicom")
    by_uid: dict[str, list[Any]] = {}
    for path in _files(folder):
        try:
            dataset = pydicom.dcmread(path)
        except pydicom.errors.InvalidDicomError as error:
            print(f"{path.name}: {error}")
            continue
        if "Rows" in dataset:
            by_uid.setdefault(str(dataset.get("SeriesInstanceUID")), []).append(dataset)
    if not by_uid:
        raise ValueError("no image was found")
    for members in by_uid.values():
        if "NumberOfFrames" in members[0]:
            for member in members:
                volume = hd.Image.from_dataset(member).get_volume()
                yield volume.array, volume.affine
        else:
            volume = hd.get_volume_from_series(members)
            yield volume.array, volume.affine


def dcm2niix(folder: Path, out: Path) -> Iterator[Read]:
    """dcm2niix of the folder, uncompressed."""
    made = out / "nifti"
    made.mkdir()
    call = ["dcm2niix", "-z", "n", "-f", "%s_%d_%z", "-o", str(made), str(folder)]
    done = subprocess.run(call, capture_output=True, text=True)
    print(done.stdout, done.stderr)
    if done.returncode < 0:
        raise ChildProcessError(f"signal {-done.returncode}")
    yield from _of_nifti(made)


def dicom2nifti(folder: Path, out: Path) -> Iterator[Read]:
    """dicom2nifti: convert_directory without compression and reorientation."""
    made = out / "nifti"
    made.mkdir()
    import_module("dicom2nifti").convert_directory(
        str(folder), str(made), compression=False, reorient=False
    )
    yield from _of_nifti(made)


def _of_nifti(folder: Path) -> Iterator[Read]:
    nibabel = import_module("nibabel")
    found = sorted(folder.glob("*.nii*"))
    if not found:
        raise ValueError("no image was written")
    for path in found:
        image = nibabel.load(path)
        array, affine = image.get_fdata(), _TURNED @ image.affine
        if array.dtype.names:
            yield np.stack([array[name] for name in array.dtype.names], axis=-1), affine
        elif array.ndim == 4:  # volumes: colour has fields
            yield from ((array[..., k], affine) for k in range(array.shape[3]))
        elif array.ndim == 2:
            yield array[..., None], affine
        else:
            yield array, affine


def pydicom(folder: Path, out: Path) -> Iterator[Read]:
    """pydicom: pixel_array and apply_modality_lut of each file; no place."""
    library = import_module("pydicom")
    processing = import_module("pydicom.pixels.processing")
    for path in _files(folder):
        dataset = library.dcmread(path)
        array = processing.apply_modality_lut(dataset.pixel_array, dataset)
        is_flat = array.ndim - (dataset.get("SamplesPerPixel") == 3) == 2
        yield (array[None] if is_flat else array), None


def native(folder: Path, out: Path) -> Iterator[Read]:
    """The format's own library: nibabel, pynrrd or Pillow."""
    for path in _files(folder):
        if path.suffix in (".nii", ".gz", ".hdr", ".img"):
            image = import_module("nibabel").load(path)
            yield np.asarray(image.get_fdata()), _TURNED @ image.affine
        elif path.suffix in (".nrrd", ".nhdr"):
            array, header = import_module("nrrd").read(str(path))
            affine = np.eye(4)
            affine[:3, :3], affine[:3, 3] = header["space directions"].T, header["space origin"]
            yield array, affine if "left" in str(header.get("space")) else _TURNED @ affine
        else:
            with import_module("PIL.Image").open(path) as picture:
                yield np.asarray(picture)[None], None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


#: Readers by the name that the table of peers gives them.
READERS: dict[str, Callable[[Path, Path], Iterator[Read]]] = {
    "SimpleITK": simpleitk,
    "MONAI Pydicom": monai_pydicom,
    "MONAI ITK": monai_itk,
    "MONAI auto": monai_auto,
    "highdicom": highdicom,
    "dcm2niix": dcm2niix,
    "dicom2nifti": dicom2nifti,
    "pydicom": pydicom,
    "native": native,
}


def run_reader(name: str, folder: Path, out: Path) -> None:
    """Run one reader; its volumes go to `out`, an error by name and sentence likewise."""
    log = os.open(out / "log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    warnings.simplefilter("always")
    count, error = 0, None
    try:
        for array, affine in READERS[name](folder, out):
            np.savez(out / f"{count}.npz", array=array, affine=affine if affine is not None else 0)
            count += 1
    except MemoryError:
        error = {"name": "MemoryError", "text": "out of memory"}
    except Exception as raised:  # noqa: BLE001 - the edge of this process
        traceback.print_exc()
        error = {"name": type(raised).__name__, "text": str(raised)}
    sys.stdout.flush()
    (out / "end.json").write_text(json.dumps({"count": count, "error": error}))
