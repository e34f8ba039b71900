"""Segments lie where they were drawn, whatever the object is like; what does not fit is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from highdicom.seg import SegmentationTypeValues, segread
from pydicom.dataset import FileDataset

import medimg
from medimg.values.codes import Code
from medimg.values.layers import Layer, LayerKind
from medimg.values.problems import Stops
from medimg.values.series import Scan
from tests.derived_objects import BLOCK, COUNT, PAIR, segmentation, stack
from tests.phantoms import PIXEL_MM, SIZE, STEP_MM


def _read(folder: Path) -> tuple[Scan, tuple[Layer, ...]]:
    found = medimg.scan(folder)
    return found, medimg.layers(found.series[0], found.objects)


def _kinds(layer: Layer) -> list[str]:
    return [problem.kind for problem in layer.problems]


def test_overlapping_segments_lie_where_they_were_drawn(tmp_path: Path) -> None:
    segmentation(stack(tmp_path), [BLOCK, PAIR]).save_as(tmp_path / "seg.dcm")
    found, (block, pair) = _read(tmp_path)
    (object_,) = found.objects
    assert object_.title == "Segmentation: Part 1, Part 2"
    assert (object_.author, object_.label) == ("Drawer Anna", "Parts by hand")
    assert object_.series_ids == (found.series[0].id,)
    assert (block.name, block.kind, block.colour) == ("Part 1", LayerKind.MASK, (230, 159, 0))
    assert block.code == Code("39607008", "SCT", "Lung")
    assert (block.mask.whole() == BLOCK).all()
    # Slices 4 to 7 of the second have no frame at all: they are empty, not unknown.
    assert (pair.mask.whole() == PAIR).all()
    assert pair.slices == (2, 3, 8, 9)
    assert block.volume_ml == pytest.approx(BLOCK.sum() * PIXEL_MM**2 * STEP_MM / 1000)
    assert block.problems == pair.problems == ()


def test_a_fraction_is_a_share_of_its_maximum(tmp_path: Path) -> None:
    share = np.where(BLOCK, 0.4, np.where(PAIR, 0.8, 0.0))
    seg = segmentation(
        stack(tmp_path), [share], SegmentationTypeValues.FRACTIONAL, max_fractional_value=100
    )
    seg.save_as(tmp_path / "seg.dcm")
    _, (layer,) = _read(tmp_path)
    assert layer.unit == "probability"
    assert layer.values is not None
    assert layer.values_on(3, (SIZE, SIZE))[25, 15] == pytest.approx(0.4)
    assert layer.values.max() == pytest.approx(0.8)
    assert (layer.mask.whole() == (PAIR & ~BLOCK)).all()  # one half and more


def test_a_label_map_gives_one_layer_a_segment(tmp_path: Path) -> None:
    masks = [BLOCK, PAIR & ~BLOCK]
    seg = segmentation(stack(tmp_path), masks, SegmentationTypeValues.LABELMAP)
    seg.save_as(tmp_path / "seg.dcm")
    _, made = _read(tmp_path)
    assert [layer.name for layer in made] == ["Part 1", "Part 2"]
    for layer, mask in zip(made, masks, strict=True):
        assert (layer.mask.whole() == mask).all()


def _turned(dataset: FileDataset) -> FileDataset:
    """The same slice with rows from below upwards: the same pixels in another order."""
    top = [float(x) for x in dataset.ImagePositionPatient]
    dataset.ImagePositionPatient = [top[0], top[1] + PIXEL_MM * (SIZE - 1), top[2]]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, -1, 0]
    return dataset


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (SegmentationTypeValues.BINARY, {}),
        (SegmentationTypeValues.BINARY, {"omit_empty_frames": False}),
        (SegmentationTypeValues.FRACTIONAL, {"fractional_type": "PROBABILITY"}),
        (SegmentationTypeValues.LABELMAP, {}),
    ],
    ids=["empty frames left out", "all frames", "overlapping fractions", "label map"],
)
def test_another_reader_finds_the_same_voxels(
    tmp_path: Path, kind: SegmentationTypeValues, more: dict[str, object]
) -> None:
    masks: list[np.ndarray] = [BLOCK, PAIR & ~BLOCK]
    if kind is SegmentationTypeValues.FRACTIONAL:
        share = np.random.default_rng(0).random(BLOCK.shape).astype(np.float32)
        masks = [share * BLOCK, share[::-1] * PAIR]
    segmentation(stack(tmp_path), masks, kind, **more).save_as(tmp_path / "seg.dcm")
    found = medimg.scan(tmp_path)
    series = next(one for one in found.series if one.modality == "CT")
    theirs = segread(tmp_path / "seg.dcm").get_volume(combine_segments=False)
    made = medimg.layers(series, found.objects)
    assert len(made) == theirs.array.shape[-1] == 2
    for number, layer in enumerate(made):
        inside = np.argwhere(theirs.array[..., number] >= 0.5)
        points = inside @ theirs.affine[:3, :3].T + theirs.affine[:3, 3]
        where = np.rint(series.geometry.to_index(points)).astype(int)
        ours = np.argwhere(layer.mask.whole())
        assert {tuple(one) for one in where} == {tuple(one) for one in ours}


def test_rows_that_run_the_other_way_are_turned_and_not_resampled(tmp_path: Path) -> None:
    turned = [_turned(dataset) for dataset in stack(tmp_path)]
    segmentation(turned, [BLOCK[:, ::-1]]).save_as(tmp_path / "seg.dcm")
    _, (layer,) = _read(tmp_path)
    assert (layer.mask.whole() == BLOCK).all()
    assert layer.problems == ()


def test_another_grid_is_resampled_to_the_nearest_and_said(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    for dataset in sources:  # pixels of twice the size over the same field
        dataset.ImagePositionPatient = [
            *(float(x) + PIXEL_MM / 2 for x in dataset.ImagePositionPatient[:2]),
            dataset.ImagePositionPatient[2],
        ]
        dataset.PixelSpacing = [2 * PIXEL_MM, 2 * PIXEL_MM]
        dataset.Rows = dataset.Columns = SIZE // 2
    segmentation(sources, [BLOCK[:, ::2, ::2]]).save_as(tmp_path / "seg.dcm")
    _, (layer,) = _read(tmp_path)
    assert _kinds(layer) == ["resampled-nearest"]
    assert (layer.mask.whole() == BLOCK).all()  # its edges lie on the coarser pixels'


def test_slices_that_are_absent_are_said_and_the_volume_withheld(tmp_path: Path) -> None:
    segmentation(stack(tmp_path), [BLOCK]).save_as(tmp_path / "seg.dcm")
    for k in (5, 6):
        (tmp_path / f"{k:03d}.dcm").unlink()
    found, (layer,) = _read(tmp_path)
    assert found.series[0].geometry.affine is None  # a hole: places come from each slice alone
    assert _kinds(layer) == ["slices-absent"]
    assert "2 of 6 frames" in layer.problems[0].sentence
    kept = [k for k in range(COUNT) if k not in (5, 6)]
    assert (layer.mask.whole() == BLOCK[kept]).all()
    assert layer.volume_ml is None


def test_an_object_without_its_images_is_listed_and_said(tmp_path: Path) -> None:
    sources = stack(tmp_path / "images")
    segmentation(sources, [BLOCK]).save_as(tmp_path / "seg.dcm")
    found = medimg.scan(tmp_path / "seg.dcm")
    assert [problem.kind for problem in found.objects[0].problems] == ["series-absent"]


def test_an_object_of_another_patient_is_not_shown(tmp_path: Path) -> None:
    seg = segmentation(stack(tmp_path), [BLOCK])
    seg.PatientID = "P2"
    seg.save_as(tmp_path / "seg.dcm")
    found, made = _read(tmp_path)
    assert [p.kind for p in found.objects[0].problems] == ["object-of-another-patient"]
    assert made == ()


def test_a_segmentation_that_is_cut_is_said_and_not_shown(tmp_path: Path) -> None:
    segmentation(stack(tmp_path), [BLOCK]).save_as(tmp_path / "seg.dcm")
    whole = (tmp_path / "seg.dcm").read_bytes()
    (tmp_path / "seg.dcm").write_bytes(whole[:-1000])
    found, (layer,) = _read(tmp_path)
    (problem,) = found.objects[0].problems
    assert problem.stops is Stops.FILE
    assert layer.mask is None
    assert layer.problems == (problem,)


@pytest.mark.shared_data
def test_one_liver_in_many_transfer_syntaxes_is_one_liver(shared_data: Path) -> None:
    folder = shared_data / "dicom" / "seg-liver-ct"
    expected = int(pydicom.dcmread(folder / "liver.dcm").pixel_array.sum())
    found = medimg.scan(folder)
    (series,) = found.series
    assert len(found.objects) == 8  # big endian and little endian bear one UID: one object
    for object_ in found.objects:
        (layer,) = medimg.layers(series, [object_])
        assert layer.mask is not None
        assert (layer.mask.size, layer.mask.start) == (expected, (0, 145, 79))


@pytest.mark.shared_data
def test_a_sparse_label_map_leaves_its_padding_out(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "seg" / "24x38x3", *(
        shared_data / "dicom" / "seg" / f"sparse-labelmap-{name}.dcm" for name in ("noppv", "ppv5")
    ))  # fmt: skip
    made = medimg.layers(found.series[0], found.objects)
    assert {layer.name for layer in made} == {"Liver"}
