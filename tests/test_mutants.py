"""The generator of spoiled files: the same in every run, and each of its ways spoils."""

from __future__ import annotations

import random

import pytest

from tests.mutants import (
    DICOM_WAYS,
    dicom_mutants,
    dicom_seeds,
    other_seeds,
    picture_mutants,
)
from tests.spoiling import OTHER_WAYS


def test_a_number_names_the_same_file_in_every_run() -> None:
    assert list(dicom_mutants(40)) == list(dicom_mutants(60))[:40]
    assert list(picture_mutants(40)) == list(picture_mutants(60))[:40]


def test_every_transfer_syntax_of_the_seeds_is_drawn() -> None:
    drawn = {mutant.family for mutant in dicom_mutants(1000)}
    assert drawn == {seed.family for seed in dicom_seeds()}
    assert len(drawn) >= 12


@pytest.mark.parametrize("way", DICOM_WAYS)
def test_each_way_spoils_most_dicom_files(way: str) -> None:
    _spoils(DICOM_WAYS[way], [seed.data for seed in dicom_seeds()[::9]], least=0.4)


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_each_way_spoils_most_other_files(way: str) -> None:
    # A codestream's size stands in pictures alone, which are 8 of 20.
    _spoils(OTHER_WAYS[way], [seed.data for seed in other_seeds()], least=0.35)


def _spoils(spoil: object, wholes: list[bytes], least: float) -> None:
    assert callable(spoil)
    draw = random.Random(1)
    changed = sum(spoil(whole, draw) != whole for whole in wholes)
    assert changed >= least * len(wholes)
