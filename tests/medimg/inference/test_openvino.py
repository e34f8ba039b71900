"""OpenVINO computes what torch computes, from a network that was converted once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medimg.inference.backends import conversion, open_runner
from medimg.inference.backends import openvino as backend
from medimg.inference.backends import torch as torch_backend
from medimg.inference.backends.conversion import NotConvertible, converted
from medimg.inference.predict import forward
from medimg.inference.vector_check import prove
from medimg.packages.catalogue import find
from medimg.packages.manifest import Package
from tests.tiny_packages import bright, compose, many_calls, write

SHIPPED = ("chest-xray-opacity", "chest-xray-lungs", "brain-mri-glioma")


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of conversions of its own."""
    monkeypatch.setattr(conversion, "data_folder", lambda: tmp_path / "data")
    backend._open.cache_clear()
    return tmp_path / "data" / "converted"


def image_of(package: Package, batch: int) -> np.ndarray:
    shape = (192, 192) if package.id == "brain-mri-glioma" else (224, 224)
    return np.random.default_rng(2).random((batch, 1, *shape), dtype=np.float32)


@pytest.mark.parametrize("package_id", SHIPPED)
def test_a_shipped_package_answers_as_on_torch(package_id: str) -> None:
    package = find(package_id)
    image = image_of(package, 3)
    runner, reference = open_runner(package, "cpu"), torch_backend.open(package, "cpu")
    expected = reference.run(image)
    for given in (image, image[1:2]):
        found = runner.run(given)
        limit = 1e-4 * float(np.abs(expected).max())
        assert found == pytest.approx(expected if len(given) == 3 else expected[1:2], abs=limit)
    assert runner.describe().name == "openvino"
    assert prove(package, runner).is_good


def test_the_precision_is_always_given() -> None:
    """Without the hint the processor chooses, and bfloat16 is three digits."""
    for options in (backend._ONE, backend._MANY):
        assert options["INFERENCE_PRECISION_HINT"] == "f32"


def test_a_network_is_converted_once_for_each_size(tmp_path: Path, kept: Path) -> None:
    package = bright(tmp_path)
    first = converted(package, (1, 32, 32))
    before = first.stat().st_mtime_ns
    assert converted(package, (1, 32, 32)) == first and first.stat().st_mtime_ns == before
    other = converted(package, (1, 16, 32))
    assert other != first and len(list((kept / package.id).iterdir())) == 2


def test_other_weights_are_another_conversion(tmp_path: Path) -> None:
    first, second = bright(tmp_path / "a"), many_calls(tmp_path / "b")
    keys = {conversion.key_of(package, (1, 32, 32)) for package in (first, second)}
    assert len(keys) == 2


def test_old_conversions_go(tmp_path: Path, kept: Path) -> None:
    package = bright(tmp_path)
    for side in range(8, 8 + 2 * conversion.KEPT):
        converted(package, (1, side, side))
    assert len(list((kept / package.id).iterdir())) == conversion.KEPT


def test_a_conversion_that_fails_leaves_nothing(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = bright(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(conversion.openvino, "save_model", full)
    with pytest.raises(OSError, match="No space"):
        converted(package, (1, 32, 32))
    assert list((kept / package.id).iterdir()) == []


def test_a_network_that_computes_something_else_afterwards_is_run_by_torch(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = bright(tmp_path)
    monkeypatch.setattr(conversion, "TOLERANCE", -1.0)
    with pytest.raises(NotConvertible, match="another answer"):
        converted(package, (1, 32, 32))
    runner = open_runner(package, "cpu")
    image = np.linspace(0, 1, 1024, dtype=np.float32).reshape(1, 1, 32, 32)
    assert runner.run(image) == pytest.approx(40 * image - 20, abs=1e-4)
    assert runner.describe().name == "torch"
    assert not kept.exists() or not any(kept.rglob("*.xml"))


def test_a_batch_keeps_its_order(tmp_path: Path) -> None:
    runner = open_runner(bright(tmp_path), "cpu")
    images = np.random.default_rng(0).random((9, 1, 32, 32), dtype=np.float32)
    assert runner.run(images) == pytest.approx(40 * images - 20, abs=1e-4)


def test_a_volume_is_converted_too(tmp_path: Path) -> None:
    config = {
        "network_def": {
            "_target_": "torch.nn.Conv3d",
            **{"in_channels": 1, "out_channels": 2, "kernel_size": 3, "padding": 1},
        },
        "preprocessing": compose(),
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [8, 16, 16]},
    }
    package = write(tmp_path, "volume", config, kind="stack")
    image = np.random.default_rng(0).random((1, 20, 24, 24), dtype=np.float32)
    ours, _ = forward(package, open_runner(package, "cpu"), image)
    theirs, _ = forward(package, torch_backend.open(package, "cpu"), image)
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_nothing_is_reported_to_anybody(tmp_path: Path) -> None:
    """The maker's telemetry is not loaded, and no socket is connected, converting or running."""
    package = bright(tmp_path)
    code = f"""
import socket, sys
def connect(*_):
    raise SystemExit("a socket was connected")
socket.socket.connect = socket.socket.connect_ex = connect
from pathlib import Path
import numpy as np
from medimg.inference.backends import conversion, openvino
from medimg.packages.manifest import load
conversion.data_folder = lambda: Path({str(tmp_path / "data")!r})
runner = openvino.open(load(Path({str(package.folder)!r})))
runner.run(np.zeros((2, 1, 32, 32), np.float32))
assert sys.modules.get("openvino_telemetry") is None
print(runner.describe().name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip().splitlines()[-1:] == ["openvino"], done.stderr


def test_a_shipped_package_answers_without_torch_and_monai(tmp_path: Path) -> None:
    """Once converted, nothing of a run loads them: they take seconds."""
    package = bright(tmp_path)
    converted(package, (1, 32, 32))
    code = f"""
import sys
from pathlib import Path
import numpy as np
from medimg.inference import tasks
from medimg.inference.backends import conversion
from medimg.inference.tasks.task import Question
from medimg.packages.manifest import load
from tests_film import film
conversion.data_folder = lambda: Path({str(tmp_path / "data")!r})
question = Question(film(), load(Path({str(package.folder)!r})))
conclusion = tasks.conclude(question.volume, tasks.answer(question))
print(len(conclusion.findings), len(conclusion.regions), {{"torch", "monai"}} & set(sys.modules))
"""
    plain = """
import numpy as np
from medimg.values.geometry import Geometry
from medimg.values.series import Frame, Series
from medimg.values.volume import Unit, Volume
def film():
    image = np.zeros((1, 64, 64), np.uint8)
    image[0, 16:56, 24:44] = 240
    series = Series(id="film", label="PA", format="picture", modality="DX",
                    frames=(Frame("film.png"),), geometry=Geometry(image.shape))
    return Volume(image, Unit.ARBITRARY, series)
"""
    (tmp_path / "tests_film.py").write_text(plain)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "1 1 set()", done.stderr
