"""Structures drawn in the patient land where they were drawn, with the volume that they have."""

from __future__ import annotations

import math
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset

import medimg
from medimg.values.layers import Layer, LayerKind
from medimg.values.series import Series
from tests import phantoms
from tests.derived_objects import stack

#: A planted ball: LPS mm, radius in mm.
CENTRE, RADIUS = np.array([3.0, -2.0, -36.0]), 12.0


def _circle(height: float, radius: float) -> list[float]:
    angles = np.linspace(0, 2 * math.pi, 200, endpoint=False)
    points = np.stack(
        [
            CENTRE[0] + radius * np.cos(angles),
            CENTRE[1] + radius * np.sin(angles),
            np.full(200, height),
        ],
        axis=1,
    )
    return [round(float(x), 4) for x in points.ravel()]


def _contour(data: list[float], kind: str = "CLOSED_PLANAR") -> Dataset:
    item = Dataset()
    item.ContourGeometricType, item.NumberOfContourPoints = kind, len(data) // 3
    item.ContourData = data
    return item


def _ball(sources: list[FileDataset], radius: float = RADIUS) -> list[Dataset]:
    """Contours of the ball on every slice that it meets."""
    heights = [float(s.ImagePositionPatient[2]) for s in sources]
    away = [(h, radius**2 - (h - CENTRE[2]) ** 2) for h in heights]
    return [_contour(_circle(h, math.sqrt(rest))) for h, rest in away if rest > 0]


def _structures(sources: list[FileDataset], contours: list[Dataset]) -> FileDataset:
    made = phantoms.instance()
    for keyword in ("Rows", "Columns", "BitsAllocated", "FrameOfReferenceUID"):
        made.pop(keyword, None)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    made.Modality, made.SeriesInstanceUID, made.StructureSetLabel = "RTSTRUCT", "1.2.3.9", "PLAN"
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID, series.ContourImageSequence = sources[0].SeriesInstanceUID, []
    for source in sources:
        reference = Dataset()
        reference.ReferencedSOPClassUID = source.SOPClassUID
        reference.ReferencedSOPInstanceUID = source.SOPInstanceUID
        series.ContourImageSequence.append(reference)
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = sources[0].FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    made.ReferencedFrameOfReferenceSequence = [frame]
    roi, drawn = Dataset(), Dataset()
    roi.ROINumber, roi.ROIName = 4, "Ball"
    roi.ReferencedFrameOfReferenceUID = sources[0].FrameOfReferenceUID
    drawn.ReferencedROINumber, drawn.ROIDisplayColor = 4, [10, 200, 30]
    drawn.ContourSequence = contours
    made.StructureSetROISequence, made.ROIContourSequence = [roi], [drawn]
    return made


def _read(folder: Path) -> tuple[Series, Layer]:
    found = medimg.scan(folder)
    (layer,) = medimg.layers(found.series[0], found.objects)
    return found.series[0], layer


def _kinds(layer: Layer) -> list[str]:
    return [problem.kind for problem in layer.problems]


