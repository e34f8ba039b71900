"""A folder without its patients: every DICOM file anew under pseudonyms, and a log of what changed.

`medimg deidentify` calls `run`. Nothing of the source is changed, copied or named in the output:
files that are not DICOM stay where they are, and what cannot be cleaned is held back and told.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import msgspec

from medimg import __version__
from medimg.privacy.instance import (
    Outcome,
    Request,
    State,
    deidentify,
    regions_of,
)
from medimg.privacy.options import OPTIONS, PROFILE
from medimg.privacy.secret import KEY_LENGTH
from medimg.reading.files import head, walk
from medimg.reading.formats.dicom import recognises
from medimg.values.errors import NothingRead, UsageError
from medimg.values.folders import data_folder
from medimg.values.whole_files import write_whole

#: Called with (files done, files in all, seconds left or None).
Watch = Callable[[int, int, float | None], None]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file.

    Attributes:
        source: As it is called in the input; for the screen of whoever owns it, not for the log.
        place: Below the output folder; None where it was not written.
    """

    source: Path
    state: State
    reasons: tuple[str, ...] = ()
    place: PurePosixPath | None = None


@dataclass(slots=True)
class Report:
    """A run that has ended.

    Attributes:
        other: Files that are not DICOM, which were not copied.
        problems: Folders that could not be entered.
    """

    out: Path
    log: Path
    files: list[FileResult] = field(default_factory=list)
    other: int = 0
    problems: tuple[str, ...] = ()
    is_cancelled: bool = False

    def count(self, state: State) -> int:
        """Files that ended so."""
        return sum(told.state is state for told in self.files)


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file in the log. A file that was not written is known by its number in the input."""

    number: int
    state: str
    file: str = ""
    reasons: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, int], ...] = ()


def default_key() -> Path:
    """Where the key lies unless another is named: with what is this user's own."""
    return data_folder() / "deidentify.key"


def load_key(path: Path, out: Path) -> bytes:
    """Read the key, or make one that only this user may read.

    Raises:
        UsageError: It lies in the output, others may read it, or it is no key.
        OutputFailed: A new one could not be written.
    """
    if _is_within(path, out):
        raise UsageError(
            f"The key {path} would lie in the output, which is to be given away. Choose another."
        )
    if not path.exists():
        write_whole(path, secrets.token_bytes(KEY_LENGTH).hex().encode() + b"\n")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise UsageError(f"Others may read the key {path}. Run chmod 600 on it first.")
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no key of this program. Name another or none.") from error
    if len(key) != KEY_LENGTH:
        raise UsageError(f"{path} is no key: it has {len(key)} bytes and not {KEY_LENGTH}.")
    return key


def default_log(out: Path) -> Path:
    """Beside the output, not in it: the log belongs to whoever keeps the source."""
    return out.with_name(out.name + ".log.json")


def check_places(source: Path, out: Path, log: Path) -> None:
    """See that nothing of the input can be touched and that the log stays out of the output.

    Raises:
        UsageError: They lie in one another.
    """
    if not source.exists():
        raise UsageError(f"{source} does not exist. Check the path.")
    folder = source if source.is_dir() else source.parent
    if _is_within(folder, out) or _is_within(out, folder):
        raise UsageError(
            f"{source} and {out} lie in one another. Choose an output folder beside the input."
        )
    if _is_within(log, folder):
        raise UsageError(f"The log {log} would lie in the input. Choose another place.")


