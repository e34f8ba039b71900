"""One file: the patient is gone from it, the picture is as it was."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames

from medimg.privacy.blackout import Rectangle
from medimg.privacy.instance import Outcome, Request, State, deidentify
from medimg.privacy.options import OPTIONS, Kept
from medimg.privacy.secret import Secret
from tests.medimg.privacy.planted import (
    ACCENTED,
    FAMILY,
    JAPANESE,
    NUMBER,
    SENTENCE,
    found_in,
    planted,
    spelled,
)

SECRET = Secret(bytes(range(32)))
PLAIN = Request(SECRET)


def made(data: bytes, folder: Path, request: Request = PLAIN) -> Outcome:
    path = folder / f"{FAMILY}_{NUMBER}.dcm"
    path.write_bytes(data)
    outcome = deidentify(path, request)
    assert path.read_bytes() == data, "the source was changed"
    return outcome


def opened(outcome: Outcome) -> FileDataset:
    assert outcome.state is State.WRITTEN, outcome.reasons
    return pydicom.dcmread(BytesIO(outcome.data))


def saved(dataset: FileDataset) -> bytes:
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


class TestPlantedPatient:
    """`planted()` holds the patient in over 700 attributes and everywhere else."""

    def test_is_gone_from_every_place(self, tmp_path: Path) -> None:
        """No spelling of name, number, day or time is left in the bytes or in the file's name."""
        source = planted() + SENTENCE.encode() * 20
        assert source.count(FAMILY.encode()) > 600
        outcome = made(source, tmp_path)
        assert outcome.state is State.WRITTEN
        assert not found_in(outcome.data)
        assert not found_in(str(outcome.place).encode())
        assert not found_in(repr(outcome.changes).encode())

    @pytest.mark.parametrize("name", [name for name in OPTIONS if "dates" not in name])
    def test_stays_gone_with_an_option(self, name: str, tmp_path: Path) -> None:
        """An option keeps what it says and never a name or number of the patient."""
        outcome = made(planted(), tmp_path, Request(SECRET, Kept(frozenset({name}))))
        kept_day = b"19470823" if name in ("uids", "device") else b""  # within a kept UID
        assert outcome.state is State.WRITTEN
        assert set(found_in(outcome.data)) <= {kept_day}

    def test_day_moves_and_time_stays_when_dates_are_shifted(self, tmp_path: Path) -> None:
        """Of all that was planted only the time of the day is left."""
        outcome = made(planted(), tmp_path, Request(SECRET, Kept(frozenset({"shifted-dates"}))))
        assert found_in(outcome.data) == [b"134759.774411"]

    @pytest.mark.parametrize(
        ("charset", "name"),
        [
            (["ISO_IR 100"], ACCENTED),
            (["ISO_IR 192"], f"{ACCENTED}^{JAPANESE}"),
            (["", "ISO 2022 IR 87"], f"Yamada^Tarou={JAPANESE}"),
        ],
    )
    def test_is_gone_in_other_scripts(self, charset: list[str], name: str, tmp_path: Path) -> None:
        """Names in Latin-1, UTF-8 and ISO 2022 are found in technical texts, too."""
        source = spelled(charset, name)
        assert found_in(source)
        outcome = made(source, tmp_path)
        assert outcome.state is State.WRITTEN
        assert not found_in(outcome.data)


