"""A real child with tiny real networks: it answers, stops, dies and is replaced."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medimg.engine.calls import wait_for
from medimg.engine.client import Child, Outcome, Progress
from medimg.engine.jobs.analyse import AnalyseJob
from medimg.values.analysis import Analysis
from medimg.values.failure import Failure, FailureKind
from medimg.values.findings import Decision
from medimg.values.problems import Problem
from tests.tiny_packages import film, stack

SLICES = stack(np.random.default_rng(0).random((60, 64, 64), dtype=np.float32))


class Watch:
    """Waits for what a child says."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.progress: list[Progress] = []
        self.running = threading.Event()
        self.ended = threading.Event()

    def on_progress(self, progress: Progress) -> None:
        self.progress.append(progress)
        if progress.stage == "Running":
            self.running.set()

    def on_done(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended.set()

    def failure(self) -> Failure:
        assert self.ended.wait(120)
        assert self.outcome is not None and self.outcome.failure is not None
        return self.outcome.failure


def half_bright() -> np.ndarray:
    """A film that is bright in a 20 x 10 mm box and dark elsewhere, with some texture."""
    image = np.random.default_rng(0).integers(0, 60, (64, 64)).astype(np.uint8)
    image[16:56, 24:44] += 180
    return image


def leftovers(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "tmp").rglob("job-*"))


def test_bright_box_is_found_measured_and_scored(engine: Child, root: Path) -> None:
    """The planted box comes back as a region of its size, with a calibrated finding."""
    outcome = wait_for(engine, AnalyseJob(film(half_bright()), "tiny-bright"))
    assert outcome.failure is None
    analysis = outcome.value
    assert isinstance(analysis, Analysis)
    (region,), (finding,) = analysis.regions, analysis.findings
    assert region.area_px == pytest.approx(40 * 20, rel=0.05)
    assert region.area_mm2 == pytest.approx(40 * 20 * 0.25, rel=0.05)
    assert region.longest_mm == pytest.approx(np.hypot(20, 10), rel=0.05)
    assert region.centroid == pytest.approx((0, 35.5, 33.5), abs=0.5)
    assert region.volume_ml is None and region.withheld
    assert finding.decision is Decision.FLAGGED
    assert finding.low < finding.probability < finding.high
    assert analysis.key_images[0].grey.shape == (64, 64)
    assert analysis.package.weights_sha256 and analysis.pixels_sha256
    assert leftovers(root) == []


def test_stack_gives_ml(engine: Child) -> None:
    """A box of 4 x 10 x 10 voxels of 2 mm³ has 0.8 ml."""
    values = np.zeros((8, 32, 32), np.float32)
    values[2:6, 10:20, 5:15] = 1.0
    values += np.random.default_rng(0).random(values.shape, dtype=np.float32) * 0.2
    outcome = wait_for(engine, AnalyseJob(stack(values), "tiny-stack"))
    assert isinstance(outcome.value, Analysis)
    assert outcome.value.regions[0].volume_ml == pytest.approx(0.8)
    assert outcome.value.regions[0].best_slice in range(2, 6)


def test_stack_with_a_gap_runs_without_ml(engine: Child) -> None:
    """No affine and a missing slice: regions with mm in the slice, ml withheld in words."""
    values = np.random.default_rng(0).random((4, 32, 32), dtype=np.float32) * 0.2
    values[1:3, 10:20, 5:15] = 1.0
    gap = Problem("missing-slice", "Slice 3 of 5 is missing.")
    whole = stack(values, problems=(gap,))
    geometry = replace(whole.series.geometry, affine=None)
    volume = replace(whole, series=replace(whole.series, geometry=geometry))
    analysis = wait_for(engine, AnalyseJob(volume, "tiny-stack")).value
    assert isinstance(analysis, Analysis)
    (region,) = analysis.regions
    assert region.volume_ml is None and "slice missing" in region.withheld
    assert region.longest_mm == pytest.approx(np.hypot(10, 9), abs=0.3)
    assert "Slice 3 of 5 is missing." in analysis.verdict.sentences[0]


def test_package_without_a_map_still_answers(engine: Child) -> None:
    """An explanation that the package does not provide for is a note, not the end of the run."""
    job = AnalyseJob(film(half_bright()), "tiny-bright", ("grad-cam",))
    analysis = wait_for(engine, job).value
    assert isinstance(analysis, Analysis)
    assert analysis.explanations == () and len(analysis.regions) == 1
    assert any("no map of evidence" in note for note in analysis.notes)


