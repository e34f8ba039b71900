"""What a viewport shows in each state: the image, how far it is, or what to do."""

from __future__ import annotations

from medimg_workstation.pages.read.hanging import Pane
from medimg_workstation.pages.read.ready import ReadState
from medimg_workstation.pages.read.state import Failed, ImageState, Loading, Refused, Shown
from medimg_workstation.viewport.canvas import Viewport
from medimg_workstation.viewport.state import Look

from medimg.display.cuts import CutStack, patient_plane, reason_against_planes, stored
from medimg.display.wording import left
from medimg.values.geometry import Geometry


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


def stack_of(pane: Pane, geometry: Geometry) -> CutStack:
    """The cuts of a pane; the place in the patient must be known for a plane of it."""
    return stored(geometry) if pane.plane is None else patient_plane(geometry, pane.plane)


def draw_image(viewport: Viewport, pane: Pane, image: ImageState, look: Look) -> None:
    """Put the state of an image in a viewport."""
    if isinstance(image, Shown):
        reason = reason_against_planes(image.series) if pane.plane is not None else ""
        if reason:
            viewport.show_message("This plane cannot be shown", reason, "refused")
            return
        stack = stack_of(pane, image.picture.levels.volume.series.geometry)
        viewport.show_picture(image.picture, look, stack)
    elif isinstance(image, Loading):
        if viewport.picture is not None:
            viewport.show_message("", "", "read")
        viewport.show_loading(image.stage, left(image.left_s), image.fraction)
    elif isinstance(image, Failed):
        words = f"{image.failure.sentence} {image.failure.todo}"
        viewport.show_message("This series cannot be shown", words, "alert")
    else:
        words = "Drag a series here, or click here and then on a series at the left."
        viewport.show_message("Empty viewport", words, "stack")
