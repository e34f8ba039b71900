"""A dose grid lies over the images of its space, in gray."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset

import medimg
from medimg.values.layers import LayerKind
from tests import phantoms
from tests.derived_objects import stack
from tests.phantoms import SIZE


def _dose(folder: Path, offsets: list[float] | None, cosines: tuple[float, ...]) -> FileDataset:
    """A grid on the pixels of the first slices, with one hot pixel in each plane."""
    sources = stack(folder)
    dose = phantoms.instance()
    dose.SOPClassUID = dose.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.2"
    dose.Modality, dose.SeriesInstanceUID, dose.SeriesNumber = "RTDOSE", "1.2.3.8", 8
    dose.DoseUnits, dose.DoseType, dose.DoseGridScaling = "GY", "PHYSICAL", 0.01
    dose.ImagePositionPatient = list(sources[2].ImagePositionPatient)
    dose.ImageOrientationPatient, dose.PixelSpacing = list(cosines), [0.8, 0.8]
    count = len(offsets or [0])
    if offsets:
        dose.GridFrameOffsetVector, dose.NumberOfFrames = offsets, count
    stored = np.zeros((count, SIZE, SIZE), dtype=np.uint16)
    for k in range(count):
        stored[k, 10, 5] = 1000 * (k + 1)
    phantoms.fill(dose, stored if offsets else stored[0])
    return dose


def _hot(folder: Path) -> dict[int, float]:
    """Gy of the hottest pixel, by slice."""
    found = medimg.scan(folder)
    series = next(s for s in found.series if s.modality == "CT")
    (layer,) = medimg.layers(series, found.objects)
    whole = np.nan_to_num([layer.values_on(k, (SIZE, SIZE)) for k in range(len(series.frames))])
    return {k: float(p.max()) for k, p in enumerate(whole) if p.max() > 0}


@pytest.mark.parametrize("is_absolute", [True, False])
def test_offsets_count_from_the_plane_or_from_the_patient(
    is_absolute: bool, tmp_path: Path
) -> None:
    """Both forms of the Standard (PS3.3 C.8.8.3.2); heights do not follow a normal to the feet."""
    downward = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    dose = _dose(tmp_path, [0.0, 2.5, 5.0], downward)
    x, y, z = (float(v) for v in dose.ImagePositionPatient)
    dose.ImagePositionPatient = [x, y + 63 * 0.8, z]  # its rows run upward
    if is_absolute:
        dose.GridFrameOffsetVector = [z, z + 2.5, z + 5.0]
    phantoms.save(dose, tmp_path / "dose.dcm")
    up, down = {2: 10.0, 3: 20.0, 4: 30.0}, {2: 10.0, 1: 20.0, 0: 30.0}
    assert _hot(tmp_path) == pytest.approx(up if is_absolute else down)


def test_a_dose_of_a_single_plane_is_read(tmp_path: Path) -> None:
    """It has no offsets, and was refused for the lack of them."""
    phantoms.save(_dose(tmp_path, None, phantoms.AXIAL), tmp_path / "dose.dcm")
    assert _hot(tmp_path) == pytest.approx({2: 10.0})


def test_a_coarse_grid_is_taken_by_its_nearest_voxels(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    dose = phantoms.instance()
    dose.SOPClassUID = dose.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.2"
    dose.Modality, dose.SeriesInstanceUID, dose.SeriesNumber = "RTDOSE", "1.2.3.8", 8
    dose.DoseUnits, dose.DoseType, dose.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    dose.DoseGridScaling, dose.NumberOfFrames = 0.01, 6
    dose.GridFrameOffsetVector = [5.0 * i for i in range(6)]
    first = [float(x) for x in sources[0].ImagePositionPatient]
    # Voxels of 2 x 2 pixels and 2 slices, their centres between those of the image.
    dose.ImagePositionPatient = [first[0] + 0.4, first[1] + 0.4, first[2] + 1.25]
    dose.ImageOrientationPatient, dose.PixelSpacing = list(phantoms.AXIAL), [1.6, 1.6]
    stored = np.zeros((6, 32, 32), dtype=np.uint16)
    stored[2, 10, 5] = 5000
    phantoms.fill(dose, stored)
    phantoms.save(dose, tmp_path / "dose.dcm")
    found = medimg.scan(tmp_path)
    series = next(s for s in found.series if s.modality == "CT")
    (object_,) = found.objects_on(series)
    assert object_.title == "Dose: plan, physical"
    (layer,) = medimg.layers(series, [object_])
    assert (layer.kind, layer.unit) == (LayerKind.MAP, "Gy")
    assert [problem.kind for problem in layer.problems] == ["resampled-nearest"]
    whole = np.stack([layer.values_on(k, (SIZE, SIZE)) for k in range(len(sources))])
    hot = np.argwhere(np.isclose(whole, 50.0))
    assert hot.min(axis=0).tolist() == [4, 20, 10]
    assert hot.max(axis=0).tolist() == [5, 21, 11]
