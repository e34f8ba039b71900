"""What readers drew on each series, and how to go back; nothing here knows of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from medimg.display.annotations import Annotation, is_on
from medimg.display.cuts import CutStack


@dataclass(frozen=True, slots=True)
class Drawn:
    """What lies on one series.

    Attributes:
        key_slices: (plane, index) of slices that the reader marked; the plane's name is empty for
            stored slices.
    """

    annotations: tuple[Annotation, ...] = ()
    key_slices: frozenset[tuple[str, int]] = frozenset()


@dataclass(slots=True)
class AnnotationHistory:
    """Every state of what was drawn; each change can be undone and done again."""

    _now: dict[str, Drawn] = field(default_factory=dict)
    _past: list[tuple[str, Drawn]] = field(default_factory=list)
    _future: list[tuple[str, Drawn]] = field(default_factory=list)

    def of(self, series_id: str) -> Drawn:
        """What lies on a series now."""
        return self._now.get(series_id, Drawn())

    def add(self, series_id: str, made: Annotation) -> None:
        """Lay an annotation on a series."""
        drawn = self.of(series_id)
        self._change(series_id, Drawn((*drawn.annotations, made), drawn.key_slices))

    def delete_last(self, series_id: str, stack: CutStack, index: int) -> bool:
        """Take away the last annotation of a cut; whether there was one."""
        drawn = self.of(series_id)
        here = [one for one in drawn.annotations if is_on(one, stack, index)]
        if not here:
            return False
        kept = tuple(one for one in drawn.annotations if one is not here[-1])
        self._change(series_id, Drawn(kept, drawn.key_slices))
        return True

    def toggle_key(self, series_id: str, plane: str, index: int) -> None:
        """Mark a slice as a key image, or no longer."""
        drawn = self.of(series_id)
        self._change(series_id, Drawn(drawn.annotations, drawn.key_slices ^ {(plane, index)}))

    def undo(self) -> bool:
        """Go one change back; whether there was one."""
        return self._step(self._past, self._future)

    def redo(self) -> bool:
        """Do again what was undone; whether there was something."""
        return self._step(self._future, self._past)

    def _change(self, series_id: str, drawn: Drawn) -> None:
        self._past.append((series_id, self.of(series_id)))
        self._future.clear()
        self._now[series_id] = drawn

    def _step(self, source: list[tuple[str, Drawn]], target: list[tuple[str, Drawn]]) -> bool:
        if not source:
            return False
        series_id, drawn = source.pop()
        target.append((series_id, self.of(series_id)))
        self._now[series_id] = drawn
        return True
