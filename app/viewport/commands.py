"""What buttons and keys do to the image, beside the gestures of the hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from medimg_workstation.viewport.canvas import Viewport

from medimg.display.corner_text import CornerState
from medimg.display.pose import Pose, mirrored, turned
from medimg.display.windowing import PRESETS, automatic_window
from medimg.values.volume import Unit


class ImageCommands:
    """Each changes one part of the active viewport's look; without an image nothing happens."""

    def __init__(self, active: Callable[[], Viewport]) -> None:
        self._active = active

    @property
    def _view(self) -> Viewport:
        return self._active()

    def choose_preset(self, place: int) -> None:
        """Key 0 is automatic, 1 the image's own window, 2 to 9 the presets of CT in their order.

        An image that is not in HU has its own windows there.
        """
        picture, now = self._view.picture, self._view.look.window
        if picture is None or now is None:
            return
        if place == 0:
            self._view.change(window=automatic_window(picture.levels.volume))
            return
        presets = tuple(PRESETS.values())
        is_ct = picture.levels.volume.unit is Unit.HU
        windows = (*picture.windows[:1], *presets) if is_ct else picture.windows
        if place <= len(windows):
            self._view.change(window=windows[place - 1])

    def fit(self) -> None:
        """Show the whole image."""
        self._hold(zoom=None, pan=(0.0, 0.0))

    def one_to_one(self) -> None:
        """One screen pixel for each image pixel."""
        self._hold(zoom=1.0 / self._view.devicePixelRatio(), pan=(0.0, 0.0))

    def zoom_by(self, percent: int) -> None:
        """Nearer or farther about the middle."""
        self._view.zoom_by(percent / 100)

    def turn(self) -> None:
        """Turn a quarter clockwise."""
        self._view.change(pose=turned(self._view.look.pose, 1))

    def mirror(self, across: str) -> None:
        """Flip what is seen: "h" or "v"."""
        self._view.change(pose=mirrored(self._view.look.pose, across=across))

    def invert(self) -> None:
        """Black to white."""
        self._view.change(is_inverted=not self._view.look.is_inverted)

    def reset(self) -> None:
        """Back to how the image was first shown; measures stay."""
        if (picture := self._view.picture) is not None:
            self._view.change(window=picture.window, is_inverted=False, pose=Pose())

    def step_slice(self, steps: int) -> None:
        """Go through the stack."""
        self._view.go_to_slice(self._view.look.index + steps)

    def step_corners(self) -> None:
        """Corner text: full, names hidden, off."""
        states = list(CornerState)
        now = states.index(self._view.look.corners)
        self._view.change(corners=states[(now + 1) % len(states)])

    def toggle_blocks(self) -> None:
        """Draw pixels as squares, or smoothly again."""
        self._view.change(is_blocky=not self._view.look.is_blocky)

    def _hold(self, **parts: object) -> None:
        pose = replace(self._view.look.pose, **parts)  # type: ignore[arg-type]
        self._view.change(pose=pose)
