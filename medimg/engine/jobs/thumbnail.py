"""Draw the middle image of a series as a small picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg import reading
from medimg.display.windowing import grey, to_uint8
from medimg.engine.context import JobContext
from medimg.values.series import Series


@dataclass(frozen=True, slots=True)
class ThumbnailJob:
    """Draw the middle image of a series, its longer side `size` pixels."""

    series: Series
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A small grey picture, (rows, columns) uint8."""

    grey: np.ndarray[Any, np.dtype[np.uint8]]


def run(job: ThumbnailJob, context: JobContext) -> Picture:
    """Draw the middle image of a series in its own window, its longer side `size` pixels."""
    volume = reading.read(middle(job.series), progress=lambda done, total: context.check())
    index = volume.array.shape[0] // 2
    image = to_uint8(grey(volume, index=index))[0]
    return Picture(fitted(image, job.size, job.series.geometry.plane_spacing.aspect))


def middle(series: Series) -> Series:
    """The series cut down to its middle image where each image is a file of its own.

    Frames of one file are read together: a decoder would have to open it anyway.
    """
    frames = series.frames
    if len(frames) != series.geometry.shape[0] or len({f.file for f in frames}) != len(frames):
        return series
    frame = frames[len(frames) // 2]
    geometry = replace(series.geometry, shape=(1, *series.geometry.shape[1:]))
    return replace(series, frames=(frame,), geometry=geometry)


def fitted(image: NDArray[np.uint8], size: int, aspect: float) -> NDArray[np.uint8]:
    """Scale (rows, columns) so that the longer side is `size`, pixels square.

    Args:
        aspect: Height over width of a source pixel.
    """
    # The window imports this file for its job, and needs no codec.
    from PIL import Image

    height, width = image.shape[0] * aspect, float(image.shape[1])
    scale = size / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(shape, Image.Resampling.BOX))
