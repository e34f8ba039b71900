"""The answer of a three-dimensional package, computed slab by slab.

For packages whose inferer is MONAI's sliding window over a stack. Grid, grey values, activation
and decision are those of the package's configuration; the volume stays in its own number type.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.backends import open_runner
from medimg.inference.configuration import Config, read
from medimg.inference.greys import changes
from medimg.inference.regrid import GridMap, between
from medimg.inference.runner import Runner
from medimg.inference.sliding import Floats, tiles, windows
from medimg.inference.whole_volume import (
    Argmax,
    Greys,
    Sliding,
    Threshold,
    blocks,
    nearest,
    run,
    sigmoid,
    softmax,
)
from medimg.packages.manifest import Label, Package
from medimg.values.errors import Cancelled, InputRefused, PackageRefused
from medimg.values.masks import Mask
from medimg.values.volume import Volume

Step = Mapping[str, Any]
Progress = Callable[[float | None, float | None], None]

_ACTIVATIONS: dict[str, Greys] = {"softmax": softmax, "sigmoid": sigmoid, "": lambda values: values}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a package's configuration says of a run by sliding windows.

    Attributes:
        activation: Key of the activations.
        threshold: None where the most probable channel is taken.
        is_inverted_first: Probabilities come back to the image before the decision.
        keeps_largest: Channels of which the largest connected part alone is kept.
    """

    sliding: Sliding
    greys: tuple[Step, ...]
    classes: int
    activation: str
    threshold: float | None
    is_inverted_first: bool
    keeps_largest: frozenset[int] = frozenset()


def is_for(package: Package) -> bool:
    """Whether a package runs slab by slab."""
    if package.dimensions != "3d" or package.input.kind != "stack":
        return False
    return _name(read(package).get("inferer") or {}) == "SlidingWindowInferer"


def recipe_of(config: Config, channels: Sequence[int]) -> Recipe:
    """Read a configuration.

    Args:
        channels: Output channels that labels name.

    Raises:
        PackageRefused: A step of it cannot be done in parts.
    """
    inferer = config["inferer"]
    sliding = Sliding(
        roi=_triple(inferer["roi_size"]),
        overlap=float(inferer.get("overlap", 0.25)),
        mode=str(inferer.get("mode", "constant")),
        batch=int(inferer.get("sw_batch_size", 1)),
        padding_value=float(inferer.get("cval", 0.0)),
    )
    network = config.get("network_def") or {}
    classes = int(network.get("out_channels") or max(channels) + 1)
    activation, threshold, is_first, largest = "", None, True, frozenset[int]()
    decided = False
    for step in _steps(config.get("postprocessing")):
        name = _name(step)
        if name == "Activations":
            activation = next((k for k in ("softmax", "sigmoid") if step.get(k)), "")
        elif name == "Invert":
            is_first = not decided
        elif name == "AsDiscrete":
            decided = True
            threshold = None if step.get("argmax") else float(step.get("threshold", 0.5))
        elif name == "KeepLargestConnectedComponent":
            named = step.get("applied_labels")
            largest = frozenset(channels if named is None else np.atleast_1d(named).tolist())
        else:
            raise PackageRefused(f"{name} cannot be applied to a volume in parts.")
    greys = tuple(_steps(config.get("preprocessing")))
    return Recipe(sliding, greys, classes, activation, threshold, is_first, largest)


def _name(step: Step) -> str:
    return str(step.get("_target_", "")).rpartition(".")[2]


def _steps(part: Any) -> list[Step]:
    if not part:
        return []
    return list(part["transforms"]) if _name(part) == "Compose" else [part]


def _triple(values: Sequence[int]) -> tuple[int, int, int]:
    return (int(values[0]), int(values[1]), int(values[2]))


