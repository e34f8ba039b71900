"""The planted patient through other tools, and what each leaves of it, by a byte search.

`pytest -s` prints the counts. A tool that is not installed is skipped by name; `deid` may have an
environment of its own, whose Python is then named by DEID_PYTHON.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from medimg.privacy.instance import Request, deidentify
from medimg.privacy.secret import Secret
from tests.medimg.privacy.planted import FAMILY, NEEDLES, SENTENCE, planted

_DEID = """
import sys
from deid.dicom import get_files, get_identifiers, replace_identifiers
files = list(get_files(sys.argv[1]))
made = replace_identifiers(
    dicom_files=files, ids=get_identifiers(files), save=False, remove_private=True
)
made[0].save_as(sys.argv[2])
"""


def ours(source: Path, out: Path) -> None:
    out.write_bytes(deidentify(source, Request(Secret(bytes(32)))).data)


def dicom_anonymizer(source: Path, out: Path) -> None:
    program = Path(sys.executable).with_name("dicom-anonymizer")
    subprocess.run([program, source, out], check=True, capture_output=True)


def gdcmanon(source: Path, out: Path) -> None:
    """Encrypts by a certificate, which it needs."""
    certificate, key = out.with_suffix(".pem"), out.with_suffix(".key")
    subject = ["-subj", "/CN=test", "-days", "2", "-nodes", "-newkey", "rsa:2048", "-x509"]
    subprocess.run(
        ["openssl", "req", *subject, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        ["gdcmanon", "-e", "-c", certificate, "-i", source, "-o", out],
        check=True,
        capture_output=True,
    )


def deid(source: Path, out: Path) -> None:
    """Its default recipe, private tags removed."""
    python = os.environ.get(_ELSEWHERE, sys.executable)
    subprocess.run([python, "-c", _DEID, source, out], check=True, capture_output=True)


#: By name: how it is run, and what must be there for it.
TOOLS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "medimg": (ours, ""),
    "dicom-anonymizer": (dicom_anonymizer, ""),
    "gdcmanon": (gdcmanon, "gdcmanon"),
    "deid": (deid, "deid"),
}


#: Names the Python that has `deid`.
_ELSEWHERE = "DEID_PYTHON"


def _is_here(needs: str) -> bool:
    if needs == "deid" and _ELSEWHERE in os.environ:
        return True
    return bool(shutil.which(needs) or find_spec(needs))


def left(data: bytes) -> int:
    """How often a planted word is found."""
    return sum(data.count(needle) for needle in NEEDLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", TOOLS)
def test_what_is_left_of_the_patient(name: str, tmp_path: Path) -> None:
    """Ours leaves nothing; the others are counted beside it, so that the search is seen to work."""
    tool, needs = TOOLS[name]
    if needs and not _is_here(needs):
        pytest.skip(f"{needs} is not installed")
    source, out = tmp_path / f"{FAMILY}.dcm", tmp_path / "out.dcm"
    source.write_bytes(planted() + SENTENCE.encode() * 20)
    try:
        tool(source, out)
        found: int | str = left(out.read_bytes())
    except (subprocess.CalledProcessError, ValueError, NotImplementedError) as error:
        found = f"stopped ({type(error).__name__})"
    print(f"\n{name}: {found} of {left(source.read_bytes())} planted words left")
    assert found == 0 if name == "medimg" else found != 0
