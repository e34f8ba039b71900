"""A configuration is data: allowed names are built, everything else is refused in words."""

from __future__ import annotations

import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from monai.transforms import Compose, Resize

from medimg.inference.allowed import ALLOWED, FIXED
from medimg.inference.configuration import build, resolve
from medimg.values.errors import PackageRefused

_FLAT: dict[str, Any] = {"spatial_dims": 2, "in_channels": 1, "out_channels": 1}
_STEPS: dict[str, Any] = {"channels": [4, 8], "strides": [2]}
# The least that a name needs to be built; every other allowed name needs nothing.
_NEEDED: dict[str, dict[str, Any]] = {
    "RepeatChannel": {"repeats": 2},
    "Orientation": {"axcodes": "SPL"},
    "Spacing": {"pixdim": 1.0},
    "Resize": {"spatial_size": 8},
    "Zoom": {"zoom": 2.0},
    "ResizeWithPadOrCrop": {"spatial_size": 8},
    "SpatialPad": {"spatial_size": 8},
    "BorderPad": {"spatial_border": 1},
    "DivisiblePad": {"k": 8},
    "CenterSpatialCrop": {"roi_size": 8},
    "ScaleIntensityRange": {"a_min": 0.0, "a_max": 1.0},
    "ScaleIntensityRangePercentiles": {"lower": 1, "upper": 99, "b_min": 0.0, "b_max": 1.0},
    "ThresholdIntensity": {"threshold": 0.0},
    "ShiftIntensity": {"offset": 1.0},
    "SlidingWindowInferer": {"roi_size": [8, 8]},
    "SliceInferer": {"roi_size": [8, 8]},
    "UNet": {**_FLAT, **_STEPS},
    "AttentionUnet": {**_FLAT, **_STEPS},
    "BasicUNet": {"features": [4] * 6},
    "DynUNet": {**_FLAT, "kernel_size": [3] * 3, "strides": [1, 2, 2]}
    | {"upsample_kernel_size": [2, 2], "filters": [4] * 3},
    "FlexibleUNet": {"in_channels": 1, "out_channels": 1, "backbone": "efficientnet-b0"},
    "Classifier": {"in_shape": [1, 8, 8], "classes": 2, **_STEPS},
    "DenseNet121": _FLAT,
    "SwinUNETR": {**_FLAT, "feature_size": 12},
    "VGG": {"depth": 11, "width": 8},
    "VisionTransformer": {"in_channels": 1, "num_classes": 2, "img_size": [32, 32]}
    | {"patch_size": 16, "hidden_size": 24, "mlp_dim": 48, "num_layers": 1, "num_heads": 3},
    "EfficientNetBN": {"model_name": "efficientnet-b0"},
    "ResNet": {"block": "basic", "layers": [1] * 4, "block_inplanes": [4] * 4},
    "Conv2d": {"in_channels": 1, "out_channels": 1, "kernel_size": 3},
    "Conv3d": {"in_channels": 1, "out_channels": 1, "kernel_size": 3},
    "MirrorInferer": {"inferer": {"_target_": "SimpleInferer"}},
}
_NAMES = [f"{module}.{name}" for module, names in ALLOWED.items() for name in names]


@pytest.fixture
def closed_sockets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No host is found and no socket opens; weights fetched earlier are out of sight."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)


@pytest.mark.usefixtures("closed_sockets")
@pytest.mark.parametrize("name", _NAMES)
def test_no_allowed_name_downloads_weights(name: str) -> None:
    """MONAI's EfficientNetBN fetched its weights unless it was told not to."""
    assert build({"_target_": name, **_NEEDED.get(name.rpartition(".")[2], {})}) is not None


@pytest.mark.parametrize("name", FIXED)
def test_a_configuration_cannot_ask_for_a_download(name: str) -> None:
    """`pretrained` may be repeated as the program sets it, and never turned on."""
    part = {"_target_": name, **_NEEDED[name]}
    with pytest.raises(PackageRefused, match=r"pretrained.*own weights"):
        build({**part, "pretrained": True})
    assert build({**part, "pretrained": False}) is not None


def test_no_allowed_argument_starts_a_download() -> None:
    """No listed argument is one by which a library fetches weights, and all of them exist."""
    words = ("pretrained", "progress", "weights", "device", "url", "path", "file")
    for names in ALLOWED.values():
        for name, arguments in names.items():
            assert not [one for one in arguments if any(word in one for word in words)], name


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
        ({"_target_": "Resize", "size": 3}, 'argument "size".*spatial_size'),
        ({"_target_": "EnsureType", "device": "cuda:0"}, 'argument "device"'),
        ({"_target_": "CropForeground", "select_fn": "abs"}, 'argument "select_fn"'),
        ({"_target_": "AttentionUnet", "spatial_dims": 2}, "cannot be built"),
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
