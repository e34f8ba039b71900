"""Jobs of the reader child: find series, read pixels, draw thumbnails. No torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg import reading
from medimg.display.windowing import grey, to_uint8
from medimg.engine.context import JobContext
from medimg.engine.protocol import Layers, LayersJob, Picture, ReadJob, ScanJob, ThumbnailJob
from medimg.values.layers import Layer
from medimg.values.progress import Progress, TimeLeft
from medimg.values.series import Scan, Series
from medimg.values.volume import Volume


def scan(job: ScanJob, context: JobContext) -> Scan:
    """Find the series under the job's paths."""
    return reading.scan(*job.paths, progress=_telling(context, "Looking at files"))


def read(job: ReadJob, context: JobContext) -> Volume:
    """Read the pixels of a series."""
    return reading.read(job.series, progress=_telling(context, "Reading pixels"))


def layers(job: LayersJob, context: JobContext) -> Layers:
    """Read what objects say of a series, one object after the other."""
    made: list[Layer] = []
    for done, object_ in enumerate(job.objects):
        context.report(done / len(job.objects), f"Reading {object_.kind.value}")
        made += reading.layers(job.series, [object_])
    return Layers(tuple(made))


def thumbnail(job: ThumbnailJob, context: JobContext) -> Picture:
    """Draw the middle image of a series in its own window, its longer side `size` pixels."""
    volume = reading.read(middle(job.series), progress=lambda done, total: context.check())
    index = volume.array.shape[0] // 2
    image = to_uint8(grey(volume, index=index))[0]
    return Picture(fitted(image, job.size, job.series.geometry.plane_spacing.aspect))


def _telling(context: JobContext, stage: str) -> Progress:
    """Pass counts on with the time left; a cancelled job stops at the next file or frame."""
    pace = TimeLeft()

    def progress(done: int, total: int) -> None:
        context.check()
        if pace.is_due(done, total):
            context.report(done / total, f"{stage}: {done} of {total}", pace.left_s(done, total))

    return progress


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
    height, width = image.shape[0] * aspect, float(image.shape[1])
    scale = size / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(shape, Image.Resampling.BOX))
