"""Thresholds, verdicts and the page of the study of the maps, from its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from medimg.explain import badges
from medimg.explain.study_results import FILE, MethodResult, PackageResult, Study
from medimg.explain.table import METHODS, title
from medimg.packages.manifest import Figure
from medimg.values.explanation import Badge, Check
from medimg.workshop.bootstrap import figure

ROWS = "rows.jsonl"
PAGE = "explanations.md"
TRAINED, SHUFFLED = "trained", "shuffled"
#: Share of the maps of a network with shuffled weights that may pass one check.
FALSE_PASSES = 0.05
#: Figures whose thresholds come from shuffled networks; a map must at least not lose.
FROM_SHUFFLED = ("deletion-gain", "insertion-gain", "lead", "share-inside")
#: Cases below which a method gets no verdict.
FEWEST = 30
#: Set beforehand: half of the order of the blocks, by rank.
BEFOREHAND = {"randomisation": 0.5, "stability": 0.5}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One method on one film.

    Attributes:
        fold: The fold that the film was kept out by.
        arm: Whether the network was trained, or its weights were shuffled.
        hit: Whether the peak lies in a box; `fixed_hit` the same of the other folds' best point.
        overlap: Share of the boxes that the map's strongest part of the same size covers.
        chance: Share of the film that the boxes cover.
        checks: Figures of trust by name; empty where only the pointing was measured.
    """

    case: str
    patient: str
    method: str
    probability: float
    hit: bool
    overlap: float
    fixed_hit: bool
    fixed_overlap: float
    chance: float
    fold: int = -1
    arm: str = TRAINED
    checks: dict[str, float] = {}


def read(path: Path) -> list[Row]:
    """The rows of a study."""
    return [msgspec.json.decode(line, type=Row) for line in path.read_bytes().splitlines()]


def thresholds(rows: Iterable[Row]) -> dict[str, float]:
    """What each check needs: more than 95 of 100 maps of networks with shuffled weights reach."""
    found = dict(BEFOREHAND)
    random = [row.checks for row in rows if row.arm == SHUFFLED and row.checks]
    for name in FROM_SHUFFLED:
        values = [checks[name] for checks in random if name in checks]
        found[name] = round(max(0.0, float(np.quantile(values, 1 - FALSE_PASSES))), 3)
    return found


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row], int]:
    """Rows that fix the thresholds (the first fold), rows that are scored, and that fold."""
    first = min(row.fold for row in rows)
    return [r for r in rows if r.fold == first], [r for r in rows if r.fold != first], first


def study_of(
    rows: Sequence[Row],
    package_id: str,
    point: tuple[float, ...],
    points: dict[str, float],
    stored: dict[str, Figure],
) -> Study:
    """The whole study of one package.

    Args:
        point: The best fixed point of all films.
        points: Hit rates of the best fixed point, by how it is chosen and counted.
        stored: What the training measured on all folds.
    """
    tuning, scored, first = split(rows)
    needs = thresholds(tuning)
    folds = sorted({row.fold for row in rows})
    real = [row for row in rows if row.arm == TRAINED]
    methods = {name: _method(name, real, scored, needs) for name in _names(real)}
    one = [row for row in real if row.method == next(iter(methods))]
    passing = {name: found for name, found in methods.items() if found.passes}
    result = PackageResult(
        data=f"films of folds {', '.join(map(str, folds))}, each by a network that never saw its "
        "patients",
        fixed_point=point,
        fixed_points=points,
        stored=stored,
        fixed_hits=_mean([row.fixed_hit for row in one], one),
        chance=float(np.mean([row.chance for row in one])),
        cases=len(one),
        patients=len({row.patient for row in one}),
        methods=methods,
        default=max(passing, key=lambda name: passing[name].hits.value, default=""),
    )
    return Study(
        thresholds=needs,
        chosen_on=f"maps of networks with shuffled weights on the films of fold {first}; badges "
        "are scored on the other folds",
        packages={package_id: result},
    )


def _names(rows: Sequence[Row]) -> list[str]:
    present = {row.method for row in rows}
    return [name for name in METHODS if name in present]


def _mean(values: Sequence[float | bool], rows: Sequence[Row]) -> Figure:
    array = np.asarray(values, dtype=float)
    return figure(lambda at: float(array[at].mean()), [row.patient for row in rows])


def _method(
    name: str, real: Sequence[Row], scored: Sequence[Row], needs: dict[str, float]
) -> MethodResult:
    rows = [row for row in real if row.method == name]
    checked = [row for row in rows if row.checks]
    lead = _mean([float(row.hit) - float(row.fixed_hit) for row in rows], rows)
    keys = [k for k in checked[0].checks if all(k in r.checks for r in checked)] if checked else []
    passes = lead.low > 0.0 if len(rows) >= FEWEST else None
    judged = [row for row in scored if row.method == name and row.arm == TRAINED and row.checks]
    return MethodResult(
        hits=_mean([row.hit for row in rows], rows),
        lead=lead,
        overlap=_mean([row.overlap for row in rows], rows),
        figures={key: _mean([row.checks[key] for row in checked], checked) for key in keys},
        badges=badge_shares(judged, needs, passes is not False),
        passes=passes,
    )


