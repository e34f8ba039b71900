"""The shipped nodule package on the calculated chest CT, whose nodules are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import medimg
from medimg.inference import tasks
from medimg.inference.tasks.task import Answer, Question
from medimg.packages.catalogue import find
from medimg.phantoms.chest_ct import cut
from medimg.values.errors import InputRefused
from medimg.values.prompt import Point, Prompt
from medimg.values.volume import Volume
from tests.chest_scans import volume_of, whole


@pytest.fixture(scope="module")
def chest(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return volume_of(tmp_path_factory.mktemp("chest"), whole())


def ask(volume: Volume, *clicks: Point, prompt: Prompt | None = None) -> Answer:
    package = find("ct-lung-nodule-outline")
    return tasks.answer(Question(volume, package, prompt or Prompt(clicks)))


def value(answer: Answer, name: str) -> float:
    (found,) = (one.value for one in answer.measures if one.id.endswith(f"/{name}"))
    assert found is not None
    return found


@pytest.mark.parametrize("number", range(3))
def test_a_planted_nodule_is_measured(chest: Volume, number: int) -> None:
    planted = whole().nodules[number]
    answer = ask(chest, planted.center)
    truth = planted.volume_ml * 1000
    assert value(answer, "volume-low") < truth < value(answer, "volume-high")
    assert value(answer, "volume-mm3") == pytest.approx(truth, rel=0.35)
    assert value(answer, "mean-diameter") == pytest.approx(planted.diameter_mm, abs=1.5)


def test_the_part_solid_nodule_is_called_so(chest: Volume) -> None:
    answer = ask(chest, whole().nodules[2].center)
    assert "Density: part-solid." in answer.notes


@pytest.mark.parametrize(
    "click", [(0.0, 0.0, 0.0), (-40.0, -28.0, 22.0), (-178.0, -138.0, 0.0)], ids=str
)
def test_a_click_elsewhere_says_that_there_is_no_nodule(chest: Volume, click: Point) -> None:
    answer = ask(chest, click)
    assert all(mask.is_empty for mask in answer.masks.values())
    assert "No lung nodule is outlined" in answer.notes[0]


def test_a_click_outside_the_scan_is_refused(chest: Volume) -> None:
    with pytest.raises(InputRefused, match=r"900, 0, 0 \(LPS, mm\) lies outside the scan"):
        ask(chest, (900.0, 0.0, 0.0))


def test_without_a_prompt_it_is_said_what_is_missing(chest: Volume) -> None:
    with pytest.raises(InputRefused, match="Give it a click or a box"):
        tasks.answer(Question(chest, find("ct-lung-nodule-outline")))


def test_a_minus_click_is_left_out_and_the_box_holds(chest: Volume) -> None:
    x, y, z = whole().nodules[2].center
    away = (x + 6.0, y, z)
    prompt = Prompt(((x, y, z),), (away,), ((x - 12, y - 12, z - 4), (x + 12, y + 12, z + 4)))
    (mask,) = ask(chest, prompt=prompt).masks.values()
    geometry = chest.series.geometry
    at = tuple(int(i) for i in geometry.to_index([away])[0].round())  # type: ignore[arg-type]
    assert not mask.whole()[at]
    low, high = (geometry.to_index([(x, y, z + dz)])[0][0] for dz in (-4, 4))  # type: ignore[arg-type]
    assert min(low, high) - 1 <= min(mask.slices) and max(mask.slices) <= max(low, high) + 1


def test_a_nodule_cut_off_by_the_scan_s_end_is_said(tmp_path: Path) -> None:
    planted = whole().nodules[0]
    volume = volume_of(tmp_path, cut(whole(), slices=slice(110, None)))
    answer = ask(volume, planted.center)
    assert "first or last slice of the scan" in answer.notes[0]


@pytest.mark.shared_data
def test_a_tumour_beyond_the_training_is_refused_or_warned_of(shared_data: Path) -> None:
    folder = shared_data / "volumes" / "ct-nsclc-lung1-001"
    tumour = medimg.read(medimg.scan(folder / "gtv1.nii.gz").series[0])
    volume = medimg.read(medimg.scan(folder / "ct.nii.gz").series[0])
    inside = np.argwhere(tumour.array > 0)
    middle = tumour.series.geometry.to_mm(inside.mean(axis=0)[None])[0]
    answer = ask(volume, (float(middle[0]), float(middle[1]), float(middle[2])))
    assert "far larger than the network was trained on" in answer.notes[0]
    assert all(mask.is_empty for mask in answer.masks.values())
