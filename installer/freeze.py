"""Build the wheel, install it into an environment of its own, freeze that, prove the result.

`make freeze` runs this. It leaves `dist/medimg-workstation/` and prints minutes and megabytes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".freeze-venv"
PROGRAMS = ROOT / "dist" / "medimg-workstation"

#: What the frozen programs must do in a folder that is not theirs, with an empty environment.
PROOFS = (
    ("medimg", "--version"),
    ("medimg", "packages", "verify"),
    ("medimg", "self-test"),
    ("medimg-workstation", "--self-test"),
)


def run(*words: str | Path) -> None:
    """Run one step; a failed step ends the build."""
    subprocess.run([str(word) for word in words], cwd=ROOT, check=True)


def build_wheel() -> Path:
    """Build the wheel from the tree alone, without what an earlier build left behind."""
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist")
    return max((ROOT / "dist").glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime)


def install(wheel: Path) -> Path:
    """Install the wheel, and nothing of the checkout, beside the pinned dependencies.

    Returns:
        The environment's Python.
    """
    python = ENVIRONMENT / "bin" / "python"
    run(sys.executable, "-m", "venv", ENVIRONMENT)
    pip = (python, "-m", "pip", "install", "--no-compile", "--quiet", "-c", "constraints.txt")
    run(*pip, wheel, "pyinstaller")
    run(*pip, "--force-reinstall", "--no-deps", wheel)
    return python


def freeze(python: Path) -> None:
    """Freeze the environment of `python` into `dist/`."""
    spec = ROOT / "installer" / "medimg.spec"
    places = ("--distpath", ROOT / "dist", "--workpath", ROOT / "build" / "freeze")
    run(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places, spec)


def prove() -> None:
    """Run `PROOFS` from an empty folder, with an empty environment, without a screen."""
    with tempfile.TemporaryDirectory() as folder:
        empty = {"HOME": folder, "QT_QPA_PLATFORM": "offscreen"}
        for program, *words in PROOFS:
            started = time.monotonic()
            done = subprocess.run([PROGRAMS / program, *words], cwd=folder, env=empty, check=False)
            took = time.monotonic() - started
            print(f"{' '.join((program, *words))}: exit {done.returncode}, {took:.1f} s")
            if done.returncode:
                raise SystemExit(f"The frozen program fails: {program} {' '.join(words)}")


def megabytes(folder: Path) -> float:
    """Size of a folder, links not followed."""
    files = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    return sum(file.stat().st_size for file in files) / 1e6


def main() -> None:
    """Do all four steps."""
    os.environ.pop("PYTHONPATH", None)
    started = time.monotonic()
    freeze(install(build_wheel()))
    minutes = (time.monotonic() - started) / 60
    print(f"{PROGRAMS.relative_to(ROOT)}: {megabytes(PROGRAMS):.0f} MB in {minutes:.1f} minutes")
    prove()


if __name__ == "__main__":
    main()
