"""One slice with its overlays as a PNG: `medimg.show`."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medimg.display.overlays import EvidenceStyle
from medimg.display.picture import evidence_on, marked, picture
from medimg.display.windowing import grey, to_uint8
from medimg.values.analysis import Analysis
from medimg.values.errors import UsageError
from medimg.values.explanation import Badge
from medimg.values.layers import Layer
from medimg.values.series import Window
from medimg.values.volume import Unit, Volume


def show(
    volume: Volume,
    analysis: Analysis | None = None,
    *,
    layers: Sequence[Layer] = (),
    index: int | None = None,
    window: Window | None = None,
    size: int | None = None,
) -> bytes:
    """Draw one slice as the reader sees it.

    Args:
        volume: Source.
        analysis: Adds its regions and its first map of evidence, unless that is not reliable.
        layers: From `medimg.layers`, drawn over it in their own colours.
        index: Slice; None for the one that shows most of the first region, else the middle.
        window: None for the one in which the image is first drawn.
        size: Longest side in pixels; None for the image's own.

    Returns:
        A PNG.

    Raises:
        UsageError: There is no such slice.
    """
    place = chosen_slice(volume, analysis, layers) if index is None else index
    image = render(volume, analysis, index=place, window=window)
    if layers:
        # Imported late, as all of Pillow: most pictures have no layers.
        from medimg.display.layer_picture import with_layers

        image = with_layers(image, layers, place, volume.array.shape[0])
    return png(image, size, _aspect(volume))


def chosen_slice(
    volume: Volume, analysis: Analysis | None = None, layers: Sequence[Layer] = ()
) -> int:
    """The slice that shows most: of an analysis, else of the first layer, else the middle one."""
    shown = next((layer for layer in layers if layer.slices), None)
    if analysis is None and shown is not None:
        return shown.best_slice
    return best_slice(analysis, volume.array.shape[0])


def render(
    volume: Volume,
    analysis: Analysis | None = None,
    *,
    index: int | None = None,
    window: Window | None = None,
) -> NDArray[np.uint8]:
    """Draw one slice as (rows, columns, 3) uint8; see `show`."""
    count = volume.array.shape[0]
    place = best_slice(analysis, count) if index is None else index
    if not 0 <= place < count:
        raise UsageError(f"There is no slice {place + 1}: this series has {count}.")
    if volume.unit is Unit.COLOUR:
        image: NDArray[np.uint8] = volume.array[place]
    else:
        image = to_uint8(grey(volume, window, place))[0]
    if analysis is None:
        return picture(image)
    maps = [e for e in analysis.explanations if e.trust.badge is not Badge.NOT_RELIABLE]
    evidence = evidence_on(maps[0], place, EvidenceStyle()) if maps else None
    return picture(image, marked(analysis.regions, place), evidence)


def best_slice(analysis: Analysis | None, count: int) -> int:
    """The slice with most of the first region, else with most evidence, else the middle one."""
    if analysis is not None and analysis.regions:
        return analysis.regions[0].best_slice
    if analysis is not None and analysis.explanations:
        strength = np.abs(analysis.explanations[0].map).sum(axis=(1, 2))
        if strength.any():
            return int(strength.argmax())
    return count // 2


def png(image: NDArray[np.uint8], size: int | None = None, aspect: float = 1.0) -> bytes:
    """Encode an RGB picture, its pixels made square, its longest side `size` if given."""
    from PIL import Image

    picture_ = Image.fromarray(image)
    width, height = picture_.width, round(picture_.height * aspect)
    if size is not None:
        shrink = size / max(width, height)
        width, height = max(1, round(width * shrink)), max(1, round(height * shrink))
    if (width, height) != picture_.size:
        picture_ = picture_.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture_.save(out, "PNG")
    return out.getvalue()


def _aspect(volume: Volume) -> float:
    return volume.series.geometry.plane_spacing.aspect
