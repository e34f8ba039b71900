"""Presentation states: window, turn, shutter and words as their author set them."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pytest
from highdicom import pr
from pydicom.dataset import Dataset

import medimg
from medimg.values.layers import Layer, LayerKind
from medimg.values.series import Window
from tests.derived_objects import stack, state


def _read(folder: Path) -> tuple[Layer, ...]:
    found = medimg.scan(folder)
    return medimg.layers(found.series[0], found.objects)


def test_window_and_words_are_those_of_thestate(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    kept = sources[3:6]
    layer = pr.GraphicLayer(
        "MARKS", 1, display_color=highdicom.color.CIELabColor.from_rgb(0, 255, 0)
    )
    annotation = pr.GraphicAnnotation(
        referenced_images=[kept[0]],
        graphic_layer=layer,
        graphic_objects=[
            pr.GraphicObject(
                pr.GraphicTypeValues.POLYLINE,
                np.array([[10.0, 12.0], [30.0, 12.0]]),
                units=pr.AnnotationUnitsValues.PIXEL,
            )
        ],
        text_objects=[
            pr.TextObject(
                "look here",
                anchor_point=(0.5, 0.25),
                units=pr.AnnotationUnitsValues.DISPLAY,
            )
        ],
    )
    window = pr.SoftcopyVOILUTTransformation(window_center=50.0, window_width=350.0)
    state(
        kept,
        voi_lut_transformations=[window],
        graphic_layers=[layer],
        graphic_annotations=[annotation],
    ).save_as(tmp_path / "pr.dcm")
    shown, marks = _read(tmp_path)
    assert (shown.name, shown.kind) == ("For the round", LayerKind.PRESENTATION)
    assert shown.presentation is not None
    assert shown.presentation.slices == (3, 4, 5)
    assert shown.presentation.window == Window(50.0, 350.0, "For the round")
    assert (marks.kind, marks.name, marks.colour) == (LayerKind.ANNOTATION, "MARKS", (0, 255, 0))
    line, words = marks.shapes
    assert (line.index, line.points.tolist()) == (3, [[10.0, 12.0], [30.0, 12.0]])
    # Half across and a quarter down the displayed area, which is the whole image of 64 x 64.
    assert (words.text, words.points[0].tolist()) == ("look here", [32.0, 16.0])


def _shown_by_the_standard(image: np.ndarray, rotation: int, flip: str) -> np.ndarray:
    """PS3.3 C.10.6: turned clockwise first, mirrored left to right afterwards."""
    turned = np.rot90(image, -(rotation // 90))
    return turned[:, ::-1] if flip == "Y" else turned


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["Y", "N"])
def test_turns_and_flips_are_in_the_order_of_the_standard(
    tmp_path: Path, rotation: int, flip: str
) -> None:
    made = state(stack(tmp_path))
    made.ImageRotation, made.ImageHorizontalFlip = rotation, flip
    made.save_as(tmp_path / "pr.dcm")
    (layer,) = _read(tmp_path)
    shown = layer.presentation
    assert shown is not None
    image = np.arange(12).reshape(3, 4)
    mirrored = image[:, ::-1] if shown.is_flipped_h else image
    ours = np.rot90(mirrored, -shown.quarter_turns)
    assert (ours == _shown_by_the_standard(image, rotation, flip)).all()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", ["Y", "N"])
def test_marks_in_shares_of_what_is_shown_lie_on_their_pixels(
    tmp_path: Path, rotation: int, flip: str
) -> None:
    """The area shown is 20 columns of 10 rows, cut out of the image and turned with it."""
    made = state(stack(tmp_path)[2:3])
    numbers = np.arange(64 * 64).reshape(64, 64)
    shown = _shown_by_the_standard(numbers[4:14, 10:30], rotation, flip)
    area = made.DisplayedAreaSelectionSequence[0]
    corners = [np.argwhere(numbers == shown[k, k])[0, ::-1] + 1 for k in (0, -1)]
    area.DisplayedAreaTopLeftHandCorner = [int(x) for x in corners[0]]
    area.DisplayedAreaBottomRightHandCorner = [int(x) for x in corners[1]]
    made.ImageRotation, made.ImageHorizontalFlip = rotation, flip
    row, column = np.argwhere(shown == numbers[6, 25])[0]
    mark, item = Dataset(), Dataset()
    mark.GraphicType, mark.GraphicAnnotationUnits = "POINT", "DISPLAY"
    mark.GraphicDimensions, mark.NumberOfGraphicPoints, mark.GraphicFilled = 2, 1, "N"
    mark.GraphicData = [(column + 0.5) / shown.shape[1], (row + 0.5) / shown.shape[0]]
    item.GraphicLayer, item.GraphicObjectSequence = "MARKS", [mark]
    made.GraphicAnnotationSequence = [item]
    made.save_as(tmp_path / "pr.dcm")
    _, marks = _read(tmp_path)
    assert marks.shapes[0].points == pytest.approx(np.array([[25.5, 6.5]]), abs=1e-4)


def _shuttered(tmp_path: Path, change: Dataset) -> np.ndarray:
    made = state(stack(tmp_path))
    made.update(change)
    made.ShutterPresentationValue = 0
    made.save_as(tmp_path / "pr.dcm")
    (layer,) = _read(tmp_path)
    assert layer.presentation is not None
    assert layer.presentation.shutter is not None
    return layer.presentation.shutter


def test_a_rectangular_shutter_shows_its_edges(tmp_path: Path) -> None:
    change = Dataset()
    change.ShutterShape = "RECTANGULAR"
    change.ShutterLeftVerticalEdge, change.ShutterRightVerticalEdge = 11, 20
    change.ShutterUpperHorizontalEdge, change.ShutterLowerHorizontalEdge = 5, 8
    shutter = _shuttered(tmp_path, change)
    assert (np.argwhere(shutter).min(axis=0), np.argwhere(shutter).max(axis=0)) == (
        pytest.approx([4, 10]), pytest.approx([7, 19])
    )  # fmt: skip
    assert shutter.sum() == 40


def test_a_circular_shutter_has_its_radius(tmp_path: Path) -> None:
    change = Dataset()
    change.ShutterShape = "CIRCULAR"
    change.CenterOfCircularShutter, change.RadiusOfCircularShutter = [31, 21], 10
    shutter = _shuttered(tmp_path, change)
    assert shutter.sum() == pytest.approx(np.pi * 100, rel=0.03)
    assert np.argwhere(shutter).mean(axis=0) == pytest.approx([30, 20])


@pytest.mark.parametrize("kind", ["one vertex", "edges exchanged", "edges absent", "unknown"])
def test_a_shutter_that_hides_the_whole_image_is_left_out(kind: str, tmp_path: Path) -> None:
    """A polygon of one vertex blackened everything, without a word."""
    made = state(stack(tmp_path))
    made.ShutterShape = "POLYGONAL" if kind == "one vertex" else "RECTANGULAR"
    if kind == "one vertex":
        made.VerticesOfThePolygonalShutter = [10, 10]
    if kind == "edges exchanged":
        made.ShutterLeftVerticalEdge, made.ShutterRightVerticalEdge = 20, 11
        made.ShutterUpperHorizontalEdge, made.ShutterLowerHorizontalEdge = 5, 8
    if kind == "unknown":
        made.ShutterShape = "STAR"
    made.save_as(tmp_path / "pr.dcm")
    (layer,) = _read(tmp_path)
    assert layer.presentation is not None and layer.presentation.shutter is None
    assert [problem.kind for problem in layer.problems] == ["state-in-part"]
    assert "without its shutter" in layer.problems[0].sentence


@pytest.mark.shared_data
def test_states_of_other_makers_are_listed_and_linked(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "pr")
    by_name = {Path(o.file).name: o for o in found.objects}
    assert by_name["prOverlay.dcm"].series_ids
    assert [p.kind for p in by_name["PR000000.dcm"].problems] == ["series-absent"]
    tables = by_name["prLUTs.dcm"]
    series = next(s for s in found.series if s.id in tables.series_ids)
    (layer,) = medimg.layers(series, [tables])
    assert layer.presentation is not None
    assert layer.presentation.table is not None
    assert not layer.problems  # its modality, VOI and presentation tables are one table here


def test_overlay_planes_of_a_state_lie_where_they_begin(tmp_path: Path) -> None:
    made = state(stack(tmp_path)[2:4])
    plane = np.zeros((8, 16), dtype=np.uint8)
    plane[2:5, 3:9] = 1
    for element, vr, value in (
        (0x0010, "US", 8), (0x0011, "US", 16), (0x0040, "CS", "G"), (0x0050, "SS", [21, 31]),
        (0x0100, "US", 1), (0x0102, "US", 0), (0x1500, "LO", "Notes"),
        (0x3000, "OW", np.packbits(plane, bitorder="little").tobytes()),
    ):  # fmt: skip
        made.add_new((0x6000, element), vr, value)
    made.save_as(tmp_path / "pr.dcm")
    _, notes = _read(tmp_path)
    assert (notes.name, notes.kind, notes.slices) == ("Notes", LayerKind.ANNOTATION, (2, 3))
    # The plane's first pixel lies on row 21 and column 31, counted from 1.
    on_slice = np.argwhere(notes.mask.on(2))
    assert (on_slice.min(axis=0).tolist(), on_slice.max(axis=0).tolist()) == ([22, 33], [24, 38])
