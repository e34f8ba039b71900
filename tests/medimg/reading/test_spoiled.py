"""Spoiled files through scan and read: each is read or said, none crashes, lasts, or takes much.

`make check` prints the figures of 10 000 DICOM files, of 2 000 others and of 20 000 headers of
other formats that were spoiled by their structure; `make test` takes the first hundreds of each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from medimg.reading import read, scan
from medimg.values.errors import MedimgError
from tests.examining import worked_s
from tests.medimg.reading.truth import share_wrong
from tests.mutants import dicom_mutants
from tests.phantoms import write_stack
from tests.sources import ROOT

#: Longest that a file may take, in seconds of work; the largest mutant has 1.3 MB.
MOST_S = 2.0
#: Most memory of the program, which holds the seeds (40 MB) too, and of its decoder.
MOST_MB = 600


@dataclass
class Figures:
    """What became of the mutants of one family."""

    wanted: int
    files: list[dict[str, Any]] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    peak_mb: int = 0
    decoder_peak_mb: int = 0

    @property
    def errors(self) -> list[str]:
        """Exceptions that nobody expected, each with its file."""
        return [f"{file['name']}: {file['error']}" for file in self.files if file["error"]]

    @property
    def silent(self) -> list[str]:
        """Files that were neither read nor said."""
        return [file["name"] for file in self.files if not file["told"] and not file["error"]]

    @property
    def slowest(self) -> dict[str, Any]:
        """The file that took longest."""
        return max(self.files, key=lambda file: file["seconds"])

    def text(self, family: str) -> str:
        """The figures, for a person."""
        told = Counter(kind for file in self.files for kind in set(file["told"]))
        slowest = self.slowest
        return "\n".join(
            [
                f"{len(self.files)} mutants ({family}): {len(self.crashed)} crashes, "
                f"{len(self.errors)} unexpected errors, {len(self.silent)} silent",
                f"  slowest {slowest['seconds']:.2f} s of work: {slowest['name']} of "
                f"{slowest['seed']}, {', '.join(slowest['how'])}",
                f"  peak memory {self.peak_mb} MB, of the decoder {self.decoder_peak_mb} MB",
                "  " + ", ".join(f"{kind} {count}" for kind, count in told.most_common()),
            ]
        )


def examined(family: str, count: int) -> Figures:
    """Let a process examine mutants; where it dies, the next one goes on behind the deadly file."""
    figures, first = Figures(count), 0
    while first < count:
        command = [sys.executable, "-m", "tests.examining", family, str(first), str(count - first)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line)
            if "peak_mb" in said:
                figures.peak_mb = max(figures.peak_mb, said["peak_mb"])
                figures.decoder_peak_mb = max(figures.decoder_peak_mb, said["decoder_peak_mb"])
            else:
                figures.files.append(said)
                first += 1
        if process.wait() != 0:
            figures.crashed.append(f"number {first}, exit {process.returncode}")
            first += 1
    return figures


@pytest.mark.parametrize(
    ("family", "count"),
    [
        ("dicom", 300),
        ("other", 200),
        ("headers", 700),
        pytest.param("dicom", 10_000, marks=pytest.mark.slow),
        pytest.param("other", 2_000, marks=pytest.mark.slow),
        pytest.param("headers", 20_000, marks=pytest.mark.slow),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="asks for peak memory as POSIX has it")
def test_spoiled_files_are_read_or_said(
    family: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = examined(family, count)
    if count >= 1_000:
        with capsys.disabled():
            print(f"\n{figures.text(family)}")
    assert not figures.crashed
    assert not figures.errors
    assert not figures.silent
    assert len(figures.files) == count
    assert figures.slowest["seconds"] < MOST_S, figures.slowest
    assert figures.peak_mb < MOST_MB and figures.decoder_peak_mb < MOST_MB


#: Headers that once ended the scan of their whole folder, or took its memory.
_FATAL = {
    "nan.mha": "ObjectType = Image\nNDims = 3\nDimSize = nan 6 5\n",
    "inf.mha": "ObjectType = Image\nNDims = 3\nDimSize = inf 6 5\n",
    "code.mhd": "ObjectType = Image\nNDims = 3\nDimSize = 7 6 5\nElementType = MET_SHORT\n"
    "ElementDataFile = a%s%d.raw 1 5 1\n",
    "wide.mhd": "ObjectType = Image\nNDims = 3\nDimSize = 7 6 5\nElementType = MET_SHORT\n"
    "ElementDataFile = a%099999999d.raw 1 5 1\n",
    "blank.mha": "ObjectType = Image\n" + "\n" * 900_000,
}


def test_one_bad_header_does_not_end_the_scan_of_its_folder(tmp_path: Path) -> None:
    """Whatever one file does, it costs that file, and costs no memory and no time."""
    write_stack(tmp_path / "good", count=3)
    for name, text in _FATAL.items():
        (tmp_path / name).write_text(text + ("" if "Data" in text else "ElementDataFile = LOCAL\n"))
    started = worked_s()
    found = scan(tmp_path)
    assert worked_s() - started < MOST_S
    assert share_wrong(read(found.series[0])) < 0.002
    told = {Path(file).name for problem in found.problems for file in problem.files}
    assert told >= set(_FATAL)


def test_good_slices_among_spoiled_files_are_read(tmp_path: Path) -> None:
    write_stack(tmp_path / "good", count=3)
    for mutant in dicom_mutants(120):
        (tmp_path / mutant.name).write_bytes(mutant.data)
    found = scan(tmp_path)
    good = [series for series in found.series if series.uid == "1.2.3.2"]
    assert len(good) == 1 and share_wrong(read(good[0])) < 0.002
    assert found.problems
    for series in found.series:
        try:
            assert read(series).array.size
        except MedimgError as refused:
            assert str(refused).endswith(".")
