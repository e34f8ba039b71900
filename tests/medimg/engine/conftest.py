"""Tiny packages in a folder that children look into, and a child for a whole module."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimg.engine.client import Child
from medimg.engine.protocol import Role
from medimg.packages.catalogue import EXTRA_FOLDERS
from tests import tiny_packages


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A private temporary folder and a folder of packages, for this process and its children."""
    root = tmp_path_factory.mktemp("engine")
    packages, temporary = root / "packages", root / "tmp"
    for folder in (packages, temporary):
        folder.mkdir()
    tiny_packages.bright(packages)
    tiny_packages.bright(packages, "tiny-stack", kind="stack")
    tiny_packages.classifier(packages)
    tiny_packages.many_calls(packages)
    tiny_packages.one_long_call(packages)
    tiny_packages.greedy(packages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(EXTRA_FOLDERS, str(packages))
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        yield root
    tempfile.tempdir = None


@pytest.fixture(scope="module")
def engine(root: Path) -> Iterator[Child]:
    """A warm engine child."""
    with Child(Role.ENGINE) as child:
        child.warm()
        yield child
