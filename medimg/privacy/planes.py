"""Overlay planes in the unused bits of the pixels, as old scanners stored them (PS3.5 8.1.2)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import FileDataset

from medimg.reading.dicom.header.source import transfer_syntax


def has_embedded_planes(dataset: FileDataset) -> bool:
    """Whether an overlay lies in the pixels: a plane with a bit position and without data."""
    return any(
        (tag >> 24) == 0x60 and (tag & 0xFFFF) == 0x0102 and dataset.get(tag).value
        for tag in dataset.keys()  # noqa: SIM118 - iterating a data set parses every value
    )


def clear_unused_bits(dataset: FileDataset) -> None:
    """Set the bits beside the stored value to 0, in place; the values stay what they are.

    Sign bits above BitsStored go too: a reader takes the sign from the highest stored bit.
    """
    allocated = int(dataset.get("BitsAllocated") or 0)
    stored, high = int(dataset.get("BitsStored") or allocated), dataset.get("HighBit")
    if allocated not in (8, 16) or transfer_syntax(dataset).is_compressed:
        return
    lowest = int(high if high is not None else stored - 1) - stored + 1
    mask = ((1 << stored) - 1) << max(lowest, 0)
    order = "<" if transfer_syntax(dataset).is_little_endian else ">"
    data = dataset.PixelData
    whole = len(data) // (allocated // 8) * (allocated // 8)
    words = np.frombuffer(data[:whole], f"{order}u{allocated // 8}")
    dataset["PixelData"].value = (words & mask).astype(words.dtype).tobytes() + data[whole:]
