"""Which slice, click and earlier outline a training sample shows.

Three kinds of sample: the slice of the click, the next slice of a walk away from it, and a click
beside the nodule that must outline nothing. All draws come from one generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.outlining.inputs import NEIGHBOURS, stride_of
from medimg.workshop.outline.nodules import CROP, Nodule

Plane = NDArray[np.float32]
Point = tuple[float, float]


class Draw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of the kinds of sample, and how far things are moved.

    Attributes:
        click: Share of samples in the slice of the click.
        walk: Share of samples that go on from the outline of the slice before.
        beside: Share of samples with a click beside the nodule and an empty target.
        end_weight: Weight of a walk's slice that the majority left empty. About half of the ends
            are not in the data, so 2 restores their frequency.
        corrected: Share of click and walk samples with plus and minus clicks.
        beside_mm: Smallest and largest distance of a click beside.
        cut: Share of samples whose outer slice is known in a box only, as end slices are.
        missing: Share of samples that lack outer neighbours.
        faint_weight: Weight of nodules that readers rated as not solid (texture 1 to 4).
    """

    click: float = 0.4
    walk: float = 0.4
    beside: float = 0.2
    end_weight: float = 2.0
    corrected: float = 0.15
    beside_mm: tuple[float, float] = (5.0, 25.0)
    cut: float = 0.3
    missing: float = 0.2
    faint_weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One training sample on the nodule's own grid; points are (row, column)."""

    nodule: Nodule
    at: int
    images: NDArray[np.float32]
    earlier: Plane
    target: Plane
    known: NDArray[np.bool_]
    centre: Point
    plus: tuple[Point, ...] = ()
    minus: tuple[Point, ...] = ()


def inner(mask: NDArray[np.bool_], depth: float) -> NDArray[np.bool_]:
    """Pixels at least `depth` of the greatest distance from the mask's edge."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return np.asarray(mask & (distance >= depth * distance.max()))


def pick(mask: NDArray[np.bool_], generator: Generator) -> Point:
    """One pixel of a mask."""
    rows, columns = np.nonzero(mask)
    at = int(generator.integers(len(rows)))
    return float(rows[at]), float(columns[at])


def neighbours(
    nodule: Nodule, at: int, outward: int, draw: Draw, generator: Generator
) -> NDArray[np.float32]:
    """The slice and its neighbours, inner ones first."""
    last = len(nodule.hu) - 1
    stride = stride_of(nodule.step_mm) * outward
    places = [at + offset * stride for offset in NEIGHBOURS]
    if generator.random() < draw.missing:
        reach = int(generator.integers(2))
        places = [
            at + min(offset, reach) * stride if offset > 0 else place
            for offset, place in zip(NEIGHBOURS, places, strict=True)
        ]
    images = np.array(nodule.hu[np.clip(places, 0, last)])
    if generator.random() < draw.cut:
        _cut(nodule, images, generator)
    return images


def _cut(nodule: Nodule, images: NDArray[np.float32], generator: Generator) -> None:
    """Let the slice or an outer neighbour be known in a box only, filled as end slices are."""
    rows, columns = np.nonzero(nodule.anyone.any(axis=0))
    margin = int(generator.integers(5, 19))
    box = np.zeros((CROP, CROP), bool)
    box[
        max(rows.min() - margin, 0) : rows.max() + margin + 1,
        max(columns.min() - margin, 0) : columns.max() + margin + 1,
    ] = True
    first = int(generator.integers(2, len(images)))
    for at in range(first, len(images)):
        images[at] = np.where(box, images[first], images[first - 1])


def _jitter(point: Point, mm: float, nodule: Nodule, generator: Generator) -> Point:
    shift = generator.uniform(-mm, mm, 2) / nodule.pixel_mm
    return float(point[0] + shift[0]), float(point[1] + shift[1])


def _direction(generator: Generator) -> int:
    return 1 if generator.random() < 0.5 else -1


def _clicked(nodule: Nodule, draw: Draw, generator: Generator) -> Sample:
    areas = nodule.majority.sum(axis=(1, 2)).astype(float)
    if not areas.any():
        return _beside(nodule, draw, generator)
    weight = np.sqrt(areas) * (areas >= 0.1 * areas.max())
    at = int(generator.choice(len(areas), p=weight / weight.sum()))
    depth = 0.5 if generator.random() < 0.75 else 0.0
    click = _jitter(pick(inner(nodule.majority[at], depth), generator), 0.3, nodule, generator)
    return Sample(
        nodule,
        at,
        neighbours(nodule, at, _direction(generator), draw, generator),
        np.zeros((CROP, CROP), np.float32),
        nodule.target[at],
        nodule.known[at],
        _jitter(click, 3.0, nodule, generator),
        (click,),
    )


def _worn(mask: Plane, generator: Generator) -> Plane:
    """An earlier outline as a walk may meet it: a little too large, too small or shifted."""
    change = generator.integers(3)
    if change == 0:
        return np.asarray(ndimage.grey_dilation(mask, size=(3, 3)), np.float32)
    if change == 1 and (mask >= 0.5).sum() > 16:
        return np.asarray(ndimage.grey_erosion(mask, size=(3, 3)), np.float32)
    return np.asarray(np.roll(mask, tuple(generator.integers(-1, 2, 2)), (0, 1)))


def _earlier(nodule: Nodule, at: int, generator: Generator) -> Plane:
    """The readers' share, or one reader, in another slice; sometimes worn."""
    drew = [plane for plane in nodule.readers[:, at] if plane.any()]
    if generator.random() < 0.4:
        mask = np.asarray(drew[int(generator.integers(len(drew)))], np.float32)
    else:
        mask = np.asarray(nodule.share[at])
    if generator.random() < 0.4:
        mask = _worn(mask, generator)
    return mask


