"""Knows what is open, what runs and what came out; the view only draws the state it is given."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from medimg_workstation.jobs import Jobs
from medimg_workstation.link import Link
from medimg_workstation.pages.read import preparing
from medimg_workstation.pages.read.exporter import Exporter
from medimg_workstation.pages.read.layer_reader import LayerReader, LayersRead
from medimg_workstation.pages.read.refusing import refusal, unused
from medimg_workstation.pages.read.state import (
    LISTED,
    Bar,
    Done,
    Empty,
    Failed,
    Fit,
    FromFile,
    Loading,
    NotRun,
    ReadState,
    Ready,
    Result,
    Running,
    RunState,
    Shown,
    Stopped,
    is_head,
)
from medimg_workstation.pages.read.thumbnails import Thumbnails
from medimg_workstation.viewport.state import Picture
from medimg_workstation.work import Work

from medimg.display.wording import number
from medimg.engine.client import Outcome, Progress
from medimg.engine.jobs.analyse import AnalyseJob
from medimg.engine.jobs.read import ReadJob
from medimg.engine.jobs.scan import ScanJob
from medimg.values.analysis import Analysis
from medimg.values.failure import Failure, FailureKind
from medimg.values.series import Scan, Series
from medimg.values.volume import Volume

#: Volumes kept in memory, so that going back and forth between series does not read again.
KEPT_VOLUMES = 3
#: Computed with each run where the package offers it; others on demand.
FIRST_MAP = "grad-cam"

_Run = tuple[str, str]


class ReadView(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: ReadState) -> None:
        """Draw a state: the only way in."""


class ReadPresenter:
    """One for the reading page; no widget inside."""

    def __init__(self, view: ReadView, reader: Link, engine: Link, work: Work, jobs: Jobs) -> None:
        self._view, self._reader, self._engine = view, reader, engine
        self._work, self._jobs = work, jobs
        self._exporter = Exporter(engine, work, jobs, self._exported, self.tell)
        self._layers = LayerReader(reader, work)
        self._state: ReadState = Empty()
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._volumes: dict[str, Volume] = {}
        self._answers: dict[str, dict[str, Analysis]] = {}
        self._runs: dict[_Run, RunState] = {}
        self._tickets: dict[_Run, int] = {}
        self._fits: dict[str, tuple[Fit, ...]] = {}
        self._results: dict[str, Result] = {}
        self._from_files: dict[str, FromFile] = {}
        self._thumbnails = Thumbnails(reader)
        self._opening = 0
        self._bar_number = 0
        self._view.show_state(self._state)

    @property
    def state(self) -> ReadState:
        """What is shown now."""
        return self._state

    # Opening

    def open(self, paths: tuple[str, ...]) -> None:
        """Scan files and folders and show the first series; what was open is closed."""
        self._opening += 1
        opening = self._opening
        self._forget()
        self._show(Loading("Looking at files"))
        key = self._jobs.begin(f"Open {Path(paths[0]).name or paths[0]}", lambda: stop())
        ticket = self._reader.start(
            ScanJob(paths),
            lambda p: self._scan_went_on(opening, key, p),
            lambda o: self._scanned(opening, key, o),
        )

        def stop() -> None:
            self._reader.cancel(ticket)

    def _forget(self) -> None:
        for ticket in self._tickets.values():
            self._engine.cancel(ticket)
        for store in (self._pictures, self._volumes, self._answers, self._runs, self._tickets):
            store.clear()
        for made in (self._fits, self._results, self._from_files):
            made.clear()
        self._thumbnails = Thumbnails(self._reader)

    def _scan_went_on(self, opening: int, key: int, p: Progress) -> None:
        self._jobs.go_on(key, p.stage, p.fraction, p.left_s)
        if opening == self._opening:
            self._show(Loading(p.stage, p.fraction, p.left_s))

    def _scanned(self, opening: int, key: int, outcome: Outcome) -> None:
        self._jobs.end(key)
        if opening != self._opening:
            return
        if outcome.failure is not None:
            empty = outcome.failure.kind is FailureKind.CANCELLED
            self._show(Empty() if empty else Failed(outcome.failure))
            return
        scan = outcome.value
        assert isinstance(scan, Scan)
        if not scan.series:
            self._show(refusal(scan))
            return
        first = scan.series[0]
        self._show(Ready(scan, first.id, Loading("Reading pixels"), {}, bars=self._scan_bars(scan)))
        self.select(first.id)

    def _scan_bars(self, scan: Scan) -> tuple[Bar, ...]:
        problems = unused(scan)
        bars = [self._bar(f"{p.sentence} {p.todo}".strip()) for p in problems[:3]]
        if len(problems) > 3:
            count = len(problems) - 3
            files = "file" if count == 1 else "files"
            more = f"{number(count)} more {files} could not be used; see the list."
            bars.append(self._bar(more))
        return tuple(bars)

    # Choosing a series

    def select(self, series_id: str) -> None:
        """Open another series of those that were found."""
        if not isinstance(self._state, Ready):
            return
        every = self._state.scan.series
        place = next(n for n, s in enumerate(every) if s.id == series_id)
        picture = self._pictures.get(series_id)
        image = (
            Loading("Reading pixels")
            if picture is None
            else Shown(picture.levels.volume.series, picture)
        )
        fits = self._fits_of(series_id)
        result = self._results.get(series_id)
        from_file = self._from_files.get(series_id)
        shown = replace(self._state, selected=series_id, image=image, fits=fits, result=result)
        cards = sum(is_head(series) for series in every[: place + 1])
        shown = replace(shown, listed=max(shown.listed, -(-cards // LISTED) * LISTED))
        self._show(replace(shown, from_file=from_file))
        if picture is None:
            self._read(every[place])

    def list_more(self) -> None:
        """Give further series their cards."""
        if isinstance(self._state, Ready):
            self._show(replace(self._state, listed=self._state.listed + LISTED))
            self._next_thumbnail()

    def step_series(self, steps: int) -> None:
        """Open the series that many places on, if there is one."""
        if isinstance(self._state, Ready):
            ids = [s.id for s in self._state.scan.series]
            place = ids.index(self._state.selected) + steps
            if 0 <= place < len(ids):
                self.select(ids[place])

    def _read(self, series: Series) -> None:
        opening = self._opening
        self._reader.start(
            ReadJob(series),
            lambda p: self._read_went_on(opening, series.id, p),
            lambda o: self._read_done(opening, series, o),
        )

    def _read_went_on(self, opening: int, series_id: str, p: Progress) -> None:
        if self._is_open(opening, series_id):
            self._show(replace(self._ready(), image=Loading(p.stage, p.fraction, p.left_s)))

    def _read_done(self, opening: int, series: Series, outcome: Outcome) -> None:
        if opening != self._opening:
            return
        if outcome.failure is not None:
            if self._is_open(opening, series.id):
                self._show(replace(self._ready(), image=Failed(outcome.failure)))
            self._next_thumbnail()
            return
        volume = outcome.value
        assert isinstance(volume, Volume)
        self._work.run(
            lambda: (preparing.picture(volume), preparing.fits(volume)),
            lambda made: self._prepared(opening, series.id, volume, *made),
            lambda failure: self._not_prepared(opening, series.id, failure),
        )

    def _prepared(
        self, opening: int, series_id: str, volume: Volume, picture: Picture, fits: tuple[Fit, ...]
    ) -> None:
        if opening != self._opening:
            return
        self._pictures[series_id], self._volumes[series_id] = picture, volume
        self._fits[series_id] = fits
        while len(self._pictures) > KEPT_VOLUMES:
            oldest, _ = self._pictures.popitem(last=False)
            self._volumes.pop(oldest, None)
        if self._is_open(opening, series_id):
            shown = Shown(volume.series, picture)
            self._show(replace(self._ready(), image=shown, fits=self._fits_of(series_id)))
        self._layers.read(
            volume,
            self._ready().scan.objects_on(volume.series),
            lambda found: self._layers_went_on(opening, series_id, found),
        )
        self._next_thumbnail()

    def _not_prepared(self, opening: int, series_id: str, failure: Failure) -> None:
        if self._is_open(opening, series_id):
            self._show(replace(self._ready(), image=Failed(failure)))

    def _layers_went_on(self, opening: int, series_id: str, found: LayersRead) -> None:
        if opening != self._opening:
            return
        if found.picture is not None and series_id in self._pictures:
            self._pictures[series_id] = found.picture
            if self._is_open(opening, series_id):
                shown = Shown(found.picture.levels.volume.series, found.picture)
                self._show(replace(self._ready(), image=shown))
        self._from_files[series_id] = found.from_file
        if self._is_open(opening, series_id):
            self._show(replace(self._ready(), from_file=found.from_file))

    def _next_thumbnail(self) -> None:
        if isinstance(self._state, Ready):
            opening = self._opening
            among = self._state.listed_series
            self._thumbnails.draw_next(among, lambda: self._thumbnail_done(opening))

    def _thumbnail_done(self, opening: int) -> None:
        if opening == self._opening and isinstance(self._state, Ready):
            self._show(replace(self._state, thumbnails=self._thumbnails.made))
            self._next_thumbnail()

    # Running

    def run(self, package_id: str, maps: tuple[str, ...] = ()) -> None:
        """Run a package on the open series; `maps` names explanations beyond the first."""
        if not isinstance(self._state, Ready) or not isinstance(self._state.image, Shown):
            return
        series_id, opening = self._state.selected, self._opening
        run = (series_id, package_id)
        if isinstance(self._runs.get(run), Running):
            return
        fit = next(f for f in self._state.fits or () if f.package_id == package_id)
        wanted = maps or tuple(m for m in fit.maps if m == FIRST_MAP)
        key = self._jobs.begin(fit.title, lambda: self.stop(package_id, series_id))
        self._set_run(run, Running())
        began = time.monotonic()
        self._tickets[run] = self._engine.start(
            AnalyseJob(self._volumes[series_id], package_id, wanted),
            lambda p: self._run_went_on(run, key, p),
            lambda o: self._run_done(opening, run, key, began, o),
        )

    def stop(self, package_id: str, series_id: str = "") -> None:
        """Stop a run, of the open series unless another is named."""
        if isinstance(self._state, Ready):
            run = (series_id or self._state.selected, package_id)
            if run in self._tickets:
                self._engine.cancel(self._tickets[run])

    def explain(self, package_id: str, method: str) -> None:
        """Compute one more map of an answer."""
        self.run(package_id, (method,))

    def _run_went_on(self, run: _Run, key: int, p: Progress) -> None:
        self._jobs.go_on(key, p.stage, p.fraction, p.left_s)
        if run in self._tickets:
            self._set_run(run, Running(p.stage, p.fraction, p.left_s))

    def _run_done(self, opening: int, run: _Run, key: int, began: float, outcome: Outcome) -> None:
        self._jobs.end(key)
        if opening != self._opening:
            return
        self._tickets.pop(run, None)
        if outcome.failure is not None:
            cancelled = outcome.failure.kind is FailureKind.CANCELLED
            self._set_run(run, NotRun() if cancelled else Stopped(outcome.failure))
            return
        assert isinstance(outcome.value, Analysis)
        answers = self._answers.setdefault(run[0], {})
        answers[run[1]] = preparing.merged(answers.get(run[1]), outcome.value)
        self._runs[run] = Done(time.monotonic() - began)
        analyses = tuple(answers.values())
        self._work.run(
            lambda: preparing.result(analyses),
            lambda result: self._result_made(opening, run[0], result),
            lambda failure: self._set_run(run, Stopped(failure)),
        )

    def _result_made(self, opening: int, series_id: str, result: Result) -> None:
        if opening != self._opening or not isinstance(self._state, Ready):
            return
        self._results[series_id] = result
        ready = replace(self._state, answered=frozenset(self._results))
        if series_id == ready.selected:
            ready = replace(ready, result=result, fits=self._fits_of(series_id))
        self._show(ready)

    def _set_run(self, run: _Run, state: RunState) -> None:
        self._runs[run] = state
        if isinstance(self._state, Ready) and run[0] == self._state.selected:
            self._show(replace(self._state, fits=self._fits_of(run[0])))

    def _fits_of(self, series_id: str) -> tuple[Fit, ...] | None:
        fits = self._fits.get(series_id)
        if fits is None:
            return None
        runs = self._runs
        return tuple(replace(f, run=runs.get((series_id, f.package_id), NotRun())) for f in fits)

    # Report

    def export(
        self,
        folder: str,
        kinds: tuple[str, ...],
        impression: str = "",
        then: Callable[[Path], None] | None = None,
    ) -> None:
        """Write every answer on the open series; `then` gets the first file of the first one."""
        if isinstance(self._state, Ready) and self._state.result is not None:
            analyses = self._state.result.analyses
            self._exporter.export(analyses, folder, kinds, then, impression)

    def _exported(self, folder: str, sentence: str) -> None:
        if isinstance(self._state, Ready):
            self._show(replace(self._state, export_folder=folder))
        self.tell(sentence, "ok")

    # Bars

    def tell(self, sentence: str, tone: str = "warn") -> None:
        """Put one sentence above the page."""
        if isinstance(self._state, Ready):
            self._show(replace(self._state, bars=(*self._state.bars, self._bar(sentence, tone))))

    def dismiss(self, bar_number: int) -> None:
        """Take a sentence away."""
        if isinstance(self._state, Ready):
            bars = tuple(b for b in self._state.bars if b.number != bar_number)
            self._show(replace(self._state, bars=bars))

    def _bar(self, sentence: str, tone: str = "warn") -> Bar:
        self._bar_number += 1
        return Bar(self._bar_number, sentence, tone)

    def _ready(self) -> Ready:
        assert isinstance(self._state, Ready)
        return self._state

    def _is_open(self, opening: int, series_id: str) -> bool:
        ready = self._state
        return opening == self._opening and isinstance(ready, Ready) and ready.selected == series_id

    def _show(self, state: ReadState) -> None:
        self._state = state
        self._view.show_state(state)
