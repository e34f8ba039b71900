"""Packages are found where they lie, are whole or refused, and a damaged one hides no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from medimg.packages.catalogue import EXTRA_FOLDERS, find, packages, survey, verify
from medimg.packages.manifest import MANIFEST, WEIGHTS, load
from medimg.values.errors import PackageRefused, UsageError
from tests.tiny_packages import bright


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site's folder with one package, looked into beside the shipped ones."""
    bright(tmp_path)
    monkeypatch.setenv(EXTRA_FOLDERS, str(tmp_path))
    return tmp_path


def change(path: Path, place: int) -> None:
    """Flip one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_site_folder_is_looked_into(site: Path) -> None:
    """A package is found by its id, and by its id with the version."""
    assert find("tiny-bright").folder == site / "tiny-bright"
    assert find("tiny-bright@0.0.1").origin == "site"
    with pytest.raises(UsageError, match=r"version 0\.0\.1 is installed"):
        find("tiny-bright@0.0.2")


def test_nearest_name_is_offered(site: Path) -> None:
    """A wrong name is answered with the nearest."""
    with pytest.raises(UsageError, match='Did you mean "tiny-bright"'):
        find("tiny-brihgt")


def test_every_byte_is_under_a_hash(site: Path) -> None:
    """One bit anywhere in a package, the manifest included, and it is refused by name."""
    package = find("tiny-bright")
    verify(package)
    for name in [*package.files, MANIFEST]:
        path = package.folder / name
        whole = path.read_bytes()
        for place in (len(whole) // 3, len(whole) - 2):
            change(path, place)
            with pytest.raises(PackageRefused, match=r"was changed|damaged"):
                verify(load(package.folder))
            path.write_bytes(whole)
    verify(load(package.folder))


def test_added_and_missing_files_are_refused(site: Path) -> None:
    """Nothing that is not listed may lie in a package, and all that is listed must."""
    package = find("tiny-bright")
    extra = package.folder / "configs" / "more.json"
    extra.write_text("{}")
    with pytest.raises(PackageRefused, match=r"more\.json does not belong"):
        verify(package)
    extra.unlink()
    (package.folder / WEIGHTS).unlink()
    with pytest.raises(PackageRefused, match=r"model\.safetensors of tiny-bright is missing"):
        verify(package)


def test_seal_must_be_there(site: Path) -> None:
    """A manifest without a seal could be changed unseen."""
    path = site / "tiny-bright" / MANIFEST
    path.write_text(path.read_text().split("\n", 1)[1])
    with pytest.raises(PackageRefused, match="carries no seal"):
        verify(find("tiny-bright"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("schema = 2", "schema = 3", "schema 3"),
        ('code = "flair-change"', 'code = "nothing"', "codes"),
        ('id = "tiny-bright"', 'id = "Tiny Bright"', "id"),
        ("default = true", "default = false", "exactly one"),
        ('title = "Tiny tiny-bright"', 'titel = "Tiny"', "titel"),
        ("schema = 2", "schema = ", "damaged"),
    ],
)
def test_bad_manifest_is_told_and_hides_no_other(
    site: Path, old: str, new: str, words: str
) -> None:
    """A damaged package is listed with its reason; the others are there."""
    bright(site, "tiny-other")
    path = site / "tiny-bright" / MANIFEST
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    catalogue = survey()
    assert "tiny-other" in catalogue.packages
    (damaged,) = (item for item in catalogue.damaged if item.folder == "tiny-bright")
    assert words in damaged.sentence
    with pytest.raises(PackageRefused):
        find("tiny-bright")


def test_same_id_twice_keeps_the_first(site: Path) -> None:
    """A copy cannot take the place of a package."""
    bright(site / "second", "tiny-bright")
    (site / "a-copy").symlink_to(site / "second" / "tiny-bright")
    assert len([p for p in packages() if p == "tiny-bright"]) == 1
    assert any("already there" in item.sentence for item in survey().damaged)


def test_gate_needs_no_torch() -> None:
    """The window and the command line judge and list without torch."""
    code = (
        "import sys; from medimg.packages.catalogue import survey; import medimg.packages;"
        "survey(); assert not {'torch', 'monai'} & set(sys.modules), 'torch is loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("package", packages().values(), ids=lambda package: package.id)
def test_shipped_packages_are_whole(package: object) -> None:
    """What is in the repository is sealed and unchanged."""
    from medimg.packages.manifest import Package

    assert isinstance(package, Package)
    verify(package)
    assert package.runner.rule or package.facts.weights_sha256
