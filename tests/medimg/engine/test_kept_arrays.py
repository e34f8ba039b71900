"""The pixels of a volume are written once for all packages that run on it."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from medimg.engine.jobs.analyse import AnalyseJob
from medimg.engine.kept_arrays import KeptArrays, MappedArrays
from medimg.engine.value_files import pack, unpack
from tests.tiny_packages import stack


def test_a_second_package_on_the_same_image_copies_nothing(tmp_path: Path) -> None:
    volume = stack(np.random.default_rng(0).random((8, 256, 256), dtype=np.float32))
    kept, mapped = KeptArrays(tmp_path), MappedArrays(tmp_path)
    jobs = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        pack(AnalyseJob(volume, name), folder, "job", kept)
        assert (folder / "job.arrays").stat().st_size < 10_000
        jobs.append(unpack(AnalyseJob, folder, "job", mapped))
    assert len(list(tmp_path.glob("kept-*"))) == 1
    assert all(np.array_equal(job.volume.array, volume.array) for job in jobs)
    assert np.shares_memory(jobs[0].volume.array, jobs[1].volume.array)


def test_a_file_goes_with_its_array(tmp_path: Path) -> None:
    kept, mapped = KeptArrays(tmp_path), MappedArrays(tmp_path)
    array = np.zeros(1 << 20, np.uint8)
    array.setflags(write=False)
    name = kept.file_of(array)
    assert kept.file_of(array) == name
    mapped.bytes_of(name)
    del array
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    mapped.tidy()
    with pytest.raises(FileNotFoundError):
        mapped.bytes_of(name)


def test_what_may_change_or_is_small_travels_with_its_job(tmp_path: Path) -> None:
    kept = KeptArrays(tmp_path)
    small = np.zeros(10, np.uint8)
    small.setflags(write=False)
    assert kept.file_of(small) == kept.file_of(np.zeros(1 << 20, np.uint8)) == ""


def test_another_array_at_the_same_address_is_another_file(tmp_path: Path) -> None:
    """CPython gives the place of an array that is gone to the next one."""
    kept = KeptArrays(tmp_path)
    contents = []
    for value in range(5):
        array = np.full(1 << 20, value, np.uint8)
        array.setflags(write=False)
        contents.append((tmp_path / kept.file_of(array)).read_bytes()[0])
        del array
    assert contents == [0, 1, 2, 3, 4]
