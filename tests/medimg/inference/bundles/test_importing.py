"""A bundle becomes a package that runs; a malicious one does nothing and leaves nothing."""

from __future__ import annotations

import json
import pickle
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from monai.networks.nets import UNet

from medimg.inference import tasks
from medimg.inference.bundles.importing import import_bundle
from medimg.inference.tasks.task import Question
from medimg.packages.catalogue import verify
from medimg.values.errors import PackageRefused, UsageError
from tests.tiny_packages import stack

NET = {
    "_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": 3,
    "channels": [4, 8], "strides": [2], "num_res_units": 1,
}  # fmt: skip
CONFIG: dict[str, Any] = {
    "imports": ["$import os"],
    "root": ".",
    "network_def": NET,
    "network": "$@network_def.to(@device)",
    "preprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "LoadImaged", "keys": "image"},
            {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "image", "pixdim": [2.0, 2.0, 2.0]},
            {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": 0, "a_max": 100,
             "b_min": 0, "b_max": 1, "clip": True},
        ],
    },
    "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [16, 16, 16], "overlap": 0.25},
    "postprocessing": {
        "_target_": "Compose",
        "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing"},
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
            {"_target_": "SaveImaged", "keys": "pred"},
        ],
    },
}  # fmt: skip
METADATA = {
    "version": "1.2.0",
    "name": "Two organs",
    "description": "Marks two organs.",
    "network_data_format": {
        "inputs": {"image": {"modality": "MR", "format": "magnitude", "num_channels": 1}},
        "outputs": {
            "pred": {
                "type": "image",
                "format": "segmentation",
                "channel_def": {"0": "background", "1": "spleen", "2": "odd_thing"},
            }
        },
    },
}


def net() -> UNet:
    torch.manual_seed(1)
    return UNet(**{k: v for k, v in NET.items() if k != "_target_"})  # type: ignore[arg-type]


def bundle(folder: Path, weights: bool = True, **parts: Any) -> Path:
    """A small bundle as MONAI writes them; `parts` replace parts of its configuration."""
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs/inference.json").write_text(json.dumps({**CONFIG, **parts}))
    (folder / "configs/metadata.json").write_text(json.dumps(METADATA))
    if weights:
        torch.save({"model": net().state_dict()}, folder / "models/model.pt")
    return folder


def test_a_bundle_runs_as_a_package(tmp_path: Path) -> None:
    package = import_bundle(bundle(tmp_path / "two_organs"), tmp_path / "out")
    verify(package)
    assert package.name == "two-organs@1.2.0" and package.folder.name == package.name
    assert (package.orientation, package.spacing_mm) == ("RAS", (2.0, 2.0, 2.0))
    spleen, odd = package.labels
    assert spleen.concept and (spleen.concept.value, spleen.concept.scheme) == ("78961009", "SCT")
    assert odd.concept and odd.concept.scheme == "99MEDIMG"
    values = np.random.default_rng(0).integers(0, 100, (12, 40, 36))
    volume = stack(values.astype(np.float32), spacing_mm=(3.0, 1.0, 1.0))
    answer = tasks.answer(Question(volume, package))
    assert set(answer.masks) == {"Spleen", "Odd thing"}
    assert any(not mask.is_empty for mask in answer.masks.values())
    assert all(mask.shape == (12, 40, 36) for mask in answer.masks.values())
    assert [p.name for p in (tmp_path / "out").iterdir()] == [package.name]


def test_a_zip_is_the_same_as_its_folder(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "two_organs")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(tmp_path))
    ours = import_bundle(folder, tmp_path / "a")
    theirs = import_bundle(tmp_path / "x.zip", tmp_path / "b")
    assert ours.files == theirs.files
    with pytest.raises(UsageError, match="installed already"):
        import_bundle(folder, tmp_path / "a")


