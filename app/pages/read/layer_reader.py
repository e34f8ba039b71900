"""Has the reader read what other objects of the files say of a series, and makes it drawable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medimg_workstation.link import Link
from medimg_workstation.pages.read import preparing
from medimg_workstation.pages.read.state import FromFile
from medimg_workstation.viewport.state import Laid, Picture
from medimg_workstation.work import Work

from medimg.engine.client import Outcome
from medimg.engine.jobs.layers import Layers, LayersJob
from medimg.values.failure import Failure
from medimg.values.series import DerivedObject
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class LayersRead:
    """How far it is.

    Attributes:
        picture: The image again, where a presentation state brings a table of its own.
    """

    from_file: FromFile
    picture: Picture | None = None


OnRead = Callable[[LayersRead], None]


class LayerReader:
    """Reads layers in the reader's child and prepares them on another thread."""

    def __init__(self, reader: Link, work: Work) -> None:
        self._reader, self._work = reader, work

    def read(self, volume: Volume, objects: tuple[DerivedObject, ...], tell: OnRead) -> None:
        """Tell at once that they are being read, and again when they are ready or failed."""
        if not objects:
            return
        tell(LayersRead(FromFile(objects, note="being read")))
        self._reader.start(
            LayersJob(volume.series, objects),
            lambda progress: None,
            lambda outcome: self._read(volume, objects, tell, outcome),
        )

    def _read(
        self,
        volume: Volume,
        objects: tuple[DerivedObject, ...],
        tell: OnRead,
        outcome: Outcome,
    ) -> None:
        found = outcome.value
        if not isinstance(found, Layers):
            tell(LayersRead(FromFile(objects, note=_why(outcome.failure))))
            return

        def made(parts: tuple[tuple[Laid, ...], Picture | None]) -> None:
            tell(LayersRead(FromFile(objects, parts[0]), parts[1]))

        self._work.run(
            lambda: preparing.laid(found.layers, volume),
            made,
            lambda failure: tell(LayersRead(FromFile(objects, note=_why(failure)))),
        )


def _why(failure: Failure | None) -> str:
    return f"not read: {failure.sentence}" if failure else "not read"