def _walked(nodule: Nodule, draw: Draw, generator: Generator) -> Sample:
    stride = stride_of(nodule.step_mm)
    some = np.asarray(nodule.anyone.any(axis=(1, 2)))
    kept = np.asarray(nodule.majority.any(axis=(1, 2)))
    steps = [
        (at, way)
        for at in range(len(some))
        for way in (-1, 1)
        if 0 <= at - way * stride < len(some) and some[at - way * stride]
    ]
    if not steps:
        return _clicked(nodule, draw, generator)
    weight = np.asarray([1.0 if kept[at] else draw.end_weight for at, _ in steps])
    at, way = steps[int(generator.choice(len(steps), p=weight / weight.sum()))]
    earlier = _earlier(nodule, at - way * stride, generator)
    middle = ndimage.center_of_mass(nodule.share[at - way * stride])
    return Sample(
        nodule,
        at,
        neighbours(nodule, at, way, draw, generator),
        earlier,
        nodule.target[at],
        nodule.known[at],
        _jitter((float(middle[0]), float(middle[1])), 2.5, nodule, generator),
    )


def _beside(nodule: Nodule, draw: Draw, generator: Generator) -> Sample:
    at = int(generator.integers(len(nodule.hu)))
    low, high = draw.beside_mm
    place = (nodule.away_mm >= low) & (nodule.away_mm <= high) & nodule.known[at]
    bright = place & (nodule.hu[at] > -600)
    if bright.any() and generator.random() < 0.6:
        place = bright
    if not place.any():
        return _walked(nodule, draw, generator)
    click = pick(place, generator)
    return Sample(
        nodule,
        at,
        neighbours(nodule, at, _direction(generator), draw, generator),
        np.zeros((CROP, CROP), np.float32),
        np.zeros((CROP, CROP), np.float32),
        nodule.known[at],
        _jitter(click, 3.0, nodule, generator),
        (click,),
    )


def _corrected(sample: Sample, generator: Generator) -> Sample:
    """Let one reader's outline be the target, and clicks say where it leaves the others."""
    if not sample.target.any():
        return sample
    at = sample.at
    reader = sample.nodule.readers[int(generator.integers(len(sample.nodule.readers))), at]
    kept = sample.nodule.majority[at]
    more, less = reader & ~kept, kept & ~reader
    plus = (pick(more, generator),) if more.sum() >= 3 else ()
    minus = (pick(less, generator),) if less.sum() >= 3 and reader.any() else ()
    if plus or minus:
        target = reader.astype(np.float32)
        return replace(sample, target=target, plus=sample.plus + plus, minus=minus)
    near = (sample.target == 0) & (sample.images[2] > -600) & (sample.nodule.away_mm < 10)
    if near.any():
        return replace(sample, minus=(pick(near, generator),))
    return sample


def weights_of(nodules: Sequence[Nodule], draw: Draw) -> NDArray[np.float64]:
    """Chance of each nodule to be drawn."""
    faint = np.asarray([float(nodule.row["texture"]) < 5 for nodule in nodules])
    weight = np.where(faint, draw.faint_weight, 1.0)
    return np.asarray(weight / weight.sum())


Kind = Callable[[Nodule, Draw, Generator], Sample]


def draw_sample(nodule: Nodule, draw: Draw, generator: Generator) -> Sample:
    """Draw one sample of a nodule."""
    kinds: tuple[Kind, ...] = (_clicked, _walked, _beside)
    kind = int(generator.choice(3, p=(draw.click, draw.walk, draw.beside)))
    sample = kinds[kind](nodule, draw, generator)
    if generator.random() < draw.corrected:
        return _corrected(sample, generator)
    return sample
