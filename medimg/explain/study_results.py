"""What the study of the maps found: thresholds, verdicts and fixed points, from one data file."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from medimg.packages.manifest import Figure

FILE = "study.json"


class MethodResult(msgspec.Struct, frozen=True, kw_only=True):
    """One method on one package, on cases kept out of training.

    Attributes:
        hits: Share of the cases whose peak lies in a reader's box or mask.
        lead: Paired difference to the best fixed point, by patient.
        overlap: Mean share of the boxes' area that the map's strongest part, of the same size,
            covers.
        figures: Mean of each figure of trust, by its name.
        supported: Share of the maps with each badge, by the rules of `badges`.
        passes: Whether the interval of `lead` lies above 0; None where too few cases were seen.
    """

    hits: Figure
    lead: Figure
    overlap: Figure
    figures: dict[str, Figure] = {}
    badges: dict[str, float] = {}
    passes: bool | None = None


class PackageResult(msgspec.Struct, frozen=True, kw_only=True):
    """One package of the study.

    Attributes:
        data: Data set, and how its cases were kept out of training.
        fixed_point: (row, column) shares of the image: the best one of the training cases.
        fixed_points: Hit rates of the best point of all films, by how it is chosen and counted.
        stored: What the training measured, on all folds.
        fixed_hits: Hit rate of such points, each chosen without the cases that it is scored on.
        chance: Mean share of the image that boxes cover.
        cases, patients: How many were scored.
        methods: By key of the table of methods.
        default: The method that passes and hits most; empty if none passes.
    """

    data: str
    fixed_point: tuple[float, ...]
    fixed_hits: Figure
    chance: float
    cases: int
    patients: int
    fixed_points: dict[str, float] = {}
    stored: dict[str, Figure] = {}
    methods: dict[str, MethodResult] = {}
    default: str = ""


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """The whole study.

    Attributes:
        thresholds: What each figure must reach, by its name.
        chosen_on: How the thresholds were fixed.
        packages: By package id.
    """

    thresholds: dict[str, float] = {}
    chosen_on: str = ""
    packages: dict[str, PackageResult] = {}


@cache
def study() -> Study:
    """The shipped study."""
    data = resources.files("medimg_resources").joinpath("trust", FILE).read_bytes()
    return msgspec.json.decode(data, type=Study)


def verdict_of(package_id: str, method: str) -> bool | None:
    """Whether a package's maps by a method beat the fixed point; None where it is not known."""
    found = study().packages.get(package_id)
    result = found.methods.get(method) if found else None
    return result.passes if result else None


def fixed_point_of(package_id: str) -> tuple[float, ...] | None:
    """The package's best fixed point, where it was studied."""
    found = study().packages.get(package_id)
    return found.fixed_point if found else None


def default_of(package_id: str) -> str:
    """The method that the study ranks best on a package; empty where none passes."""
    found = study().packages.get(package_id)
    return found.default if found else ""
