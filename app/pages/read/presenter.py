"""Leads the reading page: opens, reads, runs and exports; the view only draws what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from medimg_workstation.jobs import Jobs
from medimg_workstation.link import Link
from medimg_workstation.pages.read import preparing
from medimg_workstation.pages.read.exporter import Exporter
from medimg_workstation.pages.read.first_series import first_series
from medimg_workstation.pages.read.hanging import Hanging, laid_out, three_planes
from medimg_workstation.pages.read.layer_reader import LayerReader, LayersRead
from medimg_workstation.pages.read.prompts import Prompts, outliner
from medimg_workstation.pages.read.protocols import hang
from medimg_workstation.pages.read.reads import Reads
from medimg_workstation.pages.read.ready import ReadState, Ready
from medimg_workstation.pages.read.refusing import left_out, refusal
from medimg_workstation.pages.read.runs import Runs
from medimg_workstation.pages.read.session import Session
from medimg_workstation.pages.read.state import (
    LISTED,
    Bar,
    Empty,
    Failed,
    Fit,
    Loading,
    Result,
    Shown,
    Stopped,
    is_head,
)
from medimg_workstation.pages.read.thumbnails import Thumbnails
from medimg_workstation.viewport.state import Picture
from medimg_workstation.work import Work

from medimg.display.cuts import Vector, reason_against_planes
from medimg.engine.client import Outcome, Progress
from medimg.engine.jobs.scan import ScanJob
from medimg.values.analysis import Analysis
from medimg.values.failure import Failure, FailureKind
from medimg.values.geometry import Plane
from medimg.values.series import Scan
from medimg.values.volume import Volume


class ReadView(Protocol):
    """What the presenter needs of the view."""

    def show_state(self, state: ReadState) -> None:
        """Draw a state: the only way in."""


class ReadPresenter:
    """One for the reading page; no widget inside."""

    def __init__(self, view: ReadView, reader: Link, engine: Link, work: Work, jobs: Jobs) -> None:
        self._view, self._reader, self._work, self._jobs = view, reader, work, jobs
        self._exporter = Exporter(engine, work, jobs, self._exported, self.tell)
        self._layers = LayerReader(reader, work)
        self._reads = Reads(reader, self._read_went_on, self._read, self._not_read)
        self._runs = Runs(engine, jobs, self._run_changed, self._answered)
        self._thumbnails = Thumbnails(reader)
        self._state: ReadState = Empty()
        self._prompts = Prompts()
        self._opening = 0
        self._bar_number = 0
        self._view.show_state(self._state)

    @property
    def state(self) -> ReadState:
        """What is shown now."""
        return self._state

    # Opening

    def open(self, paths: tuple[str, ...]) -> None:
        """Scan files and folders and show what a reader wants first; what was open is closed."""
        self._opening += 1
        opening = self._opening
        self._reads.want(())
        self._runs.forget()
        self._prompts.forget()
        self._thumbnails = Thumbnails(self._reader)
        self._show(Loading("Looking at files"))
        key = self._jobs.begin(f"Open {Path(paths[0]).name or paths[0]}", lambda: stop())
        ticket = self._reader.start(
            ScanJob(paths),
            lambda p: self._scan_went_on(opening, key, p),
            lambda o: self._scanned(opening, key, o),
        )

        def stop() -> None:
            self._reader.cancel(ticket)

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
        hanging = hang(scan)
        self._show(Ready(Session(opening, scan), hanging, {}, bars=self._scan_bars(scan)))
        self._hang(hanging)

    def _scan_bars(self, scan: Scan) -> tuple[Bar, ...]:
        return tuple(self._bar(sentence) for sentence in left_out(scan))

    # What hangs where

    def select(self, series_id: str) -> None:
        """Show another series in the active viewport."""
        if isinstance(self._state, Ready):
            self.place(self._state.hanging.active, series_id)

    def place(self, viewport: int, series_id: str) -> None:
        """Show a series in a viewport."""
        if isinstance(self._state, Ready):
            self._hang(self._state.hanging.with_series(viewport, series_id))

    def activate(self, viewport: int) -> None:
        """Let keys, tools and the model's column turn to another viewport."""
        if isinstance(self._state, Ready) and viewport != self._state.hanging.active:
            self._hang(self._state.hanging.activated(viewport))

    def lay_out(self, layout: tuple[int, int]) -> None:
        """Show another number of viewports; series of the open study fill those that are new.

        Args:
            layout: (rows, columns).
        """
        if isinstance(self._state, Ready):
            state = self._state
            study = state.series.study.uid if state.series else ""
            fitting = [s.id for s in state.scan.series if s.study.uid == study]
            self._hang(laid_out(state.hanging, *layout, tuple(fitting)))

    def show_planes(self) -> None:
        """Cut the active series into axial, coronal and sagittal planes, or say why not."""
        if self._can_be_cut():
            pane = self._ready().hanging.pane
            self._hang(three_planes(pane.series_id, pane.window))

    def show_plane(self, plane: Plane) -> None:
        """Show another plane in the active viewport; UNKNOWN is the stored slices."""
        is_stored = plane is Plane.UNKNOWN
        if isinstance(self._state, Ready) and (is_stored or self._can_be_cut()):
            self._hang(self._state.hanging.with_plane(None if is_stored else plane))

    def hang_again(self) -> None:
        """Lay out as on opening."""
        if isinstance(self._state, Ready):
            self._hang(hang(self._state.scan))

    def _can_be_cut(self) -> bool:
        series = self._state.series if isinstance(self._state, Ready) else None
        if series is None or not isinstance(self._state, Ready):
            return False
        image = self._state.image
        reason = reason_against_planes(image.series if isinstance(image, Shown) else series)
        if reason:
            self.tell(reason)
        return not reason

    def step_series(self, steps: int) -> None:
        """Open the series that many places on, if there is one."""
        if isinstance(self._state, Ready):
            ids = [s.id for s in self._state.scan.series]
            place = ids.index(self._state.selected) + steps if self._state.selected else 0
            if 0 <= place < len(ids):
                self.select(ids[place])

    def step_study(self, steps: int) -> None:
        """Show the first series of the study that many places on, if there is one."""
        if isinstance(self._state, Ready) and self._state.series is not None:
            studies = list(dict.fromkeys(s.study.uid for s in self._state.scan.series))
            place = studies.index(self._state.series.study.uid) + steps
            if 0 <= place < len(studies):
                uid = studies[place]
                within = tuple(s for s in self._state.scan.series if s.study.uid == uid)
                self.select(first_series(Scan(within)).id)

    def list_more(self) -> None:
        """Give further series their cards."""
        if isinstance(self._state, Ready):
            self._show(replace(self._state, listed=self._state.listed + LISTED))
            self._next_thumbnail()

    def _hang(self, hanging: Hanging) -> None:
        """Show what hangs; read what is missing of it and let go of what is not."""
        state = self._ready()
        session = state.session
        for series_id in reversed(hanging.series_ids):
            session = session.used(series_id)
        session = session.trimmed(hanging.series_ids)
        runs = self._runs.states_of(hanging.pane.series_id)
        listed = max(state.listed, self._cards_up_to(hanging.pane.series_id))
        self._show(replace(state, session=session, hanging=hanging, runs=runs, listed=listed))
        lacking = [session.series(i) for i in hanging.series_ids if session.of(i).volume is None]
        self._reads.want([s for s in lacking if s is not None and not self._has_failed(s.id)])

    def _has_failed(self, series_id: str) -> bool:
        return isinstance(self._ready().session.of(series_id).image, Failed)

    def _cards_up_to(self, series_id: str) -> int:
        every = self._ready().scan.series
        place = next((n for n, s in enumerate(every) if s.id == series_id), 0)
        cards = sum(is_head(series) for series in every[: place + 1])
        return -(-cards // LISTED) * LISTED

    # Reading

    def _read_went_on(self, series_id: str, p: Progress) -> None:
        self._change(series_id, image=Loading(p.stage, p.fraction, p.left_s))

    def _not_read(self, series_id: str, failure: Failure) -> None:
        self._change(series_id, image=Failed(failure))
        self._next_thumbnail()

    def _read(self, series_id: str, volume: Volume) -> None:
        opening = self._opening
        self._work.run(
            lambda: (preparing.picture(volume), preparing.fits(volume)),
            lambda made: self._prepared(opening, series_id, volume, *made),
            lambda failure: self._not_prepared(opening, series_id, failure),
        )

    def _prepared(
        self, opening: int, series_id: str, volume: Volume, picture: Picture, fits: tuple[Fit, ...]
    ) -> None:
        if opening != self._opening:
            return
        shown = Shown(volume.series, picture)
        self._change(series_id, image=shown, volume=volume, fits=fits)
        state = self._ready()
        self._show(replace(state, session=state.session.trimmed(state.hanging.series_ids)))
        self._layers.read(
            volume,
            state.scan.objects_on(volume.series),
            lambda found: self._layers_went_on(opening, series_id, found),
        )
        self._next_thumbnail()

    def _not_prepared(self, opening: int, series_id: str, failure: Failure) -> None:
        if opening == self._opening:
            self._change(series_id, image=Failed(failure))

    def _layers_went_on(self, opening: int, series_id: str, found: LayersRead) -> None:
        if opening != self._opening:
            return
        if found.picture is not None and self._ready().session.of(series_id).volume is not None:
            shown = Shown(found.picture.levels.volume.series, found.picture)
            self._change(series_id, image=shown)
        self._change(series_id, from_file=found.from_file)

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
        """Run a package on the active series; `maps` names explanations beyond the first."""
        if not isinstance(self._state, Ready):
            return
        current = self._state.current
        fit = next((f for f in current.fits or () if f.package_id == package_id), None)
        if fit is None or current.volume is None:
            return
        prompt = self._prompts.of(self._state.selected, package_id)
        if fit.needs_click and prompt is None:
            self.tell(f"{fit.title} outlines what you point at. Press O and click into it.")
            return
        self._runs.start(self._state.selected, fit, current.volume, maps, prompt)

    def outline(self, place: Vector, is_inside: bool = True) -> None:
        """Have what lies at a place outlined by the first package that can.

        Args:
            place: LPS mm.
            is_inside: False for a place that is not part of what was meant before.
        """
        if not isinstance(self._state, Ready):
            return
        fit = outliner(self._state)
        if isinstance(fit, str):
            self.tell(fit)
            return
        selected, package_id = self._state.selected, fit.package_id
        self._prompts.point(selected, package_id, place, is_inside=is_inside)
        self.run(package_id)

    def stop(self, package_id: str) -> None:
        """Stop a run on the active series."""
        if isinstance(self._state, Ready):
            self._runs.stop(self._state.selected, package_id)

    def explain(self, package_id: str, method: str) -> None:
        """Compute one more map of an answer."""
        self.run(package_id, (method,))

    def _run_changed(self, series_id: str) -> None:
        if isinstance(self._state, Ready) and series_id == self._state.selected:
            self._show(replace(self._state, runs=self._runs.states_of(series_id)))

    def _answered(self, series_id: str, analysis: Analysis) -> None:
        opening, package_id = self._opening, analysis.package.id
        answers = dict(self._ready().session.of(series_id).answers)
        answers[package_id] = preparing.merged(answers.get(package_id), analysis)
        self._change(series_id, answers=answers)
        analyses = tuple(answers.values())

        def made(result: Result) -> None:
            if opening == self._opening:
                self._change(series_id, result=result)

        self._work.run(
            lambda: preparing.result(analyses),
            made,
            lambda failure: self._runs.fail(series_id, package_id, Stopped(failure)),
        )
        self._run_changed(series_id)

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
        """Put one sentence above the page, unless it stands there already."""
        if isinstance(self._state, Ready) and sentence not in {
            bar.sentence for bar in self._state.bars
        }:
            self._show(replace(self._state, bars=(*self._state.bars, self._bar(sentence, tone))))

    def dismiss(self, bar_number: int) -> None:
        """Take a sentence away."""
        if isinstance(self._state, Ready):
            bars = tuple(b for b in self._state.bars if b.number != bar_number)
            self._show(replace(self._state, bars=bars))

    def _bar(self, sentence: str, tone: str = "warn") -> Bar:
        self._bar_number += 1
        return Bar(self._bar_number, sentence, tone)

    def _change(self, series_id: str, **parts: object) -> None:
        """Take what became known of a series of this opening."""
        if isinstance(self._state, Ready):
            session = self._state.session.with_parts(series_id, **parts)
            self._show(replace(self._state, session=session))

    def _ready(self) -> Ready:
        assert isinstance(self._state, Ready)
        return self._state

    def _show(self, state: ReadState) -> None:
        self._state = state
        self._view.show_state(state)
