"""What the files of a series share is read once: values and notes are as if read of each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from pydicom.data.data_manager import DATA_ROOT
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from medimg.reading.dicom.header.attributes import Attributes, Sibling, differing
from medimg.reading.dicom.header.keywords import KEYWORDS, PRIVATE
from medimg.reading.dicom.header.source import Firsts, parse, source_of
from medimg.reading.dicom.picture import Picture, pictures
from medimg.reading.dicom.stack.dimensions import Value
from medimg.reading.dicom.stack.splitting import RULES
from medimg.reading.formats.dicom import recognises
from medimg.reading.found import Unusable
from tests.conftest import SHARED_DATA
from tests.faults.private_diffusion import ge
from tests.phantoms import axial, save, write_stack


def asked(facts: Attributes) -> tuple[object, ...]:
    """All that a scan may ask, of every keyword; then what was odd."""
    values = [
        (
            facts.texts(keyword),
            facts.number(keyword),
            facts.numbers(keyword, 3),
            keyword in facts,
            [item.text("CodeValue") for item in facts.items(keyword)],
            facts.whole(keyword),
        )
        for keyword in KEYWORDS
    ]
    return values, sorted(facts.notes)


def count_shared(paths: Iterator[Path]) -> int:
    """Compare each file's values with those that it has by itself; how many shared any."""
    firsts: Firsts = {}
    shared = 0
    with warnings.catch_warnings(action="ignore"):
        for path in paths:
            try:
                source = parse(path, firsts)
            except Unusable:
                continue
            shared += isinstance(source.facts, Sibling)
            assert asked(source.facts) == asked(parse(path).facts), path
    return shared


def dicom_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and recognises(path.read_bytes()[:4096]):
            yield path


def test_values_of_files_that_pydicom_ships() -> None:
    """Series of several files are among them."""
    assert count_shared(dicom_files(Path(DATA_ROOT))) > 10


@pytest.mark.shared_data
@pytest.mark.slow
def test_values_of_real_series() -> None:
    """Most files of real series share their header."""
    assert count_shared(dicom_files(SHARED_DATA / "dicom")) > 300


CHANGES: dict[str, Callable[[FileDataset], object]] = {
    "another name": lambda d: setattr(d, "PatientName", "Other^Name"),
    "an element less": lambda d: delattr(d, "PixelSpacing"),
    "an element more": lambda d: setattr(d, "EchoTime", "12.5"),
    "another character set": lambda d: setattr(d, "SpecificCharacterSet", "ISO_IR 192"),
    "signed": lambda d: setattr(d, "PixelRepresentation", 1 - d.PixelRepresentation),
    "an overlay": lambda d: d.add_new(0x60000010, "US", 4),
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_file_differs(tmp_path: Path, what: str) -> None:
    """Whatever one file has otherwise is its own, in it and in the files before and after."""

    def change(dataset: FileDataset, place: int) -> None:
        dataset.PatientName = "Müller^Änne"
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.add_new("RepetitionTime", "LO", "0,8" if place else "fast")
        if place == 2:
            CHANGES[what](dataset)
        dataset.PixelPaddingValue = -2 if dataset.PixelRepresentation else 0xFFFE  # equal bytes

    paths = write_stack(tmp_path, count=5, change=change)
    assert count_shared(iter(paths)) >= 3


def test_two_ways_to_write_are_not_shared(tmp_path: Path) -> None:
    """Bytes of an implicit header mean otherwise."""
    explicit, implicit = axial(0), axial(1)
    implicit.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    paths = [save(explicit, tmp_path / "e.dcm"), save(implicit, tmp_path / "i.dcm")]
    assert count_shared(iter(paths)) == 0


def test_what_is_odd_is_told_of_every_file(tmp_path: Path) -> None:
    """Of a value that all share, though it was read in one alone."""
    firsts: Firsts = {}
    paths = write_stack(
        tmp_path, count=3, change=lambda d, place: d.add_new("RepetitionTime", "LO", "0,8")
    )
    files = [parse(path, firsts).facts for path in paths]
    assert files[2].number("RepetitionTime") is None
    assert all([note.keyword for note in facts.notes] == ["RepetitionTime"] for facts in files)


def test_strangers_differ_in_all(tmp_path: Path) -> None:
    """Only what was compared is known to agree."""
    one, other = (parse(path).facts for path in write_stack(tmp_path, count=2))
    assert differing([one, other]) is None
    assert differing([one]) == frozenset()


OTHER_VALUES: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("DS", "IS"), ("7", "3.5", "40\\50\\60")),
    **dict.fromkeys(("FD", "FL"), (7.0, [1.0, 0.0, 0.0])),
    **dict.fromkeys(("US", "SS", "UL", "US or SS"), (7, 9)),
    **dict.fromkeys(("TM",), ("101112", "235959.5")),
    **dict.fromkeys(("DA", "DT"), ("20200102",)),
    **dict.fromkeys(("CS", "LO", "SH", "LT", "PN", "ST", "UC", "AS"), ("OTHER", "ep_b50#3", "MR")),
    "UI": ("1.2.3.4",),
}
IMAGE_TYPES = ("DERIVED\\PRIMARY\\ADC", "ORIGINAL\\PRIMARY\\LOCALIZER", "ORIGINAL\\PRIMARY\\P")
BY_KEYWORD = {
    "ImageType": IMAGE_TYPES,
    "FrameType": IMAGE_TYPES,
    "ComplexImageComponent": ("PHASE",),
    "DiffusionDirectionality": ("ISOTROPIC", "DIRECTIONAL"),
}


