"""A scan of 20 000 files was one text of 3.7 MB, which stopped the window while it was decoded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medimg.engine.jobs.layers import Layers
from medimg.engine.jobs.read import ReadJob
from medimg.engine.value_files import pack, unpack
from medimg.values.geometry import Geometry
from medimg.values.layers import Layer, LayerKind, Shape
from medimg.values.plain import to_json
from medimg.values.problems import Problem
from medimg.values.series import Frame, Scan, Series
from medimg.values.volume import Unit, Volume

#: A piece of frames with long paths; JSON of this size is decoded within a millisecond.
LARGEST = 1 << 17


def series(name: str, count: int) -> Series:
    frames = tuple(
        Frame(f"/{name}/{'deep/' * 20}{k}.dcm", 0, f"1.2.{k}", k, (0.0, 0.0, 2.5 * k))
        for k in range(count)
    )
    return Series(name, name, "dicom", "CT", frames, Geometry((count, 2, 2), affine=np.eye(4)))


def plain(value: object) -> tuple[bytes, list[np.ndarray]]:
    arrays: list[np.ndarray] = []
    return to_json(value, lambda name, array: arrays.append(np.array(array))), arrays


def crossed(value: object, folder: Path) -> object:
    """The value as it arrives, after a look at its pieces."""
    pack(value, folder, "value")
    assert max(map(len, (folder / "value.json").read_bytes().splitlines())) < LARGEST
    arrived = unpack(type(value), folder, "value")
    (before, arrays), (after, others) = plain(value), plain(arrived)
    assert before == after
    assert all(np.array_equal(a, b) for a, b in zip(arrays, others, strict=True))
    return arrived


def test_a_scan_of_many_files_crosses_in_small_pieces(tmp_path: Path) -> None:
    problems = tuple(Problem("ignored", f"{n}.txt is no image.", (f"{n}.txt",)) for n in range(900))
    scan = Scan((series("a", 5000), series("b", 1), series("c", 200)), problems, 6101)
    assert isinstance(crossed(scan, tmp_path), Scan)


def test_a_volume_of_many_frames_crosses_in_small_pieces(tmp_path: Path) -> None:
    long = series("a", 5000)
    crossed(ReadJob(long), tmp_path)
    volume = Volume(np.arange(20000, dtype=np.int16).reshape(5000, 2, 2), Unit.HU, long)
    arrived = crossed(volume, tmp_path)
    assert isinstance(arrived, Volume) and isinstance(arrived.array, np.memmap)


def test_structures_of_many_outlines_cross_in_small_pieces(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = tuple(Shape(k, rng.random((30, 2), dtype=np.float32)) for k in range(900))
    layer = Layer("Liver", LayerKind.CONTOUR, "o", 1, shapes=shapes)
    crossed(Layers((layer, replace(layer, shapes=()))), tmp_path)


@pytest.mark.parametrize("value", [Scan(()), Layers(())])
def test_nothing_crosses_as_nothing(value: object, tmp_path: Path) -> None:
    crossed(value, tmp_path)
