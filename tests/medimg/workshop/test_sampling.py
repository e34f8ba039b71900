"""What an epoch shows is what the recipe says."""

from __future__ import annotations

import dataclasses

import msgspec
import numpy as np
import torch

from medimg.workshop.recipe import Data
from medimg.workshop.sampling import epoch_rows, seed_of
from tests.medimg.workshop import planted


def test_each_image_is_shown_once_without_further_wishes() -> None:
    rows = epoch_rows(planted.recipe(), planted.samples(), np.arange(12), seed=1)
    assert sorted(rows) == list(range(12))


def test_the_wished_share_has_the_finding() -> None:
    recipe = planted.recipe(samples=40)
    recipe = msgspec.structs.replace(recipe, data=Data("planted", 3, labelled_share=0.25))
    rows = epoch_rows(recipe, planted.samples(), np.arange(12), seed=1)
    assert len(rows) == 40
    assert sum(row % 2 == 0 for row in rows) == 10


def test_balance_takes_the_view_out_of_the_label() -> None:
    samples = planted.samples(400)
    views = np.array([case.row["view"] for case in samples.cases])
    # Plant the shortcut: nine of ten AP films have the finding, one of ten PA films.
    chance = np.random.default_rng(0).random(400)
    positive = np.where(views == "AP", chance < 0.9, chance < 0.1)
    samples = dataclasses.replace(samples, classes=torch.from_numpy(1 - positive.astype(int)))
    recipe = planted.recipe(samples=4000)
    recipe = msgspec.structs.replace(recipe, data=Data("planted", 3, balance="view"))
    rows = epoch_rows(recipe, samples, np.arange(400), seed=2)
    within = [positive[rows[views[rows] == view]].mean() for view in ("AP", "PA")]
    # Standard error of each share is below 0.015.
    assert abs(within[0] - within[1]) < 0.05


def test_seeds_differ_by_every_part() -> None:
    assert len({seed_of(1, 2, 3), seed_of(1, 2, 4), seed_of(1, 3, 3), seed_of(2, 2, 3)}) == 4
    assert seed_of(1, 2, 3) == seed_of(1, 2, 3)
