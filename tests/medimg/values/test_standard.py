"""The table of the Standard is what the library that it was taken from says."""

from __future__ import annotations

import pytest
from highdicom import _standard_utils as source

from medimg.values import standard

CLASSES = source.get_sop_class_iod_map()


def test_every_class_is_there_and_no_other() -> None:
    assert all(standard.is_known(uid) for uid in CLASSES)
    assert not standard.is_known("1.2.3") and not standard.is_known("")
    assert standard.rows_of("1.2.3") is None


@pytest.mark.parametrize("uid", sorted(CLASSES)[::9])
def test_attributes_of_a_class_are_those_of_the_source(uid: str) -> None:
    """The file is made by resources/deidentification/make_standard.py."""
    attributes = source.get_module_attribute_map()
    truth = [
        (tuple(row["path"]), row["keyword"], row["type"], module["usage"] == "M")
        for module in source.get_iod_module_map()[CLASSES[uid]]
        for row in attributes[module["key"]]
    ]
    found = standard.rows_of(uid)
    assert found is not None and [tuple(row) for row in found] == truth
    has_frames = any(keyword == "NumberOfFrames" and not path for path, keyword, _, _ in truth)
    assert standard.allows_frames(uid) == has_frames


def test_body_parts_have_the_meanings_of_the_source() -> None:
    regions = source.get_anatomic_region_map()
    assert standard.body_parts() == {name: code.meaning for name, (code, _) in regions.items()}
