"""The study of the maps: which of them point where readers do, on films kept out of training.

`python -m medimg.workshop.map_study PACKAGE --runs FOLDER --data FOLDER` measures the folds whose
trainings lie in `--runs`, film by film, and appends to `rows.jsonl` there; a study that was
stopped goes on. `--summarise` alone makes thresholds, verdicts and the page of the rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from medimg.explain.anatomy import share_inside
from medimg.explain.checking import Map, figures_of
from medimg.explain.explaining import how
from medimg.explain.methods import run
from medimg.explain.opponents import FIXED_POINT, opponents
from medimg.explain.pictures import Picture, on_grid, pictures_of
from medimg.explain.pointing import peak
from medimg.explain.question import Effort, Evidence, Question, never
from medimg.explain.sensitivity import shuffled
from medimg.explain.table import METHODS, Need, Wish
from medimg.explain.trust import checks_of
from medimg.inference import tasks
from medimg.inference.backends.torch import TorchRunner
from medimg.inference.configuration import build, read_file
from medimg.inference.predict import predict
from medimg.inference.preprocessing import prepare
from medimg.inference.tasks.task import Question as Asked
from medimg.packages.catalogue import find
from medimg.packages.manifest import INFERENCE, Package
from medimg.values.errors import PackageRefused
from medimg.values.volume import Volume
from medimg.workshop import folds, layouts, map_summary, runs, threads
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.map_summary import ROWS, SHUFFLED, Row
from medimg.workshop.outcome import combine, read_results
from medimg.workshop.recipe import Recipe
from medimg.workshop.recipe import load as load_recipe
from medimg.workshop.samples import box_mask
from medimg.workshop.volumes import volume_of

#: Forward passes up to which a method points on every film.
CHEAP = 6.0
SEED = 0
#: Points along each side that are tried as the fixed one.
GRID = 64
#: Cells along each side of a coarse map.
COARSE = 7
#: Made of networks with shuffled weights; each costs as much again.
SHUFFLED_METHODS = ("own-map", "grad-cam", "layer-attribution")
SHARED = Path("..") / "shared" / "data"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Film:
    """One film of a fold with all that is held against it; `place` in the fold's random order."""

    case: Case
    volume: Volume
    boxes: Mask
    lungs: Mask | None
    fixed_point: tuple[float, float]
    place: int


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m medimg.workshop.map_study")
    parser.add_argument("package")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the folds' trainings")
    parser.add_argument("--data", type=Path, help="folder that holds the data sets")
    parser.add_argument("--films", type=int, default=40, help="films a fold that are checked")
    parser.add_argument("--dear", type=int, default=40, help="of these, films for slow methods")
    parser.add_argument("--fold", type=int, help="only this one")
    parser.add_argument("--summarise", action="store_true", help="only read the rows again")
    parser.add_argument("--out", type=Path, help="where study.json is written")
    return parser


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A recipe's cases and folds; no image is prepared before it is needed."""

    recipe: Recipe
    package: Package
    cases: tuple[Case, ...]
    fold_of: dict[str, int]


def _work(package: Package, data: Path) -> _Work:
    recipe = load_recipe(package.folder / "recipe.toml")
    folder = data / recipe.data.folder
    cases = layouts.cases(folder, recipe.data.where, recipe.data.group)
    return _Work(recipe, package, cases, folds.read(package.folder / "folds.csv"))


def _images(work: _Work) -> Images:
    return work.recipe.data.images


def fixed_point(work: _Work, fold: int) -> tuple[float, float]:
    """(row, column) shares of the point that lies in most films' boxes, of the other folds."""
    covers, folds_of = _covers(work)
    return peak(covers[folds_of != fold].mean(axis=0).astype(np.float32))


