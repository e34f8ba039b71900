"""A dose grid lies over the images of its space, in gray."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import medimg
from medimg.values.layers import LayerKind
from tests import phantoms
from tests.derived_objects import stack
from tests.phantoms import SIZE


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
