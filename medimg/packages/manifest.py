"""`package.toml`: what a package is, what it accepts, how its answers are read. No torch."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

import msgspec

from medimg.packages.manifest_tables import Calibration as Calibration
from medimg.packages.manifest_tables import Figure as Figure
from medimg.packages.manifest_tables import FindingRule as FindingRule
from medimg.packages.manifest_tables import Map as Map
from medimg.packages.manifest_tables import Outlining as Outlining
from medimg.packages.manifest_tables import OutOfDistribution as OutOfDistribution
from medimg.packages.manifest_tables import Point as Point
from medimg.packages.manifest_tables import Preparation as Preparation
from medimg.packages.manifest_tables import Spread as Spread
from medimg.packages.manifest_tables import Table
from medimg.values.analysis import PackageFacts
from medimg.values.codes import CODES
from medimg.values.errors import PackageRefused
from medimg.values.findings import Estimate

SCHEMA = 2
MANIFEST = "package.toml"
WEIGHTS = "models/model.safetensors"
INFERENCE = "configs/inference.json"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SEAL_LINE = re.compile(rb"^seal = .*\n?", re.MULTILINE)


class Merit(Table, frozen=True, kw_only=True):
    """The headline figure of the card: on what it was measured is the note."""

    name: str
    value: float
    low: float
    high: float
    n: int = 0
    note: str = ""


class Licence(Table, frozen=True, kw_only=True):
    """Licences of weights and data; `non_commercial` is shown wherever the package is listed."""

    weights: str
    data: str
    non_commercial: bool = False

    @property
    def sentence(self) -> str:
        """Both licences in one line."""
        suffix = " Non-commercial use only." if self.non_commercial else ""
        return f"Weights: {self.weights}. Data: {self.data}.{suffix}"


class Concept(Table, frozen=True, kw_only=True):
    """A coded concept (PS3.3 section 8.8)."""

    value: str
    scheme: str
    meaning: str


class Side(Table, frozen=True, kw_only=True):
    """One of a pair of organs that a label marks together."""

    name: str
    code: str


class Sides(Table, frozen=True, kw_only=True):
    """The two organs of a label; which part is which follows from its place in the patient."""

    right: Side
    left: Side


class Label(Table, frozen=True, kw_only=True):
    """One thing that the package reports.

    Attributes:
        code: Key of `values.codes.CODES`, or of the package's own where `concept` says what it is.
        concept: Any coded concept; the table of codes stands in where there is none.
        kind: A "detail" says more of the finding and is not calibrated.
        channel: Channel of the network's output.
        sides: The label marks a pair of organs, which are told apart by their place.
    """

    name: str
    code: str
    kind: Literal["finding", "anatomy", "detail"]
    channel: int = 0
    concept: Concept | None = None
    sides: Sides | None = None


class Rule(Table, frozen=True, kw_only=True):
    """One row of the input contract; `rule` is a key of `packages.rules.RULES`.

    Attributes:
        accept: Words that match.
        minimum, maximum: Range of a number, in the rule's unit.
        rows, columns: Smallest image, for the rule "size".
        reslice_mm: For the rule "plane": other planes are resliced up to this slice distance.
        unknown: What happens where the image does not say.
    """

    rule: str
    accept: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    rows: int = 0
    columns: int = 0
    reslice_mm: float | None = None
    unknown: Literal["run", "warn", "refuse"] = "warn"


class Input(Table, frozen=True, kw_only=True):
    """One image that the package is given; several are channels of the network, in this order.

    Attributes:
        role: "image", or which sequence of a study it is.
        kind: "radiograph": display grey 0 to 1, (1, rows, columns), one image.
            "stack": modality values, (1, slice, row, column).
        subject: What it is for, as the gate's sentences say it ("adult chest films").
        rules: What the gate asks of it.
    """

    role: Literal["image", "T1", "T1ce", "T2", "FLAIR"] = "image"
    kind: Literal["radiograph", "stack"]
    subject: str = ""
    rules: tuple[Rule, ...] = ()


class Computation(Table, frozen=True, kw_only=True):
    """What computes the answer in place of a network.

    Attributes:
        rule: Key of `inference.rules.RULES`; the package then has no weights.
    """

    rule: str = ""


class Manifest(Table, frozen=True, kw_only=True):
    """`package.toml`, schema 2.

    Attributes:
        task: Key of `inference.tasks.TASKS`.
        inputs: The first is the one on whose grid the answer lies.
        runner: What computes, where it is not a network.
        dimensions: "2d": each slice is judged alone, so that stacks with gaps can be read;
            "2.5d": a slice with `neighbours` slices on each side as further channels; "3d".
        orientation: To where the axes of a stack run before the package's own steps, as MONAI
            names it: slices to the head, rows to the back, columns to the left.
        spacing_mm: To which a stack is resampled before them, in that order; None leaves it.
        prompt: How a reader may point at what is meant; none if empty.
        seal: SHA-256 of the manifest without its own seal line.
        anatomy: Package whose regions say how much of a map lies inside the organ; may be empty.
        files: SHA-256 of every other file of the folder, by relative path.
    """

    schema: int
    id: str
    version: str
    title: str
    task: Literal["classify", "segment", "outline", "detect"]
    summary: str
    intended_use: str
    licence: Licence
    labels: tuple[Label, ...]
    inputs: tuple[Input, ...]
    files: dict[str, str]
    seal: str = ""
    not_for: tuple[str, ...] = ()
    runner: Computation = Computation()
    dimensions: Literal["2d", "2.5d", "3d"] = "2d"
    neighbours: int = 0
    orientation: str = "SPL"
    spacing_mm: tuple[float, float, float] | None = None
    prompt: tuple[Literal["click", "box"], ...] = ()
    out_of_distribution: OutOfDistribution | None = None
    anatomy: str = ""
    merit: Merit | None = None
    preparation: Preparation = Preparation()
    calibration: Calibration | None = None
    operating_points: tuple[Point, ...] = ()
    finding: FindingRule | None = None
    outline: Outlining | None = None
    maps: tuple[Map, ...] = ()

    def __post_init__(self) -> None:
        """Check what types cannot say.

        Raises:
            ValueError: A field contradicts another; msgspec reports it as a ValidationError.
        """
        if self.schema != SCHEMA:
            raise ValueError(f"schema {self.schema} is not known here, only {SCHEMA}")
        if not _ID.fullmatch(self.id):
            raise ValueError(f"the id {self.id!r} is not lower-case words joined by hyphens")
        codes = [label.code for label in self.labels if label.concept is None]
        codes += [
            side.code
            for label in self.labels
            if label.sides
            for side in (label.sides.right, label.sides.left)
        ]
        unknown = [code for code in codes if code not in CODES]
        if unknown or not self.labels:
            raise ValueError(f"labels need a concept, or codes of the table of codes: {unknown}")
        if len({one.role for one in self.inputs}) < max(len(self.inputs), 1):
            raise ValueError("a package needs one input, or several of different roles")
        if (self.dimensions == "2.5d") != (self.neighbours > 0):
            raise ValueError('neighbours are given where dimensions are "2.5d", and only there')
        if self.task == "outline" and not self.prompt:
            raise ValueError("a package that outlines needs a prompt")
        if len({label.name for label in self.labels}) < len(self.labels):
            raise ValueError("two labels have one name")
        if self.calibration and not self.operating_points:
            raise ValueError("a calibrated package needs operating points")
        if self.operating_points and sum(p.default for p in self.operating_points) != 1:
            raise ValueError("exactly one operating point is the default")

    @property
    def input(self) -> Input:
        """The first input: on its grid the answer lies."""
        return self.inputs[0]

    @property
    def default_point(self) -> Point | None:
        """The operating point that decides unless the reader chooses another."""
        return next((point for point in self.operating_points if point.default), None)


class Package(Manifest, frozen=True, kw_only=True):
    """A manifest and where it was read: `origin` is "shipped", "user" or "site"."""

    folder: Path
    origin: str = "shipped"

    @property
    def name(self) -> str:
        """`id@version`, as records and messages give it."""
        return f"{self.id}@{self.version}"

    @property
    def fingerprint(self) -> str:
        """`name` and SHA-256 of all that the manifest says, the hash of every file included."""
        said = {name: getattr(self, name) for name in Manifest.__struct_fields__}
        digest = hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()
        return f"{self.name}:{digest}"

    @property
    def facts(self) -> PackageFacts:
        """What every result says of this package."""
        merit = self.merit
        return PackageFacts(
            id=self.id,
            version=self.version,
            title=self.title,
            weights_sha256=self.files.get(WEIGHTS, ""),
            summary=self.summary,
            intended_use=self.intended_use,
            not_for=self.not_for,
            licence=self.licence.sentence,
            merit_name=merit.name if merit else "",
            merit=Estimate(merit.value, merit.low, merit.high, merit.n) if merit else None,
            merit_note=merit.note if merit else "",
        )


def load(folder: Path, origin: str = "shipped") -> Package:
    """Read the manifest of one package folder; hashes are checked by `catalogue.verify`.

    Raises:
        PackageRefused: There is none, it is damaged, or it is of another schema.
    """
    path = folder / MANIFEST
    try:
        manifest = msgspec.toml.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise PackageRefused(
            f"{folder.name} has no readable {MANIFEST}. Install the package again."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PackageRefused(
            f"{MANIFEST} of {folder.name} is damaged: {error}. Install the package again."
        ) from error
    fields = {name: getattr(manifest, name) for name in Manifest.__struct_fields__}
    return Package(**fields, folder=folder, origin=origin)


def seal_of(text: bytes) -> str:
    """SHA-256 of a manifest's text without its seal line."""
    return hashlib.sha256(_SEAL_LINE.sub(b"", text, count=1)).hexdigest()