class TestWhatIsWritten:
    """PS3.15 E.1.1 and PS3.10 section 7."""

    def test_statement_says_profile_and_options(self, tmp_path: Path) -> None:
        """The codes of CID 7050 are those of what was done."""
        source = Path(get_testdata_file("CT_small.dcm")).read_bytes()
        request = Request(SECRET, Kept(frozenset({"shifted-dates", "uids"})))
        dataset = opened(made(source, tmp_path, request))
        codes = {code.CodeValue for code in dataset.DeidentificationMethodCodeSequence}
        assert dataset.PatientIdentityRemoved == "YES"
        assert codes == {"113100", "113107", "113110"}
        assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
        assert "BurnedInAnnotation" not in dataset

    def test_preamble_and_meta_information_are_new(self, tmp_path: Path) -> None:
        """A TIFF header or a text before the data set does not come along, nor a sender's name."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        source.preamble = b"II*\0" + b"Quuxley" * 17 + b"....."
        source.file_meta.SourceApplicationEntityTitle = "QUUXLEY"
        outcome = made(saved(source), tmp_path)
        dataset = opened(outcome)
        assert outcome.data[:132] == b"\0" * 128 + b"DICM"
        assert {element.keyword for element in dataset.file_meta} == {
            "FileMetaInformationGroupLength",
            "FileMetaInformationVersion",
            "MediaStorageSOPClassUID",
            "MediaStorageSOPInstanceUID",
            "TransferSyntaxUID",
            "ImplementationClassUID",
            "ImplementationVersionName",
        }

    def test_place_is_made_of_new_names_only(self, tmp_path: Path) -> None:
        """Pseudonym, study, series and instance, none as the source has it."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        outcome = made(saved(source), tmp_path)
        pseudonym, study, series, name = outcome.place.parts
        assert pseudonym == SECRET.pseudonym("1CT1\\")
        assert study == SECRET.uid(source.StudyInstanceUID)
        assert series == SECRET.uid(source.SeriesInstanceUID)
        assert name == f"{SECRET.uid(source.SOPInstanceUID)}.dcm"

    def test_a_uid_that_is_a_path_stays_below_the_output(self, tmp_path: Path) -> None:
        """Kept UIDs are kept only where they are UIDs."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        with pydicom.config.disable_value_validation():
            source.StudyInstanceUID = "../../etc"
            data = saved(source)
        place = made(data, tmp_path, Request(SECRET, Kept(frozenset({"uids"})))).place
        assert ".." not in place.parts and place.parts[1].startswith("2.25.")

    def test_ages_above_89_become_90(self, tmp_path: Path) -> None:
        """Rare ages point at someone, even where the age may stay."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        source.PatientAge = "097Y"
        request = Request(SECRET, Kept(frozenset({"patient"})))
        assert opened(made(saved(source), tmp_path, request)).PatientAge == "090Y"

    def test_safe_private_numbers_stay_when_asked(self, tmp_path: Path) -> None:
        """A b-value under its maker's name stays; another element of the same block goes."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        block = source.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0C, "IS", 800)
        block.add_new(0x0D, "LO", "Quuxley")
        request = Request(SECRET, Kept(frozenset({"private"})))
        kept = opened(made(saved(source), tmp_path, request))
        gone = opened(made(saved(source), tmp_path))
        assert kept.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 800
        assert len([e for e in kept if e.tag.is_private and not e.tag.is_private_creator]) == 1
        assert not [e for e in gone if e.tag.is_private]


@pytest.mark.parametrize("keyword", ["Manufacturer", "BodyPartExamined", "ConvolutionKernel"])
def test_text_behind_a_null_does_not_stay(keyword: str, tmp_path: Path) -> None:
    """What no reader shows is removed with what it hides behind."""
    source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    with pydicom.config.disable_value_validation():
        setattr(source, keyword, "CHEST\0Anybody")
        data = saved(source)
    assert b"Anybody" in data
    assert b"Anybody" not in made(data, tmp_path).data


#: One a transfer syntax and kind of pixels, of those that pydicom ships.
PICTURES = (
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_RLE.dcm",
    "JPEG2000.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "image_dfl.dcm",
    "rtdose.dcm",
    "rtdose_rle.dcm",
    "liver_1frame.dcm",
)


@pytest.mark.parametrize("name", PICTURES)
def test_pixels_are_as_they_were(name: str, tmp_path: Path) -> None:
    """Stored values, and what says how to read them, come through every transfer syntax."""
    path = Path(get_testdata_file(name, download=False))
    outcome = made(path.read_bytes(), tmp_path, Request(SECRET, keeps_flagged=True))
    before, after = pydicom.dcmread(path), opened(outcome)
    if not before.file_meta.TransferSyntaxUID.is_deflated:
        assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID
    np.testing.assert_array_equal(before.pixel_array, after.pixel_array)
    for keyword in ("RescaleSlope", "ImagePositionPatient", "PixelSpacing", "DoseGridScaling"):
        assert before.get(keyword) == after.get(keyword)


class TestHeldBack:
    """What cannot be proven clean is not written, and the reason is said."""

    def test_document(self, tmp_path: Path) -> None:
        """An encapsulated PDF is refused: its pages are closed to us."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        source.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
        outcome = made(saved(source), tmp_path)
        assert (outcome.state, outcome.data) == (State.REFUSED, b"")
        assert "document" in outcome.reasons[0]

    def test_directory(self, tmp_path: Path) -> None:
        """A DICOMDIR is left out: it lists every patient of the disc."""
        outcome = made(Path(get_testdata_file("DICOMDIR")).read_bytes(), tmp_path)
        assert outcome.state is State.LEFT_OUT

    @pytest.mark.parametrize(
        ("keyword", "value", "words"),
        [
            ("BurnedInAnnotation", "YES", "burned in"),
            ("RecognizableVisualFeatures", "YES", "recognised"),
            ("Modality", "US", "modality"),
            ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7", "secondary capture"),
            ("ImageType", ["DERIVED", "SECONDARY", "SCREEN SAVE"], "screen"),
        ],
    )
    def test_header_says_that_there_may_be_text(
        self, keyword: str, value: object, words: str, tmp_path: Path
    ) -> None:
        """Each rule of the header holds a picture back and is said; the user may overrule it."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        setattr(source, keyword, value)
        held = made(saved(source), tmp_path)
        assert (held.state, held.data) == (State.HELD, b"")
        assert words in " ".join(held.reasons)
        assert opened(made(saved(source), tmp_path, Request(SECRET, keeps_flagged=True)))

    def test_pixels_that_cannot_be_opened(self, tmp_path: Path) -> None:
        """What was not looked at is not called clean."""
        source = pydicom.dcmread(get_testdata_file("JPEG2000.dcm"))
        source.PixelData = source.PixelData[:60] + b"\0" * (len(source.PixelData) - 60)
        outcome = made(saved(source), tmp_path)
        assert outcome.state is State.HELD
        assert "could not be looked at" in " ".join(outcome.reasons)

    def test_one_frame_of_several_that_cannot_be_opened(self, tmp_path: Path) -> None:
        """A cut RLE frame among good ones was not looked at, so the file is not written."""
        source = pydicom.dcmread(get_testdata_file("SC_rgb_rle_2frame.dcm"))
        source.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.6"
        source.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        source.Modality = "SM"
        assert made(saved(source), tmp_path).state is State.WRITTEN
        whole = list(generate_frames(source.PixelData, number_of_frames=2))
        source.PixelData = encapsulate([whole[0], whole[1][:70]])
        held = made(saved(source), tmp_path)
        assert (held.state, held.data) == (State.HELD, b"")
        assert "1 of the 2 frames" in " ".join(held.reasons)

    @pytest.mark.parametrize(
        ("keyword", "value"),
        [
            ("ImageType", ["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"]),
            ("ImageType", ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]),
            ("ImageType", ["ORIGINAL", "PRIMARY"]),
            ("SpecimenLabelInImage", "YES"),
        ],
    )
    def test_slide_that_may_show_its_label(
        self, keyword: str, value: object, tmp_path: Path
    ) -> None:
        """A barcode is no text; so what kind of image a slide is decides, and tissue is written."""
        source = pydicom.dcmread(get_testdata_file("SC_rgb_rle_2frame.dcm"))
        source.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.6"
        source.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        source.Modality = "SM"
        assert made(saved(source), tmp_path).state is State.WRITTEN
        setattr(source, keyword, value)
        held = made(saved(source), tmp_path)
        assert (held.state, held.data) == (State.HELD, b"")
        assert "label" in " ".join(held.reasons)

    def test_screen_that_calls_itself_a_segmentation(self, tmp_path: Path) -> None:
        """The class of an object says whether its pixels are a picture, not its modality."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        source.Modality, source.BurnedInAnnotation = "SEG", "YES"
        assert made(saved(source), tmp_path).state is State.HELD

    def test_a_region_beside_the_picture_answers_nothing(self, tmp_path: Path) -> None:
        """Where nothing was blanked, the header's word stands."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        source.BurnedInAnnotation = "YES"
        request = Request(SECRET, regions=(Rectangle(500, 0, 10, 10),))
        assert made(saved(source), tmp_path, request).state is State.HELD

    def test_blackout_answers_burned_in_text_but_not_a_face(self, tmp_path: Path) -> None:
        """Blacked out and looked at again, a picture is written as free of text."""
        source = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        source.BurnedInAnnotation = "YES"
        request = Request(SECRET, regions=(Rectangle(0, 0, 128, 10),))
        cleaned = opened(made(saved(source), tmp_path, request))
        assert cleaned.BurnedInAnnotation == "NO"
        assert "113101" in {c.CodeValue for c in cleaned.DeidentificationMethodCodeSequence}
        assert (
            cleaned.SOPInstanceUID
            != opened(
                made(saved(source), tmp_path, Request(SECRET, keeps_flagged=True))
            ).SOPInstanceUID
        )
        source.RecognizableVisualFeatures = "YES"
        assert made(saved(source), tmp_path, request).state is State.HELD
