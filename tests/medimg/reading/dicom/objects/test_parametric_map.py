"""Maps keep their numbers, their unit and their place."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pytest
from highdicom.pm import ParametricMap, RealWorldValueMapping
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.sr.codedict import codes

import medimg
from medimg.values.layers import LayerKind
from tests.derived_objects import COUNT, SHAPE, maker, stack
from tests.phantoms import SIZE


def _map(
    sources: list[FileDataset], values: NDArray[np.generic], slope: float, intercept: float
) -> ParametricMap:
    is_float = values.dtype.kind == "f"
    limits = (float(values.min()), float(values.max()))
    mapping = RealWorldValueMapping(
        lut_label="ADC",
        lut_explanation="Apparent diffusion",
        unit=codes.UCUM.SquareMillimeterPerSecond,
        value_range=limits if is_float else (int(limits[0]), int(limits[1])),
        slope=slope,
        intercept=intercept,
        quantity_definition=codes.DCM.ApparentDiffusionCoefficient,
    )
    return ParametricMap(
        source_images=sources,
        pixel_array=values,
        **maker(55),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[
            highdicom.VOILUTTransformation(window_center=1.0, window_width=2.0)
        ],
        content_label="MAP",
    )


def test_a_float_map_lies_on_its_series_with_its_unit(tmp_path: Path) -> None:
    values = np.random.default_rng(2).uniform(0, 3, SHAPE).astype(np.float32)
    values[5] = np.nan
    sources = stack(tmp_path)
    _map(sources, np.nan_to_num(values, nan=0.0), 1.0, 0.0).save_as(tmp_path / "pm.dcm")
    found = medimg.scan(tmp_path)
    series = next(s for s in found.series if s.modality == "CT")
    (layer,) = medimg.layers(series, found.objects)
    assert (layer.kind, layer.unit) == (LayerKind.MAP, "mm2/s")
    assert layer.name == "Apparent Diffusion Coefficient"
    for k in (0, 7, COUNT - 1):
        assert layer.values_on(k, (SIZE, SIZE)) == pytest.approx(values[k])
    assert layer.scale == (0.0, 2.0)  # the window that the object names


def test_stored_whole_numbers_become_real_ones_by_their_mapping(tmp_path: Path) -> None:
    stored = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE) % 1000
    sources = stack(tmp_path)
    _map(sources, stored, 0.01, -2.0).save_as(tmp_path / "pm.dcm")
    found = medimg.scan(tmp_path)
    series = next(s for s in found.series if s.modality == "CT")
    (layer,) = medimg.layers(series, found.objects)
    assert layer.values_on(3, (SIZE, SIZE)) == pytest.approx(stored[3] * 0.01 - 2.0, abs=1e-5)


def test_a_map_by_a_table_is_looked_up(tmp_path: Path) -> None:
    """Its table was passed over, and stored values were taken for real ones."""
    stored = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE) % 8
    sources = stack(tmp_path)
    made = _map(sources, stored, 1.0, 0.0)
    table = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    for group in (made.SharedFunctionalGroupsSequence[0], *made.PerFrameFunctionalGroupsSequence):
        for item in group.get("RealWorldValueMappingSequence") or []:
            del item.RealWorldValueSlope, item.RealWorldValueIntercept
            item.RealWorldValueFirstValueMapped, item.RealWorldValueLastValueMapped = 1, 6
            item.RealWorldValueLUTData = table
    made.save_as(tmp_path / "pm.dcm")
    found = medimg.scan(tmp_path)
    series = next(s for s in found.series if s.modality == "CT")
    (layer,) = medimg.layers(series, found.objects)
    truth = np.array([np.nan, *table, np.nan])[stored[3]]
    assert layer.values_on(3, (SIZE, SIZE)) == pytest.approx(truth, nan_ok=True)
