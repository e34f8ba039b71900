"""Everything that can be wrong with an input: one table, and the value that says it of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path


class Severity(Enum):
    """`NOTE` is recorded and shown and stops nothing; `PROBLEM` stops what the kind names."""

    NOTE = "note"
    PROBLEM = "problem"


class Stops(Enum):
    """What a problem stops."""

    NOTHING = "nothing"
    FILE = "file"
    VOLUME = "3-D analysis"
    LENGTHS = "lengths in mm"
    VALUES = "values in the modality's unit"
    SIDES = "left and right"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: how grave, what it stops, a badge in few words, what to do."""

    severity: Severity
    stops: Stops
    title: str
    todo: str = ""


def _note(title: str) -> Kind:
    return Kind(Severity.NOTE, Stops.NOTHING, title)


def _stop(stops: Stops, title: str, todo: str) -> Kind:
    return Kind(Severity.PROBLEM, stops, title, todo)


_AGAIN = "Export the series again."
_SEND = "Ask the sender for a whole copy."

#: Kinds by id, as the fault table names them. Order: file, series, geometry, pixels, notes.
PROBLEMS: dict[str, Kind] = {
    # The file cannot be used at all.
    "not-found": _stop(Stops.FILE, "not found", "Check the path."),
    "unreadable": _stop(Stops.FILE, "unreadable", "Check the permissions and the disc."),
    "empty-file": _stop(Stops.FILE, "empty file", _SEND),
    "not-dicom": _stop(Stops.FILE, "not an image", "Open the file with the program that made it."),
    "unsupported": _stop(Stops.FILE, "not supported", "Convert it with the program that made it."),
    "no-codec": _stop(Stops.FILE, "no decoder", "Export it uncompressed."),
    "truncated": _stop(Stops.FILE, "truncated", _SEND),
    "too-large": _stop(Stops.FILE, "declares too much", _SEND),
    "bad-length": _stop(Stops.FILE, "bad length", _SEND),
    "nested-too-deep": _stop(Stops.FILE, "nested too deep", _SEND),
    "too-many": _stop(Stops.FILE, "too many parts", _SEND),
    "no-pixels": _stop(Stops.FILE, "no pixels", _SEND),
    "frames-missing": _stop(Stops.FILE, "frames missing", _SEND),
    "decoder-crashed": _stop(Stops.FILE, "decoder crashed", _SEND),
    "decode-failed": _stop(Stops.FILE, "cannot be decoded", _SEND),
    "files-absent": _stop(Stops.FILE, "files absent", "Copy the whole disc again."),
    "member-outside": _stop(Stops.FILE, "unsafe archive", "Ask the sender what it is."),
    "duplicate-member": _stop(Stops.FILE, "name twice", "Unpack it into two folders."),
    "encrypted": _stop(Stops.FILE, "encrypted", "Unpack it with its password first."),
    "no-room": _stop(Stops.FILE, "disk full", "Free some space and open it again."),
    "data-file-outside": _stop(
        Stops.FILE, "data file outside", "Put header and data file into one folder."
    ),
    "gzip": _stop(Stops.FILE, "packed by gzip", "Unpack it first."),
    "zip": _stop(Stops.FILE, "zip archive", "Unpack it first."),
    # The stack is not one regular volume.
    "two-patients": _stop(Stops.VOLUME, "two patients", "Check the disc; nothing was merged."),
    "object-of-another-patient": _stop(
        Stops.FILE, "another patient", "Check the patient IDs at the source."
    ),
    "missing-slice": _stop(Stops.VOLUME, "slice missing", _AGAIN),
    "uneven-spacing": _stop(Stops.VOLUME, "uneven spacing", _AGAIN),
    "duplicate-position": _stop(Stops.VOLUME, "two slices at one place", _AGAIN),
    "same-sop-instance-differs": _stop(Stops.VOLUME, "one name, two images", _AGAIN),
    "same-sop-instance": _stop(Stops.VOLUME, "one name for all images", _AGAIN),
    "no-position": _stop(Stops.VOLUME, "no position", _AGAIN),
    "no-orientation": _stop(Stops.SIDES, "sides unknown", _AGAIN),
    "rows-reversed": _stop(Stops.SIDES, "rows reversed", "Convert it with a program of its maker."),
    "quadruped": _stop(Stops.SIDES, "animal", "Read its sides with a veterinary viewer."),
    "bad-orientation": _stop(Stops.VOLUME, "bad orientation", _AGAIN),
    "mixed-matrix": _stop(Stops.VOLUME, "mixed matrix", "Opened as separate stacks."),
    "mixed-pixel-spacing": _stop(Stops.VOLUME, "mixed pixel spacing", "Opened as separate stacks."),
    "no-frame-of-reference": _stop(Stops.VOLUME, "frame of reference missing", _AGAIN),
    "tomosynthesis": _stop(Stops.VOLUME, "depth not to scale", "Measure within one plane."),
    "gaps-unknown": _stop(Stops.VOLUME, "slice spacing unknown", _AGAIN),
    "mixed-photometric": _stop(Stops.VALUES, "mixed polarity", _AGAIN),
    "stack-without-spacing": _stop(Stops.VOLUME, "spacing unknown", "Export it as DICOM."),
    "qform-sform-differ": _stop(Stops.SIDES, "two orientations", "Choose one and save it again."),
    # Lengths and values.
    "bad-number": _stop(Stops.LENGTHS, "bad number", _AGAIN),
    "spacing-zero": _stop(Stops.LENGTHS, "spacing zero", _AGAIN),
    "spacing-unknown": _stop(Stops.LENGTHS, "spacing unknown", "Lengths are given in pixels."),
    "spacing-contradicts": _stop(Stops.LENGTHS, "two spacings", "Measure on the device itself."),
    "rescale-missing": _stop(Stops.VALUES, "no unit", _AGAIN),
    "no-suv": _stop(Stops.VALUES, "no SUV", "Measure uptake where the whole header is."),
    "slope-zero": _stop(Stops.VALUES, "slope zero", _AGAIN),
    "values-out-of-range": _stop(Stops.VALUES, "values out of range", _AGAIN),
    "signedness-differs": _stop(Stops.VALUES, "sign unclear", _AGAIN),
    "sign-missing": _stop(Stops.VALUES, "sign unknown", _AGAIN),
    "bits-inconsistent": _stop(Stops.VALUES, "bits inconsistent", _AGAIN),
    "polarity-contradicts": _stop(Stops.VALUES, "two polarities", _AGAIN),
    "photometric-missing": _stop(Stops.VALUES, "polarity unknown", _AGAIN),
    "slope-not-a-number": _stop(Stops.VALUES, "slope not a number", _AGAIN),
    "byte-order-missing": _stop(Stops.VALUES, "byte order unknown", _AGAIN),
    # Header values that are shown with a mark.
    "charset-wrong": _stop(Stops.NOTHING, "name unclear", "Check the name at the source."),
    "bad-value": _stop(Stops.NOTHING, "bad header value", "Check the value at the source."),
    # Notes.
    "instance-order-differs": _note("order differs"),
    "instance-numbers-repeat": _note("numbers repeat"),
    "duplicate-file": _note("file twice"),
    "mixed-orientation": _note("split by orientation"),
    "split": _note("split"),
    "colours-not-drawn": _note("colour table not drawn"),
    "mosaic": _note("cut from a mosaic"),
    "tiles": _note("tiles of a slide"),
    "cine": _note("one place, many times"),
    "gantry-tilt": _note("gantry tilt"),
    "sheared-stack": _note("sheared stack"),
    "sheared": _note("sheared"),
    "spacing-tag-differs": _note("spacing tag differs"),
    "monochrome1": _note("MONOCHROME1"),
    "photometric-label-wrong": _note("colour label wrong"),
    "lossy": _note("lossy"),
    "windows-differ": _note("windows differ"),
    "window-invalid": _note("window invalid"),
    "not-calibrated": _note("mm at the detector"),
    "corrected-for-magnification": _note("corrected for magnification"),
    "calibrated": _note("calibrated"),
    "calibration-type-unknown": _note("calibration unknown"),
    "no-preamble": _note("no preamble"),
    "preamble-not-empty": _note("preamble not empty"),
    "delimiter-missing": _note("delimiter missing"),
    "transfer-syntax-missing": _note("transfer syntax missing"),
    "transfer-syntax-wrong": _note("transfer syntax wrong"),
    "meta-length-wrong": _note("meta header's length wrong"),
    "extra-bytes": _note("extra bytes"),
    "frames-padded": _note("frames padded to bytes"),
    "trailing-bytes": _note("trailing bytes"),
    "unknown-sop-class": _note("unknown SOP class"),
    "sop-class-differs": _note("SOP class differs"),
    "over-long-ds": _note("over-long number"),
    "ignored": _note("ignored"),
    "from-archive": _note("from an archive"),
    "not-an-image": _note("not an image"),
    "series-absent": _note("its images are not here"),
    "slices-absent": _note("slices absent"),
    "not-on-this-series": _note("not on this series"),
    "frame-of-reference-differs": _note("another frame of reference"),
    "sop-instances-shared": _note("images bear names of others"),
    "resampled-nearest": _note("nearest voxels of another grid"),
    "empty-layer": _note("empty"),
    "contours-not-shown": _note("contours not shown"),
    "value-absent": _note("number absent"),
    "inner-contours": _note("inner contours"),
    "state-in-part": _note("applied in part"),
    "several-volumes": _note("several volumes"),
    "non-finite": _note("non-finite voxels"),
    "origin-missing": _note("no origin"),
    "scale-ignored": _note("scale ignored"),
    "slope-is-nan": _note("no slope"),
    "spacing-from-ElementSize": _note("spacing from ElementSize"),
    "pixdim-differs": _note("pixdim differs"),
    "sform-singular": _note("sform singular"),
    "several-resolutions": _note("several resolutions"),
    "several-pictures": _note("several pictures"),
    "few-bits": _note("few bits"),
    "colour-reduced": _note("colour in 8 bits"),
    "alpha-ignored": _note("alpha ignored"),
    "dpi-ignored": _note("dpi ignored"),
    "exif-rotated": _note("turned upright"),
    "suffix-wrong": _note("suffix wrong"),
    "min-is-white": _note("min is white"),
}