@dataclass(slots=True, eq=False)
class _Network:
    """A runner that reports, stops, and goes on with less where memory runs out."""

    package: Package
    runner: Runner
    expected: int
    progress: Progress | None
    cancelled: Callable[[], bool] | None
    begun: float
    done: int = 0
    batch: int = 0
    note: str = ""

    def __call__(self, array: Floats) -> Floats:
        if self.cancelled and self.cancelled():
            raise Cancelled("The run was cancelled.")
        step = self.batch or len(array)
        output = [self._run(array[i : i + step]) for i in range(0, len(array), step)]
        self.done += len(array)
        if self.progress:
            share = min(self.done / max(self.expected, 1), 1.0)
            self.progress(share, (time.monotonic() - self.begun) / share * (1.0 - share))
        return output[0] if len(output) == 1 else np.concatenate(output)

    def _run(self, array: Floats) -> Floats:
        try:
            return self.runner.run(array)
        except (MemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
        if len(array) > 1:
            self.batch, self.note = 1, "Memory ran out; windows were run one by one."
            return np.concatenate([self._run(one[None]) for one in array])
        if "cuda" in self.runner.describe().device:
            self.runner = open_runner(self.package, "cpu")
            self.note = "The memory of the graphics card ran out; the processor went on."
            return self._run(array)
        raise InputRefused(
            f"There is not enough memory for one window of {self.package.title}. Close other "
            "programs, or use a computer with more memory."
        )


def _is_memory(error: BaseException) -> bool:
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "allocate" in words


def answer(
    volume: Volume,
    others: Sequence[Volume],
    package: Package,
    runner: Runner,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[dict[str, Mask], tuple[str, ...]]:
    """Mark every label of a package on a volume.

    Args:
        volume: The first input, on whose grid the answer lies.
        others: The further inputs, on the same grid.

    Returns:
        Masks by the name of the label, and notes in words.

    Raises:
        InputRefused: The place of the slices is not known, or memory does not suffice.
        PackageRefused: The configuration holds what cannot be done in parts.
        Cancelled: `cancelled` said so.
    """
    if len(others) != len(package.inputs) - 1:
        roles = ", ".join(one.role for one in package.inputs)
        raise InputRefused(f'"{package.title}" needs {roles} of one study on one grid.')
    affine = volume.series.geometry.affine
    if affine is None:
        raise InputRefused(f"{package.title} needs slices whose place in the patient is known.")
    images = [_finite(one) for one in (volume, *others)]
    recipe = recipe_of(read(package), [label.channel for label in package.labels])
    grid = between(affine, volume.array.shape, package.orientation, package.spacing_mm or (0, 0, 0))
    greys = changes(recipe.greys, lambda: blocks(images, grid))
    network = _counted(package, runner, grid, recipe, progress, cancelled)
    found = _decided(images, grid, network, recipe, greys)
    marked = {x.name: _mask_of(found, x, recipe) for x in package.labels}
    return marked, (network.note,) if network.note else ()


def _counted(
    package: Package,
    runner: Runner,
    grid: GridMap,
    recipe: Recipe,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> _Network:
    plan = windows(grid.shape, recipe.sliding.roi, recipe.sliding.overlap)
    count = plan.count * len(tiles(plan, recipe.classes, 1))
    return _Network(package, runner, count, progress, cancelled, time.monotonic())


def _finite(volume: Volume) -> NDArray[np.generic]:
    """The volume's own array; padding and what is not finite become the darkest real value."""
    array = volume.array
    usable = volume.padding is None and (
        array.dtype.kind in "iub" or bool(np.isfinite(array).all())
    )
    if usable:
        return array
    odd = ~np.isfinite(array)
    if volume.padding is not None:
        odd |= volume.padding
    filled = array.copy()
    filled[odd] = array[~odd].min() if not odd.all() else 0
    return filled


def _decided(
    images: Sequence[NDArray[np.generic]],
    grid: GridMap,
    network: _Network,
    recipe: Recipe,
    greys: Greys,
) -> NDArray[np.uint8] | NDArray[np.bool_]:
    """Labels [slice, row, column], or masks [channel, slice, row, column] of overlapping ones."""
    shape = images[0].shape if recipe.is_inverted_first else grid.shape
    activation = _ACTIVATIONS[recipe.activation]
    if recipe.threshold is None:
        labels = Argmax(np.zeros(shape, np.uint8))
        run(
            images, grid, network, recipe.sliding, labels, recipe.classes, greys, activation,
            decides_on_image=recipe.is_inverted_first,
        )  # fmt: skip
        return labels.labels if recipe.is_inverted_first else nearest(labels.labels, grid)
    if not recipe.is_inverted_first:
        raise PackageRefused("Overlapping labels are decided on the image's grid only.")
    masks = Threshold(np.zeros((recipe.classes, *shape), np.bool_), recipe.threshold)
    run(images, grid, network, recipe.sliding, masks, recipe.classes, greys, activation)
    return masks.masks


def _mask_of(found: NDArray[np.uint8] | NDArray[np.bool_], label: Label, recipe: Recipe) -> Mask:
    if found.ndim == 4:
        mask = Mask.of(found[label.channel].astype(np.bool_, copy=False))
    else:
        mask = _labelled(found, label.channel)
    return _largest(mask) if label.channel in recipe.keeps_largest else mask


def _labelled(labels: NDArray[Any], number: int) -> Mask:
    shape = (labels.shape[0], labels.shape[1], labels.shape[2])
    planes = np.flatnonzero((labels == number).any(axis=(1, 2)))
    if not planes.size:
        return Mask.of(np.zeros((0, 0, 0), np.bool_), (0, 0, 0), shape)
    first, last = int(planes[0]), int(planes[-1]) + 1
    return Mask.of(labels[first:last] == number, (first, 0, 0), shape)


def _largest(mask: Mask) -> Mask:
    """The largest connected part, voxels that touch at a corner together, as MONAI has it."""
    parts, count = ndimage.label(mask.bits, structure=np.ones((3, 3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return Mask.of(parts == sizes.argmax(), mask.start, mask.shape)
