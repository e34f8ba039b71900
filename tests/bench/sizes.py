"""How much is measured: enough for a steady time, little enough for a few minutes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Slices of an uncompressed stack, and files of a folder to scan."""

    slices: int = 150
    files: int = 3000