def test_progress_rises_and_says_what_is_left(engine: Child) -> None:
    """Fractions never fall, and the running stage tells seconds."""
    seen: list[Progress] = []
    few = stack(SLICES.array[:6])
    wait_for(engine, AnalyseJob(few, "tiny-many-calls"), seen.append)
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions) and fractions[-1] == 0.95
    assert any(p.left_s is not None for p in seen if p.stage == "Running")


def cancelled_after(engine: Child, package: str) -> float:
    watch = Watch()
    job = engine.submit(AnalyseJob(SLICES, package), watch.on_progress, watch.on_done)
    try:
        assert watch.running.wait(120)
        time.sleep(0.3)
    finally:
        begin = time.monotonic()
        engine.cancel(job)
    assert watch.failure().kind is FailureKind.CANCELLED
    return time.monotonic() - begin


def test_cancel_between_calls_keeps_the_child(engine: Child, root: Path) -> None:
    """A run of many forward passes stops within a second, and its process goes on."""
    wait_for(engine, AnalyseJob(film(half_bright()), "tiny-bright"))
    process = engine.process_id
    assert cancelled_after(engine, "tiny-many-calls") < 1.0
    assert engine.process_id == process
    assert leftovers(root) == []


def test_cancel_inside_a_call_kills_within_a_second(engine: Child, root: Path) -> None:
    """A forward pass that does not end is killed with its process; the next job runs."""
    assert cancelled_after(engine, "tiny-long-call") < 1.0
    outcome = wait_for(engine, AnalyseJob(film(half_bright()), "tiny-bright"))
    assert outcome.failure is None
    assert leftovers(root) == []


def test_waiting_job_is_cancelled_at_once(engine: Child) -> None:
    """A job behind another one never starts once it is cancelled."""
    first, second = Watch(), Watch()
    running = engine.submit(AnalyseJob(SLICES, "tiny-many-calls"), first.on_progress, first.on_done)
    waiting = engine.submit(AnalyseJob(SLICES, "tiny-stack"), second.on_progress, second.on_done)
    engine.cancel(waiting)
    assert second.failure().kind is FailureKind.CANCELLED
    assert second.progress == []
    engine.cancel(running)
    assert first.failure().kind is FailureKind.CANCELLED


def test_killed_child_is_a_failure_and_the_next_job_runs(engine: Child, root: Path) -> None:
    """Kill -9 in the middle: one sentence, no file left, a fresh process."""
    watch = Watch()
    engine.submit(AnalyseJob(SLICES, "tiny-many-calls"), watch.on_progress, watch.on_done)
    assert watch.running.wait(120)
    before = engine.process_id
    assert before is not None
    os.kill(before, signal.SIGKILL)
    failure = watch.failure()
    assert failure.kind is FailureKind.CRASHED
    assert "stopped in the middle" in failure.sentence
    assert leftovers(root) == []
    outcome = wait_for(engine, AnalyseJob(film(half_bright()), "tiny-bright"))
    assert outcome.failure is None
    assert engine.process_id != before


def test_no_memory_is_said_in_words(engine: Child) -> None:
    """A run that asks for more than there is fails alone."""
    outcome = wait_for(engine, AnalyseJob(SLICES, "tiny-greedy"))
    assert outcome.failure is not None
    assert outcome.failure.kind is FailureKind.OUT_OF_MEMORY
    assert "memory" in outcome.failure.sentence
    again = wait_for(engine, AnalyseJob(film(half_bright()), "tiny-bright"))
    assert again.failure is None


def test_changed_byte_stops_a_package(engine: Child, root: Path) -> None:
    """One byte of the weights or of the manifest, and nothing runs, warm network or not."""
    job = AnalyseJob(film(half_bright()), "tiny-classifier")
    assert wait_for(engine, job).failure is None
    folder = root / "packages" / "tiny-classifier"
    for name in ("models/model.safetensors", "package.toml"):
        path = folder / name
        whole = path.read_bytes()
        changed = bytearray(whole)
        place = whole.index(b"slope = 1.0") + 8 if name == "package.toml" else len(whole) // 2
        changed[place] = ord("2") if name == "package.toml" else whole[place] ^ 1
        path.write_bytes(changed)
        failure = wait_for(engine, job).failure
        assert failure is not None and failure.kind is FailureKind.PACKAGE
        assert "was changed" in failure.sentence and name.split("/")[-1] in failure.sentence
        path.write_bytes(whole)
    assert wait_for(engine, job).failure is None


def test_gate_refuses_inside_the_child_too(engine: Child) -> None:
    """A blank film is refused although a caller did not ask the gate."""
    failure = wait_for(engine, AnalyseJob(film(np.zeros((64, 64))), "tiny-bright")).failure
    assert failure is not None and failure.kind is FailureKind.INPUT
    assert "blank" in failure.sentence
