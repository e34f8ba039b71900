"""TIFF and BigTIFF: pages of one size are a stack without spacing; print sizes are no mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medimg.reading import tiff_pages
from medimg.reading.colours import settled
from medimg.reading.decoding.process import decode
from medimg.reading.detached import stem_of
from medimg.reading.found import Found, Unusable, gather
from medimg.reading.grid import unplaced
from medimg.reading.stacks import volume_of
from medimg.reading.tiff_pages import Page
from medimg.reading.voxels import FREE, PIXEL_LIMIT, RATIO, too_large
from medimg.values.geometry import Geometry
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Frame, Series
from medimg.values.volume import Volume

_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")


def recognises(head: bytes) -> bool:
    """Whether a file has the mark of TIFF or BigTIFF."""
    return head[:4] in _MARKS


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read the directories of files; pages of one size and kind are a stack."""
    return gather(paths, tick, _stacks)


def read(series: Series, tick: Tick) -> Volume:
    """Read the pages of a stack.

    Raises:
        InputRefused: A page is cut or cannot be decoded.
    """
    path = Path(series.frames[0].file)
    wanted = [frame.number for frame in series.frames]
    declared = [page.declared for page in tiff_pages.pages(path)]
    size, everything = max(declared), sum(declared)
    frames = []
    for pixels in decode("tiff", path, wanted, frame_bytes=size, all_bytes=everything):
        frames.append(pixels)
        tick()
    stored, notes = settled(np.stack(frames), path.name)
    if stored.ndim == 4:
        series = replace(series, photometric_interpretation="RGB")
    shape = (stored.shape[0], stored.shape[1], stored.shape[2])
    return volume_of(series, unplaced(shape, None), stored, notes)


def _stacks(path: Path) -> list[Series]:
    """The stacks of one file.

    Raises:
        Unusable: It is cut, declares too much, or holds pages that are not read.
    """
    pages = tiff_pages.pages(path)
    kept = [page for page in pages if not page.is_reduced] or pages
    groups: dict[tuple[object, ...], list[Page]] = {}
    for page in kept:
        groups.setdefault((page.rows, page.columns, page.kind), []).append(page)
    held = path.stat().st_size
    for group in groups.values():
        declared = sum(page.declared for page in group)
        is_packed = any(page.is_compressed for page in group)
        limit = max(FREE, held * RATIO) if is_packed else held + 4096
        if declared > min(limit, PIXEL_LIMIT):
            raise Unusable(too_large(path.name, declared, held))
    notes = [] if len(kept) == len(pages) else [_smaller(path, len(pages) - len(kept))]
    return [_series(path, group, len(groups), notes) for group in groups.values()]


def _series(path: Path, group: Sequence[Page], of: int, notes: Sequence[Problem]) -> Series:
    first, name = group[0], path.name
    stem = stem_of(path, _SUFFIXES)
    numbers = f"page {first.number + 1}" if len(group) == 1 else f"{len(group)} pages"
    problems = [*notes, *first.problems(name)]
    if len(group) > 1:
        sentence = f"The {len(group)} pages of {name} say nothing of their distance."
        problems.append(Problem("stack-without-spacing", sentence, (name,)))
    if of > 1:
        sentence = f"{name} holds pages of {of} sizes or kinds; each is a series of its own."
        problems.append(Problem("split", sentence, (name,)))
    rows, columns = first.upright_shape
    return Series(
        id=str(path) if first.number == 0 else f"{path}#{first.number + 1}",
        label=f"{stem}, {numbers}" if of > 1 else stem,
        format="tiff",
        modality="",
        frames=tuple(Frame(str(path), page.number) for page in group),
        geometry=Geometry((len(group), rows, columns)),
        description=stem,
        photometric_interpretation="MONOCHROME1" if first.is_white_low else "MONOCHROME2",
        lossy_ratio=0.0 if first.is_lossy else None,
        problems=tuple(problems),
    )


def _smaller(path: Path, count: int) -> Problem:
    sentence = f"{path.name} also holds {count} smaller or masking copies, which are left out."
    return Problem("several-resolutions", sentence, (path.name,))
