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


#: Sources of 21 x 22 pixels, whose slices end inside a byte.
_ODD = (21, 22)


def _odd_stack(folder: Path) -> list[FileDataset]:
    sources = stack(folder)
    for source in sources:
        source.PixelData = source.pixel_array[: _ODD[0], : _ODD[1]].tobytes()
        source.Rows, source.Columns = _ODD
        source.save_as(folder / f"{int(source.InstanceNumber) - 1:03d}.dcm")
    return sources


def _repacked(seg: FileDataset, padded: str) -> bytes:
    """The pixels of a segmentation, with each frame, row or segment padded to a whole byte."""
    frames = seg.pixel_array.astype(np.uint8)
    if padded == "row":
        return np.packbits(frames, axis=2, bitorder="little").tobytes()
    if padded == "frame":
        flat = frames.reshape(len(frames), -1)
        return np.packbits(flat, axis=1, bitorder="little").tobytes()
    owners = np.array(
        [
            group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
            for group in seg.PerFrameFunctionalGroupsSequence
        ]
    )
    return b"".join(
        np.packbits(frames[owners == number].ravel(), bitorder="little").tobytes()
        for number in sorted(set(owners.tolist()))
    )


@pytest.mark.parametrize("padded", ["frame", "row", "segment"])
def test_frames_padded_to_whole_bytes_lie_where_they_were_drawn(
    padded: str, tmp_path: Path
) -> None:
    """Some writers pad where the Standard does not; frames then crept along by two bits each."""
    sources = _odd_stack(tmp_path)
    masks = [np.zeros((COUNT, *_ODD), dtype=np.bool_) for _ in range(4)]
    for number, mask in enumerate(masks):
        for k in range(COUNT - 1):
            mask[k, 3 + number : 9 + number, k : k + 4] = True
    segmentation(sources, list(masks)).save_as(tmp_path / "seg.dcm")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    pixels = _repacked(seg, padded)
    assert len(pixels) > len(seg.PixelData)
    seg.PixelData = pixels + b"\0" * (len(pixels) % 2)
    seg.save_as(tmp_path / "seg.dcm")
    _, layers = _read(tmp_path)
    for layer, mask in zip(layers, masks, strict=True):
        assert (layer.mask.whole() == mask).all()
        assert _kinds(layer) == ["frames-padded"]
        assert f"at the end of each {padded}" in layer.problems[0].sentence


def test_frames_whose_length_fits_no_padding_are_refused(tmp_path: Path) -> None:
    sources = _odd_stack(tmp_path)
    mask = np.zeros((COUNT, *_ODD), dtype=np.bool_)
    mask[:, 3:9, 4:10] = True
    segmentation(sources, [mask]).save_as(tmp_path / "seg.dcm")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    seg.PixelData += bytes(8)
    seg.save_as(tmp_path / "seg.dcm")
    _, (layer,) = _read(tmp_path)
    assert layer.mask is None and _kinds(layer) == ["decode-failed"]
    assert "not known where a frame begins" in layer.problems[0].sentence


@pytest.mark.parametrize("names_images", [True, False])
def test_segments_of_another_frame_of_reference_say_so(names_images: bool, tmp_path: Path) -> None:
    """Their positions are those of another space: they are drawn on the images that they name."""
    segmentation(stack(tmp_path), [BLOCK]).save_as(tmp_path / "seg.dcm")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    seg.FrameOfReferenceUID = "1.2.3.4.5"
    if not names_images:
        for group in seg.PerFrameFunctionalGroupsSequence:
            del group.DerivationImageSequence
    seg.save_as(tmp_path / "seg.dcm")
    _, (layer,) = _read(tmp_path)
    if names_images:
        assert (layer.mask.whole() == BLOCK).all()
        assert _kinds(layer) == ["frame-of-reference-differs"]
    else:
        assert layer.mask is None and _kinds(layer) == ["not-on-this-series"]


def test_two_segments_of_one_number_say_so(tmp_path: Path) -> None:
    segmentation(stack(tmp_path), [BLOCK, PAIR]).save_as(tmp_path / "seg.dcm")
    seg = pydicom.dcmread(tmp_path / "seg.dcm")
    seg.SegmentSequence[1].SegmentNumber = 1
    seg.save_as(tmp_path / "seg.dcm")
    _, layers = _read(tmp_path)
    assert all("bad-value" in _kinds(layer) for layer in layers)
    assert "gives segment number 1 to 2 segments" in layers[0].problems[-1].sentence


def test_segmentation_lies_on_the_series_that_it_names_alone(tmp_path: Path) -> None:
    """Two series share all SOP Instance UIDs: the object names one of them by its series."""
    sources = stack(tmp_path / "a")
    (tmp_path / "b").mkdir()
    for k, source in enumerate(sources):
        other = pydicom.dcmread(tmp_path / "a" / f"{k:03d}.dcm")
        other.SeriesInstanceUID, other.FrameOfReferenceUID = "1.2.3.77", "1.2.3.78"
        other.PixelData = bytes(len(source.PixelData))
        other.save_as(tmp_path / "b" / f"{k:03d}.dcm")
    segmentation(sources, [BLOCK]).save_as(tmp_path / "seg.dcm")
    found = medimg.scan(tmp_path)
    (object_,) = found.objects
    own = next(series for series in found.series if series.uid == "1.2.3.2")
    assert object_.series_ids == (own.id,)
    for series in found.series:
        assert "sop-instances-shared" in [problem.kind for problem in series.problems]
