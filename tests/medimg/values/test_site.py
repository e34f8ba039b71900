"""A site's settings hold for every user, and a damaged file is reported, never half used."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from medimg.packages.catalogue import survey
from medimg.tour.sources import downloaded
from medimg.values.errors import UsageError
from medimg.values.site import PLACE, Site, read, site


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of settings that the program finds."""
    path = tmp_path / "site.toml"
    monkeypatch.setenv(PLACE, str(path))
    site.cache_clear()
    yield path
    site.cache_clear()


def test_without_a_file_nothing_changes(settings: Path) -> None:
    assert site() == Site()


def test_packages_of_the_site_are_listed(settings: Path, tmp_path: Path) -> None:
    source = Path(str(files("medimg_models"))) / "chest-xray-lungs"
    folder = tmp_path / "packages" / "lungs-of-the-site"
    shutil.copytree(source, folder)
    manifest = folder / "package.toml"
    text = manifest.read_text("utf-8").replace('id = "chest-xray-lungs"', 'id = "site-lungs"')
    manifest.write_text(text, "utf-8")
    from medimg.packages.sealing import seal

    seal(folder)
    settings.write_text(f"packages = [{str(tmp_path / 'packages')!r}]\n", "utf-8")
    assert survey().packages["site-lungs"].origin == "site"


def test_a_forbidden_network_is_not_asked(settings: Path) -> None:
    settings.write_text("network = false\n", "utf-8")
    with pytest.raises(UsageError, match="forbid downloads"):
        downloaded()


@pytest.mark.parametrize("text", ["netwrok = false", "network = 'no'", "theme = 'blue'", "= 3"])
def test_a_damaged_file_is_reported(settings: Path, text: str) -> None:
    settings.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"site\.toml cannot be used"):
        read(settings)
