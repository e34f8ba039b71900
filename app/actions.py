"""Every command of the window, in one table: menus, tools and the list of keys read it."""

from __future__ import annotations

from dataclasses import dataclass

from medimg_workstation.pages.read.hanging import LAYOUTS

from medimg.display.annotations import KINDS
from medimg.display.windowing import PRESETS
from medimg.values.geometry import Plane


@dataclass(frozen=True, slots=True)
class Action:
    """One command.

    Attributes:
        text: As menu and tool tip have it.
        keys: Shortcuts; the first is shown.
        icon: Name in resources/icons; empty for none.
        menu: Title of the menu that it stands in; empty for none.
        call: Name of the window's method (without its leading `do_`), or of a part of the window
            and its method ("image.turn"); `MainWindow` names the parts.
        argument: Handed to the method where it takes one.
        is_checkable: A tool that is on until another is.
        on_image: Its keys count only while the image has the focus (arrows belong to lists too).
    """

    text: str
    keys: tuple[str, ...]
    icon: str
    menu: str
    call: str
    argument: str | int | tuple[int, int] | Plane | None = None
    is_checkable: bool = False
    on_image: bool = False


MENUS = ("File", "View", "Layout", "Image", "Tools", "Help")

#: Further keys of annotation tools.
ALSO: dict[str, tuple[str, ...]] = {"length": ("D",)}

