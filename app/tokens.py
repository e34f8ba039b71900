"""Colours by name, for both themes; nothing else in the window names a colour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Text tokens keep a contrast of 4.5 : 1 on bg, panel, raised and selected."""

    bg: str
    panel: str
    raised: str
    line: str
    track: str
    selected: str
    text: str
    muted: str
    accent: str
    on_accent: str
    ok: str
    warn: str
    danger: str


DARK = Tokens(
    bg="#0B0E13",
    panel="#12171F",
    raised="#1A212C",
    line="#2C3644",
    track="#232C39",
    selected="#17283A",
    text="#E8EDF4",
    muted="#9AA8BA",
    accent="#58B4FF",
    on_accent="#06121E",
    ok="#5FD39A",
    warn="#F5B94A",
    danger="#FF7A70",
)

LIGHT = Tokens(
    bg="#F3F5F8",
    panel="#FFFFFF",
    raised="#E9EDF3",
    line="#C6CFDB",
    track="#DDE3EB",
    selected="#DCE9F6",
    text="#131A24",
    muted="#4F5E72",
    accent="#0A63B8",
    on_accent="#FFFFFF",
    ok="#16703F",
    warn="#7F5200",
    danger="#B3261E",
)

THEMES: dict[str, Tokens] = {"dark": DARK, "light": LIGHT}

TEXT_TOKENS = ("text", "muted", "accent", "ok", "warn", "danger")
GROUND_TOKENS = ("bg", "panel", "raised", "selected")


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB" (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
