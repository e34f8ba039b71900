"""Native pixels in cells that are no machine words: 1, 4, 12, 24, 40 bits, one after another.

Cells follow each other without padding, the lowest bit first, also from frame to frame (PS3.5
8.1.1, as it was before only 1 and multiples of 8 remained). pydicom opens 1 bit whose frames
begin at a byte, and of the others none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pydicom.dataset import FileDataset

from medimg.reading.dicom.header.source import transfer_syntax
from medimg.reading.dicom.header.syntaxes import is_native
from medimg.values.volume import Array

_WORDS = (8, 16, 32, 64)
#: Cells opened at once: their bits take eight times their bytes for a moment.
_AT_ONCE = 1 << 18


def has_cells(dataset: FileDataset) -> bool:
    """Whether pixels are native and no machine words."""
    bits = int(dataset.get("BitsAllocated") or 0)
    has_pixels = "PixelData" in dataset and is_native(transfer_syntax(dataset))
    return has_pixels and 0 < bits < _WORDS[-1] and bits not in _WORDS


def frames(dataset: FileDataset, wanted: Sequence[int]) -> Iterator[Array]:
    """Open frames to stored values (rows, columns), in the smallest word that holds a cell.

    Raises:
        ValueError: They are colour, hold less than they declare, or their bits contradict.
    """
    if int(dataset.SamplesPerPixel) != 1:
        raise ValueError(f"colour in {dataset.BitsAllocated} bits is not read here")
    bits = int(dataset.BitsAllocated)
    stored = int(dataset.get("BitsStored") or bits)
    high = int(dataset.get("HighBit") if dataset.get("HighBit") is not None else stored - 1)
    if not 0 < stored <= high + 1 <= bits:
        raise ValueError(f"{stored} bits up to bit {high} do not lie in {bits}")
    shape = int(dataset.Rows), int(dataset.Columns)
    raw = np.frombuffer(dataset.PixelData, np.uint8)
    if dataset.original_encoding[1] is False and dataset["PixelData"].VR == "OW":
        # Words of 16 bits, the upper byte first.
        raw = raw[: raw.size // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
    is_signed = bool(dataset.get("PixelRepresentation"))
    for number in wanted:
        cells = _cells(raw, number * shape[0] * shape[1], shape[0] * shape[1], bits)
        yield _values(cells, stored, high, is_signed).reshape(shape)


def _cells(raw: Array, first: int, count: int, bits: int) -> Array:
    """Cells from the one of a number on, as unsigned words."""
    if (first + count) * bits > raw.size * 8:
        raise ValueError(f"the pixels have {raw.size} of {-(-(first + count) * bits // 8)} bytes")
    width = next(word for word in _WORDS if word >= bits)
    words = np.empty(count, np.dtype(f"<u{width // 8}"))
    for start in range(0, count, _AT_ONCE):
        stop = min(start + _AT_ONCE, count)
        byte, skipped = divmod((first + start) * bits, 8)
        end = -(-(first + stop) * bits // 8)
        loose = np.unpackbits(raw[byte:end], bitorder="little")
        padded = np.zeros((stop - start, width), np.uint8)
        padded[:, :bits] = loose[skipped : skipped + (stop - start) * bits].reshape(-1, bits)
        words[start:stop] = np.packbits(padded, axis=1, bitorder="little").view(words.dtype)[:, 0]
    return words


def _values(words: Array, stored: int, high: int, is_signed: bool) -> Array:
    """The bits that are stored; up, so that the sign bit is the word's own, and down again."""
    width = words.dtype.itemsize * 8
    up = words << words.dtype.type(width - 1 - high)
    kind = np.dtype(f"{'i' if is_signed else 'u'}{words.dtype.itemsize}")
    values: Array = up.view(kind) >> kind.type(width - stored)
    return values