#: A file's name may hold what steers the terminal that a sentence is shown on.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "?")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an input, in one sentence.

    Attributes:
        kind: Id, a key of `PROBLEMS`.
        sentence: What happened, to which file; found and expected both appear.
        files: Paths of the files it concerns, as a `Frame` names its own; of what lies in an
            archive or is named by an index and absent, the name there.
        todo: What to do; the table's words unless there is something better to say.
    """

    kind: str
    sentence: str
    files: tuple[str, ...] = ()
    todo: str = ""

    def __post_init__(self) -> None:
        if self.kind not in PROBLEMS:
            raise ValueError(f"unknown kind of problem: {self.kind}")
        if not self.todo:
            object.__setattr__(self, "todo", PROBLEMS[self.kind].todo)
        if not self.sentence.isprintable():
            told = self.sentence.translate(_CONTROLS).encode("utf-8", "replace").decode("utf-8")
            object.__setattr__(self, "sentence", told)

    def at(self, path: str | Path) -> Problem:
        """Say where the file lies that a reader told of by its name alone."""
        name = Path(path).name
        files = tuple(str(path) if file == name else file for file in self.files)
        return self if files == self.files else replace(self, files=files)

    @property
    def severity(self) -> Severity:
        """`NOTE` or `PROBLEM`, from the table."""
        return PROBLEMS[self.kind].severity

    @property
    def stops(self) -> Stops:
        """What it stops, from the table."""
        return PROBLEMS[self.kind].stops

    @property
    def title(self) -> str:
        """The badge: two or three words."""
        return PROBLEMS[self.kind].title


def file_names(files: Iterable[str]) -> list[str]:
    """Files by their names, each with its folder where files of two folders share a name."""
    paths = [Path(file) for file in dict.fromkeys(files)]
    counted = Counter(path.name for path in paths)
    return [
        path.name if counted[path.name] == 1 else f"{path.parent.name}/{path.name}"
        for path in paths
    ]
