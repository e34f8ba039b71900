"""Names of kernels as makers write them."""

from __future__ import annotations

import pytest

from medimg.inference.rules.kernels import is_sharp

KERNELS = [
    ("STANDARD", False),
    ("LUNG", True),
    ("BONEPLUS", True),
    ("B30f", False),
    ("B70s", True),
    ("Br40d\\3", False),
    ("Bl57f\\2", True),
    ("I70f\\3", True),
    ("FC08", False),
    ("FC51", True),
    ("B", False),
    ("YC", True),
    ("", None),
    ("OWN FILTER 7", None),
]


@pytest.mark.parametrize(("kernel", "sharp"), KERNELS)
def test_kernel(kernel: str, sharp: bool | None) -> None:
    assert is_sharp(kernel) is sharp