def _weighted(dataset: FileDataset) -> None:
    """Diffusion by the private elements of GE, towards the left."""
    ge(dataset, 50)
    dataset.add_new(0x00190010, "LO", "GEMS_ACQU_01")
    for number, part in enumerate(("1", "0", "0")):
        dataset.add_new(0x001910BB + number, "DS", part)


def with_other(base: FileDataset, keyword: str, value: object) -> FileDataset:
    """A copy with another value of an element, or changed by a function."""
    copy = deepcopy(base)
    if callable(value):
        value(copy)
    else:
        setattr(copy, keyword, value)
    return copy


def others(keyword: str) -> tuple[object, ...]:
    """Values that an element may have instead."""
    if keyword == PRIVATE:
        return (_weighted,)
    if keyword in BY_KEYWORD:
        return BY_KEYWORD[keyword]
    vr = dictionary_VR(keyword)
    if vr == "SQ":
        item = Dataset()
        item.DiffusionGradientOrientation = [0.0, 1.0, 0.0]
        return (Sequence([item]),)
    return OTHER_VALUES[vr]


def bases() -> Iterator[FileDataset]:
    """Headers that lead keys along each of their ways."""
    yield axial(0)
    mr = axial(0, modality="MR")
    yield mr
    named = axial(0, modality="MR")
    named.SequenceName = "*ep_b1000#12"
    yield named
    private = axial(0, modality="MR")
    _weighted(private)
    yield private
    full = axial(0, modality="MR")
    full.update({"DiffusionBValue": 800.0, "EffectiveEchoTime": 80.0, "TemporalPositionIndex": 2})
    full.update({"InversionTime": "900", "NominalCardiacTriggerDelayTime": 40.0})
    yield full


def picture_of(dataset: FileDataset, folder: Path) -> Picture:
    return next(iter(pictures(source_of(folder / "a.dcm", dataset))))


def test_a_key_is_made_of_what_it_says_it_reads(tmp_path: Path) -> None:
    """Else a stack would stay whole that has to be cut: no other element moves a rule's key."""
    with warnings.catch_warnings(action="ignore"):
        for base in bases():
            before = picture_of(base, tmp_path)
            for keyword in (*KEYWORDS, PRIVATE):
                for value in others(keyword):
                    after = picture_of(with_other(base, keyword, value), tmp_path)
                    for rule in RULES:
                        if isinstance(rule.key, Value) and keyword not in rule.key.reads:
                            told = f"{rule.name} reads {keyword}"
                            assert rule.key(before) == rule.key(after), told


def test_every_rule_can_be_moved_by_each_element_that_it_reads(tmp_path: Path) -> None:
    """So that the test above asks with values that count."""
    idle = {(rule.name, k) for rule in RULES if isinstance(rule.key, Value) for k in rule.key.reads}
    with warnings.catch_warnings(action="ignore"):
        for base in bases():
            before = picture_of(base, tmp_path)
            for rule in RULES:
                for keyword in rule.key.reads if isinstance(rule.key, Value) else ():
                    for value in others(keyword):
                        spoiled = with_other(base, keyword, value)
                        if rule.key(before) != rule.key(picture_of(spoiled, tmp_path)):
                            idle.discard((rule.name, keyword))
    assert not idle
