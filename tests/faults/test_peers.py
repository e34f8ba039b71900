"""Other readers are judged by the same truth: right, said, silent or crashed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.faults.judgement import Verdict
from tests.faults.peer_readers import READERS
from tests.faults.peers import Given, judge_peer
from tests.faults.table import chosen, make
from tests.faults.truth import Row, Truth


def _made(id_: str, folder: Path) -> tuple[Row, Truth]:
    ((_, row),) = chosen([id_])
    return row, make(row, folder)


def _simpleitk(folder: Path) -> Given:
    return Given(tuple(READERS["SimpleITK"](folder, folder)))


def test_what_is_right_is_right_and_what_is_turned_is_silent(tmp_path: Path) -> None:
    row, truth = _made("double-oblique", tmp_path)
    given = _simpleitk(tmp_path)
    assert judge_peer(row, truth, given).verdict is Verdict.RIGHT
    ((array, affine),) = given.volumes
    assert affine is not None
    for turned in (array[:, :, ::-1], array[::-1], array[:-1], array + 3):
        assert judge_peer(row, truth, Given(((turned, affine),))).verdict is Verdict.SILENT
    moved = affine.copy()
    moved[:3, 3] += np.array([0.0, 4.0, 0.0])
    assert judge_peer(row, truth, Given(((array, moved),))).verdict is Verdict.SILENT


def test_a_word_that_bears_on_the_fault_counts(tmp_path: Path) -> None:
    row, truth = _made("missing-slice", tmp_path)
    volumes = _simpleitk(tmp_path).volumes
    words = "WARNING: Non uniform sampling or missing slices detected"
    assert judge_peer(row, truth, Given(volumes)).verdict is Verdict.SILENT
    assert judge_peer(row, truth, Given(volumes, words=words)).verdict is Verdict.SAID
    bare = Given(error="list index out of range", error_name="IndexError")
    assert judge_peer(row, truth, bare).verdict is Verdict.CRASH
    clear = Given(error="the spacing is uneven", error_name="ValueError")
    assert judge_peer(row, truth, clear).verdict is Verdict.SAID


def test_a_reader_that_places_what_has_no_place_is_judged_by_values(tmp_path: Path) -> None:
    """No direction is known, so no point can be looked up; the guess goes unsaid."""
    row, truth = _made("orientation-missing", tmp_path)
    assert judge_peer(row, truth, _simpleitk(tmp_path)).verdict is Verdict.SILENT


@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")
def test_volumes_of_a_peer_are_told_from_colours(tmp_path: Path) -> None:
    """Three times in one file are three volumes: each was taken for a channel, and silent."""
    row, truth = _made("mosaic-times", tmp_path / "in")
    (tmp_path / "out").mkdir()
    given = Given(tuple(READERS["dcm2niix"](tmp_path / "in", tmp_path / "out")))
    assert [array.shape for array, _ in given.volumes] == [(64, 64, 12)] * 3
    assert judge_peer(row, truth, given).verdict is Verdict.RIGHT
