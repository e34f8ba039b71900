"""What is shown where: which series and plane hangs in which viewport; values alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from medimg.display.cuts import Projection, Slab
from medimg.values.geometry import Plane

#: Rows and columns that the reader may choose from.
LAYOUTS = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (2, 3), (3, 3))
#: Thickness of the projection beside three planes.
MIP_MM = 20.0


@dataclass(frozen=True, slots=True)
class Pane:
    """What one viewport shows.

    Attributes:
        series_id: Empty for an empty viewport.
        plane: Of the patient; None for the slices as they are stored.
        window: Name of a window of the image in which it is first drawn; empty for its own.
    """

    series_id: str = ""
    plane: Plane | None = None
    window: str = ""
    slab: Slab = field(default_factory=Slab)


@dataclass(frozen=True, slots=True)
class Hanging:
    """All viewports, row by row.

    Attributes:
        active: In which keys and tools act.
        reason: Why this layout was chosen, in one line; empty when the reader chose it.
    """

    rows: int = 1
    columns: int = 1
    panes: tuple[Pane, ...] = (Pane(),)
    active: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if len(self.panes) != self.rows * self.columns:
            raise ValueError(f"{len(self.panes)} panes do not fill {self.rows} x {self.columns}")
        if not 0 <= self.active < len(self.panes):
            raise ValueError("the active viewport is one of them")

    @property
    def pane(self) -> Pane:
        """What the active viewport shows."""
        return self.panes[self.active]

    @property
    def series_ids(self) -> tuple[str, ...]:
        """Series that are shown, that of the active viewport first."""
        every = (self.pane.series_id, *(pane.series_id for pane in self.panes))
        return tuple(dict.fromkeys(one for one in every if one))

    def activated(self, place: int) -> Hanging:
        """The same with another active viewport."""
        return replace(self, active=place) if place < len(self.panes) else self

    def with_series(self, place: int, series_id: str) -> Hanging:
        """A series in one viewport, its slices as they are stored; three planes all follow."""
        if self.is_planes and self.panes[place].series_id:
            panes = tuple(replace(pane, series_id=series_id) for pane in self.panes)
        else:
            panes = _replaced(self.panes, place, Pane(series_id))
        return replace(self, panes=panes, active=place, reason="")

    def with_plane(self, plane: Plane | None) -> Hanging:
        """Another plane in the active viewport."""
        pane = replace(self.pane, plane=plane)
        return replace(self, panes=_replaced(self.panes, self.active, pane))

    @property
    def is_planes(self) -> bool:
        """Whether all viewports show planes of one series."""
        return (
            len(self.panes) > 1
            and len({p.series_id for p in self.panes}) == 1
            and all(pane.plane is not None for pane in self.panes)
        )


def alone(series_id: str) -> Hanging:
    """One series in one viewport."""
    return Hanging(panes=(Pane(series_id),))


def three_planes(series_id: str, window: str = "") -> Hanging:
    """Axial, coronal and sagittal, and a coronal projection of the strongest values."""
    planes = (Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL)
    panes = tuple(Pane(series_id, plane, window) for plane in planes)
    slab = Slab(MIP_MM, Projection.MAXIMUM)
    return Hanging(2, 2, (*panes, Pane(series_id, Plane.CORONAL, window, slab)))


def laid_out(now: Hanging, rows: int, columns: int, series_ids: tuple[str, ...]) -> Hanging:
    """Another layout: what is shown stays, further series fill what is new."""
    kept = [pane for pane in now.panes if pane.series_id]
    kept.sort(key=lambda pane: pane is not now.pane)
    shown = {pane.series_id for pane in kept}
    further = [Pane(one) for one in series_ids if one not in shown]
    panes = (*kept, *further, *[Pane()] * (rows * columns))[: rows * columns]
    return Hanging(rows, columns, panes)


def _replaced(panes: tuple[Pane, ...], place: int, pane: Pane) -> tuple[Pane, ...]:
    return (*panes[:place], pane, *panes[place + 1 :])
