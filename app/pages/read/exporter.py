"""Writes answers as files through the engine's child, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from medimg_workstation.jobs import Jobs
from medimg_workstation.link import Link
from medimg_workstation.work import Work

from medimg.engine.client import Outcome
from medimg.engine.jobs.export import ExportJob, Written
from medimg.values.analysis import Analysis
from medimg.values.whole_files import write_whole

OnWritten = Callable[[str, str], None]
OnFile = Callable[[Path], None]
IMPRESSION = "impression.txt"


class Exporter:
    """One for the reading page.

    Args:
        engine: The child that writes.
        work: Writes the reader's words.
        jobs: Where it is shown.
        written: Told the folder and a sentence after each answer.
        tell: Told a sentence and a tone where something must be said.
    """

    def __init__(
        self,
        engine: Link,
        work: Work,
        jobs: Jobs,
        written: OnWritten,
        tell: Callable[[str, str], None],
    ) -> None:
        self._engine, self._work, self._jobs = engine, work, jobs
        self._written, self._tell = written, tell

    def export(
        self,
        analyses: tuple[Analysis, ...],
        folder: str,
        kinds: tuple[str, ...],
        then: OnFile | None = None,
        impression: str = "",
    ) -> None:
        """Write answers; several go into a folder each, named by their package.

        What the reader wrote stands beside them, apart from the model's words.
        """
        if impression:
            self._write_impression(folder, impression)
        for analysis in analyses:
            target = folder if len(analyses) == 1 else str(Path(folder) / analysis.package.id)
            self._export_one(analysis, target, kinds, then)
            then = None

    def _write_impression(self, folder: str, impression: str) -> None:
        path = Path(folder) / IMPRESSION
        self._work.run(
            lambda: write_whole(path, f"{impression}\n".encode()),
            lambda _: None,
            lambda failure: self._tell(failure.sentence, "danger"),
        )

    def _export_one(
        self, analysis: Analysis, folder: str, kinds: tuple[str, ...], then: OnFile | None
    ) -> None:
        ticket = 0
        key = self._jobs.begin(
            f"Export {analysis.package.title}", lambda: self._engine.cancel(ticket)
        )

        def done(outcome: Outcome) -> None:
            self._jobs.end(key)
            self._done(outcome, folder, then)

        ticket = self._engine.start(
            ExportJob(analysis, folder, kinds),
            lambda p: self._jobs.go_on(key, p.stage, p.fraction, p.left_s),
            done,
        )

    def _done(self, outcome: Outcome, folder: str, then: OnFile | None) -> None:
        if outcome.failure is not None:
            words = f"{outcome.failure.sentence} {outcome.failure.todo}".strip()
            self._tell(words, "danger")
            return
        assert isinstance(outcome.value, Written)
        files = [Path(path) for _, path in outcome.value.files]
        names = ", ".join(path.name for path in files) or "nothing"
        self._written(folder, f"Written to {folder}: {names}.")
        for note in outcome.value.notes:
            self._tell(note, "warn")
        if then is not None and files:
            then(files[0])
