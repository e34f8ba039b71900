"""A package repeats its test vectors, and one that computes something else is found out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from medimg.inference.vector_check import prove
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused
from tests import tiny_packages as tiny


def _with_vector(package: Package, *, change: float = 0.0) -> Package:
    """What `bright` must say of a ramp: 40 x - 20, on its own grid."""
    image = torch.linspace(0, 1, 32).repeat(32, 1)
    folder = package.folder / "vectors"
    folder.mkdir()
    logits = (40 * image - 20)[None] + change
    save_file(
        {"image": image, "logits": logits}, folder / "ramp.safetensors", {"tolerance": "0.02"}
    )
    return package


class TestProve:
    def test_a_sound_package_repeats_its_vectors(self, tmp_path: Path) -> None:
        seen = prove(_with_vector(tiny.bright(tmp_path)))
        assert seen.is_good
        assert seen.vectors == 1
        assert seen.worst < 1e-5

    def test_another_answer_is_found_out(self, tmp_path: Path) -> None:
        """A logit off by 0.5 near the decision is a probability off by 0.12."""
        seen = prove(_with_vector(tiny.bright(tmp_path), change=0.5))
        assert not seen.is_good
        assert 0.05 < seen.worst < 0.13

    def test_a_package_without_vectors_has_proven_nothing(self, tmp_path: Path) -> None:
        seen = prove(tiny.bright(tmp_path))
        assert (seen.vectors, seen.is_good) == (0, False)

    def test_names_a_vector_that_cannot_be_read(self, tmp_path: Path) -> None:
        package = _with_vector(tiny.bright(tmp_path))
        (package.folder / "vectors" / "ramp.safetensors").write_bytes(b"no tensors")
        with pytest.raises(PackageRefused, match=r"vectors/ramp\.safetensors of tiny-bright"):
            prove(package)
