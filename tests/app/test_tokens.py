"""Both themes can be read: contrast of every text token on every ground."""

from __future__ import annotations

import pytest
from medimg_workstation.tokens import (
    GROUND_TOKENS,
    TEXT_TOKENS,
    THEMES,
    Tokens,
    contrast,
)

ENOUGH = 4.5


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("text", TEXT_TOKENS)
@pytest.mark.parametrize("ground", GROUND_TOKENS)
def test_text_can_be_read_on_every_ground(theme: Tokens, text: str, ground: str) -> None:
    assert contrast(getattr(theme, text), getattr(theme, ground)) >= ENOUGH


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_the_primary_button_can_be_read(theme: Tokens) -> None:
    assert contrast(theme.on_accent, theme.accent) >= ENOUGH
