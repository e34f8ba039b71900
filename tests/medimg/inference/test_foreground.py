"""The FLAIR grey depends on the head alone: planted heads on planted backgrounds."""

from __future__ import annotations

import torch

from medimg.inference.foreground import MEDIAN_GREY, ForegroundGrey


def head(background: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """A ball of noisy grey 100 around a brighter ball, and the mask of the whole."""
    generator = torch.Generator().manual_seed(0)
    places = torch.stack(torch.meshgrid(*[torch.arange(32.0)] * 3, indexing="ij"))
    distance = (places - 15.5).square().sum(dim=0).sqrt()
    values = 100 + 10 * torch.randn(32, 32, 32, generator=generator)
    values[distance < 4] += 40
    inside = distance < 12
    return torch.where(inside, values, torch.tensor(background))[None], inside[None]


def test_median_of_the_head_has_its_grey() -> None:
    image, inside = head()
    grey = ForegroundGrey()(image)
    # The darkest of the head counts as air, which lifts the median of the rest a little.
    assert abs(float(grey[inside].median()) - MEDIAN_GREY) < 0.02
    assert float(grey[~inside].max()) == 0.0


def test_scale_and_shift_change_nothing() -> None:
    image, _ = head()
    grey = ForegroundGrey()(image)
    assert torch.allclose(ForegroundGrey()(image * 37 - 5000), grey, atol=1e-3)


def test_painted_background_need_not_be_the_darkest() -> None:
    dark, inside = head()
    amid, _ = head(background=101.0)
    grey = ForegroundGrey()(dark)
    again = ForegroundGrey()(amid)
    assert torch.allclose(again[inside], grey[inside], atol=0.02)
    assert float(again[~inside].max()) == 0.0


def test_empty_volume_stays_empty() -> None:
    assert float(ForegroundGrey()(torch.full((1, 4, 8, 8), 7.0)).abs().max()) == 0.0