def fixed_points(work: _Work) -> dict[str, float]:
    """Hit rates of the best fixed point of all films with boxes, by how it is chosen and counted.

    The last is how a coarse map may be counted, and is far kinder: a cell hits where it touches
    a box anywhere.
    """
    covers, folds_of = _covers(work)
    hits = np.zeros(len(covers))
    for fold in np.unique(folds_of):
        row, column = fixed_point(work, int(fold))
        kept = folds_of == fold
        hits[kept] = covers[kept][:, int(row * GRID), int(column * GRID)]
    cuts = np.arange(COARSE) * GRID // COARSE
    touched = np.logical_or.reduceat(np.logical_or.reduceat(covers, cuts, axis=1), cuts, axis=2)
    return {
        "chosen on the other folds": float(hits.mean()),
        "chosen with hindsight": float(covers.mean(axis=0).max()),
        f"best of {COARSE} × {COARSE} cells, a hit where it touches a box": float(
            touched.mean(axis=0).max()
        ),
    }


def _covers(work: _Work) -> tuple[Mask, NDArray[np.int64]]:
    """(films, GRID, GRID) whether each point lies in a box, and the films' folds."""
    cases = [case for case in work.cases if case.boxes]
    covers = []
    for case in cases:
        boxes = box_mask(case, _shape(case, _images(work)))
        at = [((np.arange(GRID) + 0.5) * side / GRID).astype(int) for side in boxes.shape]
        covers.append(boxes[np.ix_(*at)])
    return np.stack(covers), np.array([work.fold_of[case.patient] for case in cases])


def _shape(case: Case, images: Images) -> tuple[int, int]:
    _, rows, columns = volume_of(case, images).series.geometry.shape
    return rows, columns


def _network(work: _Work, out: Path, fold: int) -> nn.Module:
    """The network of one fold, its parts weighed as the shipped one weighs them."""
    model: nn.Module = build(read_file(work.package.folder / INFERENCE)["network_def"])
    model.load_state_dict(load_file(out / f"{runs.name_of(fold)}.safetensors"))
    combine(model.eval(), read_results(work.package.folder).combination)
    return model.to(memory_format=torch.channels_last)  # type: ignore[no-any-return, call-overload]


def _films(work: _Work, fold: int, checked: int) -> Iterator[_Film]:
    """Films with boxes of one fold, in a random order; the organ is sought on the first `checked`.

    The others come first, since they take seconds: a study that is stopped has them all.
    """
    lungs = find(work.package.anatomy) if work.package.anatomy else None
    point = fixed_point(work, fold)
    cases = [c for c in work.cases if c.boxes and work.fold_of[c.patient] == fold]
    order = [*enumerate(np.random.default_rng(SEED).permutation(len(cases)))]
    for place, index in (*order[checked:], *order[:checked]):
        volume = volume_of(cases[index], _images(work))
        boxes = box_mask(cases[index], volume.array.shape[1:])
        yield _Film(
            cases[index],
            volume,
            boxes,
            _organ(volume, lungs if place < checked else None),
            point,
            place,
        )


def _organ(volume: Volume, package: Package | None) -> Mask | None:
    if package is None:
        return None
    found = tasks.answer(Asked(volume, package)).masks.values()
    marked = [mask.whole() for mask in found if not mask.is_empty]
    return np.asarray(np.any(marked, axis=0)) if marked else None


def _methods(package: Package) -> tuple[list[str], list[str]]:
    """Methods that fit the package: the cheap ones, and the others."""
    cheap: list[str] = []
    dear: list[str] = []
    for name, row in METHODS.items():
        try:
            how(package, name)
        except PackageRefused:
            continue
        if Need.VIT not in row.needs:
            (cheap if row.passes <= CHEAP else dear).append(name)
    return cheap, dear


def _map(package: Package, model: nn.Module, picture: Picture, name: str) -> Map:
    row, effort = how(package, name), Effort()

    def make(question: Question) -> Evidence:
        return run(name, question, effort, row.parameters)

    question = Question(model, picture.image, picture.score, row.layer)
    return Map(Wish(name), effort, make, [(question, make(question))])


