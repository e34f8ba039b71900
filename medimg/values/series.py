"""An image stack as a radiologist would name it, and what speaks of it; from headers only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from medimg.values.geometry import Geometry
from medimg.values.problems import Problem, Severity, Stops


class MRKind(Enum):
    """What an MR stack shows, judged from its sequence parameters."""

    T1 = "T1"
    T1_CONTRAST = "T1 after contrast"
    T2 = "T2"
    FLAIR = "FLAIR"
    DWI = "DWI"
    ADC = "ADC"
    PD = "PD"
    T2_STAR = "T2*"
    UNKNOWN = "unknown"


class View(Enum):
    """Projection of a radiograph, from the header alone, never guessed from pixels."""

    PA = "PA"
    AP = "AP"
    LATERAL = "lateral"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Patient:
    """Whose image it is, as the header says; empty where it says nothing.

    Attributes:
        age_years: None where it is not known, and where the header contradicts itself.
        animal: What the header says that the patient is, where it is not a person ("Canine").
        is_phantom: Whether the subject is an object of quality control, and not a patient.
    """

    id: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    age_years: float | None = None
    animal: str = ""
    is_phantom: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """The examination."""

    uid: str = ""
    id: str = ""
    date: str = ""
    time: str = ""
    description: str = ""
    accession_number: str = ""
    institution: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a stack: a file, and the frame within it."""

    file: str
    number: int = 0
    sop_instance_uid: str = ""
    instance_number: int | None = None
    position: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window in the unit of the values it is applied to (PS3.3 C.11.2.1.2)."""

    center: float
    width: float
    name: str = ""
    function: str = "LINEAR"


@dataclass(frozen=True, slots=True)
class Part:
    """Which volume of a 4-D item a series is.

    Attributes:
        item: Id of the item: that of its first volume.
        axis: What runs ("time", "phase", "direction").
        place: From 0.
        count: Volumes of the item.
        label: What a radiologist would call the whole.
    """

    item: str
    axis: str
    place: int
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """One stack of images that belong together; headers only.

    Attributes:
        id: Key of this stack, unique in one scan.
        label: What a radiologist would call it ("FLAIR", "PA", "localiser").
        format: Key of the table of formats ("dicom", "nifti", "picture").
        frames: In the order in which they are shown.
        mr_kind_reason: Why that kind, in one line.
        photometric_interpretation: As stored; MONOCHROME1 is turned by `medimg.display`.
        lossy_ratio: Compression ratio of a lossy source, 0 where lossy without a ratio, else None.
        acquisition: (name, value) pairs for the corner text ("TR", "9 000 ms").
        part: Which volume of a 4-D item; None where the series is a whole by itself.
    """

    id: str
    label: str
    format: str
    modality: str
    frames: tuple[Frame, ...]
    geometry: Geometry
    uid: str = ""
    number: int | None = None
    description: str = ""
    patient: Patient = field(default_factory=Patient)
    study: Study = field(default_factory=Study)
    sop_class_uid: str = ""
    body_part: str = ""
    view: View = View.UNKNOWN
    mr_kind: MRKind = MRKind.UNKNOWN
    mr_kind_reason: str = ""
    contrast: bool | None = None
    patient_orientation: tuple[str, str] = ("", "")
    photometric_interpretation: str = "MONOCHROME2"
    windows: tuple[Window, ...] = ()
    slice_thickness_mm: float | None = None
    lossy_ratio: float | None = None
    acquisition: tuple[tuple[str, str], ...] = ()
    part: Part | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def grave(self) -> tuple[Problem, ...]:
        """The problems that stop something, without the notes."""
        return tuple(p for p in self.problems if p.severity is Severity.PROBLEM)

    def stops(self, what: Stops) -> tuple[Problem, ...]:
        """The problems that stop `what`."""
        return tuple(p for p in self.problems if p.stops is what)


#: Contents of an object that are named in a line.
NAMED = 3


class ObjectKind(Enum):
    """What an object is, as a person would call it."""

    SEGMENTATION = "segmentation"
    STRUCTURE_SET = "structure set"
    REPORT = "structured report"
    PARAMETRIC_MAP = "parametric map"
    PRESENTATION = "presentation state"
    OVERLAY = "overlay"
    DOSE = "dose"
    KEY_IMAGES = "key images"
    DOSE_REPORT = "dose report"
    VALUE_MAPPING = "value mapping"


@dataclass(frozen=True, slots=True)
class DerivedObject:
    """A file that says something of other images; headers only.

    Attributes:
        id: Key of this object, unique in one scan.
        label: Its own name ("Liver, by hand"), empty where it has none.
        contents: Names of what is in it: segments, structures, measurements.
        author: Who made it: a person, else the device or the program.
        date, time: When its content was made, as DICOM writes them.
        series_ids: Of the scan's series that it refers to; none where they are absent.
        same_space_ids: Of further series in the same frame of reference.
        problems: What is wrong with it; one that stops the file means that it gives no layers.
    """

    id: str
    kind: ObjectKind
    file: str
    label: str = ""
    contents: tuple[str, ...] = ()
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    series_uid: str = ""
    series_number: int | None = None
    author: str = ""
    date: str = ""
    time: str = ""
    patient: Patient = field(default_factory=Patient)
    study: Study = field(default_factory=Study)
    series_ids: tuple[str, ...] = ()
    same_space_ids: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def title(self) -> str:
        """What it is and what is in it, in one line: 'Segmentation: Liver, Kidney, 5 in all'."""
        named = list(dict.fromkeys(self.contents))
        shown = ", ".join(named[:NAMED])
        more = f", {len(self.contents)} in all" if len(self.contents) > len(named[:NAMED]) else ""
        return f"{self.kind.value.capitalize()}: {shown or self.label or 'without a name'}{more}"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan of some paths found.

    Attributes:
        series: Stacks in reading order (patient, study, number).
        problems: Files that belong to no stack: unreadable, ignored, not images.
        n_files: Files looked at.
        objects: Files that say something of images: segmentations, structure sets, reports.
    """

    series: tuple[Series, ...]
    problems: tuple[Problem, ...] = ()
    n_files: int = 0
    objects: tuple[DerivedObject, ...] = ()

    def objects_on(self, series: Series) -> tuple[DerivedObject, ...]:
        """The objects that refer to a series, then those that share its space alone."""
        own = tuple(o for o in self.objects if series.id in o.series_ids)
        return own + tuple(o for o in self.objects if series.id in o.same_space_ids)
