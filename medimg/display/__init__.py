"""From values to pictures: pure functions, proven without a window."""

from medimg.display.show import show

__all__ = ["show"]
