"""What of a prediction is explained: a film, a few slices of a stack, or a window of a volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from monai.inferers.inferer import SlidingWindowInferer
from monai.utils.misc import fall_back_tuple
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from medimg.explain.faithfulness import Probability
from medimg.explain.question import Score
from medimg.explain.targets import class_logit, region_logit, region_probability
from medimg.inference.conclude import PART
from medimg.inference.inferers import MirrorInferer
from medimg.inference.predict import Prediction
from medimg.inference.preprocessing import Prepared
from medimg.inference.reference import inferer_of
from medimg.inference.tasks import task_of
from medimg.packages.manifest import Label, Package

#: Of a stack, the slices with the largest parts of the finding are explained, at most so many.
MOST_SLICES = 12

#: Where something lies in a prepared grid.
Place = tuple[int | slice, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One input of the network, and what is asked about it.

    Attributes:
        at: Where it lies in the prepared grid; () for all of it.
        image: (1, channels, …), on the network's device.
        score: What the maps explain.
        probability: What hiding the evidence should lower.
        inner: The part of the image that is no padding; () for all of it.
    """

    at: Place
    image: Tensor
    score: Score
    probability: Probability
    inner: Place = ()


def pictures_of(
    label: Label, prepared: Prepared, model: nn.Module, prediction: Prediction
) -> list[Picture]:
    """Choose what is explained of a label, the largest part first; nothing without a region."""
    package = prepared.package
    tensor = torch.from_numpy(prepared.array).to(next(model.parameters()).device)
    if not task_of(package).marks:
        score = class_logit(label.channel)
        return [Picture((), tensor[None], score, _calibrated(package, model, score))]
    region = torch.from_numpy(prediction.probability[label.channel] >= PART).to(tensor.device)
    if not bool(region.any()):
        return []
    if package.dimensions == "3d":
        return [_window(label, package, model, tensor, region)]
    places: list[Place] = [()] if region.ndim == 2 else _largest(region)
    return [_of_region(label, model, tensor[:, *at][None], region[at], at) for at in places]


def on_grid(
    maps: list[NDArray[np.float32]], pictures: list[Picture], prepared: Prepared
) -> NDArray[np.float32]:
    """Bring the maps of all pictures onto the volume's grid; 0 where nothing was explained."""
    whole = np.zeros(tuple(prepared.array.shape[1:]), dtype=np.float32)
    for one, picture in zip(maps, pictures, strict=True):
        whole[picture.at] = one[picture.inner]
    return prepared.restore(whole)


def seen(picture: Picture) -> NDArray[np.uint8]:
    """The array that the network was given, (rows, columns): smallest value black, largest white.

    Of a volume its middle slice, of several channels their mean.
    """
    values = picture.image[0].mean(dim=0).float().numpy(force=True)
    plane = values if values.ndim == 2 else values[values.shape[0] // 2]
    span = float(np.ptp(plane)) or 1.0
    grey: NDArray[np.uint8] = np.round(255.0 * (plane - plane.min()) / span).astype(np.uint8)
    return grey


def _largest(region: Tensor) -> list[Place]:
    areas = region.flatten(1).sum(dim=1)
    indices: list[int] = torch.argsort(areas, descending=True)[:MOST_SLICES].tolist()
    return [(index,) for index in indices if int(areas[index])]


def _of_region(
    label: Label,
    model: nn.Module,
    image: Tensor,
    part: Tensor,
    at: Place,
    inner: Place = (),
) -> Picture:
    probability = region_probability(label.channel, part)
    return Picture(
        at,
        image,
        region_logit(label.channel, part),
        lambda images: probability(model(images)),
        inner,
    )


def _window(
    label: Label, package: Package, model: nn.Module, tensor: Tensor, region: Tensor
) -> Picture:
    """The window of a volume around the middle of the region, as large as the network is run on."""
    sides = list(region.shape)
    found = torch.nonzero(region)
    middle = ((found.amin(dim=0) + found.amax(dim=0)) // 2).tolist()
    at, pads = [], []
    for side, size, centre in zip(sides, _window_size(package, sides), middle, strict=True):
        begin = min(max(centre - size // 2, 0), max(side - size, 0))
        at.append(slice(begin, min(begin + size, side)))
        pads.append(max(size - side, 0))
    # Where the volume is smaller than the window, MONAI's inferer pads both ends with zeros.
    both = [n for pad in reversed(pads) for n in (pad // 2, pad - pad // 2)]
    inner = tuple(
        slice(pad // 2, pad // 2 + one.stop - one.start) for pad, one in zip(pads, at, strict=True)
    )
    image = functional.pad(tensor[:, *at], both)[None]
    part = functional.pad(region[tuple(at)], both)
    return _of_region(label, model, image, part, tuple(at), inner)


def _window_size(package: Package, sides: list[int]) -> tuple[int, ...]:
    inferer = inferer_of(package)
    if isinstance(inferer, MirrorInferer):
        inferer = inferer.inferer
    if isinstance(inferer, SlidingWindowInferer):
        return tuple(fall_back_tuple(inferer.roi_size, sides))
    return tuple(sides)


def _calibrated(package: Package, model: nn.Module, score: Score) -> Probability:
    """The probability that readers see, calibration included."""
    slope, intercept = 1.0, 0.0
    if package.calibration:
        slope, intercept = package.calibration.slope, package.calibration.intercept
    return lambda images: torch.sigmoid(slope * score(model(images)) + intercept)
