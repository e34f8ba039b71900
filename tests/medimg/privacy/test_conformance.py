"""A file is no worse an object of its kind than it was, by `dciodvfy`, which others wrote.

`pytest -s` prints the counts.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pydicom.data
import pytest

from medimg.privacy.instance import Request, State, deidentify
from medimg.privacy.options import Kept
from medimg.privacy.secret import Secret
from medimg.reading.files import head
from medimg.reading.formats.dicom import recognises

KEPT = ((), ("uids", "shifted-dates", "descriptors", "patient", "device", "institution"))
PYDICOM = Path(pydicom.data.__file__).parent / "test_files"


def errors(path: Path) -> int:
    """Lines that dciodvfy calls errors."""
    done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, errors="replace")
    return sum(line.startswith("Error") for line in (done.stdout + done.stderr).splitlines())


def compare(files: list[Path], kept: tuple[str, ...], folder: Path) -> tuple[int, int, int]:
    """Files written, and their errors before and after; no file has more than before."""
    request = Request(Secret(bytes(32)), Kept(frozenset(kept)), keeps_flagged=True)
    written = before = after = 0
    worse = []
    for path in files:
        outcome = deidentify(path, request)
        if outcome.state is not State.WRITTEN:
            continue
        out = folder / "out.dcm"
        out.write_bytes(outcome.data)
        old, new = errors(path), errors(out)
        written, before, after = written + 1, before + old, after + new
        if new > old:
            worse.append(f"{path.name}: {old} to {new}")
    assert not worse
    return written, before, after


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dciodvfy is not installed")
@pytest.mark.parametrize("kept", KEPT, ids=("basic profile", "most options"))
@pytest.mark.parametrize(
    "where",
    [PYDICOM, pytest.param(Path("dicom"), marks=pytest.mark.shared_data)],
    ids=("pydicom", "shared"),
)
def test_errors_do_not_increase(
    where: Path, kept: tuple[str, ...], shared_data: Path, tmp_path: Path
) -> None:
    """Over every single-file DICOM object of pydicom and of the shared folders."""
    found = sorted(p for p in (shared_data / where).rglob("*") if p.is_file())
    files = [path for path in found if recognises(head(path))]
    written, before, after = compare(files, kept, tmp_path)
    print(f"\n{where.name}, {', '.join(kept) or 'basic profile'}: {written} of {len(files)} files "
          f"written, {before} errors before, {after} after")  # fmt: skip
    assert written > 60 and after <= before
