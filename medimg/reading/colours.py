"""Colour as it came from a picture: grey where all channels are equal, else 8 bits a channel."""

from __future__ import annotations

import numpy as np

from medimg.values.problems import Problem
from medimg.values.volume import Array


def settled(pixels: Array, name: str) -> tuple[Array, list[Problem]]:
    """Turn equal channels into grey, for that is how radiographs are saved; colour into 8 bits.

    Args:
        pixels: [slice, row, column] or [slice, row, column, 3], unsigned.
        name: Of the file.

    Returns:
        [slice, row, column] with all its bits, or uint8 [slice, row, column, 3], and notes.
    """
    if pixels.ndim == 3:
        return pixels, []
    if (pixels == pixels[..., :1]).all():
        return pixels[..., 0], []
    if pixels.dtype == np.uint8:
        return pixels, []
    bits = pixels.dtype.itemsize * 8
    sentence = f"{name} has {bits} bits a colour; the upper 8 are kept."
    return (pixels >> (bits - 8)).astype(np.uint8), [Problem("colour-reduced", sentence, (name,))]


def few_bits(name: str, bits: int) -> Problem:
    """The note of a grey picture with less than 8 bits."""
    sentence = f"{name} has {bits} bit{'s' * (bits > 1)} a pixel, spread over 0 to 255."
    return Problem("few-bits", sentence, (name,))
