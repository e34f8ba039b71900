"""The record is whole: everything can be made again from it, and a stranger's does no harm."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pydicom
import pytest

from medimg.results import EXPORTS, export, record
from medimg.results.record import load
from medimg.values.errors import InputRefused, NothingRead
from tests.medimg.results.planted import ct, film, pyramid

#: What a DICOM object may hold of the moment it was made, not of the analysis.
_OF_THE_MOMENT = {
    "InstanceCreationDate",
    "InstanceCreationTime",
    "ContributionDateTime",
    "DimensionOrganizationUID",
}


def same(a: Any, b: Any) -> bool:
    """Equality through arrays, which a frozen value with `eq=False` does not have."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if is_dataclass(a):
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a)
        )
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@pytest.mark.parametrize("analysis", [ct(), film(), pyramid()], ids=["ct", "film", "stack"])
def test_a_record_comes_back_as_it_was(analysis: Any, tmp_path: Path) -> None:
    back = load(export(analysis, tmp_path, ["h5"])["h5"])
    assert same(analysis, back)
    assert back.regions[0].mask.bits.dtype == np.bool_
    assert not back.regions[0].mask.bits.flags.writeable


def without_moment(dataset: pydicom.Dataset) -> str:
    for element in dataset.iterall():
        if element.keyword in _OF_THE_MOMENT:
            element.value = ""
    return str(dataset)


@pytest.mark.parametrize("kind", [kind for kind in EXPORTS if kind != "h5"])
def test_an_export_from_the_record_equals_that_from_memory(kind: str, tmp_path: Path) -> None:
    analysis = ct()
    first = export(analysis, tmp_path / "a", [kind, "h5"])
    second = export(load(first["h5"]), tmp_path / "b", [kind])
    if kind in ("seg", "pm", "sr"):
        ours, theirs = (without_moment(pydicom.dcmread(x[kind])) for x in (first, second))
        assert ours == theirs
    else:
        assert first[kind].read_bytes() == second[kind].read_bytes()


def test_a_damaged_record_says_so(tmp_path: Path) -> None:
    path = export(ct(), tmp_path, ["h5"])["h5"]
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NothingRead, match=r"analysis\.h5 cannot be read as a record"):
        load(path)


def test_another_hdf5_file_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(InputRefused, match="not a record"):
        load(tmp_path / "other.h5")


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = export(ct(), tmp_path, ["h5"])["h5"]
    with h5py.File(path, "a") as file:
        file.attrs["version"] = 99
    with pytest.raises(InputRefused, match="version 99, this program reads version 2"):
        load(path)


def test_a_link_out_of_the_file_is_refused(tmp_path: Path) -> None:
    path = export(ct(), tmp_path, ["h5"])["h5"]
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["array"] = np.ones((1, 128, 128), dtype=np.float32)
    with h5py.File(path, "a") as file:
        del file["arrays/array:0"]
        file["arrays/array:0"] = h5py.ExternalLink("secret.h5", "array")
    with pytest.raises(InputRefused, match="another file"):
        load(path)


def test_a_mask_of_another_grid_is_refused(tmp_path: Path) -> None:
    path = export(ct(), tmp_path, ["h5"])["h5"]
    with h5py.File(path, "a") as file:
        names = [n for n in file["arrays"] if file["arrays"][n].dtype == bool]
        del file["arrays"][names[0]]
        file["arrays"][names[0]] = np.ones((1, 300, 3), dtype=bool)
    with pytest.raises(InputRefused, match=r"is not in \(1, 128, 128\)"):
        load(path)


def test_json_holds_every_figure_and_no_pixels(tmp_path: Path) -> None:
    text = export(ct(), tmp_path, ["json"])["json"].read_text()
    value = json.loads(text)
    assert value["findings"][0]["probability"] == 0.78
    assert value["regions"][0]["area_px"] == int(ct().regions[0].area_px)
    assert value["notice"].startswith("Research use only")
    assert "array:" not in text and len(text) < 20_000


def with_array(path: Path, **kind: Any) -> None:
    """Put a data set that declares much and holds little in place of the first array."""
    with h5py.File(path, "a") as file:
        del file["arrays/array:0"]
        file.create_dataset("arrays/array:0", dtype=np.float32, **kind)


@pytest.mark.parametrize(
    "kind",
    [
        {"shape": (3, 32768, 32768), "chunks": (1, 64, 64), "compression": "gzip"},
        {"shape": (3, 32768, 32768)},
        {"shape": (1, 8), "maxshape": (None, None), "chunks": (16384, 16384)},
        {"shape": (1, 128, 128), "compression": "lzf", "chunks": (1, 8, 8)},
    ],
    ids=["never written, chunked", "never written", "one huge chunk", "another filter"],
)
def test_a_small_record_does_not_ask_for_gigabytes(kind: dict[str, Any], tmp_path: Path) -> None:
    """A record of 7 KB declared 12 GB of zeros, and all of them were allocated."""
    path = export(ct(), tmp_path, ["h5"])["h5"]
    with_array(path, **kind)
    with pytest.raises(InputRefused, match=r"is not a valid record.*array:0"):
        traced_load(path, most=50_000_000)


def test_an_array_that_is_named_forty_times_is_read_once(tmp_path: Path) -> None:
    """A mask of 4 MB in 4 KB, named by forty regions, took 160 MB."""
    path = export(ct(), tmp_path, ["h5"])["h5"]
    with h5py.File(path, "a") as file:
        value = json.loads(file["analysis"][()].tobytes())
        value["regions"] = value["regions"][:1] * 40
        mask = value["regions"][0]["mask"]["bits"]
        del file["analysis"], file[f"arrays/{mask}"]
        file["analysis"] = np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
        zeros = np.zeros((1, 2000, 2000), bool)
        file.create_dataset(f"arrays/{mask}", data=zeros, compression="gzip")
    with pytest.raises(InputRefused, match="is not in"):
        traced_load(path, most=50_000_000)


def test_arrays_of_more_than_the_limit_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each array is small enough, all of them are not."""
    path = export(ct(), tmp_path, ["h5"])["h5"]
    monkeypatch.setattr(record, "_MOST_BYTES", 20_000)
    with pytest.raises(InputRefused, match="more than 20000 bytes"):
        load(path)


def traced_load(path: Path, most: int) -> None:
    """Load a record, and fail where Python's own allocations (numpy's too) pass a limit."""
    tracemalloc.start()
    try:
        load(path)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < most
