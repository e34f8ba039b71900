"""What of a prediction is explained: one 2-D picture for a film, a few slices of a stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.explain.faithfulness import Probability
from medimg.explain.methods import Score
from medimg.explain.targets import class_logit, region_logit, region_probability
from medimg.inference.conclude import PART
from medimg.inference.predict import Prediction
from medimg.inference.preprocessing import Prepared
from medimg.inference.tasks import task_of
from medimg.packages.manifest import Label, Package
from medimg.values.errors import PackageRefused

#: Of a stack, the slices with the largest parts of the finding are explained, at most so many.
MOST_SLICES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One 2-D input of the network, and what is asked about it.

    Attributes:
        index: Slice of the prepared stack; None for a film.
        image: (1, 1, rows, columns), on the network's device.
        score: What the maps explain.
        probability: What hiding the evidence should lower.
    """

    index: int | None
    image: Tensor
    score: Score
    probability: Probability


def pictures_of(
    label: Label, prepared: Prepared, model: nn.Module, prediction: Prediction
) -> list[Picture]:
    """Choose what is explained of a label, the largest part first; nothing without a region.

    Raises:
        PackageRefused: The network works in 3-D.
    """
    package = prepared.package
    if package.dimensions != "2d":
        raise PackageRefused(f"{package.id} works in 3-D; maps of such networks are not made yet.")
    tensor = prepared.tensor.as_tensor().to(next(model.parameters()).device)
    if not task_of(package).marks:
        score = class_logit(label.channel)
        return [Picture(None, tensor[None], score, _calibrated(package, model, score))]
    region = torch.from_numpy(prediction.probability[label.channel] >= PART).to(tensor.device)
    places: list[int | None] = [None] if region.ndim == 2 else [*_largest(region)]
    return [
        _of_region(label, model, tensor, region, index)
        for index in places
        if bool((region if index is None else region[index]).any())
    ]


def on_grid(
    maps: list[NDArray[np.float32]], pictures: list[Picture], prepared: Prepared
) -> NDArray[np.float32]:
    """Bring the maps of all pictures onto the volume's grid; 0 where nothing was explained."""
    if pictures[0].index is None:
        return prepared.restore(maps[0])
    stack = np.zeros(tuple(prepared.tensor.shape[1:]), dtype=np.float32)
    for one, picture in zip(maps, pictures, strict=True):
        stack[picture.index] = one
    return prepared.restore(stack)


def _largest(region: Tensor) -> list[int]:
    areas = region.flatten(1).sum(dim=1)
    indices: list[int] = torch.argsort(areas, descending=True)[:MOST_SLICES].tolist()
    return indices


def _of_region(
    label: Label, model: nn.Module, tensor: Tensor, region: Tensor, index: int | None
) -> Picture:
    image, part = (tensor, region) if index is None else (tensor[:, index], region[index])
    probability = region_probability(label.channel, part)
    return Picture(
        index,
        image[None],
        region_logit(label.channel, part),
        lambda images: probability(model(images)),
    )


def _calibrated(package: Package, model: nn.Module, score: Score) -> Probability:
    """The probability that readers see, calibration included."""
    slope, intercept = 1.0, 0.0
    if package.calibration:
        slope, intercept = package.calibration.slope, package.calibration.intercept
    return lambda images: torch.sigmoid(slope * score(model(images)) + intercept)
