"""Twins of MONAI's transforms in numpy and scipy: the same answer without loading torch.

A step takes an image and gives the next one together with the way back for a map on its grid.
`tests/medimg/inference/test_twins.py` compares each with MONAI. A configuration that asks for
anything else (`steps_of` gives None) runs by MONAI itself (`reference`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import erf

from medimg.inference.foreground import foreground_grey
from medimg.inference.regrid import between

Floats = NDArray[np.float32]
Affine = NDArray[np.float64]
#: (channels, *grid after the step) to (channels, *grid before it).
Back = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A prepared image.

    Attributes:
        values: (channels, rows, columns) or (channels, slices, rows, columns).
        affine: (4, 4), index to LPS mm; None for a film, which has no place in the patient.
    """

    values: Floats
    affine: Affine | None = None

    @property
    def grid(self) -> tuple[int, ...]:
        """Its size without channels."""
        return self.values.shape[1:]


#: None where the grid stays as it is.
Step = Callable[[Image], tuple[Image, Back | None]]


def _grey(change: Callable[[Floats], Floats]) -> Step:
    """A step that changes values and not the grid."""
    return lambda image: (Image(change(image.values), image.affine), None)


def scale_percentiles(
    lower: float, upper: float, b_min: float, b_max: float, clip: bool = False
) -> Step:
    """MONAI's `ScaleIntensityRangePercentiles`, all channels together."""

    def change(values: Floats) -> Floats:
        low, high = np.percentile(values, (lower, upper))
        if low == high:
            return values - np.float32(low) + np.float32(b_min)
        scaled = (values - np.float32(low)) / np.float32(high - low)
        scaled = scaled * np.float32(b_max - b_min) + np.float32(b_min)
        return np.clip(scaled, b_min, b_max) if clip else scaled

    return _grey(change)


def scale_range(a_min: float, a_max: float, b_min: float, b_max: float, clip: bool = False) -> Step:
    """MONAI's `ScaleIntensityRange`."""

    def change(values: Floats) -> Floats:
        scaled = (values - np.float32(a_min)) / np.float32(a_max - a_min)
        scaled = scaled * np.float32(b_max - b_min) + np.float32(b_min)
        return np.clip(scaled, b_min, b_max) if clip else scaled

    return _grey(change)


def resize(
    spatial_size: int | Sequence[int],
    size_mode: str = "all",
    mode: str = "bilinear",
    anti_aliasing: bool = False,
) -> Step:
    """MONAI's `Resize`, linear, with its Gaussian before an image becomes smaller."""
    if mode != "bilinear" or size_mode not in ("all", "longest"):
        raise TypeError(f"no twin resizes by {mode} and {size_mode}")

    def step(image: Image) -> tuple[Image, Back]:
        before = image.grid
        after = _wanted(spatial_size, size_mode, before)
        values = image.values
        if anti_aliasing and any(a < b for a, b in zip(after, before, strict=True)):
            for axis, (a, b) in enumerate(zip(after, before, strict=True)):
                values = _smoothed(values, axis + 1, max(0.0, (b / a - 1) / 2))
        affine = None if image.affine is None else _scaled(image.affine, before, after)
        return Image(_resized(values, after), affine), lambda map_: _resized(map_, before)

    return step


def _scaled(affine: Affine, before: tuple[int, ...], after: tuple[int, ...]) -> Affine:
    """The affine of a grid whose outer edges stay where they are."""
    ratio = np.array(before) / np.array(after)
    scaled = affine.copy()
    scaled[:3, :3] *= ratio
    scaled[:3, 3] += affine[:3, :3] @ (0.5 * ratio - 0.5)
    return scaled


def _wanted(size: int | Sequence[int], size_mode: str, before: tuple[int, ...]) -> tuple[int, ...]:
    if size_mode == "longest":
        if not isinstance(size, int):
            raise TypeError("the longest side is one number")
        return tuple(round(side * (size / max(before))) for side in before)
    return _fallen_back(size, before)


def _fallen_back(size: int | Sequence[int], before: tuple[int, ...]) -> tuple[int, ...]:
    """A size with the image's own sides where it has no positive number."""
    sides = [size] * len(before) if isinstance(size, int) else list(size)
    if len(sides) != len(before):
        raise TypeError("a size has one number per axis")
    return tuple(side if side > 0 else own for side, own in zip(sides, before, strict=True))


