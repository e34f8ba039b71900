"""Measured speed beside other programs: one file an area, on inputs made here."""

from __future__ import annotations

#: Area: (module with `races(root, sizes)`, one line of help).
AREAS: dict[str, tuple[str, str]] = {
    "read": ("tests.bench.reading", "pixels of a CT stack, by transfer syntax"),
    "view": ("tests.bench.viewing", "cuts of a CT stack, as they are drawn"),
    "infer": ("tests.bench.inferring", "networks of the shipped packages, beside torch"),
    "scan": ("tests.bench.scanning", "headers of a folder of small files"),
}
