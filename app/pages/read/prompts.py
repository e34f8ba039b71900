"""What the reader pointed at, for packages that outline by a click; nothing here knows of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from medimg_workstation.pages.read.ready import Ready
from medimg_workstation.pages.read.runs import RunKey
from medimg_workstation.pages.read.state import Fit

from medimg.display.cuts import Vector
from medimg.values.prompt import Prompt


@dataclass(slots=True)
class Prompts:
    """One prompt for each series and package: the last that was made."""

    _made: dict[RunKey, Prompt] = field(default_factory=dict)

    def of(self, series_id: str, package_id: str) -> Prompt | None:
        """What was pointed at last."""
        return self._made.get((series_id, package_id))

    def forget(self) -> None:
        """Another folder is open."""
        self._made.clear()

    def point(self, series_id: str, package_id: str, place: Vector, *, is_inside: bool) -> None:
        """Mean what lies at a place (LPS mm), or what was meant before without it."""
        key = (series_id, package_id)
        before = self._made.get(key)
        if is_inside:
            self._made[key] = Prompt(clicks=(place,))
        elif before is not None:
            self._made[key] = replace(before, not_clicks=(*before.not_clicks, place))


def outliner(state: Ready) -> Fit | str:
    """The package that outlines on the active series, or why none does."""
    volume = state.current.volume
    fits = [f for f in state.current.fits or () if f.needs_click and not f.is_refused]
    if volume is None or not fits:
        return "No package here outlines by a click. The list of packages says why."
    if volume.series.geometry.affine is None:
        return "The place of this image in the patient is not known, so a click has none."
    return fits[0]
