"""What may be kept beyond the basic profile: the options of PS3.15 Annex E, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.values.errors import UsageError


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the standard.

    Attributes:
        code, meaning: Of CID 7050, as they are written into the objects.
        clause: Of PS3.15.
        sentence: What it does, for the help.
    """

    code: str
    meaning: str
    clause: str
    sentence: str


PROFILE = Option(
    "113100", "Basic Application Confidentiality Profile", "E.2", "what names is removed"
)
CLEAN_PIXELS = Option("113101", "Clean Pixel Data Option", "E.3.1", "regions are blacked out")
CLEAN_CONTENT = Option(
    "113104", "Clean Structured Content Option", "E.3.4", "texts of reports are replaced"
)

#: By the name that the command line knows them by. A row's columns are in options.toml.
OPTIONS: dict[str, Option] = {
    "uids": Option("113110", "Retain UIDs Option", "E.3.9", "UIDs stay as they are"),
    "dates": Option(
        "113106",
        "Retain Longitudinal Temporal Information Full Dates Option",
        "E.3.6",
        "dates and times stay as they are",
    ),
    "shifted-dates": Option(
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
        "E.3.6",
        "all dates of a patient move by one secret number of days, times stay",
    ),
    "descriptors": Option(
        "113105",
        "Clean Descriptors Option",
        "E.3.5",
        "descriptions keep the words of a radiological vocabulary and lose all others",
    ),
    "patient": Option(
        "113108",
        "Retain Patient Characteristics Option",
        "E.3.7",
        "sex, age (90 for all above 89), size and weight stay",
    ),
    "device": Option(
        "113109",
        "Retain Device Identity Option",
        "E.3.8",
        "serial numbers and names of devices stay",
    ),
    "institution": Option(
        "113112",
        "Retain Institution Identity Option",
        "E.3.11",
        "names of institutions stay",
    ),
    "private": Option(
        "113111",
        "Retain Safe Private Option",
        "E.3.10",
        "private attributes that are known to hold only technical numbers stay",
    ),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """The options that were asked for.

    Raises:
        UsageError: An unknown one, or two that cannot stand together.
    """

    names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = sorted(self.names - OPTIONS.keys())
        if unknown:
            known = ", ".join(OPTIONS)
            raise UsageError(f'"{unknown[0]}" cannot be kept. One of {known} can.')
        if {"dates", "shifted-dates"} <= self.names:
            raise UsageError("Dates are either kept or shifted: choose one.")

    def __contains__(self, name: str) -> bool:
        return name in self.names
