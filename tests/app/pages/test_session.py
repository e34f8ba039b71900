"""What is open, what hangs where, what is read: values and rules, without a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from medimg_workstation.pages.read.first_series import first_series
from medimg_workstation.pages.read.hanging import Hanging, Pane, alone, laid_out, three_planes
from medimg_workstation.pages.read.protocols import hang, protocols, read
from medimg_workstation.pages.read.reads import Reads
from medimg_workstation.pages.read.session import KEPT_IMAGES, Session
from medimg_workstation.pages.read.state import Loading, Shown
from medimg_workstation.viewport.state import Picture

from medimg.display.levels import levels
from medimg.engine.client import Outcome, Progress
from medimg.engine.jobs.read import ReadJob
from medimg.values.failure import Failure, FailureKind
from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing
from medimg.values.series import Frame, MRKind, Patient, Scan, Series, Study, View
from medimg.values.volume import Unit, Volume

SPACING = PlaneSpacing(MeasuredAt.PATIENT, 1.0, 1.0)
AXIAL = np.eye(4)[[2, 1, 0, 3]]


def series(name: str, modality: str = "CT", slices: int = 4, **facts: object) -> Series:
    affine = AXIAL if modality in {"CT", "MR"} else None
    geometry = Geometry((slices, 4, 4), SPACING, affine)
    made = Series(name, name, "dicom", modality, (Frame("f"),), geometry, patient=Patient("P-1"))
    return replace(made, **facts)  # type: ignore[arg-type]


def volume(one: Series) -> Volume:
    return Volume(np.zeros(one.geometry.shape, dtype=np.int16), Unit.HU, one)


def study(uid: str, date: str) -> Study:
    return Study(uid=uid, date=date)


# Session


def test_an_image_that_is_shown_is_not_let_go_however_often_others_are_opened() -> None:
    """Open A, B, C, A, D, A: the third A was evicted and running on it ended in a KeyError."""
    every = [series(name) for name in "ABCD"]
    session = Session(1, Scan(tuple(every)))
    for name in "ABCADA":
        one = next(s for s in every if s.id == name)
        session = session.used(name)
        if session.of(name).volume is None:
            made = volume(one)
            session = session.with_picture(name, Picture(levels(made)), volume=made)
        session = session.trimmed({name})
        assert session.of(name).volume is not None
        assert isinstance(session.of(name).image, Shown)
        held = [one.id for one in every if session.of(one.id).volume is not None]
        assert len(held) <= KEPT_IMAGES + 1


def test_an_image_that_was_let_go_waits_to_be_read_again() -> None:
    session = Session(1, Scan(()))
    for name in "ABCD":
        made = volume(series(name))
        session = session.with_picture(name, Picture(levels(made)), volume=made)
        session = session.used(name).trimmed({name})
    assert isinstance(session.of("A").image, Loading) and session.of("A").volume is None


# Reads


class Child:
    """A reader that answers when it is told to."""

    def __init__(self) -> None:
        self.jobs: list[tuple[ReadJob, Callable[[Outcome], None]]] = []
        self.cancelled: list[int] = []

    def start(
        self,
        job: ReadJob,
        on_progress: Callable[[Progress], None],
        on_done: Callable[[Outcome], None],
    ) -> int:
        self.jobs.append((job, on_done))
        return len(self.jobs) - 1

    def cancel(self, ticket: int) -> None:
        self.cancelled.append(ticket)
        failure = Failure(FailureKind.CANCELLED, "Stopped.")
        self.jobs[ticket][1](Outcome(failure=failure))

    def answer(self, ticket: int) -> None:
        job, done = self.jobs[ticket]
        done(Outcome(value=volume(job.series)))


def reads(child: Child) -> tuple[Reads, list[str], list[str]]:
    done: list[str] = []
    failed: list[str] = []
    made = Reads(
        child,
        lambda series_id, progress: None,
        lambda series_id, found: done.append(series_id),
        lambda series_id, failure: failed.append(series_id),
    )
    return made, done, failed


def test_reads_that_nobody_waits_for_are_given_up_and_do_not_queue_up() -> None:
    """Stepping through eight series left eight reads in the queue."""
    child = Child()
    queue, done, failed = reads(child)
    every = [series(str(k)) for k in range(8)]
    for one in every:
        queue.want([one])
    assert [job.series.id for job, _ in child.jobs] == [one.id for one in every]
    assert child.cancelled == list(range(7))
    child.answer(7)
    assert done == ["7"] and failed == []


def test_reads_of_a_closed_folder_do_not_outlive_it() -> None:
    child = Child()
    queue, done, failed = reads(child)
    queue.want([series("a"), series("b")])
    queue.want([])
    assert child.cancelled == [0] and len(child.jobs) == 1
    assert done == failed == []


def test_a_read_that_is_still_wanted_goes_on_when_another_becomes_more_urgent() -> None:
    child = Child()
    queue, done, _ = reads(child)
    a, b, c = series("a"), series("b"), series("c")
    queue.want([a, b])
    queue.want([c, a])
    child.answer(0)
    child.answer(1)
    assert done == ["a", "c"] and child.cancelled == []


# Hanging


def test_what_is_shown_stays_when_the_layout_changes() -> None:
    now = Hanging(1, 2, (Pane("a"), Pane("b")), active=1)
    wider = laid_out(now, 2, 2, ("a", "b", "c"))
    assert [p.series_id for p in wider.panes] == ["b", "a", "c", ""]
    assert laid_out(now, 1, 1, ()).panes == (Pane("b"),)


def test_a_series_dropped_on_one_of_three_planes_takes_all_of_them() -> None:
    dropped = three_planes("a").with_series(2, "b")
    assert {pane.series_id for pane in dropped.panes} == {"b"}
    assert [pane.plane for pane in dropped.panes[:3]] == [
        Plane.AXIAL,
        Plane.CORONAL,
        Plane.SAGITTAL,
    ]
    assert alone("a").with_series(0, "b").panes == (Pane("b"),)


def test_the_series_that_a_reader_wants_is_opened_first() -> None:
    """A folder opened on its localiser, or on a report that was stored as a picture."""
    new, old = study("1", "20260101"), study("2", "20250101")
    localiser = series("localiser", slices=3, study=new)
    capture = series("dose", "OT", slices=1, study=new)
    thick, thin = series("5 mm", slices=40, study=new), series("1 mm", slices=300, study=new)
    prior = series("1 mm, old", slices=400, study=old)
    scan = Scan((localiser, capture, prior, thick, thin))
    assert first_series(scan).id == "1 mm"
    crop = series("crop", "MR", slices=99)
    brain = series("T1", "MR", slices=22, mr_kind=MRKind.T1)
    assert first_series(Scan((crop, brain))).id == "T1"
    lateral = series("lateral", "DX", slices=1, view=View.LATERAL)
    frontal = series("PA", "DX", slices=1, view=View.PA)
    assert first_series(Scan((lateral, frontal))).id == "PA"


def hung(*every: Series) -> list[tuple[str, Plane | None, str]]:
    return [(p.series_id, p.plane, p.window) for p in hang(Scan(every)).panes]


def test_each_protocol_hangs_the_list_that_it_was_made_for() -> None:
    chest = series("thorax", slices=90, body_part="CHEST")
    assert hung(series("localiser", slices=2), chest) == [
        ("thorax", Plane.AXIAL, "Lung"),
        ("thorax", Plane.AXIAL, "Soft tissue"),
        ("thorax", Plane.CORONAL, "Lung"),
        ("thorax", Plane.SAGITTAL, "Soft tissue"),
    ]
    abdomen = hung(series("abdomen", slices=90, body_part="ABDOMEN"))
    assert [plane for _, plane, _ in abdomen] == [
        *(Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL, Plane.CORONAL)
    ]
    kinds = (MRKind.T1, MRKind.T2, MRKind.FLAIR, MRKind.DWI, MRKind.T1_CONTRAST)
    brain = [series(kind.value, "MR", 22, mr_kind=kind) for kind in kinds]
    assert [one for one, _, _ in hung(*brain)] == ["FLAIR", "T1", "T1 after contrast", "DWI"]
    assert [one for one, _, _ in hung(brain[2], brain[4])] == ["FLAIR", "T1 after contrast"]
    films = [
        series("new", "DX", 1, view=View.PA, study=study("2", "20260101")),
        series("old", "DX", 1, view=View.PA, study=study("1", "20240101")),
    ]
    assert [one for one, _, _ in hung(*films)] == ["old", "new"]
    two = [series(v.value, "DX", 1, view=v) for v in (View.LATERAL, View.PA)]
    assert [one for one, _, _ in hung(*two)] == ["PA", "lateral"]
    assert "Film" in hang(Scan(tuple(two))).reason


def test_films_of_two_patients_do_not_hang_as_current_and_prior() -> None:
    new = series("new", "DX", 1, view=View.PA, study=study("2", "20260101"))
    other = replace(
        series("old", "DX", 1, view=View.PA, study=study("1", "20240101")),
        patient=Patient("P-2"),
    )
    assert hung(new, other) == [("new", None, "")]


def test_a_protocol_with_a_fault_says_which() -> None:
    assert len(protocols()) >= 5
    with pytest.raises(ValueError, match="viewports do not fill"):
        read(b'title = "x"\nrows = 1\ncolumns = 2\n[[viewports]]\n')
    with pytest.raises(ValueError, match="no attribute 'colour'"):
        read(
            b'title = "x"\nrows = 1\ncolumns = 1\n[[viewports]]\n'
            b'rules = [{ attribute = "colour", is = ["red"] }]\n'
        )
    with pytest.raises(ValueError, match="not a hanging protocol"):
        read(b"rows = ")
