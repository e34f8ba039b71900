"""Read what some objects of the files say of one series."""

from __future__ import annotations

from dataclasses import dataclass

from medimg import reading
from medimg.engine.context import JobContext
from medimg.values.layers import Layer
from medimg.values.series import DerivedObject, Series


@dataclass(frozen=True, slots=True)
class LayersJob:
    """Read what some objects of the files say of one series."""

    series: Series
    objects: tuple[DerivedObject, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What the objects say, in their order."""

    layers: tuple[Layer, ...]


def run(job: LayersJob, context: JobContext) -> Layers:
    """Read what objects say of a series, one object after the other."""
    made: list[Layer] = []
    for done, object_ in enumerate(job.objects):
        context.report(done / len(job.objects), f"Reading {object_.kind.value}")
        made += reading.layers(job.series, [object_])
    return Layers(tuple(made))
