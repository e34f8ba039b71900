"""A header parsed by its bytes is the header that pydicom parses: same values, same problems."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.charset import convert_encodings
from pydicom.data.data_manager import DATA_ROOT
from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import Attributes, Layer, Note
from medimg.reading.dicom.header.keywords import KEYWORDS
from medimg.reading.dicom.header.limits import LIMITS
from medimg.reading.dicom.header.plain import REACHES
from medimg.reading.dicom.header.plain_layer import PlainLayer
from medimg.reading.dicom.header.source import Source, parse, parse_by_pydicom
from medimg.reading.dicom.header.steps import DEEPEST
from medimg.reading.formats.dicom import recognises
from medimg.reading.found import Unusable
from tests.conftest import SHARED_DATA
from tests.mutants import dicom_mutants
from tests.phantoms import axial, enhanced, save, write_stack

#: Elements of the meta header whose values pydicom reads while it parses.
READ_BY_PYDICOM = {0x00020000, 0x00020010}


def raw_elements(dataset: Dataset) -> dict[int, tuple[object, ...]]:
    """Tag: (VR, bytes) of elements that nobody has read yet; where they stood does not matter."""
    return {
        int(tag): (element.VR, element.value)
        for tag, element in ((tag, dataset.get_item(tag)) for tag in list(dataset.keys()))
        if element is not None
    }


def read_values(layer: Layer) -> tuple[object, ...]:
    """Every value of the scan as a scan reads it, with what could not be read."""
    facts = Attributes(layer)
    values = [(facts.texts(keyword), facts.number(keyword)) for keyword in KEYWORDS]
    return values, facts.notes


def outcome(path: Path, parse_: object) -> Source | tuple[str, str]:
    """What a parser makes of a file: the parsed file, or the kind and sentence of its refusal."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return parse_(path)  # type: ignore[operator,no-any-return]
        except Unusable as unusable:
            return unusable.problem.kind, unusable.problem.sentence


def compare(path: Path) -> bool:
    """Assert that both parsers agree on a file; returns whether it was plain."""
    ours, theirs = outcome(path, parse), outcome(path, parse_by_pydicom)
    if not isinstance(ours, Source) or not isinstance(theirs, Source):
        assert ours == theirs, path.name
        return False
    assert ours.transfer_syntax == theirs.transfer_syntax, path.name
    assert ours.pixels == theirs.pixels, path.name
    doubles = [problem for problem in ours.problems if "stands twice" in problem.sentence]
    assert [p for p in ours.problems if p not in doubles] == [*theirs.problems], path.name
    assert ours.sop_class == theirs.sop_class, path.name
    if not isinstance(ours.layer, PlainLayer):
        return False
    with warnings.catch_warnings(action="ignore"):
        # The late data set first: reading values makes elements of its raw ones.
        assert raw_elements(ours.dataset) == raw_elements(theirs.dataset), path.name
        ours_meta, theirs_meta = (raw_elements(s.dataset.file_meta) for s in (ours, theirs))
        assert ours_meta.keys() == theirs_meta.keys(), path.name
        for tag in ours_meta.keys() - READ_BY_PYDICOM:
            assert ours_meta[tag] == theirs_meta[tag], path.name
        assert ours.dataset.original_encoding == theirs.dataset.original_encoding
        mine = convert_encodings(ours.dataset.original_character_set)
        assert mine == convert_encodings(theirs.dataset.original_character_set), path.name
        assert read_values(ours.layer) == read_values(theirs.layer), path.name
    return True


def dicom_files(*roots: Path) -> Iterator[Path]:
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and recognises(path.read_bytes()[:4096]):
                yield path


def test_same_header_of_every_file_that_pydicom_ships() -> None:
    """All syntaxes, broken and odd ones among them; the plain ones are many."""
    plain = [compare(path) for path in dicom_files(Path(DATA_ROOT))]
    assert sum(plain) > 30


@pytest.mark.shared_data
@pytest.mark.slow
def test_same_header_of_every_shared_file() -> None:
    """Of real studies most files are plain: that is what the short way is for."""
    plain = [compare(path) for path in dicom_files(SHARED_DATA / "dicom")]
    assert sum(plain) > 0.5 * len(plain)


def test_same_header_of_spoiled_files(tmp_path: Path) -> None:
    """Spoiled by a fixed seed: same values, same problems, same refusals."""
    assert count_plain(tmp_path, 400) > 100


@pytest.mark.slow
def test_same_header_of_thousands_of_spoiled_files(tmp_path: Path) -> None:
    """As above, at length."""
    assert count_plain(tmp_path, 10_000) > 2500