def _smoothed(values: Floats, axis: int, sigma: float) -> Floats:
    """Convolve with MONAI's Gaussian: integrated over pixels, cut at four sigma, 0 outside."""
    if sigma <= 0:
        return values
    tail = int(max(sigma * 4.0, 0.5) + 0.5)
    place = np.arange(-tail, tail + 1)
    factor = np.sqrt(0.5) / sigma
    kernel = 0.5 * (erf(factor * (place + 0.5)) - erf(factor * (place - 0.5)))
    smoothed: Floats = ndimage.correlate1d(values, kernel, axis, mode="constant")
    return smoothed


def _resized(values: Floats, size: tuple[int, ...]) -> Floats:
    """Linear interpolation between pixel centres, edges kept (torch: `align_corners=False`)."""
    # The axis that shrinks most goes first, so that the others have less to do.
    ratio = [after / before for after, before in zip(size, values.shape[1:], strict=True)]
    for axis in np.argsort(ratio):
        before, after = values.shape[axis + 1], size[axis]
        if before != after:
            place = np.clip((np.arange(after) + 0.5) * (before / after) - 0.5, 0, before - 1)
            values = _interpolated(values, int(axis) + 1, place)
    return np.ascontiguousarray(values)


def _interpolated(values: Floats, axis: int, place: NDArray[np.float64]) -> Floats:
    """Values at places along an axis; what lies outside counts as 0."""
    low = np.floor(place).astype(np.int64)
    share = (place - low).astype(np.float32)
    length = values.shape[axis]
    shape = [-1 if i == axis else 1 for i in range(values.ndim)]
    total: Floats | None = None
    for index, weight in ((low, 1 - share), (low + 1, share)):
        inside = (index >= 0) & (index < length)
        part = values.take(np.clip(index, 0, length - 1), axis)
        part *= np.where(inside, weight, np.float32(0)).astype(np.float32).reshape(shape)
        total = part if total is None else total + part
    assert total is not None
    return total


def pad(spatial_size: int | Sequence[int], mode: str = "constant", value: float = 0.0) -> Step:
    """MONAI's `SpatialPad`, on both sides."""
    return _centred(spatial_size, mode, value, cuts=False)


def pad_or_crop(
    spatial_size: int | Sequence[int], mode: str = "constant", value: float = 0.0
) -> Step:
    """MONAI's `ResizeWithPadOrCrop`."""
    return _centred(spatial_size, mode, value, cuts=True)


