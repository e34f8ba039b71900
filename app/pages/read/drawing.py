"""What the viewport shows in each state: the image, how far it is, or what to do."""

from __future__ import annotations

from medimg_workstation.pages.read.state import (
    Failed,
    ImageState,
    Loading,
    ReadState,
    Refused,
    Shown,
)
from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.state import Look

from medimg.display.wording import left


def message(state: ReadState) -> tuple[str, str, str]:
    """What a viewport without an image says: title, text, icon."""
    if isinstance(state, Refused):
        others = len(state.others)
        more = f" {others} more file{'s' * (others != 1)} could not be used." if others else ""
        return "Nothing to show", f"{state.problem.sentence} {state.problem.todo}{more}", "refused"
    if isinstance(state, Failed):
        return "Not opened", f"{state.failure.sentence} {state.failure.todo}", "alert"
    text = "Drop a folder or a file here, or press Ctrl+O. Everything stays on this computer."
    return "No images open", text, "folder"


def draw_image(viewport: Viewport, image: ImageState, look: Look) -> None:
    """Put the state of an image in the viewport."""
    if isinstance(image, Shown):
        viewport.show_picture(image.picture, look)
    elif isinstance(image, Loading):
        if viewport.picture is not None:
            viewport.show_message("", "", "read")
        viewport.show_loading(image.stage, left(image.left_s), image.fraction)
    elif isinstance(image, Failed):
        words = f"{image.failure.sentence} {image.failure.todo}"
        viewport.show_message("This series cannot be shown", words, "alert")
    else:
        viewport.show_message("No image", "Choose a series at the left.", "stack")
