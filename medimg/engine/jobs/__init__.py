"""What a child can be asked to do: one row a job, each in its own file.

A file holds the job's value, what it gives, and `run(job, context)`. Parents import it too, so
what is heavy (torch, codecs) is imported in `run`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from medimg.engine.jobs.analyse import AnalyseJob
from medimg.engine.jobs.export import ExportJob, Written
from medimg.engine.jobs.import_bundle import Imported, ImportJob
from medimg.engine.jobs.layers import Layers, LayersJob
from medimg.engine.jobs.prove import Proof, ProveJob
from medimg.engine.jobs.read import ReadJob
from medimg.engine.jobs.scan import ScanJob
from medimg.engine.jobs.thumbnail import Picture, ThumbnailJob
from medimg.values.analysis import Analysis
from medimg.values.series import Scan
from medimg.values.volume import Volume

Job = ScanJob | ReadJob | LayersJob | ThumbnailJob | AnalyseJob | ExportJob | ProveJob | ImportJob
Value = Scan | Volume | Layers | Picture | Analysis | Written | Proof | Imported


@dataclass(frozen=True, slots=True)
class Work:
    """One row of the table of jobs.

    Attributes:
        job, value: What goes in, what comes out.
        function: "module:name" of `function(job, context) -> value`, imported in the child alone;
            it may lie on a floor above, which a string, unlike an import, may name.
        stage: What is reported before the job reports something itself.
    """

    job: type[Any]
    value: type[Any]
    function: str
    stage: str


#: Jobs by the name that messages use.
JOBS: dict[str, Work] = {
    "scan": Work(ScanJob, Scan, "medimg.engine.jobs.scan:run", "Looking at files"),
    "read": Work(ReadJob, Volume, "medimg.engine.jobs.read:run", "Reading pixels"),
    "layers": Work(LayersJob, Layers, "medimg.engine.jobs.layers:run", "Reading overlays"),
    "thumbnail": Work(ThumbnailJob, Picture, "medimg.engine.jobs.thumbnail:run", "Reading"),
    "analyse": Work(AnalyseJob, Analysis, "medimg.engine.jobs.analyse:run", "Starting"),
    "export": Work(ExportJob, Written, "medimg.engine.jobs.export:run", "Writing files"),
    "import": Work(ImportJob, Imported, "medimg.engine.jobs.import_bundle:run", "Importing"),
    "prove": Work(ProveJob, Proof, "medimg.engine.jobs.prove:run", "Checking"),
}


def name_of(job: Job) -> str:
    """The row of `JOBS` that a job belongs to.

    Raises:
        TypeError: It belongs to none.
    """
    for name, work in JOBS.items():
        if work.job is type(job):
            return name
    raise TypeError(f"{type(job).__name__} is not a job of the table")
