"""A package without a network is computed by a written rule, through the same task."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg.inference import tasks
from medimg.inference.rules import RULES
from medimg.inference.rules.rule import Ruled
from medimg.inference.tasks.task import Question
from medimg.packages.manifest import MANIFEST
from medimg.packages.sealing import seal
from medimg.values.errors import PackageRefused
from medimg.values.findings import Measure
from medimg.values.masks import Mask
from medimg.values.volume import Volume
from tests.tiny_packages import HEAD, stack


def bright_voxels(volume: Volume, progress: object, cancelled: object) -> Ruled:
    """Marks what is above one half, and says its share."""
    marked = np.asarray(volume.array > 0.5)
    measures = (
        Measure("share", "Share", 100 * float(marked.mean()), "%"),
        Measure("density", "Density", None, "HU", "The image is not in HU."),
    )
    return Ruled({"flair-change": Mask.of(marked)}, measures, ("By a threshold.",))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setitem(RULES, "bright-voxels", bright_voxels)
    text = HEAD.format(
        id="tiny-rule", task="segment", label="Change", code="flair-change", kind="anatomy",
        input="stack",
    )  # fmt: skip
    (tmp_path / MANIFEST).write_text(text + '[runner]\nrule = "bright-voxels"\n')
    return seal(tmp_path)


def test_a_rule_marks_and_measures_without_weights(package) -> None:  # type: ignore[no-untyped-def]
    array = np.zeros((4, 32, 32), np.float32)
    array[1:3, 10:20, 5:15] = 1.0
    volume = stack(array)
    answer = tasks.answer(Question(volume, package))
    conclusion = tasks.conclude(volume, answer)
    (region,) = conclusion.regions
    assert (region.id, region.volume_ml) == ("tiny-rule@0.0.1/region/Change", pytest.approx(0.4))
    share, density = answer.measures
    assert share.id == "tiny-rule@0.0.1/measure/share"
    assert share.value == pytest.approx(100 * 200 / 4096)
    assert density.value is None and density.withheld
    assert answer.notes == ("By a threshold.",)


def test_a_rule_that_is_not_known_is_refused(
    package,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(RULES, "bright-voxels")
    with pytest.raises(PackageRefused, match='rule "bright-voxels"'):
        tasks.answer(Question(stack(np.zeros((4, 32, 32))), package))
