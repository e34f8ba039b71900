"""Further inputs come from the same study and lie on the same grid, or the reason is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medimg.packages.manifest import Input
from medimg.packages.roles import others
from medimg.values.errors import InputRefused
from medimg.values.series import MRKind, Series
from tests.tiny_packages import stack


def series(kind: MRKind, spacing_mm: float = 1.0, study: str = "1.2") -> Series:
    made = stack(np.zeros((6, 8, 10)), spacing_mm=(spacing_mm, 1.0, 1.0)).series
    return replace(made, mr_kind=kind, study=replace(made.study, uid=study), id=f"{kind}{study}")


class _Wanting:
    """What `others` reads of a package: its title and its inputs."""

    title = "Tumour"
    inputs = tuple(Input(role=role, kind="stack") for role in ("T1ce", "T1", "FLAIR"))


PACKAGE: Any = _Wanting()
FIRST, T1, FLAIR = (series(k) for k in (MRKind.T1_CONTRAST, MRKind.T1, MRKind.FLAIR))


def test_the_sequences_of_the_study_are_taken_in_order() -> None:
    elsewhere = series(MRKind.T1, study="9.9")
    assert others(PACKAGE, FIRST, [FLAIR, elsewhere, FIRST, T1]) == (T1, FLAIR)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([FIRST, T1], "also needs FLAIR, which this study does not have"),
        ([FIRST, T1, series(MRKind.FLAIR, 1.5)], "on the same grid"),
        ([FIRST, T1, FLAIR, replace(FLAIR, id="x")], "FLAIR is there twice"),
        ([FIRST, T1, series(MRKind.FLAIR, study="9.9")], "does not have"),
    ],
)
def test_what_is_missing_doubled_or_elsewhere_is_told(found: list[Series], words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        others(PACKAGE, FIRST, found)
