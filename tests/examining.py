"""Scan and read spoiled files one after another, and print a line of JSON about each.

A process of its own (`python -m tests.examining dicom 0 10000`), so that its crash is seen from
outside and its memory is its own. The last line is that memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
import traceback
from itertools import islice
from pathlib import Path

from medimg.reading import headers, read, scan
from medimg.reading.decoding.process import close, process_ids, processor_s
from medimg.values.errors import MedimgError
from tests.header_mutants import BESIDE, BESIDE_BYTES, header_mutants
from tests.mutants import dicom_mutants, picture_mutants

FAMILIES = {"dicom": dicom_mutants, "other": picture_mutants, "headers": header_mutants}


def main() -> int:
    """Examine `count` mutants of a family from number `first` on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    args = parser.parse_args()
    mutants = FAMILIES[args.family](args.first + args.count)
    decoder_mb = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in BESIDE:
            Path(folder, name).write_bytes(bytes(BESIDE_BYTES))
        for mutant in islice(mutants, args.first, None):
            path = Path(folder, mutant.name)
            path.write_bytes(mutant.data)
            if path.suffix == ".hdr":
                path.with_suffix(".img").write_bytes(bytes(BESIDE_BYTES))
            seconds, told, error = examined(path)
            who = {"name": mutant.name, "seed": mutant.seed, "how": mutant.how}
            print(json.dumps({**who, "seconds": seconds, "told": told, "error": error}), flush=True)
            path.unlink()
            decoder_mb = max([decoder_mb, *map(peak_mb, process_ids())])
    print(json.dumps({"peak_mb": peak_mb(os.getpid()), "decoder_peak_mb": decoder_mb}))
    close()
    return 0


def peak_mb(process: int) -> int:
    """Most memory that a process has had; 0 where the system does not tell.

    Not `ru_maxrss`: a child begins with its parent's.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0
    (line,) = (line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def examined(path: Path) -> tuple[float, list[str], str]:
    """Seconds of work that a file takes, what is told of it, and the error that nobody expected."""
    started = worked_s()
    told, error = outcome(path)
    return worked_s() - started, told, error


def worked_s() -> float:
    """Processor time of this process and its decoders: a busy machine does not count."""
    dead = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + dead.ru_utime + dead.ru_stime + processor_s()


def outcome(path: Path) -> tuple[list[str], str]:
    """What is told of a file by scan and read: kinds of problems, `read`, `refused`."""
    try:
        found = scan(path)
        told = [problem.kind for problem in found.problems]
        told += ["object" for _ in found.objects]
        for series in found.series:
            headers(series)
            try:
                volume = read(series)
            except MedimgError:
                told.append("refused")
                continue
            told += ["read", *(problem.kind for problem in volume.problems)]
    except Exception as error:  # noqa: BLE001 - what it is that nobody expected is asked here
        last = traceback.extract_tb(error.__traceback__)[-1]
        return [], f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {error}"
    return told, ""


if __name__ == "__main__":
    sys.exit(main())
