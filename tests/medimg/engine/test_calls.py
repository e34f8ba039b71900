"""A plain script makes the five calls; its own process stays free of models and codecs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SCRIPT = """
import sys
import medimg
from medimg.values.errors import InputRefused, UsageError

seen = []
for series in medimg.scan(sys.argv[1]).series:
    volume = medimg.read(series)
    try:
        analysis = medimg.analyse(volume, "tiny-bright", explain=(), progress=seen.append)
        print("found", len(analysis.regions), analysis.series.label, len(seen) > 2)
    except InputRefused as error:
        print("refused", error)
try:
    medimg.analyse(volume, "tiny-brigth")
except medimg.MedimgError as error:
    print("unknown", error)
print("torch" in sys.modules, "monai" in sys.modules)
"""


def test_script(root: Path, tmp_path: Path) -> None:
    """No main guard, no torch in the parent; errors carry the sentence of the child."""
    image = np.random.default_rng(0).integers(0, 60, (64, 64)).astype(np.uint8)
    Image.fromarray(image * 0).save(tmp_path / "a-blank.png")
    image[16:56, 24:44] += 180
    Image.fromarray(image).save(tmp_path / "film.png")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    refused, found, unknown, modules = done.stdout.splitlines()
    assert refused.startswith("refused") and "blank" in refused
    assert found.startswith("found 1") and found.endswith("True")
    assert 'Did you mean "tiny-bright"' in unknown
    assert modules == "False False"
    assert list((root / "tmp").glob("medimg-run-*")) == []
