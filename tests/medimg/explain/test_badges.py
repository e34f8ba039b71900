"""A shortcut and shuffled weights are found out by figures, on whole chains of method and check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from medimg.explain.anatomy import share_inside
from medimg.explain.checking import Map, figures_of
from medimg.explain.methods import run
from medimg.explain.pictures import Picture
from medimg.explain.question import Effort, Evidence, Question, never
from medimg.explain.sensitivity import shuffled
from medimg.explain.table import Value, Wish
from medimg.explain.targets import class_logit
from medimg.explain.trust import assess
from medimg.inference.backends.torch import open as open_torch
from medimg.packages.catalogue import find
from medimg.values.explanation import Badge, Trust
from tests.medimg.explain.tiny_models import BlobDetector, image_with_blob

SIZE = 112
LAYER = "activation"
METHODS = ["grad-cam", "layer-attribution", "integrated-gradients", "occlusion"]
#: A middle of the image that should matter.
ORGAN = np.zeros((1, SIZE, SIZE), bool)
ORGAN[0, 28:84, 28:84] = True


def trust_of(
    model: nn.Module,
    image: Tensor,
    method: str,
    layer: str,
    probability: Callable[[Tensor], Tensor],
    organ: np.ndarray | None = None,
    parameters: dict[str, Value] | None = None,
) -> Trust:
    """Trust in one map, told that the study supports the method."""
    question = Question(model, image, class_logit(0), layer)

    def make(asked: Question) -> Evidence:
        return run(method, asked, Effort(), parameters)

    made = Map(Wish(method), Effort(), make, [(question, make(question))])
    picture = Picture((), image, class_logit(0), probability)
    (measured,) = figures_of(picture, [made], None, never)
    shares = None if organ is None else share_inside(made.first[None], organ)
    return assess(replace(measured, shares=shares, anatomy="lungs"), True)


def _blob(row: int, column: int, method: str) -> tuple[np.ndarray, Trust]:
    model = BlobDetector(bias=-4.0, gain=12.0).eval()
    image = image_with_blob(row, column, size=SIZE)
    question = Question(model, image, class_logit(0), LAYER)
    one = run(method, question, Effort()).map
    trust = trust_of(model, image, method, LAYER, lambda x: torch.sigmoid(model(x)[:, 0]), ORGAN)
    return one, trust


@pytest.mark.parametrize("method", METHODS)
class TestPlantedShortcut:
    def test_the_map_points_at_the_marker_and_is_not_supported(self, method: str) -> None:
        """A marker in the corner decides; the organ has nothing to do with it."""
        one, trust = _blob(12, 92, method)
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        assert row < 28 and column > 84
        assert trust.share_inside is not None and trust.share_inside < 0.2
        assert "lies outside" in trust.sentence
        assert trust.badge is not Badge.SUPPORTED
        assert "inside the anatomy" in trust.rule

    def test_the_same_network_looking_at_the_organ_is_supported(self, method: str) -> None:
        """Without this the test above could pass for any reason."""
        assert _blob(60, 36, method)[1].badge is Badge.SUPPORTED


@pytest.mark.slow
@pytest.mark.shared_data
def test_shuffled_weights_are_never_supported_on_100_films(shared_data: Path) -> None:
    """By figures: the rules are told that the study supports the method."""
    package = find("chest-xray-opacity")
    trained = open_torch(package, "cpu").module
    films = sorted((shared_data / "cxr-opacity" / "images").glob("*.jpg"))[:100]
    assert package.calibration is not None
    slope, intercept = package.calibration.slope, package.calibration.intercept
    supported = 0
    for seed, film in enumerate(films):
        *_, (_, random) = shuffled(trained, seed)
        with Image.open(film) as picture:
            grey = np.asarray(picture.convert("L").resize((96, 96)), np.float32) / 255
        image = torch.from_numpy(grey)[None, None]

        def probability(images: Tensor, model: nn.Module = random) -> Tensor:
            return torch.sigmoid(slope * model(images)[:, 0] + intercept)

        for row in package.maps[:2]:
            trust = trust_of(
                random, image, row.method, row.layer, probability, None, dict(row.parameters)
            )
            supported += trust.badge is Badge.SUPPORTED
    assert supported == 0
