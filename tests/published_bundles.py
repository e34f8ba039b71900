"""Every published bundle beside the checkout: what it asks for, and whether it runs here.

`python -m tests.published_bundles` prints the table. `--run` gives three of them random weights,
imports them and runs them over real studies by `medimg analyse`, with seconds and peak memory.
Random weights show that the whole way runs, and nothing of what a trained model would find.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from medimg.inference.bundles.planning import assess
from medimg.inference.configuration import build
from tests.sources import ROOT

DATA = ROOT.parent / "shared" / "data"
ZOO = DATA / "monai-model-zoo"
#: Bundle: the study that it is run on.
RUNS = {
    "spleen_ct_segmentation": "volumes/ct-totalsegmentator/example_ct.nii.gz",
    "brats_mri_segmentation": "volumes/brats18/Brats18_2013_2_1",
    "wholeBody_ct_segmentation": "volumes/ct-totalsegmentator/example_ct_sm.nii.gz",
}


def table() -> None:
    """Print one line per bundle."""
    for folder in sorted(path for path in ZOO.iterdir() if path.is_dir()):
        row = assess(folder)
        state = "runs" if row.is_runnable else "needs weights" if row.plan else "refused"
        print(f"{folder.name:42} {state:14} {row.reason}")


def with_random_weights(name: str, folder: Path) -> Path:
    """A copy of a bundle with seeded weights."""
    plan = assess(ZOO / name).plan
    assert plan
    made = folder / name
    for part in ("configs", "docs"):
        (made / part).mkdir(parents=True)
        for file in (ZOO / name / part).iterdir():
            (made / part / file.name).write_bytes(file.read_bytes())
    (made / "models").mkdir()
    torch.manual_seed(0)
    torch.save({"model": build(plan.network).state_dict()}, made / "models" / "model.pt")
    return made


def run(name: str, study: Path, folder: Path) -> str:
    """Import and analyse; one line with what came of it."""
    environment = os.environ | {"XDG_DATA_HOME": str(folder / "data")}
    medimg = [sys.executable, "-m", "medimg.cli.main"]
    bundle = with_random_weights(name, folder)
    done = subprocess.run(
        [*medimg, "packages", "import", str(bundle), "--json"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        return f"{name}: {done.stderr.strip()}"
    package = json.loads(done.stdout)["package"]
    begun = time.monotonic()
    words = ["analyse", str(study), "--package", package, "--out", str(folder / "out"), "--json"]
    done = subprocess.run([*medimg, *words], env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - begun
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    told = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    rows = [
        (row["state"], row.get("reason", ""))
        for row in told.get("results", [])
        if row["state"] != "refused"
    ]
    return f"{name}: {rows or done.stderr[-300:] or told} in {seconds:.0f} s, peak {peak_mb:.0f} MB"


def main() -> None:
    """Print the table, or run three."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", nargs="*", metavar="NAME", help="run these with random weights")
    args = parser.parse_args()
    if args.run is None:
        table()
        return
    for name in args.run or RUNS:
        with tempfile.TemporaryDirectory() as folder:
            print(run(name, DATA / RUNS[name], Path(folder)), flush=True)


if __name__ == "__main__":
    main()
