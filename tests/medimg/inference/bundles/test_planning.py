"""Published bundles are understood, or refused with the part that is not known here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medimg.inference.bundles.expressions import ChannelMerge
from medimg.inference.bundles.planning import assess
from medimg.inference.bundles.reading import read
from medimg.inference.bundles.twins import Grid
from medimg.inference.configuration import build
from medimg.values.errors import PackageRefused
from tests.sources import ROOT

ZOO = ROOT.parent / "shared" / "data" / "monai-model-zoo"

#: Bundles that need their weights and nothing else: network and grid.
RUNNABLE = {
    "brats_mri_segmentation": ("SegResNet", Grid()),
    "prostate_mri_anatomy": ("UNet", Grid("RAS", (0.5, 0.5, 0.5))),
    "spleen_ct_segmentation": ("UNet", Grid("RAS", (1.5, 1.5, 2.0))),
    "swin_unetr_btcv_segmentation": ("SwinUNETR", Grid("RAS", (1.5, 1.5, 2.0))),
    "ventricular_short_axis_3label": ("UNet", Grid()),
    "wholeBody_ct_segmentation": ("SegResNet", Grid("RAS", (1.5, 1.5, 1.5))),
}


@pytest.mark.shared_data
def test_the_published_bundles_are_all_answered() -> None:
    """Each is runnable but for its weights, or has a reason in words."""
    found = {f.name: assess(f) for f in sorted(ZOO.iterdir()) if f.is_dir()}
    assert len(found) == 22
    assert {name for name, row in found.items() if row.plan} == set(RUNNABLE)
    assert all(row.reason.endswith(".") for row in found.values())
    for name in RUNNABLE:
        assert found[name].reason == "The weights are missing: models/model.pt."


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(RUNNABLE))
def test_a_runnable_bundle_s_network_is_built(name: str) -> None:
    plan = assess(ZOO / name).plan
    assert plan
    network, grid = RUNNABLE[name]
    assert (plan.network["_target_"], plan.grid) == (network, grid)
    if name != "wholeBody_ct_segmentation":  # large; tried with weights elsewhere
        assert type(build(plan.network)).__name__ == network


@pytest.mark.shared_data
def test_inputs_of_one_study_have_roles() -> None:
    plan = assess(ZOO / "brats_mri_segmentation").plan
    assert plan and plan.roles == ("T1ce", "T1", "T2", "FLAIR")
    assert plan.labels == {0: "Tumor core", 1: "Whole tumor", 2: "Enhancing tumor"}
    assert (plan.after.activation, plan.after.is_inverted_first) == ("sigmoid", True)


@pytest.mark.shared_data
def test_a_decision_before_the_way_back_is_kept_in_that_order() -> None:
    plan = assess(ZOO / "wholeBody_ct_segmentation").plan
    assert plan and not plan.after.is_inverted_first and len(plan.labels) == 104


def bundle(folder: Path, config: dict[str, Any]) -> Path:
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    return folder


def test_references_overrides_and_yaml(tmp_path: Path) -> None:
    config = {"high": True, "sides": {"a": [1, 2]}, "size": "$@sides#a + [@sides::a#1]"}
    found = read(bundle(tmp_path / "x", config), {"sides#a": [7, 8]})
    assert found.part("size") == [7, 8, 8]
    (tmp_path / "x/configs/inference.json").unlink()
    (tmp_path / "x/configs/inference.yaml").write_text(
        "merge: '$lambda x: torch.where(x[[1]] > 0.5, 2, 0)'\n"
    )
    assert read(tmp_path / "x").part("merge") == ChannelMerge(((1, 0.5, 2),), 0)


@pytest.mark.parametrize(
    "config",
    [
        {"a": "@b", "b": "@a"},
        {"a": "@b#c"},
        {"a": "%other.json::a"},
        {"a": "$" + "@b + " * 60 + "1", "b": "$@a"},
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    with pytest.raises(PackageRefused):
        read(bundle(tmp_path / "x", config)).part("a")


def test_what_is_no_bundle_is_named(tmp_path: Path) -> None:
    assert "is not a MONAI bundle" in assess(tmp_path).reason
    (bundle(tmp_path / "x", {}) / "configs/inference.json").write_text("{")
    assert "inference.json cannot be read" in assess(tmp_path / "x").reason