ACTIONS: dict[str, Action] = {
    "open-folder": Action("Open folder…", ("Ctrl+O",), "folder", "File", "open_folder"),
    "open-file": Action("Open file…", ("Ctrl+Shift+O",), "document", "File", "open_file"),
    "batch": Action("Batch folder…", ("Ctrl+B",), "batch", "File", "batch_folder"),
    "export": Action("Export…", ("Ctrl+E",), "export", "File", "export"),
    "copy": Action("Copy picture", ("Ctrl+C",), "", "File", "copy_picture"),
    "save-picture": Action("Save picture…", ("Ctrl+Shift+S",), "", "File", "save_picture"),
    "save-moving": Action("Save moving picture…", ("Ctrl+Shift+G",), "", "File", "save_moving"),
    "quit": Action("Quit", ("Ctrl+Q",), "", "File", "quit"),
    "fold-series": Action("Series list", ("F8",), "", "View", "fold_series"),
    "fold-model": Action("Model’s column", ("F9",), "", "View", "fold_model"),
    "image-alone": Action("Image alone", ("F11",), "", "View", "image_alone"),
    "theme": Action("Light or dark", ("Ctrl+T",), "", "View", "switch_theme"),
    "info": Action(
        "Corner text: full, names hidden, off", ("I",), "info", "View", "image.step_corners"
    ),
    "overlays": Action(
        "Hide overlays (hold Space)", ("Alt+S",), "eye", "View", "grid.toggle_overlays"
    ),
    "map": Action("Map of evidence", ("Alt+H",), "", "View", "why.toggle"),
    "window": Action("Window / level", ("W",), "window", "Tools", "tool", "window", True),
    "zoom": Action("Zoom", ("Z",), "zoom", "Tools", "tool", "zoom", True),
    "pan": Action("Pan", ("P",), "pan", "Tools", "tool", "pan", True),
    "scroll": Action("Scroll", ("S",), "scroll", "Tools", "tool", "scroll", True),
    "crosshair": Action("Crosshair", ("Shift+X",), "crosshair", "Tools", "tool", "crosshair", True),
    "lens": Action("Magnifier", ("M",), "lens", "Tools", "tool", "lens", True),
    **{
        name: Action(
            kind.title,
            (kind.key, *ALSO.get(name, ())),
            kind.icon,
            "Tools",
            "tool",
            name,
            is_checkable=True,
        )
        for name, kind in KINDS.items()
    },
    "outline": Action(
        "Outline by a click", ("O",), "wand", "Tools", "tool", "outline", is_checkable=True
    ),
    "delete": Action("Delete last annotation", ("Del",), "", "Tools", "images.delete_annotation"),
    "undo": Action("Undo", ("Ctrl+Z",), "", "Tools", "images.undo"),
    "redo": Action("Redo", ("Ctrl+Y", "Ctrl+Shift+Z"), "", "Tools", "images.redo"),
    "cancel": Action("Give up what is being drawn", ("Esc",), "", "", "grid.cancel", on_image=True),
    "key-image": Action("Key image", ("K",), "key", "Image", "images.toggle_key_image"),
    "cine": Action("Play", ("C",), "cine", "Image", "cine"),
    "three-planes": Action("Three planes", ("Shift+P",), "planes", "Layout", "reading.show_planes"),
    "stored": Action(
        "Slices as stored", ("Alt+0",), "", "Layout", "reading.show_plane", Plane.UNKNOWN
    ),
    "axial": Action("Axial", ("Alt+1",), "", "Layout", "reading.show_plane", Plane.AXIAL),
    "coronal": Action("Coronal", ("Alt+2",), "", "Layout", "reading.show_plane", Plane.CORONAL),
    "sagittal": Action("Sagittal", ("Alt+3",), "", "Layout", "reading.show_plane", Plane.SAGITTAL),
    **{
        f"layout-{rows}x{columns}": Action(
            f"{rows} × {columns} viewports",
            (f"Ctrl+Alt+{key}",),
            "grid" if (rows, columns) == (2, 2) else "",
            "Layout",
            "reading.lay_out",
            (rows, columns),
        )
        for key, (rows, columns) in enumerate(LAYOUTS, start=1)
    },
    "hang-again": Action(
        "Layout as on opening", ("Ctrl+Alt+0",), "", "Layout", "reading.hang_again"
    ),
    "link": Action(
        "Link viewports",
        ("Ctrl+L",),
        "link",
        "Layout",
        "grid.toggle_link",
        is_checkable=True,
    ),
    "next-viewport": Action(
        "Next viewport", ("Tab",), "", "", "grid.step_active", 1, on_image=True
    ),
    "previous-viewport": Action(
        "Viewport before", ("Shift+Tab",), "", "", "grid.step_active", -1, on_image=True
    ),
    "blocks": Action("Pixels as squares", ("Ctrl+Shift+B",), "", "Image", "image.toggle_blocks"),
    "rotate": Action("Turn right", ("Ctrl+]",), "rotate", "Image", "image.turn"),
    "flip-h": Action("Flip left and right", ("H",), "flip-h", "Image", "image.mirror", "h"),
    "flip-v": Action("Flip top and bottom", ("V",), "flip-v", "Image", "image.mirror", "v"),
    "invert": Action("Invert", ("X",), "invert", "Image", "image.invert"),
    "fit": Action("Fit", ("F",), "fit", "Image", "image.fit"),
    "one-to-one": Action("One to one", ("Shift+F",), "one-to-one", "Image", "image.one_to_one"),
    "zoom-in": Action("Nearer", ("Ctrl++", "+"), "", "Image", "image.zoom_by", 125),
    "zoom-out": Action("Farther", ("Ctrl+-", "-"), "", "Image", "image.zoom_by", 80),
    "reset": Action("Reset", ("Shift+R",), "reset", "Image", "image.reset"),
    "up": Action("Slice before", ("Up",), "", "", "image.step_slice", -1, on_image=True),
    "down": Action("Next slice", ("Down",), "", "", "image.step_slice", 1, on_image=True),
    "up-10": Action(
        "Ten slices back", ("Shift+Up",), "", "", "image.step_slice", -10, on_image=True
    ),
    "down-10": Action(
        "Ten slices on", ("Shift+Down",), "", "", "image.step_slice", 10, on_image=True
    ),
    "first": Action("First slice", ("Home",), "", "", "image.step_slice", -100_000, on_image=True),
    "last": Action("Last slice", ("End",), "", "", "image.step_slice", 100_000, on_image=True),
    "study-before": Action(
        "Study before", ("PgUp",), "", "", "reading.step_study", -1, on_image=True
    ),
    "next-study": Action("Next study", ("PgDown",), "", "", "reading.step_study", 1, on_image=True),
    "previous": Action(
        "Series before", ("Left",), "", "", "reading.step_series", -1, on_image=True
    ),
    "next": Action("Next series", ("Right",), "", "", "reading.step_series", 1, on_image=True),
    "auto-window": Action("Window: automatic", ("0",), "", "", "image.choose_preset", 0),
    "own-window": Action("Window: the image’s own", ("1",), "", "", "image.choose_preset", 1),
    **{
        f"window-{i}": Action(
            f"Window: {name} (CT), else {i}. of the list",
            (str(i),),
            "",
            "",
            "image.choose_preset",
            i,
        )
        for i, name in zip(range(2, 10), PRESETS, strict=False)
    },
    "palette": Action("Commands…", ("Ctrl+K",), "search", "Help", "show_palette"),
    "keys": Action("Keys", ("F1",), "help", "Help", "show_keys"),
    "about": Action("About", (), "", "Help", "about"),
}

#: The tool row, in groups.
TOOL_ROW = (
    ("window", "zoom", "pan", "scroll"),
    ("crosshair", "lens"),
    ("length", "angle", "ellipse", "probe", "arrow", "outline"),
    ("rotate", "flip-h", "flip-v", "invert", "reset", "cine"),
    ("three-planes", "layout-2x2", "link"),
    ("info", "overlays"),
)