def _centred(size: int | Sequence[int], mode: str, value: float, *, cuts: bool) -> Step:
    if mode != "constant":
        raise TypeError(f"no twin pads by {mode}")

    def step(image: Image) -> tuple[Image, Back]:
        before = image.grid
        after = _fallen_back(size, before)
        source, target, sides = [slice(None)], [slice(None)], []
        for own, wanted in zip(before, after, strict=True):
            kept = min(own, wanted) if cuts else own
            first = max(own // 2 - wanted // 2, 0) if kept < own else 0
            shift = (wanted - kept) // 2 if wanted > kept else 0
            source.append(slice(first, first + kept))
            target.append(slice(shift, shift + kept))
            sides.append(max(wanted, kept))
        values = _laid(image.values, source, target, tuple(sides), value)
        affine = image.affine
        if affine is not None:
            moved = [a.start - b.start for a, b in zip(source[1:], target[1:], strict=True)]
            affine = affine.copy()
            affine[:3, 3] += affine[:3, :3] @ moved
        return Image(values, affine), lambda map_: _laid(map_, target, source, before, 0.0)

    return step


def _laid(
    values: Floats,
    source: Sequence[slice],
    target: Sequence[slice],
    size: tuple[int, ...],
    outside: float,
) -> Floats:
    whole = np.full((values.shape[0], *size), outside, np.float32)
    whole[tuple(target)] = values[tuple(source)]
    return whole


def orient(axcodes: str) -> Step:
    """MONAI's `Orientation`: exchange and turn axes."""

    def step(image: Image) -> tuple[Image, Back]:
        if image.affine is None:
            raise TypeError("a film has no orientation")
        grid = between(image.affine, image.grid, axcodes, (0, 0, 0))
        order = [axis + 1 for axis in grid.order]
        turned = tuple(
            slice(None, None, -1) if axis.step < 0 else slice(None) for axis in grid.axes
        )
        values = image.values.transpose(0, *order)[(slice(None), *turned)]
        affine = image.affine.copy()
        for place, axis in enumerate(grid.axes):
            affine[:, place] = image.affine[:, axis.image_axis] * np.sign(axis.step)
            affine[:, 3] += image.affine[:, axis.image_axis] * axis.first

        def back(map_: Floats) -> Floats:
            plain = map_[(slice(None), *turned)]
            return np.ascontiguousarray(plain.transpose(0, *(np.argsort(order) + 1)))

        return Image(np.ascontiguousarray(values), affine), back

    return step


def space(pixdim: Sequence[float], mode: str = "bilinear", padding_mode: str = "border") -> Step:
    """MONAI's `Spacing`, linear: the first voxel's centre stays where it is."""
    if mode != "bilinear" or padding_mode not in ("border", "zeros"):
        raise TypeError(f"no twin resamples by {mode} with {padding_mode}")

    def step(image: Image) -> tuple[Image, Back]:
        if image.affine is None:
            raise TypeError("a film has no spacing of its own")
        own = np.linalg.norm(image.affine[:3, :3], axis=0)
        steps = [w / o if w > 0 else 1.0 for w, o in zip(pixdim, own, strict=True)]
        before = image.grid
        after = tuple(
            int(np.round((side - 1) / by + 1.0)) for side, by in zip(before, steps, strict=True)
        )
        affine = image.affine.copy()
        affine[:3, :3] *= steps
        values = _spaced(image.values, after, steps, padding_mode)
        inverse = [1 / by for by in steps]
        return Image(values, affine), lambda map_: _spaced(map_, before, inverse, padding_mode)

    return step


def _spaced(
    values: Floats, size: tuple[int, ...], steps: Sequence[float], padding_mode: str
) -> Floats:
    for axis, (after, by) in enumerate(zip(size, steps, strict=True)):
        before = values.shape[axis + 1]
        if by == 1.0 and after == before:
            continue
        place = np.arange(after, dtype=np.float64) * by
        if padding_mode == "border":
            place = np.clip(place, 0, before - 1)
        values = _interpolated(values, axis + 1, place)
    return values


#: By the short name that a configuration uses; arguments that a twin lacks are a TypeError.
TRANSFORMS: dict[str, Callable[..., Step]] = {
    "ScaleIntensityRangePercentiles": scale_percentiles,
    "ScaleIntensityRange": scale_range,
    "ForegroundGrey": lambda: _grey(foreground_grey),
    "Resize": resize,
    "SpatialPad": pad,
    "ResizeWithPadOrCrop": pad_or_crop,
    "Orientation": orient,
    "Spacing": space,
}


def parts_of(config: object, table: Mapping[str, Callable[..., Any]]) -> list[Any] | None:
    """Build the members of one `Compose` from a table; None where one is not in it."""
    if not isinstance(config, Mapping) or _short(config) != "Compose":
        return None
    made = []
    for part in config.get("transforms", []):
        member = member_of(part, table)
        if member is None:
            return None
        made.append(member)
    return made


def member_of(part: object, table: Mapping[str, Callable[..., Any]]) -> Any | None:
    """Build one component from a table; None where it, or an argument of it, is not known."""
    if not isinstance(part, Mapping) or _short(part) not in table:
        return None
    arguments = {key: value for key, value in part.items() if key not in ("_target_", "_desc_")}
    # References and components among the arguments are MONAI's matter.
    if any(isinstance(v, str) and v[:1] in "@$%" and v for v in arguments.values()):
        return None
    try:
        return table[_short(part)](**arguments)
    except TypeError:
        return None


def _short(part: Mapping[str, Any]) -> str:
    return str(part.get("_target_", "")).rpartition(".")[2]


def steps_of(config: Mapping[str, Any]) -> list[Step] | None:
    """The preprocessing of a configuration; None where MONAI has to do it."""
    return parts_of(config.get("preprocessing"), TRANSFORMS)


def run(steps: Sequence[Step], image: Image) -> tuple[Image, Back]:
    """Take all steps.

    Returns:
        The prepared image, and the way of a map on its grid back to the grid that came in.
    """
    ways: list[Back] = []
    for step in steps:
        image, back = step(image)
        if back is not None:
            ways.append(back)

    def whole_way(map_: Floats) -> Floats:
        for back in reversed(ways):
            map_ = back(map_)
        return map_

    return image, whole_way
