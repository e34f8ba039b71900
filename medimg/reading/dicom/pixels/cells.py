"""Native pixels in cells that are no machine words: 1, 4, 12, 24, 40 bits, one after another.

Cells follow each other without padding, the lowest bit first, also from frame to frame (PS3.5
8.1.1, as it was before only 1 and multiples of 8 remained). pydicom opens 1 bit whose frames
begin at a byte, and of the others none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from pydicom.dataset import Dataset, FileDataset

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
    packing = packing_of(dataset)
    columns = packing.columns or shape[1]
    for number in wanted:
        first = packing.starts[number] if packing.starts else number * shape[0] * columns * bits
        cells = _cells(raw, first, shape[0] * columns, bits)
        values = _values(cells, stored, high, is_signed).reshape(shape[0], columns)
        yield values[:, : shape[1]]


@dataclass(frozen=True, slots=True)
class Packing:
    """How the frames of one-bit pixels follow each other.

    Attributes:
        padded: What is padded to whole bytes: "frame", "row", "segment"; empty where nothing is,
            as the Standard has it (PS3.5 8.1.1, PS3.3 C.8.20.2).
        starts: Bit at which each frame begins; empty where they follow without padding.
        columns: Of a row with its padding; 0 where rows have none.
    """

    padded: str = ""
    starts: tuple[int, ...] = ()
    columns: int = 0


def packing_of(dataset: Dataset) -> Packing:
    """Find out by the length of the pixels how the frames of a bit map follow each other.

    Several writers pad each frame, each row or each segment to a whole byte, which shows in the
    length alone; read as if they did not, each frame lies a little further off.

    Raises:
        ValueError: The pixels are longer than they should be, and no padding or several explain it.
    """
    if int(dataset.BitsAllocated) != 1:
        return Packing()
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    count, held = int(dataset.get("NumberOfFrames") or 1), len(dataset.PixelData)
    right = -(-rows * columns * count // 8)
    if held <= right + right % 2:  # one that is too short is told elsewhere
        return Packing()
    found: dict[int, Packing] = {}
    for padded, (need, packing) in _paddings(dataset, rows, columns, count).items():
        if held in (need, need + need % 2) and need not in found:
            found[need] = replace(packing, padded=padded)
    if len(found) == 1:
        return next(iter(found.values()))
    if count == 1 and not found:
        return Packing()  # wherever the rest comes from, the one frame begins at the first bit
    raise ValueError(
        f"its pixels have {held} bytes and {count} frames of {rows} x {columns} pixels of one bit "
        f"need {right}, so that it is not known where a frame begins"
    )


def _paddings(
    dataset: Dataset, rows: int, columns: int, count: int
) -> dict[str, tuple[int, Packing]]:
    """By what is padded: the bytes that it all takes, and the packing."""
    frame = -(-rows * columns // 8)
    wide = -(-columns // 8)
    runs = _runs(dataset, count)
    starts, place = [], 0
    for length in runs:
        starts += [place * 8 + k * rows * columns for k in range(length)]
        place += -(-length * rows * columns // 8)
    return {
        "frame": (frame * count, Packing(starts=tuple(k * frame * 8 for k in range(count)))),
        "row": (rows * wide * count, Packing(columns=wide * 8)),
        "segment": (place, Packing(starts=tuple(starts))),
    }


def _runs(dataset: Dataset, count: int) -> list[int]:
    """How many frames of one segment follow each other, again and again."""
    numbers = []
    for group in dataset.get("PerFrameFunctionalGroupsSequence") or []:
        items = group.get("SegmentIdentificationSequence") or [Dataset()]
        numbers.append(items[0].get("ReferencedSegmentNumber"))
    if len(numbers) != count:
        return [count]
    return [len(list(members)) for _, members in groupby(numbers)]


def _cells(raw: Array, first: int, count: int, bits: int) -> Array:
    """Cells from a bit on, as unsigned words."""
    if first + count * bits > raw.size * 8:
        raise ValueError(f"the pixels have {raw.size} of {-(-(first + count * bits) // 8)} bytes")
    width = next(word for word in _WORDS if word >= bits)
    words = np.empty(count, np.dtype(f"<u{width // 8}"))
    for start in range(0, count, _AT_ONCE):
        stop = min(start + _AT_ONCE, count)
        byte, skipped = divmod(first + start * bits, 8)
        end = -(-(first + stop * bits) // 8)
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
