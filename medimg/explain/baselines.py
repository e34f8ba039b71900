"""The images that count as empty, one function each."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy import ndimage
from torch import Tensor

from medimg.explain.question import Question
from medimg.values.errors import PackageRefused

#: Blur as a share of a side: what is smaller than about a seventh of the image is gone, and no
#: edge or grey appears that a lung or a brain would not have.
BLUR = 1.0 / 7


def grey(question: Question) -> Tensor:
    """One grey, the image's mean: from black, all that is dark (a lung) could never count."""
    return torch.full_like(question.image, float(question.image.mean()))


def black(question: Question) -> Tensor:
    """The darkest value of the image everywhere."""
    return torch.full_like(question.image, float(question.image.amin()))


def blurred(question: Question) -> Tensor:
    """The image without detail."""
    return blur(question.image)


def normal(question: Question) -> Tensor:
    """The mean of normal images.

    Raises:
        PackageRefused: The package has none.
    """
    if question.normal is None:
        raise PackageRefused(
            "This package has no mean of normal images; choose another baseline: "
            f"{', '.join(name for name in BASELINES if name != 'normal')}."
        )
    return question.normal.to(question.image)


def blur(image: Tensor) -> Tensor:
    """Blur (1, channels, …) images by `BLUR` of each side."""
    sigma = (0.0, 0.0, *(BLUR * side for side in image.shape[2:]))
    blurred = ndimage.gaussian_filter(image.numpy(force=True), sigma, mode="nearest")
    return torch.from_numpy(blurred).to(image)


#: By name, as the table of methods offers them.
BASELINES: dict[str, Callable[[Question], Tensor]] = {
    "grey": grey,
    "black": black,
    "blurred": blurred,
    "normal": normal,
}


def words(name: str, baseline: Tensor) -> str:
    """How a baseline stands among a map's parameters."""
    level = f" ({float(baseline.mean()):.3f})" if name in ("grey", "black") else ""
    return f"{name}{level}"
