"""Does the map show what the model used: measured by hiding parts of the image in its order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimg.explain.baselines import blur
from medimg.explain.blocks import Blocks
from medimg.explain.question import SEED, never

#: Steps from nothing hidden to all.
STEPS = 10
#: Random orders that the map's order is held against: half of them, and their reverses.
RANDOM_ORDERS = 10
#: Images a forward pass.
BATCH = 16

#: (n, channels, …) images to n probabilities in 0..1.
Probability = Callable[[Tensor], Tensor]
Floats = NDArray[np.float64]
Band = tuple[float, float, float]

#: What stands in the hidden parts. A blur adds no edge and no grey that the image would not have;
#: one grey, the usual choice, can look like disease in a dark lung, so it only confirms.
FILLS: dict[str, Callable[[Tensor], Tensor]] = {
    "blurred": blur,
    "grey": lambda image: torch.full_like(image, float(image.mean())),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What hiding and showing in one order does.

    Attributes:
        deletion: Area under the probability, as a share of its start, while parts are hidden in
            this order; lower is better.
        insertion: The same while parts are shown in this order; higher is better.
    """

    deletion: float
    insertion: float
    deletion_curve: tuple[float, ...]
    insertion_curve: tuple[float, ...]

    @property
    def span(self) -> float:
        """Insertion less deletion: one number for both."""
        return self.insertion - self.deletion


@dataclass(frozen=True, slots=True)
class Faithful:
    """One map's order beside its opponents.

    Attributes:
        own: The map's own order, strongest evidence first.
        random: The random orders.
        opponents: Other orders by name ("centre prior", "fixed point").
        fill: Key of `FILLS`.
        passes: Forward passes for this map and the opponents together.
    """

    own: Order
    random: tuple[Order, ...]
    opponents: tuple[tuple[str, Order], ...]
    fill: str
    passes: int

    @property
    def deletion_random(self) -> Band:
        """(mean, lowest, highest) area of the random orders."""
        return _band([one.deletion for one in self.random])

    @property
    def insertion_random(self) -> Band:
        """(mean, lowest, highest) area of the random orders."""
        return _band([one.insertion for one in self.random])

    @property
    def deletion_gain(self) -> float:
        """How much faster the probability falls than in random orders."""
        return self.deletion_random[0] - self.own.deletion

    @property
    def insertion_gain(self) -> float:
        """How much faster the probability comes back than in random orders."""
        return self.own.insertion - self.insertion_random[0]

    @property
    def lead(self) -> float:
        """How far the map's span exceeds that of the best opponent that never saw this image."""
        others = [one.span for _, one in self.opponents]
        others.append(float(np.mean([one.span for one in self.random])))
        return self.own.span - max(others)


def faithfulness(
    probability: Probability,
    image: Tensor,
    maps: Sequence[NDArray[np.float32]],
    opponents: Mapping[str, NDArray[np.float32]] | None = None,
    *,
    fill: str = "blurred",
    seed: int = SEED,
    stop: Callable[[], None] = never,
) -> tuple[Faithful, ...]:
    """Hide and show an image block by block: in the maps' orders, in others', and in random ones.

    Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box
    Models", BMVC 2018. Departs from it: blocks instead of pixels, a strong blur as the fill, the
    probability as a share of its start, and opponents, without which no area says anything.
    Showing in an order is hiding in the reverse order, read backwards; the random orders come in
    such pairs, so that they serve both.

    Args:
        image: (1, channels, …), the network's input.
        maps: Each in the image's spatial shape; all are held against the same opponents.
        opponents: Maps that are the same for every image of a package.
        fill: Key of `FILLS`.

    Returns:
        One measurement a map.

    Raises:
        Cancelled: Between two passes.
    """
    if not maps:
        return ()
    blocks, rng = Blocks.of(tuple(image.shape[2:])), np.random.default_rng(seed)
    draws = [rng.permutation(blocks.count) for _ in range(RANDOM_ORDERS // 2)]
    others = opponents or {}
    orders = [blocks.order(one, rng) for one in (*others.values(), *maps)]
    forward = np.stack([*draws, *orders])
    curves = _curves(probability, image, blocks, FILLS[fill], forward, stop)
    measured = [_order(down, up) for down, up in zip(*curves, strict=True)]
    random = [*measured[: len(draws)], *(_reversed(one) for one in measured[: len(draws)])]
    named = tuple(zip(others, measured[len(draws) :], strict=False))
    passes = 2 * (STEPS - 1) * (len(draws) + len(others) + 1) + 2
    return tuple(
        Faithful(own, tuple(random), named, fill, passes)
        for own in measured[len(draws) + len(others) :]
    )


def _band(areas: list[float]) -> Band:
    return float(np.mean(areas)), min(areas), max(areas)


def _order(down: Floats, up: Floats) -> Order:
    """From the curve while hiding in an order, and while hiding in its reverse."""
    shown = up[::-1]
    step = 1.0 / (down.size - 1)
    return Order(
        float(np.trapezoid(down, dx=step)),
        float(np.trapezoid(shown, dx=step)),
        tuple(map(float, down)),
        tuple(map(float, shown)),
    )


def _reversed(one: Order) -> Order:
    return Order(one.insertion, one.deletion, one.insertion_curve[::-1], one.deletion_curve[::-1])


def _curves(
    probability: Probability,
    image: Tensor,
    blocks: Blocks,
    fill: Callable[[Tensor], Tensor],
    orders: NDArray[np.int64],
    stop: Callable[[], None],
) -> tuple[Floats, Floats]:
    """Each (orders, steps + 1): the share of the start, hiding in the orders and their reverses."""
    ranks = np.argsort(np.concatenate([orders, orders[:, ::-1]]), axis=1)
    hidden_blocks = np.round(np.linspace(0, blocks.count, STEPS + 1)).astype(int)
    # Nothing hidden and all hidden are the same in every order.
    masks = [row < hidden_blocks[step] for row in ranks for step in range(1, STEPS)]
    masks += [np.zeros(blocks.count, bool), np.ones(blocks.count, bool)]
    values = _probabilities(probability, image, blocks, fill(image), np.stack(masks), stop)
    curves = np.empty((len(ranks), STEPS + 1))
    curves[:, 1:-1] = values[:-2].reshape(len(ranks), STEPS - 1)
    curves[:, 0], curves[:, -1] = values[-2], values[-1]
    curves /= max(values[-2], np.finfo(np.float64).tiny)
    return curves[: len(orders)], curves[len(orders) :]


def _probabilities(
    probability: Probability,
    image: Tensor,
    blocks: Blocks,
    fill: Tensor,
    masks: NDArray[np.bool_],
    stop: Callable[[], None],
) -> Floats:
    """Probabilities of the image with each of the masks' blocks hidden; masks (n, blocks)."""
    at = torch.from_numpy(blocks.numbers).to(image.device)
    values: list[Floats] = []
    with torch.inference_mode():
        for start in range(0, len(masks), BATCH):
            stop()
            hidden = torch.from_numpy(masks[start : start + BATCH]).to(image.device)[:, at]
            images = torch.where(hidden[:, None], fill, image)
            values.append(probability(images).double().numpy(force=True))
    return np.concatenate(values)
