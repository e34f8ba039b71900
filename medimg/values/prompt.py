"""How a reader points at what is meant."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Clicks and a box on an image, in the patient's LPS mm.

    Attributes:
        clicks: Points (x, y, z) inside what is meant.
        not_clicks: Points outside it.
        box: Two opposite corners around it; None without a box.
    """

    clicks: tuple[Point, ...] = ()
    not_clicks: tuple[Point, ...] = ()
    box: tuple[Point, Point] | None = None

    def __post_init__(self) -> None:
        """Check that something is meant.

        Raises:
            ValueError: There is neither a click nor a box.
        """
        if not self.clicks and self.box is None:
            raise ValueError("a prompt needs a click or a box")
