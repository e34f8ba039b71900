"""Every command of the window, in one table: menus, tools and the list of keys read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One command.

    Attributes:
        text: As menu and tool tip have it.
        keys: Shortcuts; the first is shown.
        icon: Name in resources/icons; empty for none.
        menu: Title of the menu that it stands in; empty for none.
        call: Name of the window's method (without its leading `do_`).
        argument: Handed to the method where it takes one.
        is_checkable: A tool that is on until another is.
        on_image: Its keys count only while the image has the focus (arrows belong to lists too).
    """

    text: str
    keys: tuple[str, ...]
    icon: str
    menu: str
    call: str
    argument: str | int | None = None
    is_checkable: bool = False
    on_image: bool = False


MENUS = ("File", "View", "Image", "Tools", "Help")

ACTIONS: dict[str, Action] = {
    "open-folder": Action("Open folder…", ("Ctrl+O",), "folder", "File", "open_folder"),
    "open-file": Action("Open file…", ("Ctrl+Shift+O",), "document", "File", "open_file"),
    "batch": Action("Batch folder…", ("Ctrl+B",), "batch", "File", "batch_folder"),
    "export": Action("Export…", ("Ctrl+E",), "export", "File", "export"),
    "quit": Action("Quit", ("Ctrl+Q",), "", "File", "quit"),
    "fold-series": Action("Series list", ("F8",), "", "View", "fold_series"),
    "fold-model": Action("Model’s column", ("F9",), "", "View", "fold_model"),
    "image-alone": Action("Image alone", ("F11",), "", "View", "image_alone"),
    "theme": Action("Light or dark", ("Ctrl+T",), "", "View", "switch_theme"),
    "info": Action("Corner text: full, names hidden, off", ("I",), "info", "View", "step_corners"),
    "overlays": Action("Hide overlays (hold Space)", ("Alt+S",), "eye", "View", "toggle_overlays"),
    "map": Action("Map of evidence", ("Alt+H",), "", "View", "toggle_map"),
    "window": Action("Window / level", ("W",), "window", "Tools", "tool", "window", True),
    "zoom": Action("Zoom", ("Z",), "zoom", "Tools", "tool", "zoom", True),
    "pan": Action("Pan", ("P",), "pan", "Tools", "tool", "pan", True),
    "scroll": Action("Scroll", ("S",), "scroll", "Tools", "tool", "scroll", True),
    "length": Action("Length", ("L", "D"), "length", "Tools", "tool", "length", True),
    "angle": Action("Angle", ("A",), "angle", "Tools", "tool", "angle", True),
    "delete": Action("Delete last measure", ("Del",), "", "Tools", "delete_ruler"),
    "rotate": Action("Turn right", ("Ctrl+]",), "rotate", "Image", "turn"),
    "flip-h": Action("Flip left and right", ("H",), "flip-h", "Image", "mirror", "h"),
    "flip-v": Action("Flip top and bottom", ("V",), "flip-v", "Image", "mirror", "v"),
    "invert": Action("Invert", ("X",), "invert", "Image", "invert"),
    "fit": Action("Fit", ("F",), "fit", "Image", "fit"),
    "one-to-one": Action("One to one", ("Shift+F",), "one-to-one", "Image", "one_to_one"),
    "zoom-in": Action("Nearer", ("Ctrl++", "+"), "", "Image", "zoom_by", 125),
    "zoom-out": Action("Farther", ("Ctrl+-", "-"), "", "Image", "zoom_by", 80),
    "reset": Action("Reset", ("Shift+R",), "reset", "Image", "reset"),
    "up": Action("Slice before", ("Up",), "", "", "step_slice", -1, on_image=True),
    "down": Action("Next slice", ("Down",), "", "", "step_slice", 1, on_image=True),
    "up-10": Action("Ten slices back", ("Shift+Up",), "", "", "step_slice", -10, on_image=True),
    "down-10": Action("Ten slices on", ("Shift+Down",), "", "", "step_slice", 10, on_image=True),
    "first": Action("First slice", ("Home",), "", "", "step_slice", -100_000, on_image=True),
    "last": Action("Last slice", ("End",), "", "", "step_slice", 100_000, on_image=True),
    "previous": Action("Series before", ("Left",), "", "", "step_series", -1, on_image=True),
    "next": Action("Next series", ("Right",), "", "", "step_series", 1, on_image=True),
    "auto-window": Action("Window: automatic", ("0",), "", "", "preset", 0),
    "own-window": Action("Window: the image’s own", ("1",), "", "", "preset", 1),
    **{
        f"window-{i}": Action(f"Window: {i}. of the list", (str(i),), "", "", "preset", i)
        for i in range(2, 10)
    },
    "keys": Action("Keys", ("F1",), "help", "Help", "show_keys"),
    "about": Action("About", (), "", "Help", "about"),
}

#: The tool row, in groups.
TOOL_ROW = (
    ("window", "zoom", "pan", "scroll"),
    ("length", "angle"),
    ("rotate", "flip-h", "flip-v", "invert", "reset"),
    ("fit", "one-to-one"),
    ("info", "overlays"),
)
