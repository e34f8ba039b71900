"""Which series a verb takes: named ones, or what stands alone; no volume that nobody chose."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from medimg.cli.choosing import choose, whole
from medimg.cli.main import main
from medimg.reading import scan
from medimg.values.errors import UsageError
from tests.phantoms import write_stack


@pytest.fixture
def times(tmp_path: Path) -> Path:
    path = tmp_path / "times.nii.gz"
    array = np.arange(8 * 9 * 5 * 3, dtype=np.int16).reshape(8, 9, 5, 3)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([2.0, 2.0, 3.0, 1.0])), path)
    return path


def test_volumes_of_one_item_are_asked_for(times: Path) -> None:
    """All three ran under names of their own, and nobody had asked for one."""
    with pytest.raises(UsageError, match=r"is 3 volumes by time.*choose by --series 1-3") as told:
        whole(scan(times), times)
    assert all(f"\n  {place:3}  " in str(told.value) for place in (1, 2, 3))


def test_what_stands_alone_goes_on_and_the_item_waits(times: Path) -> None:
    write_stack(times.parent / "ct", count=3)
    found = scan(times.parent)
    chosen, waiting = whole(found, times.parent)
    assert [series.modality for series in chosen] == ["CT"]
    (sentence,) = waiting
    assert "choose by --series" in sentence


def test_named_volumes_are_taken(times: Path) -> None:
    found = scan(times)
    assert choose(found, "2-3", times, "N-M takes each") == found.series[1:]
    with pytest.raises(UsageError, match=r"no series 4.*N-M takes each"):
        choose(found, "4", times, "N-M takes each")


def test_analyse_asks_which_volume(
    times: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["analyse", str(times), "--package", "chest-xray-opacity", "--out", str(tmp_path / "o")]
    assert main(words) == 2
    assert "choose by --series 1-3" in capsys.readouterr().err
    assert main([*words, "--series", "9"]) == 2
    assert "no series 9" in capsys.readouterr().err
