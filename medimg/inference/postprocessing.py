"""From the network's output to masks on the image's grid, by the package's own MONAI transforms.

Leading `Activations` act on the network's grid; the probabilities are then brought back onto the
image's grid, and the other steps (threshold, parts, holes) act there, so that edges are as fine
as the image.
"""

from __future__ import annotations

import numpy as np
import torch
from monai.transforms.compose import Compose
from monai.transforms.post.array import Activations
from monai.transforms.transform import Transform
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from medimg.inference.configuration import build, read
from medimg.inference.preprocessing import Prepared
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused
from medimg.values.masks import Mask

Floats = NDArray[np.float32]


class DropSmallParts(Transform):
    """Empty the connected parts of each channel that are small beside its largest one.

    Args:
        share: Parts below this share of the largest are dropped.
        minimum: Parts below this number of pixels are dropped as well.
    """

    def __init__(self, share: float = 0.0, minimum: int = 0) -> None:
        if not 0 <= share <= 1:
            raise ValueError("share lies between 0 and 1")
        self.share = share
        self.minimum = minimum

    def __call__(self, img: Tensor) -> Tensor:
        """Map (channels, …) of 0 and 1 to the same without the small parts."""
        mask = torch.as_tensor(img).numpy() > 0.5
        kept = np.stack([self._channel(channel) for channel in mask])
        return torch.from_numpy(kept.astype(np.float32))

    def _channel(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        parts, count = ndimage.label(mask)
        if count == 0:
            return mask
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        kept = sizes >= max(self.share * sizes.max(), self.minimum, 1)
        chosen: NDArray[np.bool_] = kept[parts]
        return chosen


def _steps(package: Package) -> list[Transform]:
    config = read(package)
    built = build(config.get("postprocessing", []), config)
    if isinstance(built, Compose):
        return list(built.transforms)
    if built:
        raise PackageRefused(f'"postprocessing" of {package.id} must be one Compose of transforms.')
    return []


def _split(package: Package) -> tuple[list[Transform], list[Transform]]:
    steps = _steps(package)
    first = next((i for i, s in enumerate(steps) if not isinstance(s, Activations)), len(steps))
    return steps[:first], steps[first:]


def probabilities(output: Floats, package: Package) -> Floats:
    """Turn a network's output (channels, …) into probabilities on its own grid."""
    activations, _ = _split(package)
    return np.asarray(Compose(activations)(torch.from_numpy(output)), dtype=np.float32)


def masks(prepared: Prepared, probability: Floats) -> tuple[Mask, ...]:
    """Bring probabilities (channels, …) onto the volume's grid and make masks of them.

    Returns:
        One mask per channel of the network.
    """
    _, steps = _split(prepared.package)
    image = torch.from_numpy(prepared.restore(probability))
    if prepared.package.input.kind == "radiograph":
        image = image[:, 0]
    done: NDArray[np.bool_] = np.asarray(Compose(steps)(image)) > 0.5
    return tuple(Mask.of(one) for one in done.reshape(done.shape[0], *prepared.shape))
