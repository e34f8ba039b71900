"""What a viewport shows at one moment, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from medimg.display.contours import Polygon
from medimg.display.corner_text import CornerState
from medimg.display.cuts import Cut, Slab, Vector
from medimg.display.levels import Levels
from medimg.display.overlays import Colour, EvidenceStyle
from medimg.display.pose import Frame, Point, Pose, to_image
from medimg.values.explanation import Explanation
from medimg.values.findings import Region
from medimg.values.geometry import PlaneSpacing
from medimg.values.layers import Layer, Presentation, Shape
from medimg.values.series import Window


@dataclass(frozen=True, slots=True)
class Look:
    """All that the hand can change; a gesture turns one into the next.

    Attributes:
        index: Of the stack of cuts that the viewport scrolls through.
        point: Crosshair, in the volume's world; None until there is one.
        is_blocky: Whether pixels are drawn as squares instead of smoothly.
    """

    index: int = 0
    window: Window | None = None
    is_inverted: bool = False
    pose: Pose = field(default_factory=Pose)
    corners: CornerState = CornerState.FULL
    slab: Slab = field(default_factory=Slab)
    point: Vector | None = None
    is_blocky: bool = False


@dataclass(frozen=True, slots=True)
class Surface:
    """A cut as it lies in a viewport: what turns a screen point into a place."""

    frame: Frame
    cut: Cut

    def place(self, pose: Pose, point: Point) -> Vector:
        """The place of the volume's world under a screen point."""
        return self.cut.to_mm(to_image(pose, self.frame, point))


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """Where another viewport's plane crosses this one: ends in (column, row), and its colour."""

    start: Point
    end: Point
    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """A region ready to be painted.

    Attributes:
        polygons: Outlines by stored slice; other planes are cut from the region's mask.
    """

    region: Region
    colour: Colour
    polygons: dict[int, tuple[Polygon, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A layer of the files ready to be painted.

    Attributes:
        key: Tells it from all others of its series.
        lines: Outlines, graphics and words by slice.
        levels: Of a map, cut down to its box; None of anything else.
        window: Of a presentation, as the picture beside it knows it.
    """

    key: str
    layer: Layer
    colour: Colour
    lines: dict[int, tuple[Shape, ...]]
    levels: np.ndarray | None = None
    window: Window | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether there is something to see of it; a measurement may be figures alone."""
        return bool(self.lines or self.layer.figures) or self.levels is not None


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """A map of evidence ready to be painted: levels (slice, rows, columns) uint8, reduced."""

    explanation: Explanation
    label: str
    method: str
    levels: np.ndarray
    factor: int
    is_signed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Overlays:
    """What lies over the image, and how the reader wants it.

    Attributes:
        doubted_spacing: The image's own, marked, where an answer puts it in doubt.
    """

    regions: tuple[Outlined, ...] = ()
    hidden: frozenset[str] = frozenset()
    selected: str = ""
    evidence: Mapped | None = None
    is_evidence_shown: bool = True
    style: EvidenceStyle = field(default_factory=EvidenceStyle)
    layers: tuple[Laid, ...] = ()
    hidden_layers: frozenset[str] = frozenset()
    selected_layer: str = ""
    presentation: Presentation | None = None
    doubted_spacing: PlaneSpacing | None = None

    @property
    def is_anything(self) -> bool:
        """Whether there is something to be laid over the image."""
        return bool(self.regions or self.layers or self.evidence or self.presentation)

    @property
    def shown_layers(self) -> tuple[Laid, ...]:
        """Layers of the files that are not hidden."""
        return tuple(laid for laid in self.layers if laid.key not in self.hidden_layers)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An image with all its ready-made parts.

    Attributes:
        windows: To choose from; the first is that in which it is first shown, none of colour.
    """

    levels: Levels
    windows: tuple[Window, ...] = ()
    marks: tuple[str, ...] = ()
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def window(self) -> Window | None:
        """In which it is first shown; None of colour."""
        return self.windows[0] if self.windows else None
