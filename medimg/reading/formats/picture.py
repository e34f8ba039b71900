"""PNG and JPEG: grey or colour, upright, without a size in mm."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from medimg.reading.colours import few_bits, settled
from medimg.reading.decoding.process import decode
from medimg.reading.found import Found, Unusable, gather, malformed
from medimg.reading.picture_file import JPEG, PNG, Facts, facts_of
from medimg.values.geometry import Geometry
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Frame, Series
from medimg.values.volume import Array, Unit, Volume

#: What Pillow raises on files that are cut or malformed.
BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error)
#: Most bytes that a picture may open to; the largest radiographs have 40 MB.
PIXEL_LIMIT = 1 << 30

_NAMES = {"PNG": (".png",), "JPEG": (".jpg", ".jpeg", ".jfif"), "MPO": (".jpg", ".jpeg")}
_EXIF_ORIENTATION = 0x0112


def recognises(head: bytes) -> bool:
    """Whether a file has the mark of PNG or JPEG."""
    return head.startswith((PNG, JPEG))


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; each file is a picture of its own."""
    return gather(paths, tick, _stacks)


def read(series: Series, tick: Tick) -> Volume:
    """Read the pixels of a picture.

    A picture whose three channels are equal is grey, for that is how radiographs are saved.

    Raises:
        InputRefused: It is cut or cannot be decoded.
    """
    path = Path(series.frames[0].file)
    try:
        facts = facts_of(path)
        size = facts.declared if facts else 0
        (pixels,) = decode("picture", path, (0,), frame_bytes=size, all_bytes=size)
    except BROKEN as error:
        raise Unusable(_undecodable(path, error)) from error
    array, notes = settled(np.ascontiguousarray(pixels[None]), path.name)
    tick()
    is_colour = array.ndim == 4
    series = replace(
        series,
        photometric_interpretation="RGB" if is_colour else "MONOCHROME2",
        problems=(*series.problems, *(note.at(path) for note in notes)),
    )
    return Volume(array, Unit.COLOUR if is_colour else Unit.ARBITRARY, series)


def decoded(path: Path, numbers: Sequence[int]) -> Generator[Array]:
    """Decode the first picture of a file: the work of the decoding process.

    Raises:
        Unusable: It is cut or damaged.
    """
    try:
        facts = facts_of(path)
        is_deep = facts is not None and facts.bits == 16 and facts.channels > 1
        yield _deep(path, facts) if is_deep and facts else _pixels(path)
    except (*BROKEN, MemoryError) as error:
        raise Unusable(_undecodable(path, error)) from error


def _undecodable(path: Path, error: Exception) -> Problem:
    sentence = f"The pixels of {path.name} cannot be decoded: {error or 'memory is short'}."
    return Problem("decode-failed", sentence, (path.name,))


def _stacks(path: Path) -> list[Series]:
    """The one series of a picture.

    Raises:
        Unusable: It is cut, declares too much, or is not understood.
    """
    name = path.name
    facts = facts_of(path)
    if facts is None or not facts.is_whole:
        sentence = f"{name} breaks off before its end."
        raise Unusable(Problem("truncated", sentence, (name,)))
    if facts.declared > PIXEL_LIMIT:
        held = path.stat().st_size
        sentence = (
            f"{name} declares {facts.declared / 1e9:.1f} GB of pixels and holds "
            f"{held / 1e6:.1f} MB; at most {PIXEL_LIMIT >> 30} GB are opened."
        )
        raise Unusable(Problem("too-large", sentence, (name,)))
    try:
        with _opened(path) as image:
            return [_series(path, image, facts)]
    except Image.DecompressionBombError as error:
        sentence = f"{name} declares {facts.rows} x {facts.columns} pixels, too many for a picture."
        raise Unusable(Problem("too-large", sentence, (name,))) from error
    except BROKEN as error:
        raise malformed(path, str(error).rstrip(".")) from error


def _opened(path: Path) -> Image.Image:
    """Open a picture lazily; its bomb warning is ours to give."""
    with warnings.catch_warnings(action="ignore"):
        return Image.open(path)


def _series(path: Path, image: Image.Image, facts: Facts) -> Series:
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
        problems=tuple(_notes(path, image, facts)),
    )


def _orientation(image: Image.Image) -> int:
    """The orientation tag, 1 where there is none.

    Pillow decodes a whole PNG in search of a tag that follows the pixels; that is not asked for.
    """
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(_EXIF_ORIENTATION, 1))


def _notes(path: Path, image: Image.Image, facts: Facts) -> list[Problem]:
    """What is to be known of a picture."""
    name, files = path.name, (path.name,)
    notes = []
    if path.suffix.lower() not in _NAMES.get(image.format or "", (path.suffix.lower(),)):
        notes.append(Problem("suffix-wrong", f"{name} is {image.format} by its content.", files))
    if image.format in ("JPEG", "MPO"):
        sentence = f"{name} is JPEG, compressed with loss by an unknown ratio."
        notes.append(Problem("lossy", sentence, files))
    count = max(facts.n_pictures, int(getattr(image, "n_frames", 1)))
    if count > 1:
        sentence = f"{name} holds {count} pictures; the first is read."
        notes.append(Problem("several-pictures", sentence, files))
    if facts.bits < 8 and not facts.is_palette:
        notes.append(few_bits(name, facts.bits))
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        notes.append(Problem("alpha-ignored", f"The transparency of {name} is ignored.", files))
    if "dpi" in image.info and image.format == "PNG":
        sentence = f"{name} gives dots per inch, which is a print size; mm are unknown."
        notes.append(Problem("dpi-ignored", sentence, files))
    if _orientation(image) != 1:
        notes.append(Problem("exif-rotated", f"{name} was turned upright as it says.", files))
    return notes


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


def _deep(path: Path, facts: Facts) -> Array:
    """Colour, or grey with alpha, in 16 bits a channel, which Pillow would cut to 8."""
    pixels = _deep_grey(path, facts) if facts.channels == 2 else _deep_colour(path)
    with _opened(path) as image:
        orientation = _orientation(image)
    if orientation == 1:
        return pixels
    planes = [pixels] if pixels.ndim == 2 else list(np.moveaxis(pixels, -1, 0))
    turned = []
    for plane in planes:
        picture = Image.fromarray(np.ascontiguousarray(plane, dtype=np.uint16))
        picture.getexif()[_EXIF_ORIENTATION] = orientation
        turned.append(np.asarray(ImageOps.exif_transpose(picture)))
    return turned[0] if pixels.ndim == 2 else np.stack(turned, axis=-1)


def _deep_colour(path: Path) -> Array:
    """Colour in 16 bits a channel, by SimpleITK."""
    import SimpleITK

    try:
        pixels = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    except RuntimeError as error:
        raise OSError(str(error).splitlines()[-1]) from error
    colour: Array = pixels[..., :3]
    return colour


def _deep_grey(path: Path, facts: Facts) -> Array:
    """Grey of 16 bits with alpha of 16, as the four bytes that Pillow takes for RGBA.

    Filters, interlacing and compression of a PNG work on bytes, four to a pixel in both.
    """
    raw = path.read_bytes()
    head = raw[12:24] + bytes([8, 6]) + raw[26:29]  # IHDR with 8 bits, RGBA
    disguised = raw[:12] + head + struct.pack(">L", zlib.crc32(head)) + raw[33:]
    with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(disguised)) as image:
        four = np.asarray(image)
    grey: Array = (four[..., 0].astype(np.uint16) << 8) | four[..., 1]
    return grey
