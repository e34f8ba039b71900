"""The reader's own words on the first page, apart from the model's."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.results.report.sheet import HEADING, LEFT, MUTED, RIGHT, SMALL, TEXT, Ink, Sheet


@dataclass(frozen=True, slots=True)
class Impression:
    """The reader's own words.

    Attributes:
        signed: When, as "22 Nov 2026, 10:04"; empty for a draft.
    """

    text: str
    reader: str
    signed: str = ""


def draw(sheet: Sheet, words: Impression | None) -> None:
    """Draw the reader's words, first and apart from the model's."""
    sheet.y += 13
    sheet.text(LEFT, sheet.y, "Impression", HEADING)
    sheet.y += 17
    if words is None:
        text = "No impression written yet."
        note = "Draft, not signed. The reader writes the impression here."
    else:
        text = words.text
        note = f"Written and signed by {words.reader} on {words.signed}."
        if not words.signed:
            note = f"Draft by {words.reader}, not signed."
    ink = Ink(10.2, colour=MUTED if words is None else TEXT)
    sheet.y = sheet.paragraph(LEFT, sheet.y, text, RIGHT - LEFT, ink)
    sheet.text(
        LEFT, sheet.y - 2, f"{note} The model's findings below are not the reader's words.", SMALL
    )
    sheet.y += 12
