"""Stretches of elements met before: the header is the one that is walked element by element."""

from __future__ import annotations

from pathlib import Path

import pytest

from medimg.reading.dicom.header import plain, runs
from medimg.reading.dicom.header.plain import Header, header
from medimg.reading.dicom.header.runs import FEWEST, Run, Runs
from tests.phantoms import axial, save


def headers(paths: list[Path]) -> list[Header | None]:
    found = []
    for path in paths:
        with path.open("rb", buffering=0) as file:
            found.append(header(file, path.stat().st_size))
    return found


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_same_headers_as_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syntax: str
) -> None:
    """Of a series whose texts grow and shrink, with a private block; one file lacks an element."""
    paths = []
    for k in range(24):
        dataset = axial(k % 5)
        dataset.InstanceNumber, dataset.SliceLocation = 10 ** (k % 7), f"{k * 1.37:g}"
        dataset.private_block(0x0019, "PHANTOM", create=True).add_new(1, "OB", b"\1" * (2 * k))
        if k == 13:
            del dataset.PatientName
        dataset.file_meta.TransferSyntaxUID = syntax
        paths.append(save(dataset, tmp_path / f"{k}.dcm"))
    fresh = {True: Runs(), False: Runs()}
    monkeypatch.setattr(plain, "RUNS", fresh)
    learnt = headers(paths)
    lengths = [run and len(run.steps) for side in fresh.values() for run in side.known()]
    assert max(filter(None, lengths)) >= FEWEST
    monkeypatch.setattr(runs, "FEWEST", 1 << 30)
    monkeypatch.setattr(plain, "RUNS", {True: Runs(), False: Runs()})
    walked = headers(paths)
    assert None not in walked
    assert learnt == walked


def test_a_run_is_cut_where_files_differ() -> None:
    """To what both have before the element that differs, and what follows it."""
    steps = [(bytes([k, 0, 0, 0, 0x4C, 0x4F, 2, 0]), 10, k) for k in range(12)]
    whole = b"".join(head + b"ab" for head, _, _ in steps)
    other = whole[:60] + whole[60:66] + b"\4\0abcd" + whole[70:]
    known = Runs()
    known.learn(steps)
    run = known.get(steps[0][0])
    assert isinstance(run, Run) and run.lies_at(whole, 0) and not run.lies_at(other, 0)
    known.correct(run, other, 0)
    before, after = known.get(steps[0][0]), known.get(steps[7][0])
    assert before is not None and before.length == 60
    assert after is not None and after.length == 50
    kept: dict[int, bytes] = {}
    after.keep(other, 72, kept)
    assert kept == {k: steps[k][0] + b"ab" for k in range(7, 12)}
