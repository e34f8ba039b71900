"""From the network's output to masks on the image's grid, by the package's own steps.

Leading activations act on the network's grid; the probabilities are then brought back onto the
image's grid, and the other steps (threshold, parts, holes) act there, so that edges are as fine
as the image.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg.inference import decisions
from medimg.inference.configuration import read
from medimg.inference.preprocessing import Prepared
from medimg.packages.manifest import Package
from medimg.values.masks import Mask

Floats = NDArray[np.float32]


def _split(package: Package, output: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """The activations of an output, and the other steps as a function of an image."""
    steps = decisions.steps_of(read(package))
    if steps is None:
        from medimg.inference import reference

        return reference.postprocess(package, output)
    first, others = steps
    for step in first:
        output = step(output)

    def rest(image: Floats) -> Floats:
        for step in others:
            image = step(image)
        return image

    return output, rest


def probabilities(output: Floats, package: Package) -> Floats:
    """Turn a network's output (channels, …) into probabilities on its own grid."""
    return _split(package, output)[0]


def masks(prepared: Prepared, probability: Floats) -> tuple[Mask, ...]:
    """Bring probabilities (channels, …) onto the volume's grid and make masks of them.

    Returns:
        One mask per channel of the network.
    """
    _, rest = _split(prepared.package, probability)
    image = prepared.restore(probability)
    if prepared.package.input.kind == "radiograph":
        image = image[:, 0]
    done = rest(image) > 0.5
    return tuple(Mask.of(one) for one in done.reshape(done.shape[0], *prepared.shape))


class DropSmallParts:
    """`decisions.without_small_parts` as a step of a MONAI configuration."""

    def __init__(self, share: float = 0.0, minimum: int = 0) -> None:
        self._step = decisions.without_small_parts(share, minimum)

    def __call__(self, img: Any) -> Any:
        """Map (channels, …) of 0 and 1 to the same without the small parts."""
        from monai.utils.type_conversion import convert_to_dst_type

        return convert_to_dst_type(self._step(np.asarray(img)), img)[0]
