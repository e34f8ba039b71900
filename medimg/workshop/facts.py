"""`facts.toml`: what a person says about a package; the rest of its manifest is measured."""

from __future__ import annotations

from pathlib import Path

import msgspec

from medimg.packages.manifest import (
    SCHEMA,
    FindingRule,
    Input,
    Label,
    Licence,
    Map,
    Outlining,
    Package,
    Preparation,
)
from medimg.values.errors import InputRefused

FACTS = "facts.toml"


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of facts; an unknown key is an error."""


class Merit(_Table, frozen=True):
    """Which measured figure is the headline, and in what words."""

    metric: str
    name: str
    note: str


class Explained(_Table, frozen=True):
    """A method of explanation and the layer it looks at.

    Attributes:
        scale: Value drawn at full strength where it is known; else it is measured.
        unit, parameters: As in the manifest.
    """

    method: str
    layer: str = ""
    scale: float = 0.0
    unit: str = "score units"
    parameters: dict[str, float | int | str] = {}


class External(_Table, frozen=True):
    """A data set that was never trained on, and that the final network is tested on."""

    name: str
    folder: str
    where: dict[str, str] = {}


class Card(_Table, frozen=True):
    """Paragraphs of the card that no figure can say."""

    data: str
    shortcuts: str
    limits: str


class Facts(_Table, frozen=True):
    """The whole file; fields as in `packages.manifest.Manifest` where they share a name."""

    version: str
    title: str
    task: str
    summary: str
    intended_use: str
    licence: Licence
    labels: tuple[Label, ...]
    inputs: tuple[Input, ...]
    merit: Merit
    card: Card
    not_for: tuple[str, ...] = ()
    dimensions: str = "2d"
    neighbours: int = 0
    orientation: str = "SPL"
    spacing_mm: tuple[float, float, float] | None = None
    prompt: tuple[str, ...] = ()
    anatomy: str = ""
    preparation: Preparation = Preparation()
    finding: FindingRule | None = None
    outline: Outlining | None = None
    maps: tuple[Explained, ...] = ()
    external: tuple[External, ...] = ()


def load(folder: Path) -> Facts:
    """Read a package folder's facts.

    Raises:
        InputRefused: The file is missing or does not hold what it should.
    """
    try:
        return msgspec.toml.decode((folder / FACTS).read_bytes(), type=Facts)
    except (OSError, msgspec.DecodeError) as error:
        raise InputRefused(f"{FACTS} of {folder.name} cannot be used: {error}.") from error


def draft(folder: Path, facts: Facts) -> Package:
    """The package before it is measured: enough to run it, without calibration and hashes."""
    return Package(
        schema=SCHEMA,
        id=folder.name,
        version=facts.version,
        title=facts.title,
        task=facts.task,  # type: ignore[arg-type]
        summary=facts.summary,
        intended_use=facts.intended_use,
        not_for=facts.not_for,
        licence=facts.licence,
        labels=facts.labels,
        inputs=facts.inputs,
        dimensions=facts.dimensions,  # type: ignore[arg-type]
        neighbours=facts.neighbours,
        orientation=facts.orientation,
        spacing_mm=facts.spacing_mm,
        prompt=facts.prompt,  # type: ignore[arg-type]
        anatomy=facts.anatomy,
        preparation=facts.preparation,
        finding=facts.finding,
        outline=facts.outline,
        maps=tuple(
            Map(
                method=one.method,
                layer=one.layer,
                scale=one.scale,
                unit=one.unit,
                parameters=one.parameters,
            )
            for one in facts.maps
        ),
        files={},
        folder=folder,
    )
