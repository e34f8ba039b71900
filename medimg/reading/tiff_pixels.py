"""Pixels of TIFF pages, by tifffile or by Pillow's libtiff.

Which of the two decodes a page follows from its compression, before either is tried: without
its large companion, tifffile opens no LZW, JPEG or fax, and Pillow keeps no 16 bits of colour.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tifffile import TiffFile, TiffPage

from medimg.reading.found import Unusable
from medimg.reading.tiff_pages import BROKEN, CMYK, PALETTE, RGB, TURNS, YBR, Page, described
from medimg.values.problems import Problem
from medimg.values.volume import Array


def decoded(path: Path, numbers: Sequence[int]) -> Generator[Array]:
    """Decode pages one by one: the work of the decoding process.

    Yields:
        Grey [row, column], or [row, column, 3] unsigned, upright.

    Raises:
        Unusable: A page is cut or damaged.
    """
    try:
        with TiffFile(path) as tiff:
            for number in numbers:
                raw = tiff.pages[number].aspage()
                page = described(number, raw)
                decoded = _by_tifffile(raw, page) if page.is_by_tifffile else _by_pillow(path, page)
                if decoded.shape[:2] != page.upright_shape:
                    raise ValueError(f"page {number + 1} opens to {decoded.shape[:2]} pixels")
                yield decoded
    except (*BROKEN, MemoryError) as error:
        reason = str(error) or "memory is short"
        sentence = f"The pixels of {path.name} cannot be decoded: {reason}."
        raise Unusable(Problem("decode-failed", sentence, (path.name,))) from error


def _by_tifffile(raw: TiffPage, page: Page) -> Array:
    values = raw.asarray()
    if page.samples > 1 and raw.planarconfig == 2:  # planes one after another
        values = np.moveaxis(values, 0, -1)
    if page.bits == 1:
        values = values.astype(np.uint8) * (1 if page.photometric == PALETTE else 255)
    if page.photometric == PALETTE:
        values = _through_palette(values if values.ndim == 2 else values[..., 0], raw)
    elif page.samples > 1:
        values = values[..., 0] if page.photometric != RGB else values[..., :3]
    return _upright(values, page.orientation)


def _through_palette(indices: Array, raw: TiffPage) -> Array:
    table = np.asarray(raw.colormap)
    # Some writers put 8 bits where 16 belong.
    table = table >> 8 if table.max(initial=0) > 255 else table
    colours: Array = table.astype(np.uint8)[:, indices]
    return np.moveaxis(colours, 0, -1)


def _upright(values: Array, orientation: int) -> Array:
    swapped, rows, columns = TURNS.get(orientation, TURNS[1])
    turned = values.swapaxes(0, 1) if swapped else values
    return turned[:: -1 if rows else 1, :: -1 if columns else 1]


def _by_pillow(path: Path, page: Page) -> Array:
    with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:
        opened.seek(page.number)
        opened.load()
        # libtiff's pages are upright by now and have lost the tag, others are not.
        image = ImageOps.exif_transpose(opened)
        if page.photometric in (RGB, PALETTE, CMYK, YBR):
            return np.asarray(image.convert("RGB"))
        if image.mode in ("1", "L", "LA"):
            grey = image.convert("LA").getchannel("L") if image.mode == "LA" else image.convert("L")
            values = np.asarray(grey)
            # Pillow has turned the polarity already; it is turned where it is shown.
            return 255 - values if page.is_white_low else values
        return np.asarray(image)
