"""Window and level by hand: what a drag over the image does."""

from __future__ import annotations

from dataclasses import replace

from medimg.values.series import Window

#: A drag of this many screen pixels changes by one whole width of the window at its start.
PIXELS_PER_WIDTH = 400.0
#: Name of a window that the reader set by hand.
BY_HAND = "by hand"


def dragged(window: Window, dx: float, dy: float) -> Window:
    """Window after a drag: right is wider, up is a lower centre, so brighter.

    Args:
        window: As it was when the drag began; a drag back gives it back.
        dx, dy: Screen pixels since the drag began, y downwards.
    """
    step = window.width / PIXELS_PER_WIDTH
    smallest = 1.0 if window.width >= 8 else window.width / 100.0
    width = max(smallest, window.width + dx * step)
    return replace(window, width=width, center=window.center + dy * step, name=BY_HAND)
