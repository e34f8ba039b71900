"""`medimg evaluate` on planted folders, through the product's own line, faults included."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg.cli.main import main
from medimg.packages.catalogue import packages
from medimg.workshop.vectors import film

pytestmark = pytest.mark.skipif(
    "chest-xray-lungs" not in packages(), reason="needs the shipped chest-xray-lungs package"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two drawn films of two patients shaped like `cxr-jsrt`; a third file is missing."""
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    values = (255 * film()).astype(np.uint8)
    rows = ["file,mask,organs,label,patient,site,view,sex,age"]
    for name in ("a", "b", "gone"):
        rows.append(f"images/{name}.png,masks/{name}.png,,none,{name},planted,PA,F,50")
        Image.fromarray((film() < 0.3).astype(np.uint8) * 255).save(tmp_path / f"masks/{name}.png")
        if name != "gone":
            Image.fromarray(values).save(tmp_path / f"images/{name}.png")
    rows.append("images/a.png,,,none,a,planted,PA,F,50")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_figures_and_problems_come_as_one_object(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["evaluate", "--package", "chest-xray-lungs", "--data", str(folder), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert answer["layout"] == "table"
    assert (answer["cases"], answer["patients"]) == (2, 2)
    dice = answer["metrics"]["dice_mean"]
    assert 0 <= dice["low"] <= dice["value"] <= dice["high"] <= 1
    assert [problem["case"] for problem in answer["problems"]] == ["gone"]
    assert "gone.png cannot be read" in answer["problems"][0]["sentence"]


def test_an_unknown_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.csv").write_text("a,b\n1,2\n")
    code = main(["evaluate", "--package", "chest-xray-lungs", "--data", str(tmp_path)])
    assert code == 1
    assert "known layout" in capsys.readouterr().err


def test_a_folder_of_stacks_does_not_fit_a_radiograph_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "file,mask,patient,slice\na.png,,P,1\nb.png,,P,2\n"
    (tmp_path / "slices.csv").write_text(rows)
    code = main(["evaluate", "--package", "chest-xray-lungs", "--data", str(tmp_path)])
    assert code == 1
    assert "Choose another package" in capsys.readouterr().err