def run(source: Path, out: Path, request: Request, log: Path, watch: Watch) -> Report:
    """De-identify everything under a path.

    Args:
        source: A file or folder; only read.
        out: Folder of the results; files of the same names are replaced.
        watch: Called as it goes on.

    Returns:
        What became of each file. Ctrl-C ends it early; what is written by then is whole.

    Raises:
        UsageError: The places lie in one another.
        NothingRead: There is no DICOM file.
        OutputFailed: The disk is full, or the folder cannot be written to.
    """
    check_places(source, out, log)
    report = Report(out, log)
    entries: list[_Entry] = []
    try:
        files = _dicom_files(source, report)
        if not files:
            raise NothingRead(f"There is no DICOM file under {source}. Check the path.")
        request = replace(request, renamed=_renamed(files, request))
        _run_files(files, request, report, entries, watch)
    except KeyboardInterrupt:
        report.is_cancelled = True
        _drop_unwritten(report, entries)
    finally:
        if entries:
            write_whole(log, _log(report, request, entries))
    return report


def _dicom_files(source: Path, report: Report) -> list[Path]:
    files, problems = walk([source])
    report.problems = tuple(problem.sentence for problem in problems)
    chosen = []
    for path in files.values():
        try:
            is_dicom = recognises(head(path))
        except OSError:
            report.files.append(FileResult(path, State.REFUSED, ("it cannot be read",)))
            continue
        if is_dicom:
            chosen.append(path)
        else:
            report.other += 1
    return chosen


def _renamed(files: Sequence[Path], request: Request) -> frozenset[str]:
    """Instances whose pixels will change: references to them must lead to what they become."""
    if not request.regions and not request.devices.rows:
        return frozenset()
    found = (regions_of(path, request) for path in files)
    return frozenset(uid for uid, regions in found if uid and regions)


def _run_files(
    files: Sequence[Path], request: Request, report: Report, entries: list[_Entry], watch: Watch
) -> None:
    begin = time.monotonic()
    taken: Counter[PurePosixPath] = Counter()
    for done, path in enumerate(files):
        elapsed = time.monotonic() - begin
        watch(done, len(files), elapsed / done * (len(files) - done) if done else None)
        outcome = deidentify(path, request)
        is_written = outcome.state is State.WRITTEN
        place = _free(outcome.place, taken) if is_written else None
        # Told before it is written: a stop in between must not leave a file that no log knows.
        report.files.append(FileResult(path, outcome.state, outcome.reasons, place))
        entries.append(_entry(done + 1, outcome, place))
        if place is not None:
            write_whole(report.out / place, outcome.data)
    watch(len(files), len(files), 0.0)


def _drop_unwritten(report: Report, entries: list[_Entry]) -> None:
    """Take back what was told of a file that a stop kept from being written."""
    last = report.files[-1] if report.files else None
    if last is None or last.place is None or (report.out / last.place).exists():
        return
    report.files.pop()
    if entries and entries[-1].file == str(last.place):
        entries.pop()


def _free(place: PurePosixPath, taken: Counter[PurePosixPath]) -> PurePosixPath:
    """A name of its own for the second file that bears one SOP Instance UID."""
    taken[place] += 1
    count = taken[place]
    return place if count == 1 else place.with_name(f"{place.stem}_{count}{place.suffix}")


def _entry(number: int, outcome: Outcome, place: PurePosixPath | None) -> _Entry:
    return _Entry(
        number,
        outcome.state.value,
        "" if place is None else str(place),
        outcome.reasons,
        tuple((name, what, count) for (name, what), count in sorted(outcome.changes.items())),
    )


def _log(report: Report, request: Request, entries: Sequence[_Entry]) -> bytes:
    options = [PROFILE, *(OPTIONS[name] for name in OPTIONS if name in request.kept)]
    about = {
        "program": f"MedImg Workstation {__version__}",
        "profile": [f"{option.code} {option.meaning}" for option in options],
        "cancelled": report.is_cancelled,
        "not_dicom": report.other,
        "counts": {state.value: report.count(state) for state in State},
    }
    lines = b",\n".join(msgspec.json.encode(entry) for entry in entries)
    return msgspec.json.encode(about)[:-1] + b',"files":[\n' + lines + b"\n]}\n"


def _is_within(path: Path, folder: Path) -> bool:
    inner, outer = path.resolve(), folder.resolve()
    return inner == outer or outer in inner.parents
