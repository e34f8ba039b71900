"""Layers of the files as they are drawn: own colours, outlines at their place, maps on a scale."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.layer_picture import with_layers
from medimg.display.layers import layer_colours, layer_words, lines, map_levels, map_table
from medimg.values.layers import Figure, Layer, LayerKind, Shape
from medimg.values.masks import Mask

SHAPE = (5, 40, 50)
GREEN = (10, 200, 30)


def _mask(**more: object) -> Layer:
    """A block of rows 10 to 19 and columns 20 to 34 on slices 1 and 2."""
    mask = np.ones((2, 10, 15), dtype=np.bool_)
    boxed = Mask((1, 10, 20), mask, SHAPE)
    return Layer("Block", LayerKind.MASK, "1.2", mask=boxed, **more)  # type: ignore[arg-type]


def _map(values: np.ndarray, scale: tuple[float, float]) -> Layer:
    cut = values.astype(np.float32)
    return Layer("Dose", LayerKind.MAP, "1.3", start=(2, 4, 6), values=cut, unit="Gy", scale=scale)


def test_an_author_s_colour_is_kept_and_others_are_told_apart() -> None:
    made = layer_colours([_mask(), _mask(colour=GREEN), _mask()])
    assert made[1] == GREEN
    assert len(set(made)) == 3


def test_outlines_run_along_the_edges_of_the_mask() -> None:
    drawn = lines(_mask(), SHAPE)
    assert sorted(drawn) == [1, 2]
    (outline,) = drawn[1]
    assert outline.points.min(axis=0).tolist() == [20.0, 10.0]
    assert outline.points.max(axis=0).tolist() == [35.0, 20.0]


def test_graphics_of_the_object_stand_for_its_mask() -> None:
    ring = Shape(3, np.array([[1, 1], [9, 1], [9, 9]], dtype=np.float32), is_closed=True)
    assert lines(_mask(shapes=(ring,)), SHAPE) == {3: (ring,)}


def test_a_map_is_drawn_on_its_own_scale_and_not_where_it_says_nothing() -> None:
    values = np.array([[[np.nan, 0.0, 30.0, 60.0, 90.0]]])
    levels = map_levels(_map(values, (0.0, 60.0)))
    assert levels is not None
    assert levels.ravel().tolist() == [0, 1, 128, 255, 255]
    table = map_table(0.6)
    assert table[0, 3] == table[1, 3] == 0
    assert table[255, 3] == round(0.6 * 255)


def test_a_picture_has_the_outline_in_its_colour_and_nothing_inside() -> None:
    black = np.zeros((40, 50, 3), dtype=np.uint8)
    drawn = with_layers(black, [_mask(colour=GREEN)], 1, SHAPE[0])
    green = np.argwhere((drawn == GREEN).all(axis=2))
    assert green.min(axis=0) == pytest.approx([10, 20], abs=1)
    assert green.max(axis=0) == pytest.approx([19, 34], abs=1)
    assert (drawn[12:18, 23:32] == 0).all()
    assert (with_layers(black, [_mask(colour=GREEN)], 4, SHAPE[0]) == 0).all()


def test_what_speaks_of_another_series_is_dashed() -> None:
    black = np.zeros((40, 50, 3), dtype=np.uint8)
    whole, dashed = (
        (with_layers(black, [_mask(colour=GREEN, is_own_series=own)], 1, 5) == GREEN).all(axis=2)
        for own in (True, False)
    )
    assert 0.4 < dashed.sum() / whole.sum() < 0.8
    assert not (dashed & ~whole).any()


def test_one_figure_is_told_of_each_kind() -> None:
    assert layer_words(_mask(volume_ml=12.345)) == "12.3 ml"
    assert layer_words(_map(np.ones((1, 1, 1)), (0.0, 60.0))) == "0 Gy – 60 Gy"
    assert layer_words(_mask(figures=(Figure("Length", 9.6, "mm"),))) == "9.6 mm"
