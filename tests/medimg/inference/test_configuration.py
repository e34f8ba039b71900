"""A configuration is data: allowed names are built, everything else is refused in words."""

from __future__ import annotations

from importlib import import_module

import pytest
from monai.transforms import Compose, Resize

from medimg.inference.configuration import ALLOWED, build, resolve
from medimg.values.errors import PackageRefused


@pytest.mark.parametrize("module", ALLOWED)
def test_every_allowed_name_is_there(module: str) -> None:
    """The list names what the installed libraries have."""
    for name in ALLOWED[module]:
        assert isinstance(getattr(import_module(module), name), type)


def test_components_and_references_are_built() -> None:
    """`@key` is another part of the same file, also in depth."""
    config = {
        "size": {"net": [16, 16]},
        "chain": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "monai.transforms.LoadImage"},
                {"_target_": "monai.transforms.Resize", "spatial_size": "@size#net"},
                {"_target_": "Flip", "spatial_axis": 0, "_disabled_": True},
            ],
        },
    }
    chain = build(config["chain"], config)
    assert isinstance(chain, Compose)
    (step,) = chain.transforms
    assert isinstance(step, Resize)
    assert list(step.spatial_size) == [16, 16]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"_target_": "os.system", "command": "true"}, r"os\.system.*not on the list"),
        ({"_target_": "builtins.eval"}, "not on the list"),
        ({"_target_": "torch.load"}, "not on the list"),
        ({"_target_": "monai.bundle.Resize"}, "not on the list"),
        ({"_target_": "Rezise"}, 'Is "Resize" meant'),
        ({"_target_": "Resize", "spatial_size": "$__import__('os').system('true')"}, "expression"),
        ({"_target_": "Resize", "spatial_size": "%file.json#x"}, "expression"),
        ({"_target_": "Resize", "size": 3}, "cannot be built"),
        ("@nowhere", "not in it"),
        ("@a", "circle"),
    ],
)
def test_everything_else_is_refused(part: object, words: str) -> None:
    """No name off the list, no expression, no dangling or circular reference."""
    with pytest.raises(PackageRefused, match=words):
        build(part, {"a": "@b", "b": "@a"})


def test_full_and_short_names_are_the_same() -> None:
    """MONAI's configurations use both."""
    assert resolve("Resize") is resolve("monai.transforms.Resize") is Resize