def count_plain(folder: Path, count: int) -> int:
    path = folder / "mutant.dcm"
    plain = 0
    for mutant in dicom_mutants(count):
        path.write_bytes(mutant.data)
        try:
            plain += compare(path) if mutant.data else False
        except AssertionError as error:
            raise AssertionError(f"{mutant.name} of {mutant.seed} by {mutant.how}") from error
    return plain


def test_a_stack_is_plain_to_the_last_file(tmp_path: Path) -> None:
    """What this program's own phantoms are, in both little-endian syntaxes."""
    for path in write_stack(tmp_path, count=4):
        assert compare(path)
    implicit = axial(0)
    implicit.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    assert compare(save(implicit, tmp_path / "implicit.dcm"))


@pytest.mark.parametrize(("bytes_", "is_plain"), [(20_000, True), (200_000, False)])
def test_a_header_longer_than_the_first_reach(tmp_path: Path, bytes_: int, is_plain: bool) -> None:
    """A private block before the image's own attributes is stepped over, or left to pydicom."""
    dataset = axial(0)
    dataset.private_block(0x0009, "PHANTOM", create=True).add_new(1, "OB", b"\7" * bytes_)
    path = save(dataset, tmp_path / "long.dcm")
    assert compare(path) is is_plain
    assert parse(path).facts.text("Modality") == "CT"


def test_an_attribute_that_stands_twice(tmp_path: Path) -> None:
    """The last value counts, as with pydicom; unlike values are told, in a run or alone."""
    element = b"\x28\0\x52\x10DS"
    for k, value in enumerate((b"-500", b"-700", None, b"-900")):
        path = save(axial(k), tmp_path / f"{k}.dcm")
        whole = path.read_bytes()
        place = whole.index(element)
        own = whole[place : place + 8 + whole[place + 6]]
        double = own if value is None else element + b"\4\0" + value
        path.write_bytes(whole[:place] + double + whole[place:])
        assert compare(path)
        source = parse(path)
        assert source.facts.number("RescaleIntercept") == -1024
        told = [problem.kind for problem in source.problems]
        assert told == ([] if value is None else ["bad-value"])


def test_no_plain_header_has_more_than_is_read_of_any() -> None:
    """The farthest reach is too short for as many elements or items as the limits allow."""
    for row, bytes_a_piece in (("parts", 14 / 3), ("items", 8)):
        assert REACHES[-1] / bytes_a_piece < LIMITS[row].most_of(REACHES[-1])


def test_sequences_without_a_length_are_stepped_over(tmp_path: Path) -> None:
    """Nested, empty, of items with and without a length; beyond four levels pydicom goes."""
    for depth in range(7):
        dataset = axial(0)
        inner = dataset
        for _ in range(depth):
            deeper, other = Dataset(), Dataset()
            other.CodeValue = "1"
            inner.ReferencedImageSequence = [other, deeper, Dataset()]
            inner["ReferencedImageSequence"].is_undefined_length = True
            deeper.is_undefined_length_sequence_item = True
            deeper.SpecificCharacterSet = "ISO_IR 100"
            inner = deeper
        assert compare(save(dataset, tmp_path / f"{depth}.dcm")) is (depth <= DEEPEST)


def test_what_is_otherwise_goes_to_pydicom(tmp_path: Path) -> None:
    """Frames with groups of their own, an unknown VR, a length beyond the file."""
    assert not compare(
        save(enhanced([((0, 0, 0), lambda group, number: None)]), tmp_path / "e.dcm")
    )
    whole = save(axial(0), tmp_path / "whole.dcm").read_bytes()
    assert compare(tmp_path / "whole.dcm")
    spoiled = tmp_path / "spoiled.dcm"
    for before, after in ((b"\x10\0\x10\0PN", b"\x10\0\x10\0QQ"), (b"LO\2\0P1", b"LO\xff\xffP1")):
        assert before in whole
        spoiled.write_bytes(whole.replace(before, after, 1))
        assert not compare(spoiled)


def test_a_sequence_whose_vr_says_a_number(tmp_path: Path) -> None:
    """Told as unreadable; it ended the scan of the whole folder."""
    dataset = axial(0, modality="MR")
    dataset.add_new("ViewCodeSequence", "US", 5)
    facts = Attributes(Layer(dataset))
    assert list(facts.items("ViewCodeSequence")) == []
    assert facts.notes == [Note("fault", "ViewCodeSequence", "unreadable")]
