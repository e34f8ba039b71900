"""No side is lost: 48 orientations, oblique and sheared stacks, through every way out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import numpy as np
import pytest

from tests.orientations import (
    PEERS,
    WAYS,
    Case,
    End,
    cases,
    is_error,
    judged,
    of_volume,
    run,
    value_at,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    made = list(cases(tmp_path_factory.mktemp("orientations")))
    for case in made:
        case.write()
    return made


def test_there_are_48_of_them_and_some_that_lean(written: list[Case]) -> None:
    groups = [case.group for case in written]
    assert groups.count("along axes") == 48
    assert len({tuple(np.sign(case.affine[:3, :3]).ravel()) for case in written}) >= 48
    assert groups.count("oblique") == 8 and groups.count("sheared") == 4


def test_phantom_shows_every_mirror_and_every_swap(written: list[Case]) -> None:
    def turned(array: np.ndarray) -> Iterator[np.ndarray]:
        yield from (np.flip(array, axis) for axis in range(3))
        yield array.swapaxes(1, 2)
        yield np.rot90(array, 2, (1, 2))

    for case in written:
        array, affine = of_volume(case.volume)
        for wrong in turned(array):
            assert judged(wrong, affine, value_at) is End.WRONG


@pytest.mark.parametrize("name", WAYS)
def test_way_keeps_every_side(written: list[Case], name: str) -> None:
    ends = [run(WAYS[name], case) for case in written]
    assert not [c.name for c, end in zip(written, ends, strict=True) if is_error(c, end)]


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_other_reader_agrees_where_it_reads(written: list[Case], name: str) -> None:
    if name == "dcm2niix" and shutil.which(name) is None:
        pytest.skip("dcm2niix is not installed")
    ends = {run(PEERS[name], case) for case in written if case.group != "sheared"}
    assert ends == {End.RIGHT}
