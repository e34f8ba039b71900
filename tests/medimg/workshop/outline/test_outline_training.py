"""The outline training: what it is shown is what the product shows, and a kill changes nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from medimg.inference.outlining import window as outlining
from medimg.values.errors import InputRefused
from medimg.workshop import training_state
from medimg.workshop.outline import nodules, training
from medimg.workshop.outline.batches import assemble, patches
from medimg.workshop.outline.drawing import Draw, Sample, draw_sample, neighbours
from medimg.workshop.outline.nodules import Nodule
from medimg.workshop.outline.recipe import Recipe, load

RECIPE = Path(__file__).parents[4] / "models/ct-lung-nodule-outline/recipe.toml"


@pytest.fixture(scope="module")
def some(shared_data: Path) -> tuple[Nodule, ...]:
    return nodules.read_all(shared_data / "ct-lung-nodules", limit=12)


@pytest.fixture
def short() -> Recipe:
    recipe = load(RECIPE)
    schedule = msgspec.structs.replace(recipe.schedule, epochs=3, steps=2, batch_size=4)
    return msgspec.structs.replace(recipe, schedule=schedule)


@pytest.mark.shared_data
@pytest.mark.parametrize("way", [1, -1])
def test_training_and_product_cut_the_same_patch(some: tuple[Nodule, ...], way: int) -> None:
    for nodule in some:
        at = len(nodule.hu) // 2
        generator = np.random.default_rng(0)
        images = neighbours(nodule, at, way, Draw(cut=0, missing=0), generator)
        earlier, centre, plus, minus = nodule.share[at], (45.2, 49.7), (44.3, 50.2), (40.0, 41.0)
        sample = Sample(
            nodule, at, images, earlier, earlier, nodule.known[at], centre, (plus,), (minus,)
        )
        greys, masks, hints = patches([sample], [np.eye(2)], 48)
        shown = torch.cat([greys, masks[:, :1], hints], dim=1)[0].numpy()
        spacing = (nodule.step_mm, nodule.pixel_mm, nodule.pixel_mm)
        clicks = outlining.Clicks((), ((float(at), *minus),))
        seen = outlining.Window(nodule.hu, spacing, clicks)
        walk = outlining.Walk(0, centre, earlier)
        given = outlining.inputs_of(seen, walk, at, way, (float(at), *plus))
        np.testing.assert_allclose(shown, given, atol=2e-4)


@pytest.mark.shared_data
def test_a_training_that_was_killed_ends_as_one_that_ran_through(
    some: tuple[Nodule, ...], short: Recipe, tmp_path: Path
) -> None:
    def ended(stops: tuple[int, ...], name: str) -> dict[str, torch.Tensor]:
        for epochs in stops:
            # The schedule stays that of the whole training: the loop is left by an exception.
            state = training.start(short, 0)
            if (tmp_path / name).is_file():
                training_state.resume(state, short, tmp_path / name)

            def leave(row: dict[str, float], epochs: int = epochs) -> None:
                if row["epoch"] == epochs and epochs < short.schedule.epochs:
                    raise KeyboardInterrupt

            try:
                training.train(state, short, some, 0, tmp_path / name, leave)
            except KeyboardInterrupt:
                continue
        return state.average.state_dict()

    through, broken = ended((3,), "through.ckpt"), ended((1, 2, 3), "broken.ckpt")
    for key, value in through.items():
        assert torch.equal(value, broken[key]), key


@pytest.mark.shared_data
def test_a_checkpoint_of_other_settings_is_refused(
    some: tuple[Nodule, ...], short: Recipe, tmp_path: Path
) -> None:
    state = training.start(short, 0)
    training_state.save(state, short, tmp_path / "a.ckpt")
    with pytest.raises(InputRefused, match="other settings"):
        training_state.resume(state, msgspec.structs.replace(short, seed=1), tmp_path / "a.ckpt")


@pytest.mark.shared_data
def test_an_end_slice_is_known_in_a_box_and_empty(some: tuple[Nodule, ...]) -> None:
    with_ends = [nodule for nodule in some if nodule.ends[0]]
    assert with_ends
    for nodule in with_ends:
        assert 0 < nodule.known[0].mean() < 1 and not nodule.anyone[0].any()
        assert nodule.known[1:-1].all()
        # Around the box stands the neighbouring slice: its edge is no sign of the end.
        np.testing.assert_array_equal(
            nodule.hu[0][~nodule.known[0]], nodule.hu[1][~nodule.known[0]]
        )


@pytest.mark.shared_data
def test_a_click_beside_a_nodule_has_an_empty_target(some: tuple[Nodule, ...]) -> None:
    generator = np.random.default_rng(0)
    draw = Draw(click=0, walk=0, beside=1, corrected=0)
    samples = [draw_sample(nodule, draw, generator) for nodule in some for _ in range(5)]
    clicked = [sample for sample in samples if sample.plus]
    assert clicked
    for sample in clicked:
        row, column = (int(value) for value in sample.plus[0])
        assert sample.nodule.away_mm[row, column] >= 5 and not sample.target.any()


@pytest.mark.shared_data
def test_the_same_seed_gives_the_same_batch(some: tuple[Nodule, ...], short: Recipe) -> None:
    def batch() -> torch.Tensor:
        generator = np.random.default_rng(5)
        samples = [draw_sample(nodule, short.draw, generator) for nodule in some]
        return assemble(samples, short.change, generator).inputs

    assert torch.equal(batch(), batch())
