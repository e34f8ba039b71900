"""The wheel holds everything, and works in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.sources import PACKAGES, ROOT


def project() -> dict[str, Any]:
    """The tables of `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def folders_with_code() -> set[str]:
    """Dotted names of all importable folders of the checkout."""
    names = set()
    for folder, package in PACKAGES.items():
        for marker in (ROOT / folder).rglob("__init__.py"):
            inside = marker.parent.relative_to(ROOT / folder).parts
            names.add(".".join((package, *inside)))
    return names


def test_every_package_is_listed() -> None:
    """The hand-written list of `pyproject.toml` is the list of folders."""
    listed = project()["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(folders_with_code())


def test_lock_pins_every_requirement() -> None:
    """Each requirement of the project stands in the lock, under one exact version."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in pins)
    names = {plain(line.split("==")[0]) for line in pins}
    table = project()["project"]
    wanted = list(table["dependencies"])
    for extra in table["optional-dependencies"].values():
        wanted += extra
    assert {plain(w.split(">")[0]) for w in wanted} <= names
    assert "torch==2.13.0" in pins


def plain(name: str) -> str:
    """A distribution's name as pip compares it."""
    return name.strip().lower().replace("_", "-")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tracked and new files of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listing.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/")):
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "tree" / name)
    words = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([sys.executable, *words, str(folder / "tree")], check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of an environment that holds the wheel, and borrows the dependencies of this one."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False, symlinks=True)
    (site,) = place.glob("lib/python*/site-packages")
    words = ["-m", "pip", "--python", str(place / "bin" / "python"), "install", "--no-deps"]
    subprocess.run([sys.executable, *words, str(wheel)], check=True, capture_output=True)
    # Behind the wheel on the path, without this checkout's editable finder, which .pth files start.
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "borrowed.pth").write_text(here + "\n", encoding="utf-8")
    return place / "bin"


@pytest.mark.slow
def test_wheel_holds_packages_and_resources(wheel: Path) -> None:
    """Every file of a shipped model and of the resources is inside, and no test is."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder, package in (("models", "medimg_models"), ("resources", "medimg_resources")):
        tracked = subprocess.run(
            ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in tracked.stdout.splitlines():
            assert name.replace(folder, package, 1) in inside
    assert not [name for name in inside if name.startswith(("tests", "docs", "installer"))]


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--version",), ("packages", "list"), ("packages", "verify")])
def test_installed_wheel_works_in_an_empty_folder(
    installed: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """`medimg` from the wheel finds its packages without the checkout."""
    env = {"HOME": str(tmp_path), "PATH": os.defpath}
    command = [str(installed / "medimg"), *words]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
