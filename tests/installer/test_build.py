"""The installers unpack, update and leave nothing behind: tried on a small stand-in program."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.sources import ROOT

LINUX = ROOT / "installer" / "linux"


def builder() -> ModuleType:
    """The script `installer/build.py` as a module."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "installer" / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tree of the installed form, whose program prints its version, and the tree packed."""
    tree = tmp_path_factory.mktemp("tree")
    programs = tree / "opt" / "medimg-workstation"
    models = programs / "_internal" / "medimg_models"
    for name in ("free", "bound"):
        (models / name).mkdir(parents=True)
        (models / name / "package.toml").write_text("")
    for program in ("medimg", "medimg-workstation"):
        (programs / program).write_text("#!/bin/sh\necho started\n")
        (programs / program).chmod(0o755)
    doc = tree / "usr" / "share" / "doc" / "medimg-workstation"
    doc.mkdir(parents=True)
    (doc / "copyright").write_text("Apache-2.0\n")
    for name, place in (
        ("medimg-workstation.desktop", "applications"),
        ("medimg-workstation.xml", "mime/packages"),
        ("medimg-workstation.svg", "icons/hicolor/scalable/apps"),
    ):
        folder = tree / "usr" / "share" / place
        folder.mkdir(parents=True)
        (folder / name).write_bytes((LINUX / name).read_bytes())
    data = tmp_path_factory.mktemp("packed") / "data.tar.xz"
    builder().pack(tree, data, 0)
    return tree, data


def installer(packed: tuple[Path, Path], folder: Path, version: str) -> Path:
    """A self-extracting file of one version; the package `bound` is non-commercial."""
    out = folder / f"medimg-workstation-{version}.run"
    builder().write_run(packed[1], version, ["bound"], out)
    return out


def run(file: Path, *words: str | Path, code: int = 0) -> str:
    """Run an installer and give what it printed."""
    done = subprocess.run(["sh", file, *words], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_an_update_keeps_the_old_version_and_removal_leaves_nothing(
    packed: tuple[Path, Path], tmp_path: Path
) -> None:
    prefix = tmp_path / "with space"
    run(installer(packed, tmp_path, "1.0"), "--prefix", prefix)
    words = [prefix / "bin" / "medimg"]
    assert subprocess.run(words, capture_output=True, text=True).stdout == "started\n"
    newer = installer(packed, tmp_path, "1.1")
    assert "version 1.0" in run(newer, "--prefix", prefix)
    home = prefix / "opt" / "medimg-workstation"
    assert (home / "current").resolve().name == "1.1"
    assert {path.name for path in home.iterdir()} == {"1.0", "1.1", "current"}
    assert str(prefix) in (prefix / "share/applications/medimg-workstation.desktop").read_text()
    run(newer, "--uninstall", "--prefix", prefix)
    assert not prefix.exists()


def test_non_commercial_packages_are_left_out(packed: tuple[Path, Path], tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    words = ("--silent", "--prefix", prefix, "--no-nc")
    assert run(installer(packed, tmp_path, "1.0"), *words) == ""
    models = prefix / "opt/medimg-workstation/current/_internal/medimg_models"
    assert [path.name for path in models.iterdir()] == ["free"]


def test_a_damaged_file_installs_nothing(packed: tuple[Path, Path], tmp_path: Path) -> None:
    file = installer(packed, tmp_path, "1.0")
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    assert "damaged" in run(file, "--prefix", tmp_path / "prefix", code=1)
    assert not (tmp_path / "prefix").exists()


def test_wrong_words_are_a_sentence(packed: tuple[Path, Path], tmp_path: Path) -> None:
    file = installer(packed, tmp_path, "1.0")
    assert "unknown option --prefx" in run(file, "--prefx", "x", code=2)
    assert "nothing is installed" in run(file, "--uninstall", "--prefix", tmp_path / "x", code=1)


def test_the_debian_package_is_one(packed: tuple[Path, Path], tmp_path: Path) -> None:
    """dpkg itself reads the control part and the files."""
    tree, data = packed
    deb = tmp_path / "x.deb"
    build = builder()
    build.write_deb(build.control_archive(tree, "1.0"), data, deb)
    try:
        done = subprocess.run(
            ["dpkg-deb", "--field", deb, "Version"], capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("needs dpkg-deb")
    assert done.stdout == "1.0\n", done.stderr
    listed = subprocess.run(["dpkg-deb", "--contents", deb], capture_output=True, text=True)
    assert "opt/medimg-workstation/medimg-workstation" in listed.stdout, listed.stderr
