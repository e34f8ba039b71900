"""Each shipped package gives the outputs it promises, and its card says what was measured."""

from __future__ import annotations

import csv

import msgspec
import pytest
import torch
from safetensors import safe_open

from medimg.inference.backends import torch as backend
from medimg.inference.reference import chain, inferer_of
from medimg.packages.catalogue import packages, verify
from medimg.packages.manifest import Package
from medimg.workshop import cards, facts
from medimg.workshop.outcome import Results
from medimg.workshop.recipe import load

#: Those that outline have recipes of their own: see `outline/test_shipped_outline.py`.
OURS = [
    package
    for package in packages().values()
    if (package.folder / "recipe.toml").is_file() and not package.prompt
]
#: Floors that a shipped package must reach out of fold.
FLOORS: dict[str, dict[str, float]] = {
    "chest-xray-lungs": {"dice_mean": 0.97},
    "chest-xray-opacity": {"auc": 0.87},
    "brain-mri-glioma": {"dice_mean": 0.77},
}


def results(package: Package) -> Results:
    return msgspec.json.decode((package.folder / "results.json").read_bytes(), type=Results)


@pytest.mark.parametrize("package", OURS, ids=lambda package: package.id)
def test_vectors_are_reproduced(package: Package) -> None:
    verify(package)
    with safe_open(package.folder / "vectors" / "phantom.safetensors", "pt") as file:
        tolerance = float(file.metadata()["tolerance"])
        image, expected = file.get_tensor("image").float(), file.get_tensor("logits").float()
        stored = file.get_tensor("prepared").float()
    prepared = chain(package)(image.numpy()).as_tensor()
    # Half precision of the stored image is 0.0005 of full grey; the chain stretches greys a little.
    assert torch.allclose(prepared, stored, atol=0.01)
    with torch.inference_mode():
        found = inferer_of(package)(stored[None], backend.open(package).module)[0]
    spread = float(expected.abs().max())
    assert float((found - expected).abs().max()) <= tolerance * max(1.0, spread)


@pytest.mark.parametrize("package", OURS, ids=lambda package: package.id)
def test_the_card_says_what_was_measured(package: Package) -> None:
    measured = results(package)
    said, recipe = facts.load(package.folder), load(package.folder / "recipe.toml")
    written = (package.folder / "docs" / "README.md").read_text("utf-8")
    assert written == cards.card(package, said, recipe, measured)
    for one in measured.figures.values():
        assert cards.shown(one) in written


@pytest.mark.parametrize("package", OURS, ids=lambda package: package.id)
def test_the_floors_hold(package: Package) -> None:
    measured = results(package).figures
    for name, floor in FLOORS[package.id].items():
        assert measured[name].value >= floor


@pytest.mark.parametrize("package", OURS, ids=lambda package: package.id)
def test_folds_and_curves_belong_together(package: Package) -> None:
    recipe = load(package.folder / "recipe.toml")
    with (package.folder / "folds.csv").open(newline="") as stream:
        numbers = {int(row["fold"]) for row in csv.DictReader(stream)}
    assert numbers == set(range(recipe.data.folds))
    with (package.folder / "curves.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    lengths = {row["fold"] for row in rows}
    assert lengths == {*map(str, numbers), "final"}
    assert len(rows) == len(lengths) * recipe.schedule.epochs
