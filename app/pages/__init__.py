"""Pages of the rail, by name; a page that is not built is not here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """One row: title and icon on the rail, its key."""

    title: str
    icon: str
    key: str


PAGES: dict[str, Page] = {
    "read": Page("Read", "read", "Ctrl+1"),
    "batch": Page("Batch", "batch", "Ctrl+2"),
    "packages": Page("Packages", "packages", "Ctrl+3"),
}
