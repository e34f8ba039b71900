"""Score an outline network on nodules that it never saw: one row a click."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimg.inference.outlining.walks import Network, Outline, outline
from medimg.inference.outlining.window import Clicks
from medimg.workshop.outline.drawing import inner, pick
from medimg.workshop.outline.nodules import Nodule
from medimg.workshop.sampling import seed_of

CLICKS = 5
#: A click beside is at least this far outside all outlines.
BESIDE_MM = 5.0
BRIGHT_HU = -600.0
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Click:
    """What one click on a nodule gave, against the readers.

    Attributes:
        dice: 3-D, against the voxels that at least half of the readers drew, where known.
        crossed: Ends that the outline crossed: voxels in a slice outside all drawings.
        ends: Ends that are known.
        past: Slices next to the majority's last one, and those in which the outline goes on.
        spread: Standard deviation of the logarithm of the walks' volumes.
    """

    nodule: str
    patient: str
    click: int
    diameter_mm: float
    dice: float
    volume_mm3: float
    truth_mm3: float
    score: float
    spread: float
    crossed: int
    ends: int
    past_crossed: int
    past: int
    is_large: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What one click beside a nodule gave."""

    nodule: str
    patient: str
    hu: float
    score: float
    volume_mm3: float


def network_of(model: nn.Module, bfloat16: bool = False) -> Network:
    """A torch network as the function that `outline` calls.

    Args:
        bfloat16: Halve the time where the processor has it; Dice changes in the fourth place.
    """
    model = model.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            tensor = torch.from_numpy(inputs).to(memory_format=torch.channels_last)
            return np.asarray(model(tensor)[:, 0].float().numpy(), np.float32)

    return run


def dice(one: Mask, other: Mask) -> float:
    """Twice the shared voxels over the sum of both; 1 for two empty masks."""
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else 1.0


def one_against_others(nodule: Nodule) -> list[float]:
    """Dice of each reader against the voxels that at least half of the others drew."""
    figures = []
    for at in range(len(nodule.readers)):
        others = np.delete(nodule.readers, at, axis=0)
        if len(others) >= 2:
            figures.append(dice(nodule.readers[at], others.mean(axis=0) >= 0.5))
    return figures


def _whole(found: Outline, nodule: Nodule) -> Mask:
    mask = np.zeros(nodule.hu.shape, bool)
    inside = tuple(
        slice(at, at + size) for at, size in zip(found.offset, found.mask.shape, strict=True)
    )
    mask[inside] = found.mask
    return mask & nodule.known


def _crossed(mask: Mask, nodule: Nodule) -> tuple[int, int]:
    """Known ends (a slice outside all drawings) that the mask reaches, and their count."""
    reached = [
        bool(mask[at].any()) for at, known in zip((0, -1), nodule.ends, strict=True) if known
    ]
    return sum(reached), len(reached)


def _past(mask: Mask, nodule: Nodule) -> tuple[int, int]:
    """Slices next to the majority's first and last that the mask reaches, and their count."""
    drawn = np.flatnonzero(nodule.majority.any(axis=(1, 2)))
    places = [at for at in (drawn[0] - 1, drawn[-1] + 1) if 0 <= at < len(mask)]
    return sum(bool(mask[at].any()) for at in places), len(places)


def clicks_of(nodule: Nodule, index: int) -> list[tuple[float, float, float]]:
    """Five clicks in the inner half of the largest slice, always the same."""
    generator = np.random.default_rng(seed_of(0, index))
    at = int(nodule.majority.sum(axis=(1, 2)).argmax())
    place = inner(nodule.majority[at], 0.5)
    return [(float(at), *pick(place, generator)) for _ in range(CLICKS)]


def _voxel(nodule: Nodule) -> float:
    return nodule.pixel_mm**2 * nodule.step_mm


def _spacing(nodule: Nodule) -> tuple[float, float, float]:
    return nodule.step_mm, nodule.pixel_mm, nodule.pixel_mm


def score_click(
    nodule: Nodule, number: int, click: tuple[float, float, float], network: Network
) -> Click:
    """Outline from one click and compare."""
    found = outline(nodule.hu, _spacing(nodule), Clicks((click,)), network)
    mask = _whole(found, nodule)
    return Click(
        nodule.name,
        nodule.patient,
        number,
        float(nodule.row["diameter_mm"]),
        dice(mask, nodule.majority),
        mask.sum() * _voxel(nodule),
        nodule.majority.sum() * _voxel(nodule),
        found.score,
        found.spread,
        *_crossed(mask, nodule),
        *_past(mask, nodule),
        found.is_large,
    )


def score_nodules(
    nodules: Sequence[Nodule], indices: Sequence[int], network: Network, clicks: int = CLICKS
) -> Iterator[dict[str, object]]:
    """Rows of `Click` for the nodules at `indices`."""
    for index in indices:
        for number, click in enumerate(clicks_of(nodules[index], index)[:clicks]):
            yield asdict(score_click(nodules[index], number, click, network))


def _beside_place(nodule: Nodule, at: int, bright: bool) -> Mask:
    place = (nodule.away_mm >= BESIDE_MM) & nodule.known[at]
    return np.asarray(place & (nodule.hu[at] > BRIGHT_HU) if bright else place)


def score_beside(
    nodules: Sequence[Nodule],
    indices: Sequence[int],
    network: Network,
    count: int,
    bright: bool = False,
    announce: Callable[[int], None] | None = None,
) -> Iterator[dict[str, object]]:
    """Rows of `Beside`: clicks anywhere known, at least 5 mm outside all outlines.

    Args:
        bright: Only on vessels, wall and other bright structures (above -600 HU).
    """
    generator = np.random.default_rng(seed_of(0, len(indices), int(bright)))
    done = 0
    while done < count:
        nodule = nodules[int(generator.choice(indices))]
        at = int(generator.integers(len(nodule.hu)))
        place = _beside_place(nodule, at, bright)
        if not place.any():
            continue
        row, column = pick(place, generator)
        found = outline(nodule.hu, _spacing(nodule), Clicks(((float(at), row, column),)), network)
        hu = float(nodule.hu[at, int(row), int(column)])
        volume = float(found.mask.sum() * _voxel(nodule))
        yield asdict(Beside(nodule.name, nodule.patient, hu, found.score, volume))
        done += 1
        if announce:
            announce(done)
