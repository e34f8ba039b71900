"""Real series, converted and read by libraries that know nothing of each other.

The source is read by highdicom, the converted file by nibabel, SimpleITK or highdicom again.
"""

from __future__ import annotations

from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK

from medimg.reading import headers, read, scan
from medimg.writing.converting import convert
from medimg.writing.stack import Stack

pytestmark = pytest.mark.shared_data

#: Folder, place in the scan's list.
STACKS = [("ct-chest-ibsi", 0), ("mr-pgbm-003", 1), ("ct-pet-sarcoma", 1)]


def theirs_of(files: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Values and affine [slice, row, column] to LPS, by highdicom."""
    volume = highdicom.get_volume_from_series([pydicom.dcmread(file) for file in files])
    return np.asarray(volume.array, dtype=np.float64), np.asarray(volume.affine)


@pytest.mark.parametrize(("folder", "number"), STACKS)
def test_values_and_places_are_those_of_the_source(
    tmp_path: Path, shared_data: Path, folder: str, number: int
) -> None:
    series = scan(shared_data / "dicom" / folder).series[number]
    values, affine = theirs_of([frame.file for frame in series.frames])
    stack = Stack((read(series),), headers(series))
    for name in ("x.nii.gz", "x.nrrd", "x.mha", "new"):
        convert(stack, tmp_path / name)
    grid = np.stack([np.arange(n)[[0, n // 3, n - 1]] for n in values.shape], axis=1)
    lps = grid @ affine[:3, :3].T + affine[:3, 3]

    image = nibabel.load(tmp_path / "x.nii.gz")
    ras = (lps * [-1, -1, 1]) @ np.linalg.inv(image.affine[:3, :3]).T
    ijk = np.rint(ras - np.linalg.inv(image.affine[:3, :3]) @ image.affine[:3, 3]).astype(int)
    expected = values[tuple(grid.T)]
    assert np.asarray(image.dataobj)[tuple(ijk.T)] == pytest.approx(expected, rel=1e-6)
    for name in ("x.nrrd", "x.mha"):
        itk = SimpleITK.ReadImage(str(tmp_path / name))
        found = [itk[itk.TransformPhysicalPointToIndex(point.tolist())] for point in lps]
        assert found == pytest.approx(expected, rel=1e-6)
        assert SimpleITK.GetArrayViewFromImage(itk).sum(dtype=np.float64) == pytest.approx(
            values.sum(), rel=1e-6
        )
    again, other = theirs_of(sorted(str(path) for path in (tmp_path / "new").iterdir()))
    assert other == pytest.approx(affine, abs=1e-3)
    # PET in 16 bits: half a step of a slice's slope.
    assert np.abs(again - values).max() <= (values.max() - values.min()) / 65535