class Payload:
    """What a pickle runs when it is opened without care."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def _pickle(folder: Path, mark: Path) -> Path:
    made = bundle(folder, weights=False)
    (made / "models/model.pt").write_bytes(pickle.dumps({"model": Payload(mark)}))
    return made


def _torch_pickle(folder: Path, mark: Path) -> Path:
    made = bundle(folder, weights=False)
    torch.save({"model": Payload(mark)}, made / "models/model.pt")
    return made


def _zip(folder: Path, mark: Path, name: str, mode: int = 0o644) -> Path:
    made = bundle(folder / "b")
    path = folder / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in made.rglob("*"):
            archive.write(file, file.relative_to(folder))
        row = zipfile.ZipInfo(name)
        row.external_attr = (stat.S_IFREG | mode) << 16 if mode < 0o10000 else mode << 16
        archive.writestr(row, str(mark))
    return path


def _step(**step: Any) -> dict[str, Any]:
    return {"_target_": "Compose", "transforms": [step]}


#: Name: writes a malicious bundle that would make the mark, or take the computer's memory.
MALICIOUS: dict[str, Any] = {
    "pickle": _pickle,
    "torch pickle": _torch_pickle,
    "expression in the network": lambda f, m: bundle(
        f, network_def={**NET, "out_channels": f"$__import__('os').system('touch {m}')"}
    ),
    "expression in a step": lambda f, m: bundle(
        f, preprocessing=_step(_target_="Lambdad", keys="image", func=f"$open('{m}', 'w')")
    ),
    "expression through a reference": lambda f, m: bundle(
        f, inferer="@x#y", x={"y": f"$open('{m}', 'w')"}
    ),
    "target os.system": lambda f, m: bundle(
        f, network_def={"_target_": "os.system", "command": f"touch {m}"}
    ),
    "target subprocess in postprocessing": lambda f, m: bundle(
        f, postprocessing=_step(_target_="subprocess.run", args=["touch", str(m)])
    ),
    "target builtins.open": lambda f, m: bundle(
        f, inferer={"_target_": "builtins.open", "file": str(m), "mode": "w"}
    ),
    "target of a MONAI downloader": lambda f, m: bundle(
        f, network_def={"_target_": "monai.apps.download_url", "url": "x", "filepath": str(m)}
    ),
    "argument that downloads": lambda f, m: bundle(
        f,
        network_def={
            "_target_": "EfficientNetBN",
            "model_name": "efficientnet-b0",
            "pretrained": True,
        },
    ),
    "argument that loads a file": lambda f, m: bundle(f, network_def={**NET, "load_from": str(m)}),
    "scripts": lambda f, m: bundle(f, network_def={"_target_": "scripts.net.Net"}),
    "macro of another file": lambda f, m: bundle(f, network_def="%/etc/passwd::root"),
    "circle": lambda f, m: bundle(f, network_def="@network_def"),
    "deep nesting": lambda f, m: bundle(f, x=json.loads("[" * 500 + "]" * 500), network_def="@x"),
    "long list": lambda f, m: bundle(f, network_def="$list(range(10000000000))"),
    "a network of a terabyte": lambda f, m: bundle(
        f, network_def={**NET, "channels": [1 << 20, 1 << 20]}
    ),
    "zip slip": lambda f, m: _zip(f, m, "../../mark"),
    "zip with an absolute path": lambda f, m: _zip(f, m, str(m)),
    "zip with a backslash": lambda f, m: _zip(f, m, "..\\..\\mark"),
    "zip with a link": lambda f, m: _zip(f, m, "b/link", stat.S_IFLNK | 0o777),
    "weights that do not fit": lambda f, m: bundle(f, network_def={**NET, "channels": [8, 8]}),
    "no configuration": lambda f, m: (f.mkdir(), f)[1],
}


@pytest.mark.parametrize("name", MALICIOUS)
def test_a_malicious_bundle_does_nothing(name: str, tmp_path: Path) -> None:
    """It is refused in a sentence, nothing of it ran, and nothing is installed."""
    mark = tmp_path / "mark"
    (tmp_path / "in").mkdir()
    path = MALICIOUS[name](tmp_path / "in" / "evil", mark)
    with pytest.raises(PackageRefused) as refused:
        import_bundle(path, tmp_path / "out")
    assert str(refused.value).endswith((".", ")")) or ":" in str(refused.value)
    assert not mark.exists()
    assert not list((tmp_path / "out").iterdir())


def test_without_weights_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match="weights are missing"):
        import_bundle(bundle(tmp_path / "x", weights=False), tmp_path / "out")
