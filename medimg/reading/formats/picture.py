"""PNG and JPEG: grey or colour, upright, without a size in mm."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from medimg.reading.found import Found
from medimg.values.errors import InputRefused
from medimg.values.geometry import Geometry
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Frame, Series
from medimg.values.volume import Array, Unit, Volume

#: What Pillow raises on files that are cut or malformed.
BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError)

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_NAMES = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jfif"), "MPO": (".jpg", ".jpeg")}
_EXIF_ORIENTATION = 0x0112


def recognises(head: bytes) -> bool:
    """Whether a file has the mark of PNG or JPEG."""
    return head.startswith(_PNG) or head.startswith(_JPEG)


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; each file is a picture of its own."""
    series: list[Series] = []
    problems: list[Problem] = []
    for path in paths:
        tick()
        try:
            with _opened(path) as image:
                problem = _cut(path)
                if problem is None:
                    series.append(_series(path, image))
        except Image.DecompressionBombError as error:
            problem = _bomb(path, str(error))
        except BROKEN as error:
            problem = Problem("unreadable", f"{path.name} cannot be read: {error}.", (path.name,))
        if problem is not None:
            problems.append(problem)
    return Found(tuple(series), tuple(problems))


def read(series: Series, tick: Tick) -> Volume:
    """Read the pixels of a picture.

    A picture whose three channels are equal is grey, for that is how radiographs are saved.

    Raises:
        InputRefused: It is cut or cannot be decoded.
    """
    path = Path(series.frames[0].file)
    try:
        pixels = _deep_colour(path) if _is_deep_colour(path) else _pixels(path)
    except BROKEN as error:
        raise InputRefused(
            f"The pixels of {path.name} cannot be decoded: {error}. "
            "Ask the sender for a whole copy."
        ) from error
    if pixels.ndim == 3 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., 0]
    if pixels.ndim == 3 and pixels.dtype != np.uint8:
        pixels = (pixels >> 8).astype(np.uint8)
    is_colour = pixels.ndim == 3
    unit = Unit.COLOUR if is_colour else Unit.ARBITRARY
    photometric = "RGB" if is_colour else "MONOCHROME2"
    array = np.ascontiguousarray(pixels[None])
    tick()
    return Volume(array, unit, replace(series, photometric_interpretation=photometric))


def _opened(path: Path) -> Image.Image:
    """Open a picture lazily; its bomb warning is ours to give."""
    with warnings.catch_warnings(action="ignore"):
        return Image.open(path)


def _series(path: Path, image: Image.Image) -> Series:
    columns, rows = image.size
    if _orientation(image) >= 5:  # 5 to 8 swap the sides
        rows, columns = columns, rows
    return Series(
        id=str(path),
        label=path.stem,
        format="picture",
        modality="",
        frames=(Frame(str(path)),),
        geometry=Geometry((1, rows, columns)),
        description=path.stem,
        lossy_ratio=0.0 if image.format in ("JPEG", "MPO") else None,
        problems=tuple(_notes(path, image)),
    )


def _orientation(image: Image.Image) -> int:
    """The orientation tag, 1 where there is none.

    Pillow decodes a whole PNG in search of a tag that follows the pixels; that is not asked for.
    """
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(_EXIF_ORIENTATION, 1))


def _notes(path: Path, image: Image.Image) -> list[Problem]:
    """What is to be known of a picture."""
    name, files = path.name, (path.name,)
    notes = []
    if path.suffix.lower() not in _NAMES.get(image.format or "", (path.suffix.lower(),)):
        notes.append(Problem("suffix-wrong", f"{name} is {image.format} by its content.", files))
    if image.format in ("JPEG", "MPO"):
        sentence = f"{name} is JPEG, compressed with loss by an unknown ratio."
        notes.append(Problem("lossy", sentence, files))
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        notes.append(Problem("alpha-ignored", f"The transparency of {name} is ignored.", files))
    if "dpi" in image.info and image.format == "PNG":
        sentence = f"{name} gives dots per inch, which is a print size; mm are unknown."
        notes.append(Problem("dpi-ignored", sentence, files))
    if _orientation(image) != 1:
        notes.append(Problem("exif-rotated", f"{name} was turned upright as it says.", files))
    return notes


def _cut(path: Path) -> Problem | None:
    """Whether a file lacks its end: IEND of a PNG, the end marker of a JPEG."""
    with path.open("rb") as file:
        mark = file.read(3)
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 65536))
        tail = file.read()
    end = b"\xff\xd9" if mark == _JPEG else b"IEND"
    if end in tail:
        return None
    return Problem("truncated", f"{path.name} breaks off before its end.", (path.name,))


def _bomb(path: Path, message: str) -> Problem:
    count = re.search(r"\d{6,}", message)
    declared = f"{int(count.group()) / 1e9:.1f} GB" if count else "more than can be held"
    held = path.stat().st_size
    sentence = f"{path.name} declares {declared} of pixels and holds {held / 1e6:.1f} MB."
    return Problem("too-large", sentence, (path.name,))


def _pixels(path: Path) -> Array:
    """Grey [row, column] in 8 or 16 bits, or RGB [row, column, 3]."""
    with _opened(path) as opened:
        image = ImageOps.exif_transpose(opened)
        if image.mode in ("I;16", "I;16B", "I;16L", "I"):
            values = np.asarray(image)
            return values.astype(np.uint16) if values.max(initial=0) < 1 << 16 else values
        if image.mode in ("1", "L", "LA"):
            return np.asarray(image.convert("LA").getchannel("L") if image.mode == "LA"
                              else image.convert("L"))  # fmt: skip
        if image.mode in ("P", "PA"):
            image = image.convert("RGBA")
        return np.asarray(image.convert("RGB"))


def _is_deep_colour(path: Path) -> bool:
    """Whether a PNG holds colour in 16 bits a channel, which Pillow would cut to 8."""
    with path.open("rb") as file:
        first = file.read(26)
    return first.startswith(_PNG) and first[24] == 16 and first[25] in (2, 6)


def _deep_colour(path: Path) -> Array:
    """Colour in 16 bits a channel, by SimpleITK."""
    import SimpleITK

    try:
        pixels = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    except RuntimeError as error:
        raise OSError(str(error).splitlines()[-1]) from error
    colour: Array = pixels[..., :3]
    return colour