def _rows(
    package: Package, model: nn.Module, film: _Film, names: Sequence[str], is_checked: bool
) -> Iterator[Row]:
    """What each method's map of one film is worth; `fold` and `arm` are set by the caller."""
    prepared = prepare(film.volume, package)
    prediction = predict(prepared, TorchRunner(model))
    (picture,) = pictures_of(package.labels[0], prepared, model, prediction)
    made = [_map(package, model, picture, name) for name in names]
    found = figures_of(picture, made, film.fixed_point, never) if is_checked else []
    spatial = film.boxes.shape
    others = opponents(spatial, film.fixed_point)
    for place, one in enumerate(made):
        whole = on_grid([one.first], [picture], prepared)
        checks: dict[str, float] = {}
        if found:
            shares = None if film.lungs is None else share_inside(whole, film.lungs)
            checks = {c.name: c.value for c in checks_of(replace(found[place], shares=shares))}
        yield Row(
            case=film.case.name,
            patient=film.case.patient,
            method=one.wish.method,
            probability=float(prediction.probability[0]),
            hit=_is_hit(whole[0], film.boxes),
            overlap=_overlap(whole[0], film.boxes),
            fixed_hit=_is_hit(others[FIXED_POINT], film.boxes),
            fixed_overlap=_overlap(others[FIXED_POINT], film.boxes),
            chance=float(film.boxes.mean()),
            checks=checks,
        )


def _is_hit(one: NDArray[np.float32], boxes: Mask) -> bool:
    row, column = peak(one)
    return bool(boxes[int(row * boxes.shape[0]), int(column * boxes.shape[1])])


def _overlap(one: NDArray[np.float32], boxes: Mask) -> float:
    """Share of the boxes that the map's strongest part of the same size covers."""
    size = int(boxes.sum())
    strongest = np.argpartition(one, -size, axis=None)[-size:]
    return float(boxes.ravel()[strongest].mean())


def _measured(
    work: _Work, out: Path, fold: int, most: tuple[int, int], known: set[tuple[int, str]]
) -> Iterator[Row]:
    """Rows of one fold: cheap methods on every film, the figures of trust on `most` of them.

    Args:
        most: Films that are checked, and those of them that the slow methods see too.
        known: (fold, film) that were measured before.
    """
    model = _network(work, out, fold)
    *_, (_, random) = shuffled(model, SEED)
    cheap, dear = _methods(work.package)
    for film in _films(work, fold, most[0]):
        count = film.place
        if (fold, film.case.name) in known:
            continue
        names = [*cheap, *dear] if count < most[1] else cheap
        for row in _rows(work.package, model, film, names, count < most[0]):
            yield msgspec.structs.replace(row, fold=fold)
        if count < most[0]:
            for row in _rows(work.package, random, film, SHUFFLED_METHODS, True):
                yield msgspec.structs.replace(row, fold=fold, arm=SHUFFLED)


def measure(work: _Work, out: Path, most: tuple[int, int], only: int | None = None) -> None:
    """Append the rows of all folds, or of one, that are trained and not measured yet."""
    path = out / ROWS
    known = {(row.fold, row.case) for row in map_summary.read(path)} if path.is_file() else set()
    for fold in range(work.recipe.data.folds) if only is None else [only]:
        if not (out / f"{runs.name_of(fold)}.safetensors").is_file():
            continue
        with path.open("ab") as stream:
            for row in _measured(work, out, fold, most, known):
                stream.write(msgspec.json.encode(row) + b"\n")
                stream.flush()


def main() -> None:
    """Measure, then summarise."""
    args = _arguments().parse_args()
    threads.share(1)
    work = _work(find(args.package), args.data or SHARED)
    if not args.summarise:
        measure(work, args.runs, (args.films, args.dear), args.fold)
    rows = map_summary.read(args.runs / ROWS)
    # The product's network saw all films: its opponent is the best point of them all.
    study = map_summary.study_of(
        rows,
        args.package,
        fixed_point(work, runs.FINAL),
        fixed_points(work),
        read_results(work.package.folder).pointing,
    )
    map_summary.write(study, rows, args.out or args.runs)


if __name__ == "__main__":
    main()