def test_a_planted_ball_has_its_place_and_its_volume(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    phantoms.save(_structures(sources, _ball(sources)), tmp_path / "rs.dcm")
    series, layer = _read(tmp_path)
    assert (layer.name, layer.kind, layer.colour) == ("Ball", LayerKind.CONTOUR, (10, 200, 30))
    assert layer.problems == ()
    # Measured by voxels of 1.6 mm³, a ball of 7.24 ml is right within 2 %.
    assert layer.volume_ml == pytest.approx(4 / 3 * math.pi * RADIUS**3 / 1000, rel=0.02)
    middle = series.geometry.to_mm(np.argwhere(layer.mask.whole()).mean(axis=0))
    assert np.abs(middle[0] - CENTRE).max() < 0.2
    assert layer.best_slice in (5, 6)
    assert {shape.index for shape in layer.shapes} == set(layer.slices)


def test_a_shell_drawn_with_xor_is_hollow(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    contours = [*_ball(sources), *_ball(sources, RADIUS / 2)]
    for contour in contours:
        contour.ContourGeometricType = "CLOSEDPLANAR_XOR"
    phantoms.save(_structures(sources, contours), tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    shell = 4 / 3 * math.pi * (RADIUS**3 - (RADIUS / 2) ** 3) / 1000
    assert layer.volume_ml == pytest.approx(shell, rel=0.03)
    assert layer.problems == ()


def test_contours_on_slices_that_are_absent_are_counted(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    phantoms.save(_structures(sources, _ball(sources)), tmp_path / "rs.dcm")
    for k in range(6, 12):
        (tmp_path / f"{k:03d}.dcm").unlink()
    _, layer = _read(tmp_path)
    assert _kinds(layer) == ["slices-absent"]
    assert layer.volume_ml is None


def test_a_slanting_contour_is_not_pressed_into_a_slice(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    contours = _ball(sources)
    slanting = _circle(-36.0, 8.0)
    slanting[2::3] = [-40 + 0.04 * i for i in range(200)]
    contours.append(_contour(slanting))
    phantoms.save(_structures(sources, contours), tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    assert _kinds(layer) == ["contours-not-shown"]
    assert "1 of " in layer.problems[0].sentence


def test_contours_between_slices_are_said_to_lie_between(tmp_path: Path) -> None:
    """They were said to lie on slices that are not here."""
    sources = stack(tmp_path)
    contours = _ball(sources)
    for number in (1, 2):
        moved = np.array(contours[number].ContourData, dtype=float).reshape(-1, 3) + np.array(
            [0, 0, 1.0]
        )
        contours[number].ContourData = [round(float(x), 4) for x in moved.ravel()]
    phantoms.save(_structures(sources, contours), tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    assert _kinds(layer) == ["contours-not-shown"] and layer.volume_ml is None
    words = f"2 of {len(contours)} contours of Ball in rs.dcm lie between the slices"
    assert words in layer.problems[0].sentence


def test_contours_on_sagittal_planes_are_said_to_cross_the_slices(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    standing = np.array(_circle(0.0, 10.0)).reshape(-1, 3)
    standing = np.stack([np.full(200, 3.0), standing[:, 0], standing[:, 1] + CENTRE[2]], axis=1)
    contour = _contour([round(float(x), 4) for x in standing.ravel()])
    phantoms.save(_structures(sources, [contour]), tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    assert not layer.shapes and layer.mask is None
    assert "1 of 1 contours of Ball in rs.dcm do not lie in a slice" in layer.problems[0].sentence


def test_a_structure_of_another_space_is_not_drawn_in_this_one(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    made = _structures(sources, _ball(sources))
    made.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3.4.5"
    phantoms.save(made, tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    assert not layer.shapes and layer.mask is None
    assert "another frame of reference than that of this series" in layer.problems[0].sentence


def test_a_contour_that_lies_in_the_image_it_names_is_drawn(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    contours = _ball(sources)
    by_height = {float(s.ImagePositionPatient[2]): s for s in sources}
    for contour in contours:
        reference = Dataset()
        reference.ReferencedSOPInstanceUID = by_height[float(contour.ContourData[2])].SOPInstanceUID
        contour.ContourImageSequence = [reference]
    made = _structures(sources, contours)
    made.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3.4.5"
    phantoms.save(made, tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    assert len(layer.shapes) == len(contours)
    assert [problem.kind for problem in layer.problems] == ["frame-of-reference-differs"]


def test_a_keyhole_leaves_its_inside_open(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    contours = []
    for outer in _ball(sources):
        ring = np.array(outer.ContourData, dtype=float).reshape(-1, 3)
        middle = ring.copy()
        middle[:, :2] = CENTRE[:2] + (ring[:, :2] - CENTRE[:2]) / 2
        path = np.concatenate([ring, ring[:1], middle[::-1], middle[-1:]])
        contours.append(_contour([round(float(x), 4) for x in path.ravel()]))
    phantoms.save(_structures(sources, contours), tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    # Each slice loses a quarter of its area.
    assert layer.volume_ml == pytest.approx(math.pi * RADIUS**3 / 1000, rel=0.03)
    assert layer.problems == ()


def test_contours_on_every_third_slice_give_no_volume(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    phantoms.save(_structures(sources, _ball(sources)[::3]), tmp_path / "rs.dcm")
    _, layer = _read(tmp_path)
    assert _kinds(layer) == ["contours-not-shown"]
    assert layer.volume_ml is None
    assert layer.slices == (1, 4, 7, 10)


def test_points_and_open_lines_enclose_nothing(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    line = _contour([-5.0, 0, -40.0, 5.0, 0, -40.0, 5.0, 5.0, -40.0], "OPEN_PLANAR")
    point = _contour([1.0, 2.0, -40.0], "POINT")
    phantoms.save(_structures(sources, [line, point]), tmp_path / "rs.dcm")
    series, layer = _read(tmp_path)
    assert layer.mask is None
    assert [(len(s.points), s.is_closed, s.index) for s in layer.shapes] == [
        (3, False, 4), (1, False, 4)
    ]  # fmt: skip
    column, row = layer.shapes[1].points[0]
    index = series.geometry.to_index(np.array([1.0, 2.0, -40.0]))[0]
    assert (row, column) == pytest.approx((index[1] + 0.5, index[2] + 0.5), abs=1e-3)


def _nifti_on(path: Path, series: Series) -> np.ndarray:
    """The nearest voxels of a NIfTI on a series' grid, by nibabel's affine and no code of ours."""
    image = nibabel.load(path)
    values, affine = np.asarray(image.dataobj), np.diag([-1, -1, 1, 1]) @ image.affine
    own = series.geometry.affine
    assert own is not None
    at = np.linalg.inv(affine) @ own
    index = np.indices(series.geometry.shape).reshape(3, -1)
    near = np.floor(at[:3, :3] @ index + at[:3, 3:] + 0.5).astype(int)
    inside = ((near >= 0) & (near < np.array(values.shape[:3])[:, None])).all(axis=0)
    taken = np.zeros(index.shape[1], dtype=values.dtype)
    taken[inside] = values[tuple(near[:, inside])]
    result: np.ndarray = taken.reshape(series.geometry.shape)
    return result


def _dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.shared_data
def test_lung1_structures_are_the_nifti_beside_them(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "ct-chest-lung1-001")
    (series,) = found.series
    folder = shared_data / "volumes" / "ct-nsclc-lung1-001"
    labels, gtv = (_nifti_on(folder / f"{n}.nii.gz", series) for n in ("structures", "gtv1"))
    made = {layer.name: layer for layer in medimg.layers(series, found.objects)}
    tumour = made["GTV-1"].mask.whole()
    assert _dice(tumour, gtv > 0) > 0.99
    for name, label in (("Lung-Left", 1), ("Lung-Right", 2), ("Spinal-Cord", 3)):
        # The label map gives the tumour what overlaps; the structures do not.
        assert _dice(made[name].mask.whole() & ~tumour, labels == label) > 0.99
    assert _kinds(made["GTV-1"]) == ["slices-absent"]


@pytest.mark.shared_data
def test_sarcoma_structures_lie_on_ct_and_pet_alike(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "ct-pet-sarcoma")
    for series, name in zip(found.series, ("CT_mask", "PET_mask"), strict=True):
        path = shared_data / "volumes" / "ct-pet-mr-sarcoma" / "STS_002" / f"{name}.nii.gz"
        own, other = medimg.layers(series, found.objects_on(series))
        assert (own.is_own_series, other.is_own_series) == (True, False)
        assert _dice(own.mask.whole(), _nifti_on(path, series) > 0) > 0.99


@pytest.mark.shared_data
def test_the_ibsi_tumour_has_its_published_volume(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "ct-chest-ibsi")
    (layer,) = medimg.layers(found.series[0], found.objects)
    # IBSI reference manual, CT phantom, configuration A: volume by voxel counting.
    assert layer.volume_ml == pytest.approx(359.0, rel=0.005)


def _two(sources: list[FileDataset], first: int, second: int) -> FileDataset:
    """A ball and a smaller one, of some numbers."""
    made = _structures(sources, _ball(sources))
    other = _structures(sources, _ball(sources, RADIUS / 2))
    for sequence in ("StructureSetROISequence", "ROIContourSequence"):
        made[sequence].value.append(other[sequence].value[0])
    made.StructureSetROISequence[1].ROIName = "Small"
    for place, number in enumerate((first, second)):
        made.StructureSetROISequence[place].ROINumber = number
        made.ROIContourSequence[place].ReferencedROINumber = number
    return made


def _layers(folder: Path) -> tuple[Layer, ...]:
    found = medimg.scan(folder)
    return medimg.layers(found.series[0], found.objects)


def test_a_number_given_twice_leaves_each_structure_its_own_contours(tmp_path: Path) -> None:
    """The contours of the last one were drawn under the names of both."""
    sources = stack(tmp_path)
    phantoms.save(_two(sources, 1, 2), tmp_path / "rs.dcm")
    right = [layer.volume_ml for layer in _layers(tmp_path)]
    phantoms.save(_two(sources, 1, 1), tmp_path / "rs.dcm")
    ball, small = _layers(tmp_path)
    assert [ball.volume_ml, small.volume_ml] == right and right[0] != right[1]
    assert _kinds(ball) == _kinds(small) == ["bad-value"]


def test_contours_of_a_number_given_twice_are_not_guessed(tmp_path: Path) -> None:
    """Two structures of one number and a single set of contours: whose it is is not known."""
    sources = stack(tmp_path)
    made = _two(sources, 1, 1)
    del made.ROIContourSequence[1]
    phantoms.save(made, tmp_path / "rs.dcm")
    for layer in _layers(tmp_path):
        assert layer.mask is None
        assert "whose the contours are is not known" in layer.problems[0].sentence


def test_contours_that_belong_to_no_structure_are_listed(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    made = _two(sources, 1, 2)
    made.ROIContourSequence[1].ReferencedROINumber = 9
    phantoms.save(made, tmp_path / "rs.dcm")
    ball, small, orphan = _layers(tmp_path)
    assert _kinds(small) == ["empty-layer"]
    assert orphan.name == "structure 9" and orphan.mask is not None
    assert _kinds(ball) == [] and _kinds(orphan) == ["bad-value"]


@pytest.mark.parametrize("data", [b"1\\2\\x", b"1\\2\\3\\4", b"", b"nan\\1\\2"])
def test_one_contour_that_cannot_be_read_costs_no_other(data: bytes, tmp_path: Path) -> None:
    """It was left out without a word, or took the whole object with it."""
    sources = stack(tmp_path)
    contours = _ball(sources)
    made = _structures(sources, contours)
    with pydicom.config.disable_value_validation():
        bad = Dataset()
        bad.ContourGeometricType = "CLOSED_PLANAR"
        tag = pydicom.tag.Tag("ContourData")
        bad[tag] = RawDataElement(tag, "DS", len(data), data, 0, False, True)
        made.ROIContourSequence[0].ContourSequence.append(bad)
        phantoms.save(made, tmp_path / "rs.dcm")
    (layer,) = _layers(tmp_path)
    assert len(layer.shapes) == len(contours) and layer.volume_ml is None
    assert _kinds(layer) == ["contours-not-shown"]
    assert f"1 of {len(contours) + 1} contours" in layer.problems[0].sentence
