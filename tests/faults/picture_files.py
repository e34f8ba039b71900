"""Rows of 'Non-DICOM': PNG, JPEG, TIFF, and pictures of other kinds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from medimg.values.volume import Array, Unit
from tests.faults.truth import Row, Slice, Stack, Truth

#: A film of 64 x 48: brightness rises to the right and downwards.
_GREY = (np.add.outer(np.arange(64) * 2, np.arange(48))).astype(np.uint8)
_DEEP = _GREY.astype(np.uint16) * 195 + 3
_COLOUR = np.stack([_GREY, _GREY // 2, 255 - _GREY], axis=-1)
#: What JPEG may change of a smooth film at quality 95.
_JPEG_LOSS = 6.0
_EXIF_ORIENTATION = 0x0112


def _truth(*pages: Array, tolerance: float = 0.0) -> Truth:
    """Pictures without place or size."""
    unit = Unit.COLOUR if pages[0].ndim == 3 else Unit.ARBITRARY
    slices = tuple(Slice(page) for page in pages)
    return (Stack(slices, unit, is_volume=False, tolerance=tolerance),)


def _saved(
    array: Array, name: str, expected: Array | None = None, tolerance: float = 0.0, **how: Any
) -> Callable[[Path], Truth]:
    """Write a picture by Pillow."""

    def make(folder: Path) -> Truth:
        Image.fromarray(array).save(folder / name, **how)
        return _truth(array if expected is None else expected, tolerance=tolerance)

    return make


def _palette(folder: Path) -> Truth:
    picture = Image.fromarray((_GREY % 3).astype(np.uint8), "P")
    colours = np.array([[10, 20, 30], [200, 100, 50], [0, 250, 5]], np.uint8)
    picture.putpalette(colours.reshape(-1).tolist())
    picture.save(folder / "x.png")
    return _truth(colours[_GREY % 3])


def _grey_alpha(folder: Path) -> Truth:
    alpha = np.full_like(_GREY, 255)
    alpha[:8] = 0
    Image.merge("LA", [Image.fromarray(_GREY), Image.fromarray(alpha)]).save(folder / "x.png")
    return _truth(_GREY)


def _chunks(*parts: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand: kinds and depths that Pillow does not write."""
    body = b"".join(
        struct.pack(">L", len(part)) + name + part + struct.pack(">L", zlib.crc32(name + part))
        for name, part in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _png(pixels: Array, bits: int, kind: int) -> bytes:
    rows, columns = pixels.shape[:2]
    depth = ">u2" if bits == 16 else "u1"
    lines = b"".join(b"\0" + row.astype(depth).tobytes() for row in pixels)
    head = struct.pack(">LLBBBBB", columns, rows, bits, kind, 0, 0, 0)
    return _chunks((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))


def _deep_colour(folder: Path) -> Truth:
    (folder / "x.png").write_bytes(_png(np.stack([_DEEP] * 3, axis=-1), 16, 2))
    return _truth(_DEEP)


def _deep_true_colour(folder: Path) -> Truth:
    colours = np.stack([_DEEP, _DEEP // 2, _DEEP // 3], axis=-1)
    (folder / "x.png").write_bytes(_png(colours, 16, 2))
    return _truth((colours >> 8).astype(np.uint8))


def _deep_grey_alpha(folder: Path) -> Truth:
    alpha = np.full_like(_DEEP, 65535)
    alpha[:8] = 0
    (folder / "x.png").write_bytes(_png(np.stack([_DEEP, alpha], axis=-1), 16, 4))
    return _truth(_DEEP)


def _interlaced(folder: Path) -> Truth:
    """Adam7, each of its seven passes by hand."""
    g = _GREY
    passes = (g[::8, ::8], g[::8, 4::8], g[4::8, ::4], g[::4, 2::4], g[2::4, ::2],
              g[::2, 1::2], g[1::2, :])  # fmt: skip
    lines = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    head = struct.pack(">LLBBBBB", 48, 64, 8, 0, 0, 0, 1)
    raw = _chunks((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    (folder / "x.png").write_bytes(raw)
    return _truth(g)


def _animated(folder: Path) -> Truth:
    first, second = Image.fromarray(_GREY), Image.fromarray(255 - _GREY)
    first.save(folder / "x.png", save_all=True, append_images=[second])
    return _truth(_GREY)


def _png_bomb(folder: Path) -> Truth:
    """3.6 GB of zeros, of which 3.5 MB are there."""
    head = struct.pack(">LLBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    raw = _chunks((b"IHDR", head), (b"IDAT", bytes(3_500_000)), (b"IEND", b""))
    (folder / "x.png").write_bytes(raw)
    return ()


def _rotated(folder: Path) -> Truth:
    exif = Image.Exif()
    exif[_EXIF_ORIENTATION] = 6  # turn right
    lying = Image.fromarray(np.rot90(_GREY))
    lying.save(folder / "x.jpg", exif=exif, quality=95)
    return _truth(_GREY, tolerance=_JPEG_LOSS)


def _cmyk(folder: Path) -> Truth:
    zero = Image.fromarray(np.zeros_like(_GREY))
    black = Image.fromarray(255 - _GREY)
    Image.merge("CMYK", [zero, zero, zero, black]).save(folder / "x.jpg", quality=95)
    return _truth(_GREY, tolerance=_JPEG_LOSS)


def _noise() -> Array:
    return np.random.default_rng(3).integers(0, 255, (96, 80), np.uint8)


def _cut(name: str, **how: Any) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        sink = BytesIO()
        Image.fromarray(_noise()).save(sink, name.rsplit(".", 1)[1].upper(), **how)
        raw = sink.getvalue()
        (folder / name.lower().replace("jpeg", "jpg")).write_bytes(raw[: len(raw) * 6 // 10])
        return ()

    return make


def _thumbnail() -> bytes:
    sink = BytesIO()
    Image.fromarray(_GREY).save(sink, "JPEG")
    return sink.getvalue()


def _several_jpeg(folder: Path) -> Truth:
    first, second = Image.fromarray(_GREY), Image.fromarray(255 - _GREY)
    first.save(folder / "x.jpg", "MPO", save_all=True, append_images=[second], quality=95)
    return _truth(_GREY, tolerance=_JPEG_LOSS)


# TIFF

_PAGES = [_DEEP + page for page in range(12)]


def _tiff(
    arrays: list[Array], expected: Truth, *, big: bool = False, **how: Any
) -> Callable[[Path], Truth]:
    """Write pages by tifffile."""

    def make(folder: Path) -> Truth:
        with tifffile.TiffWriter(folder / "x.tif", bigtiff=big) as file:
            for array in arrays:
                settings = {"photometric": "minisblack", "metadata": None} | how
                file.write(array, **settings)
        return expected

    return make


def _pyramid(folder: Path) -> Truth:
    with tifffile.TiffWriter(folder / "x.tif") as file:
        file.write(_DEEP, photometric="minisblack", metadata=None)
        file.write(_DEEP[::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)
    return _truth(_DEEP)


def _tiff_cut(folder: Path) -> Truth:
    _tiff(_PAGES, ())(folder)
    raw = (folder / "x.tif").read_bytes()
    (folder / "x.tif").write_bytes(raw[: len(raw) * 6 // 10])
    return ()


def _one_page_for_many(folder: Path) -> Truth:
    """As ImageJ and tifffile write large stacks: one directory, all images behind it."""
    tifffile.imwrite(folder / "x.tif", np.stack(_PAGES), metadata={}, truncate=True,
                     photometric="minisblack")  # fmt: skip
    return ()


def _tiff_bomb(folder: Path) -> Truth:
    path = folder / "x.tif"
    Image.fromarray(np.zeros((2000, 2000), np.uint8)).save(path, compression="tiff_deflate")
    with tifffile.TiffFile(path, mode="r+") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages[0].aspage().tags[name].overwrite(60_000)
    return ()


def _unread(kind: str, name: str) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        picture = Image.fromarray(_COLOUR)
        more = {"save_all": True, "append_images": [picture.rotate(90)]} if kind == "GIF" else {}
        picture.save(folder / name, kind, **more)
        return ()

    return make


def _with_chunk(folder: Path) -> Truth:
    info = PngImagePlugin.PngInfo()
    info.add_text("Description", "a film")
    Image.fromarray(_GREY).save(folder / "x.png", pnginfo=info)
    return _truth(_GREY)


ROWS: tuple[Row, ...] = (
    Row("png-8", "control: 8-bit grey PNG", "reads; no spacing", _saved(_GREY, "x.png")),
    Row("png-16", "16-bit grey PNG, values to 34000", "reads all 16 bits", _saved(_DEEP, "x.png")),
    Row("png-grey-alpha", "grey PNG with alpha 0 over the margin",
        "grey only; alpha dropped, note alpha-ignored", _grey_alpha, ("alpha-ignored",)),
    Row("png-palette", "palette PNG whose indices are not the grey values",
        "reads colours, not indices", _palette),
    Row("png-1bit", "1-bit PNG", "reads 0 and 255, said",
        _saved(_GREY > 90, "x.png", ((_GREY > 90) * 255).astype(np.uint8)), ("few-bits",)),
    Row("png-dpi", "PNG with pHYs 2540 dots/inch (0.01 mm)",
        "reads; spacing unknown, dpi is print size, note dpi-ignored",
        _saved(_GREY, "x.png", dpi=(2540, 2540)), ("dpi-ignored",)),
    Row("png-16-rgb", "48-bit RGB PNG (three equal channels)", "reads all 16 bits", _deep_colour),
    Row("jpeg-exif-rotated", "JPEG radiograph with EXIF orientation 6 (turn right)",
        "reads turned upright as the tag says; note exif-rotated", _rotated,
        ("exif-rotated", "lossy"), needs_word=True),
    Row("jpeg-cmyk", "CMYK JPEG", "reads as grey", _cmyk, ("lossy",)),
    Row("jpeg-truncated", "JPEG cut at 60 %", "problem truncated; no grey fill", _cut("x.JPEG"),
        ("truncated",), files=("x.jpg",)),
    Row("png-bomb", "PNG declaring 60000 x 60000 (3.6 GB) in 3.5 MB",
        "refused before memory is taken: declares 3.6 GB", _png_bomb, ("too-large",),
        says=(r"3\.6 GB",), is_hostile=True),
    Row("tiff-pages", "TIFF with 12 pages of 16 bit",
        "reads 12 pages; a stack without spacing, 3-D measures refused",
        _tiff(_PAGES, _truth(*_PAGES)), ("stack-without-spacing",)),
    Row("tiff-min-is-white", "TIFF with PhotometricInterpretation 0 (low = white)",
        "shown with the polarity the tag says, note min-is-white",
        _tiff([_GREY], _truth(_GREY), photometric="miniswhite"), ("min-is-white",),
        look=lambda scan, volumes: [] if volumes[0].is_inverted else ["low is not white"],
        needs_word=True),
    Row("picture-wrong-suffix", "a PNG named .jpg", "reads by content; note suffix-wrong",
        _saved(_GREY, "x.jpg", format="PNG"), ("suffix-wrong",)),
    Row("png-16-rgb-colour", "48-bit RGB PNG whose channels differ",
        "reads the upper 8 bits; note colour-reduced", _deep_true_colour, ("colour-reduced",),
        needs_word=True),
    Row("png-16-grey-alpha", "16-bit grey PNG with alpha",
        "reads all 16 bits of grey; note alpha-ignored", _deep_grey_alpha, ("alpha-ignored",)),
    Row("png-interlaced", "interlaced PNG", "reads; no problem", _interlaced),
    Row("png-animated", "animated PNG of two pictures", "reads the first; note several-pictures",
        _animated, ("several-pictures",), says=("2 pictures",), needs_word=True),
    Row("png-text", "PNG with a text chunk", "reads; no problem", _with_chunk),
    Row("png-truncated", "PNG cut at 60 %", "problem truncated", _cut("x.PNG"), ("truncated",)),
    Row("jpeg-progressive", "progressive JPEG", "reads; note lossy",
        _saved(_GREY, "x.jpg", None, _JPEG_LOSS, quality=95, progressive=True), ("lossy",)),
    Row("jpeg-cut-after-thumbnail", "JPEG with a whole thumbnail in it, cut at 60 %",
        "problem truncated: the thumbnail's end is not the picture's",
        _cut("x.JPEG", comment=_thumbnail()), ("truncated",)),
    Row("jpeg-several", "JPEG of two pictures (MPO)", "reads the first; note several-pictures",
        _several_jpeg, ("lossy", "several-pictures"), needs_word=True),
    Row("tiff-big", "BigTIFF", "reads; no problem", _tiff([_DEEP], _truth(_DEEP), big=True)),
    Row("tiff-lzw", "16-bit TIFF compressed with LZW", "reads all 16 bits",
        _saved(_DEEP, "x.tif", compression="tiff_lzw")),
    Row("tiff-jpeg", "TIFF with JPEG inside", "reads; note lossy",
        _saved(_GREY, "x.tif", None, _JPEG_LOSS, compression="jpeg", quality=95), ("lossy",)),
    Row("tiff-rgb-16", "48-bit RGB TIFF whose channels differ",
        "reads the upper 8 bits; note colour-reduced",
        _tiff([np.stack([_DEEP, _DEEP // 2, _DEEP // 3], axis=-1)],
              _truth((np.stack([_DEEP, _DEEP // 2, _DEEP // 3], axis=-1) >> 8).astype(np.uint8)),
              photometric="rgb"), ("colour-reduced",), needs_word=True),
    Row("tiff-multi-resolution", "TIFF with a smaller copy of its page",
        "reads the whole one; note several-resolutions", _pyramid, ("several-resolutions",)),
    Row("tiff-rotated", "TIFF with orientation 6 (turn right)",
        "reads turned upright as the tag says; note exif-rotated",
        _saved(np.rot90(_GREY), "x.tif", _GREY, tiffinfo={274: 6}), ("exif-rotated",),
        needs_word=True),
    Row("tiff-dpi", "TIFF with 2540 dots per inch", "reads; note dpi-ignored",
        _tiff([_DEEP], _truth(_DEEP), resolution=(2540, 2540), resolutionunit="inch"),
        ("dpi-ignored",)),
    Row("tiff-truncated", "TIFF of 12 pages cut at 60 %", "problem truncated; no page lost unsaid",
        _tiff_cut, ("truncated",)),
    Row("tiff-one-page-for-many", "TIFF with 12 images behind one directory",
        "refused: eleven would be lost", _one_page_for_many, ("unsupported",),
        says=("12 images",)),
    Row("tiff-bomb", "TIFF declaring 3.6 GB in 12 KB", "refused before memory is taken",
        _tiff_bomb, ("too-large",), says=(r"3\.6 GB",), is_hostile=True),
    Row("gif-animated", "animated GIF", "refused by name", _unread("GIF", "x.gif"),
        ("unsupported",), says=("GIF",)),
    Row("webp", "WebP", "refused by name", _unread("WEBP", "x.webp"), ("unsupported",),
        says=("WebP",)),
    Row("bmp", "BMP", "refused by name", _unread("BMP", "x.bmp"), ("unsupported",),
        says=("BMP",)),
    Row("jpeg-2000-bare", "JPEG 2000 without DICOM around it", "refused by name",
        _unread("JPEG2000", "x.jp2"), ("unsupported",), says=("JPEG 2000",)),
)  # fmt: skip
