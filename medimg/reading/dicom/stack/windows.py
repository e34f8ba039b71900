"""Windows that files bring: those of a picture, and the one in which a whole stack is drawn.

Makers window many slices by themselves, of MR nearly always. A stack that changed its contrast
from slice to slice could not be compared with itself, so the middle slice's window is drawn
throughout, and its name says whose it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from medimg.reading.dicom.header.attributes import Attributes, differing
from medimg.reading.dicom.picture import Picture
from medimg.values.problems import Problem
from medimg.values.series import Window

#: Explanations of a window that name a function or a place in a list, and no purpose.
_SAYS_NOTHING = re.compile(r"(WINDOW|WIN|LINEAR|NORMAL|DEFAULT|ORIGINAL|VOI|USER)?[ _-]?[0-9]*")


def of_picture(attributes: Attributes, name: str) -> tuple[tuple[Window, ...], list[Problem]]:
    """Read the windows of a picture; one without a width is told and left out."""
    centers = _floats(attributes.texts("WindowCenter"))
    widths = _floats(attributes.texts("WindowWidth"))
    names = attributes.texts("WindowCenterWidthExplanation")
    function = attributes.text("VOILUTFunction").upper() or "LINEAR"
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        function = "LINEAR"
    good = []
    is_invalid = len(centers) != len(widths)
    for place, (center, width) in enumerate(zip(centers, widths, strict=False)):
        # LINEAR needs a width of 1 or more, the others one above 0 (PS3.3 C.11.2.1.2).
        if center is None or width is None or width <= 0 or (width < 1 and function == "LINEAR"):
            is_invalid = True
            continue
        label = names[place] if place < len(names) else ""
        if _SAYS_NOTHING.fullmatch(label.strip().upper()):
            label = f"file window {place + 1}" if len(centers) > 1 else "file window"
        good.append(Window(center, width, label, function))
    if not is_invalid:
        return tuple(good), []
    sentence = f"A window of {name} has no width and is not used."
    return tuple(good), [Problem("window-invalid", sentence, (name,))]


def _floats(texts: tuple[str, ...]) -> list[float | None]:
    numbers: list[float | None] = []
    for text in texts:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        numbers.append(number if math.isfinite(number) else None)
    return numbers


#: What a window is made of.
_READ = {"WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction"}
#: Windows differ much from here: one is this many times as wide as the other, or its centre is
#: farther off than this share of the width. Of less the eye sees little.
_WIDER, _ASIDE = 2.0, 0.5
#: What the window is called that shows all that single slices' windows show.
TOGETHER = "all slices' windows"


def of_stack(ordered: Sequence[Picture]) -> tuple[tuple[Window, ...], list[Problem]]:
    """Read the windows in which a stack is drawn, the first first.

    Args:
        ordered: Pictures in the order in which they are shown.
    """
    middle = len(ordered) // 2
    known = differing(picture.attributes for picture in ordered)
    if known is not None and known.isdisjoint(_READ):
        return _placed(ordered[middle])
    found = [_placed(picture) for picture in ordered]
    chosen = min((k for k, (own, _) in enumerate(found) if own), default=middle,
                 key=lambda k: abs(k - middle))  # fmt: skip
    own, problems = found[chosen]
    firsts = [windows[0] if windows else None for windows, _ in found]
    if len(set(firsts)) == 1:
        return own, problems
    named = tuple(replace(w, name=f"{w.name} of slice {chosen + 1}") for w in own)
    others = [window for window in firsts if window is not None]
    if not any(_differ_much(named[0], other) for other in others):
        return named, problems
    low = min(window.center - window.width / 2 for window in others)
    high = max(window.center + window.width / 2 for window in others)
    together = Window((low + high) / 2, high - low, TOGETHER, named[0].function)
    widths = sorted(window.width for window in others)
    sentence = (
        f"Slices of {ordered[chosen].name} and its like bring windows of their own, "
        f"{widths[0]:g} to {widths[-1]:g} wide; all are drawn in that of slice {chosen + 1} of "
        f"{len(ordered)}, {named[0].width:g} wide about {named[0].center:g}."
    )
    told = Problem("windows-differ", sentence, (ordered[chosen].file,))
    return (*named, together), [*problems, told]


def _placed(picture: Picture) -> tuple[tuple[Window, ...], list[Problem]]:
    """The windows of a picture, and problems that say where its file lies."""
    own, problems = of_picture(picture.attributes, picture.name)
    return own, [problem.at(picture.file) for problem in problems]


def _differ_much(a: Window, b: Window) -> bool:
    is_wider = max(a.width, b.width) > _WIDER * min(a.width, b.width)
    return is_wider or abs(a.center - b.center) > _ASIDE * max(a.width, b.width)
