"""A film package on what is no film, with the shipped packages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from medimg import reading
from medimg.engine.context import JobContext
from medimg.engine.package_run import Organ, admitted, confirmed, find_organ, run
from medimg.packages.catalogue import find
from medimg.phantoms import writing
from medimg.values.errors import InputRefused
from medimg.values.verdict import Outcome, Verdict
from medimg.values.volume import Volume
from tests.tiny_packages import film


def judged(volume: Volume, package_id: str) -> tuple[Organ, Verdict]:
    """What the organ's finder and the gate say together."""
    package, context = find(package_id), JobContext(lambda *_: None)
    verdict = admitted(volume, package)
    organ = find_organ(volume, run(volume, package, lambda *_: None, context), context)
    return organ, confirmed(verdict, organ, package, volume)


@pytest.fixture(scope="module")
def clouds() -> np.ndarray:
    """A picture of nothing: smooth noise."""
    noise = np.random.default_rng(5).normal(size=(300, 300))
    smooth = ndimage.gaussian_filter(noise, 12)
    return np.asarray(np.interp(smooth, (smooth.min(), smooth.max()), (0, 255)))


PACKAGES = ("chest-xray-opacity", "chest-xray-lungs")


@pytest.mark.parametrize("package_id", PACKAGES)
def test_a_picture_that_nothing_vouches_for_is_refused(package_id: str, clouds: np.ndarray) -> None:
    """Neither header nor pixels say chest film: no finding is made of it."""
    with pytest.raises(InputRefused, match="No lungs can be made out on this image"):
        judged(film(clouds, modality="", body_part=""), package_id)


@pytest.mark.parametrize("package_id", PACKAGES)
def test_a_film_that_hides_its_lungs_is_warned_of(package_id: str, clouds: np.ndarray) -> None:
    """Where the header says chest film, the missing lungs are told and the package runs."""
    organ, verdict = judged(film(clouds), package_id)
    assert organ.is_there is False
    assert [(r.rule, r.outcome) for r in verdict.reasons] == [("organ", Outcome.WARN)]


@pytest.mark.parametrize("package_id", PACKAGES)
def test_a_film_with_lungs_goes_through(package_id: str, tmp_path: Path) -> None:
    """The phantom's lungs are found, and the gate's word stays as it was."""
    writing.write_radiograph(tmp_path)
    volume = reading.read(reading.scan(tmp_path).series[0])
    organ, verdict = judged(volume, package_id)
    assert organ.is_there and organ.mask is not None and not organ.mask.is_empty
    assert "organ" not in {reason.rule for reason in verdict.reasons}
