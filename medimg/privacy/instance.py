"""One DICOM file without its patient: read, judged, cleaned, written anew in memory."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath

import numpy as np
from pydicom import config
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from medimg.privacy.bare import strip
from medimg.privacy.blackout import Rectangle, black_out
from medimg.privacy.burned_in import PERSON, reasons_of
from medimg.privacy.dataset import Change, FileContext, clean
from medimg.privacy.devices import Devices
from medimg.privacy.identity import identity_of
from medimg.privacy.lettering import lettering
from medimg.privacy.options import Kept
from medimg.privacy.planes import clear_unused_bits, has_embedded_planes
from medimg.privacy.secret import Secret
from medimg.privacy.statement import begin_anew, declare
from medimg.privacy.writing import as_file, written_as
from medimg.reading import read, scan
from medimg.reading.dicom.header.attributes import UNREADABLE_VALUE, attributes_of
from medimg.reading.dicom.header.source import BROKEN, read_header, read_whole
from medimg.reading.dicom.mosaic import is_mosaic
from medimg.reading.dicom.pixels.reading import UNDECODABLE, stored_frames
from medimg.reading.found import Unusable
from medimg.values.errors import InputRefused
from medimg.values.volume import Array

_DOCUMENT = "it holds a document, which cannot be cleaned here"
_SOUND = "it holds sound, which cannot be cleaned here"
#: SOP classes whose content is closed to us: why.
_CLOSED: dict[str, str] = {
    "1.2.840.10008.5.1.4.1.1.66": "it holds raw data of its maker, which cannot be cleaned here",
    "1.2.840.10008.5.1.4.1.1.9.4.1": _SOUND,
    "1.2.840.10008.5.1.4.1.1.9.4.2": _SOUND,
}
#: Encapsulated documents: PDF, CDA, STL, OBJ and what comes.
_DOCUMENTS = "1.2.840.10008.5.1.4.1.1.104."
_DIRECTORY = "1.2.840.10008.1.3.10"
_MOSAIC = (
    "its slices can no longer be cut out of their mosaic, for the private header that tells how is "
    "gone; convert the series to DICOM first where they are needed"
)
#: Classes whose pixels are labels or doses and not a picture: segmentations and RT Dose. The
#: class decides, for the modality is a word that any file may bear.
_NO_PICTURE = frozenset(f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("66.4", "66.7", "481.2"))
#: The attributes that pixels may stand in (PS3.3 C.7.6.3, C.7.6.24, C.7.6.25).
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


_NOWHERE = PurePosixPath()


class State(Enum):
    """What became of a file."""

    WRITTEN = "written"
    HELD = "held back"
    REFUSED = "refused"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        regions: To black out in every picture.
        devices: Where known devices write.
        keeps_flagged: Write pictures that may carry text, too.
        renamed: UIDs of instances whose pixels change.
    """

    secret: Secret
    kept: Kept = field(default_factory=Kept)
    regions: tuple[Rectangle, ...] = ()
    devices: Devices = field(default_factory=Devices)
    keeps_flagged: bool = False
    renamed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes:
        reasons: Why it was not written, or what a writer should know of it; without values.
        data: The new file, where it is to be written.
        place: Where, below the output folder: pseudonym, study, series, instance.
        changes: How often what was done to which attribute.
    """

    state: State
    reasons: tuple[str, ...] = ()
    data: bytes = b""
    place: PurePosixPath = _NOWHERE
    changes: dict[Change, int] = field(default_factory=dict)


def deidentify(path: Path, request: Request) -> Outcome:
    """Make the file anew without its patient. The source is only read."""
    with warnings.catch_warnings(action="ignore"), config.disable_value_validation():
        try:
            dataset = read_whole(path)
            closed = _closed(dataset)
            if closed is not None:
                return closed
            return _made(path, dataset, request)
        except Unusable as unusable:
            return Outcome(State.REFUSED, (_nameless(unusable.problem.sentence, path),))
        except InputRefused as refused:
            return Outcome(State.HELD, (str(refused),))
        except (*BROKEN, *UNREADABLE_VALUE, RecursionError) as error:
            reason = f"it cannot be taken apart ({type(error).__name__})"
            return Outcome(State.REFUSED, (reason,))


def regions_of(path: Path, request: Request) -> tuple[str, tuple[Rectangle, ...]]:
    """SOP Instance UID of a file, and what of its picture would be blacked out."""
    try:
        dataset = read_header(path)
        return str(dataset.get("SOPInstanceUID") or ""), _regions(dataset, request)
    except (Unusable, *UNREADABLE_VALUE):
        return "", ()  # told when the file's own turn comes


def _regions(dataset: FileDataset, request: Request) -> tuple[Rectangle, ...]:
    """What is to be blacked out of a picture; nothing of labels and doses, which are measured."""
    if "Rows" not in dataset or _kind(dataset) in _NO_PICTURE:
        return ()
    rows, columns = int(dataset.Rows), int(dataset.get("Columns") or 0)
    asked = request.regions + request.devices.regions_of(dataset)
    # A rectangle beside the picture blanks nothing, and so must not count as an answer.
    return tuple(region for region in asked if region.x < columns and region.y < rows)


def _kind(dataset: FileDataset) -> UID:
    """The SOP class, from the meta information where the data set lacks it."""
    stored = dataset.file_meta.get("MediaStorageSOPClassUID") if dataset.file_meta else None
    return UID(dataset.get("SOPClassUID") or stored or "")


def _closed(dataset: FileDataset) -> Outcome | None:
    """Why an object is not written at all, or None."""
    kind = _kind(dataset)
    if kind == _DIRECTORY:
        return Outcome(State.LEFT_OUT, ("it is an index (DICOMDIR), which names every patient",))
    if not kind:
        return Outcome(State.REFUSED, ("it does not say what kind of object it is",))
    if kind in _CLOSED:
        return Outcome(State.REFUSED, (_CLOSED[kind],))
    if kind.startswith(_DOCUMENTS):
        return Outcome(State.REFUSED, (_DOCUMENT,))
    return None


def _instance_uid(path: Path, dataset: FileDataset) -> str:
    """As the source names the instance; a file without a name is known by its bytes."""
    stored = dataset.file_meta.get("MediaStorageSOPInstanceUID") if dataset.file_meta else None
    uid = str(dataset.get("SOPInstanceUID") or stored or "")
    return uid or hashlib.sha256(path.read_bytes()).hexdigest()


def _made(path: Path, dataset: FileDataset, request: Request) -> Outcome:
    """Judge and clean a data set.

    Raises:
        InputRefused: It is held back; the sentence says why.
    """
    kind, uid, syntax = _kind(dataset), _instance_uid(path, dataset), written_as(dataset)
    regions = _regions(dataset, request)
    left = _left_in_pixels(path, dataset, regions)
    if left and not request.keeps_flagged:
        return Outcome(State.HELD, left)
    identity = identity_of(dataset, request.kept)
    if regions:
        syntax = black_out(path, dataset, regions)
    if has_embedded_planes(dataset) and "PixelData" in dataset:
        clear_unused_bits(dataset)
    strip(dataset)
    renamed = request.renamed | ({uid} if regions else set())
    context = FileContext(
        request.kept, request.secret, _patient(dataset), str(kind), identity, renamed
    )
    clean(dataset, context)
    _finish(dataset, context, left, is_blacked_out=bool(regions))
    begin_anew(dataset, kind, UID(context.uid(uid)), syntax)
    data = as_file(dataset)
    header = data.replace(dataset.get("PixelData") or b"\0", b"", 1)
    if identity.is_in_bytes(header):
        reason = "a name or number of its patient is still in it in a place that is not understood"
        return Outcome(State.HELD, (reason,))
    told = (*left, *((_MOSAIC,) if is_mosaic(attributes_of(dataset)) else ()))
    return Outcome(State.WRITTEN, told, data, _place(dataset), dict(context.changes))


def _left_in_pixels(
    path: Path, dataset: FileDataset, regions: tuple[Rectangle, ...]
) -> tuple[str, ...]:
    """Why a picture may still name its patient once its regions are black; empty if it may not."""
    if not any(keyword in dataset for keyword in _PIXELS) or _kind(dataset) in _NO_PICTURE:
        return ()
    header = reasons_of(dataset)
    if regions:
        header = tuple(reason for reason in header if reason == PERSON)
    declared, seen, written = max(attributes_of(dataset).whole("NumberOfFrames") or 1, 1), 0, 0
    for frame in _frames(path, dataset):
        seen += 1
        written += bool(lettering(_blanked(frame, regions)))
    reasons = list(header)
    if written:
        where = "" if declared == 1 else f" in {written} of {declared} frames"
        beside = " outside the regions" if regions else ""
        reasons.append(f"what looks like printed text is in its pixels{beside}{where}")
    if not seen:
        reasons.append("its pixels cannot be opened, so they could not be looked at")
    elif seen != declared:
        reasons.append(
            f"{seen} of the {declared} frames that it declares can be opened; the others could "
            "not be looked at"
        )
    return tuple(reasons)


def _frames(path: Path, dataset: FileDataset) -> Iterator[Array]:
    """The frames of a file that can be read, as they are read for showing.

    A mosaic is taken whole: no slice shows what stands in its unused tiles.
    """
    try:
        if is_mosaic(attributes_of(dataset)):
            yield from stored_frames(path, dataset, [0])
            return
    except (Unusable, *UNDECODABLE):
        return
    for series in scan(path).series:
        try:
            volume = read(series)
        except InputRefused:
            continue
        yield from volume.array


def _blanked(frame: Array, regions: tuple[Rectangle, ...]) -> Array:
    if not regions:
        return frame
    blank: Array = np.array(frame)
    for region in regions:
        rows = slice(region.y, region.y + region.height)
        blank[rows, region.x : region.x + region.width] = frame.min()
    return blank


def _patient(dataset: FileDataset) -> str:
    """Whom a file is of: number with its issuer, else name and birth date, else the study.

    Files without any of these, which somebody else has made nameless, are of one nobody.
    """
    facts = attributes_of(dataset)
    number, issuer = facts.text("PatientID").strip(), facts.text("IssuerOfPatientID").strip()
    if number:
        return f"{number}\\{issuer}"
    name = facts.text("PatientName").strip().rstrip("^").casefold()
    if name:
        return f"{name}\\{facts.text('PatientBirthDate')}"
    return facts.text("StudyInstanceUID") or facts.text("FrameOfReferenceUID")


def _finish(
    dataset: FileDataset, context: FileContext, left: tuple[str, ...], *, is_blacked_out: bool
) -> None:
    """Write pseudonym and statement; drop groups that a file's data set must not hold."""
    for tag in list(dataset.keys()):
        if tag.group < 0x0008:
            del dataset[tag]
    pseudonym = context.secret.pseudonym(context.patient)
    dataset.PatientID = pseudonym
    dataset.PatientName = pseudonym
    declare(dataset, context.kept, is_blacked_out=is_blacked_out)
    if is_blacked_out and not left:
        dataset.BurnedInAnnotation = "NO"
    elif any("printed text" in reason for reason in left):
        dataset.BurnedInAnnotation = "YES"


def _place(dataset: FileDataset) -> PurePosixPath:
    study = str(dataset.get("StudyInstanceUID") or "study")
    series = str(dataset.get("SeriesInstanceUID") or "series")
    instance = dataset.file_meta.MediaStorageSOPInstanceUID
    return PurePosixPath(str(dataset.PatientID), study, series, f"{instance}.dcm")


def _nameless(sentence: str, path: Path) -> str:
    """A sentence about a file without the file's name, which may be a patient's."""
    return sentence.replace(path.name, "the file")
