"""Grey values changed part by part are those of MONAI's transforms on the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import monai.transforms
import numpy as np
import pytest
from numpy.typing import NDArray

from medimg.inference.greys import changes
from medimg.values.errors import PackageRefused

CHAINS: list[list[dict[str, Any]]] = [
    [{"_target_": "ScaleIntensityRange", "a_min": -57, "a_max": 164, "b_min": 0.0, "b_max": 1.0,
      "clip": True}],
    [{"_target_": "ScaleIntensityRange", "a_min": -500, "a_max": 500, "b_min": -1, "b_max": 1}],
    [{"_target_": "NormalizeIntensity", "nonzero": True},
     {"_target_": "ScaleIntensity", "minv": -1.0, "maxv": 1.0}],
    [{"_target_": "NormalizeIntensity", "nonzero": True, "channel_wise": True}],
    [{"_target_": "NormalizeIntensity"}],
    [{"_target_": "NormalizeIntensity", "subtrahend": 40.0, "divisor": 7.0, "nonzero": True}],
    [{"_target_": "ScaleIntensity"}, {"_target_": "NormalizeIntensity", "channel_wise": True}],
    [{"_target_": "ScaleIntensity", "minv": 0.0, "maxv": 2.0, "channel_wise": True}],
    [{"_target_": "ThresholdIntensity", "threshold": 10.0, "above": False, "cval": 3.0}],
]  # fmt: skip


def image() -> NDArray[np.float32]:
    """Two channels with a background of 0 and values far from it."""
    generator = np.random.default_rng(4)
    made = generator.normal(3000, 400, (2, 30, 20, 10)).round()
    made[:, :9] = 0
    made[1] -= 2900
    return made.astype(np.float32)


@pytest.mark.parametrize("steps", CHAINS, ids=lambda s: "+".join(x["_target_"] for x in s))
def test_parts_give_what_the_whole_gives(steps: list[dict[str, Any]]) -> None:
    whole = image()

    def parts() -> Iterator[NDArray[np.float32]]:
        for start in range(0, 30, 7):
            yield whole[:, start : start + 7]

    expected: Any = whole.copy()  # MONAI may change its input
    for step in steps:
        arguments = {key: value for key, value in step.items() if key != "_target_"}
        expected = getattr(monai.transforms, step["_target_"])(**arguments)(expected)
    change = changes(steps, parts)
    found = np.concatenate([change(part) for part in parts()], axis=1)
    np.testing.assert_allclose(found, np.asarray(expected), atol=2e-4, rtol=1e-5)


def test_an_empty_image_stays_finite() -> None:
    empty = np.zeros((1, 4, 4, 4), np.float32)
    steps = [{"_target_": "NormalizeIntensity", "nonzero": True}, {"_target_": "ScaleIntensity"}]
    assert np.isfinite(changes(steps, lambda: iter([empty]))(empty)).all()


def test_a_step_that_needs_the_whole_image_is_refused() -> None:
    with pytest.raises(PackageRefused, match="in parts"):
        changes([{"_target_": "CropForeground"}], lambda: iter(()))
