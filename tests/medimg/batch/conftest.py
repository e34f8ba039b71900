"""A folder of pictures, good and bad, and two tiny packages for the children."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg.engine.client import Child
from medimg.engine.protocol import Role
from medimg.packages.catalogue import EXTRA_FOLDERS
from tests import tiny_packages


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films, a blank one, text named .dcm, a truncated picture."""
    root = tmp_path_factory.mktemp("pictures")
    image = np.random.default_rng(0).integers(0, 60, (160, 200)).astype(np.uint8)
    image[40:100, 60:120] += 180
    Image.fromarray(image).save(root / "first.png")
    Image.fromarray(image[::-1]).save(root / "=second.png")
    Image.fromarray(np.zeros((160, 200), np.uint8)).save(root / "blank.png")
    (root / "letter.dcm").write_text("Dear colleague,")
    whole = (root / "first.png").read_bytes()
    (root / "torn.png").write_bytes(whole[: len(whole) // 2])
    return root


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two tiny packages, looked into by this process and its children."""
    root = tmp_path_factory.mktemp("packages")
    tiny_packages.bright(root)
    tiny_packages.classifier(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(EXTRA_FOLDERS, str(root))
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("tmp")))
        patch.setattr(tempfile, "tempdir", None)
        yield root
    tempfile.tempdir = None


@pytest.fixture(scope="module")
def children(tiny: Path) -> Iterator[dict[str, Child]]:
    """One reader and one engine for the module."""
    with Child(Role.READER) as reader, Child(Role.ENGINE) as engine:
        engine.warm()
        yield {"reader": reader, "engine": engine}