def badge_shares(rows: Sequence[Row], needs: dict[str, float], passes: bool) -> dict[str, float]:
    """Share of some maps with each badge."""
    counts = Counter(badge(row, needs, passes).value for row in rows)
    return {name: count / len(rows) for name, count in sorted(counts.items())}


def badge(row: Row, needs: dict[str, float], is_studied: bool) -> Badge:
    """The badge of one map by the rules of the product."""
    checks = tuple(Check(name, value) for name, value in row.checks.items())
    return badges.badge_of(badges.judged(checks, needs), is_studied)[0]


def page(study: Study, rows: Sequence[Row]) -> str:
    """The study as a page of the documentation."""
    parts = [
        "# What maps of evidence are worth",
        "",
        "Written by `python -m medimg.workshop.map_study PACKAGE --runs FOLDER`. A map points "
        "well where its peak lies in a reader's box. Its opponent is the point that lies in most "
        "boxes of the other folds' films: a map that does not beat it has shown nothing about "
        "the single film. Intervals: 95 %, bootstrap over patients.",
    ]
    for package_id, result in study.packages.items():
        parts += ["", f"## {package_id}", "", *_package_lines(result), ""]
        parts += _method_table(result)
        parts += ["", *_badge_lines(study, rows)]
    return "\n".join(parts) + "\n"


def _package_lines(result: PackageResult) -> list[str]:
    default = f"**{title(result.default)}**" if result.default else "none: every map fails"
    return [
        f"{result.cases} films of {result.patients} patients with boxes; {result.data}. Boxes "
        f"cover {100 * result.chance:.0f} % of a film. The fixed point of the other folds hits "
        f"{_words(result.fixed_hits)}. Default: {default}.",
        "",
        "Of all films with boxes, the best fixed point hits "
        + "; ".join(f"{value:.2f} {how}" for how, value in result.fixed_points.items())
        + ".",
        "",
        "The training's own figures, on all folds: "
        + "; ".join(f"{name} {_words(one)}, n = {one.n}" for name, one in result.stored.items())
        + ".",
    ]


def _method_table(result: PackageResult) -> list[str]:
    lines = [
        "| method | peak in a box | less the fixed point, paired | overlap | deletion gain | "
        "insertion gain | lead | inside the lungs, beyond chance | n | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, one in result.methods.items():
        cells = [
            _words(one.figures[key]) if key in one.figures else "–"
            for key in ("deletion-gain", "insertion-gain", "lead", "share-inside")
        ]
        verdict = {True: "passes", False: "fails", None: "too few"}[one.passes]
        lines.append(
            f"| {title(name)} | {_words(one.hits)} | {_words(one.lead)} | {_words(one.overlap)} | "
            f"{' | '.join(cells)} | {one.hits.n} | {verdict} |"
        )
    return lines


def _badge_lines(study: Study, rows: Sequence[Row]) -> list[str]:
    _, scored, _ = split(rows)
    needs = ", ".join(f"{name} {value:g}" for name, value in sorted(study.thresholds.items()))
    random = [row for row in scored if row.arm == SHUFFLED and row.checks]
    films = len({(row.fold, row.case) for row in random})
    wrong = sum(badge(row, study.thresholds, True) is Badge.SUPPORTED for row in random)
    lines = [
        "### Badges",
        "",
        f"Thresholds: {needs}. Fixed on {study.chosen_on}. With shuffled weights {wrong} of "
        f"{len(random)} maps of {films} films were `supported`, even where the rules were told "
        "that the study supports the method.",
        "",
        "| method | maps | supported | weak | not reliable | peak in a box: supported | others |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in _names(scored):
        maps = [r for r in scored if r.method == name and r.arm == TRAINED and r.checks]
        if maps:
            lines.append(_badge_row(name, maps, study.thresholds))
    return [*lines, "", "The badges of this table leave the study's verdict out: they are given "
            "by the figures of each single film."]  # fmt: skip


def _badge_row(name: str, maps: Sequence[Row], needs: dict[str, float]) -> str:
    given = [badge(row, needs, True) for row in maps]
    shares = [
        f"{100 * sum(b is one for b in given) / len(maps):.0f} %"
        for one in (Badge.SUPPORTED, Badge.WEAK, Badge.NOT_RELIABLE)
    ]
    hits = []
    for wanted in (True, False):
        some = [r.hit for r, b in zip(maps, given, strict=True) if (b is Badge.SUPPORTED) is wanted]
        hits.append(f"{sum(some)} of {len(some)}" if some else "–")
    return f"| {title(name)} | {len(maps)} | {' | '.join([*shares, *hits])} |"


def _words(one: Figure) -> str:
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def write(study: Study, rows: Sequence[Row], out: Path) -> None:
    """Write the data file and the page."""
    data = msgspec.json.format(msgspec.json.encode(study), indent=1)
    (out / FILE).write_bytes(data + b"\n")
    (out / PAGE).write_text(page(study, rows), encoding="utf-8")
