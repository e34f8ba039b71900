"""Objects with broken bytes: a sentence or a layer, never a crash and never a long wait."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import medimg
from medimg.reading.dicom.objects.polygons import filled
from tests.derived_objects import BLOCK, PAIR, segmentation, stack, state

MUTANTS = 300
LONGEST_S = 5.0


def _mutant(whole: bytes, rng: random.Random) -> bytes:
    """A few bytes changed at random, some files cut."""
    spoiled = bytearray(whole)
    for _ in range(rng.choice([1, 3, 20, 200])):
        spoiled[rng.randrange(132, len(spoiled))] = rng.randrange(256)
    return bytes(spoiled[: rng.randrange(200, len(spoiled))] if rng.random() < 0.15 else spoiled)


@pytest.mark.slow
def test_mutants_of_objects_never_raise(tmp_path: Path) -> None:
    sources = stack(tmp_path / "images")
    seeds = []
    for made in (segmentation(sources, [BLOCK, PAIR]), state(sources)):
        made.save_as(tmp_path / "seed.dcm")
        seeds.append((tmp_path / "seed.dcm").read_bytes())
    (tmp_path / "seed.dcm").unlink()
    rng = random.Random(11)
    for _ in range(MUTANTS):
        path = tmp_path / "mutant.dcm"
        path.write_bytes(_mutant(rng.choice(seeds), rng))
        began = time.monotonic()
        found = medimg.scan(path, tmp_path / "images")
        series = next(s for s in found.series if len(s.frames) == len(sources))
        # Also where the link is broken: the content must bear being read.
        medimg.layers(series, [replace(o, series_ids=(series.id,)) for o in found.objects])
        assert time.monotonic() - began < LONGEST_S


def test_an_outline_of_many_edges_takes_no_memory_for_its_crossings() -> None:
    points = np.zeros((50_000, 2), dtype=np.float32)
    points[::2] = (0, -1e6)
    points[1::2] = (0, 1e6)
    began = time.process_time()
    assert filled(points, (512, 512)).shape == (512, 512)
    assert time.process_time() - began < LONGEST_S
