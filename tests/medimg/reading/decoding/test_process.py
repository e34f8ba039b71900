"""Codecs that crash, take too much or never end cost one file; the next one is decoded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

from medimg.reading import read, scan
from medimg.reading.decoding.process import Decoder
from medimg.reading.decoding.wire import Order
from medimg.reading.found import Unusable
from tests.phantoms import axial, save, write_deadly_stack, write_stack


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """An honest order: 1 024 x 1 024 pixels of noise as JPEG 2000."""
    dataset = axial(0)
    noise = np.random.default_rng(1).integers(0, 4096, (1024, 1024), np.int16)
    dataset.Rows, dataset.Columns = noise.shape
    dataset.PixelData = noise.tobytes()
    dataset.compress(JPEG2000Lossless)
    path = save(dataset, tmp_path / "honest.dcm")
    return Order("dicom", str(path), (0,), memory_bytes=256 << 20, cpu_s=30.0)


def _says(decoder: Decoder, order: Order) -> tuple[str, str]:
    """Kind and sentence of the problem that an order ends with."""
    with pytest.raises(Unusable) as caught:
        list(decoder.decode(order))
    problem = caught.value.problem
    assert problem.files == (order.file,)
    return problem.kind, problem.sentence


def test_a_codec_that_crashes_costs_one_slice_of_a_series(tmp_path: Path) -> None:
    write_deadly_stack(tmp_path)
    (series,) = scan(tmp_path).series
    volume = read(series)
    assert volume.array.shape[0] == 4
    kinds = {problem.kind: problem for problem in volume.problems}
    assert [Path(f).name for f in kinds["decoder-crashed"].files] == ["002.dcm"]
    assert [Path(f).name for f in kinds["missing-slice"].files] == ["002.dcm"]


def test_plain_files_need_no_process(tmp_path: Path) -> None:
    write_stack(tmp_path, count=2)
    script = (
        "import sys, medimg\n"
        "from medimg.reading.decoding import process\n"
        "medimg.read(medimg.scan(sys.argv[1]).series[0])\n"
        "print(process.process_ids())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout == "()\n"


def test_one_process_serves_many_files(decoder: Decoder, order: Order) -> None:
    first = [array.copy() for array in decoder.decode(order)]
    process_id = decoder.process_id
    second = list(decoder.decode(order))
    assert decoder.process_id == process_id
    assert (first[0] == second[0]).all() and first[0].shape == (1024, 1024)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_file_larger_than_the_memory_given_costs_one_file(decoder: Decoder, order: Order) -> None:
    kind, sentence = _says(decoder, replace(order, memory_bytes=1 << 20))
    assert kind in ("too-large", "decoder-crashed", "decode-failed") and "honest.dcm" in sentence
    assert len(list(decoder.decode(order))) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_frame_larger_than_the_memory_given_costs_one_file(
    decoder: Decoder, order: Order, tmp_path: Path
) -> None:
    """A small file that opens to 32 MB: more than an earlier order can have left in the process."""
    dataset = axial(0)
    dataset.Rows = dataset.Columns = 4096
    dataset.PixelData = bytes(2 * 4096 * 4096)
    dataset.compress(JPEGLSLossless)
    path = save(dataset, tmp_path / "large.dcm")
    assert path.stat().st_size < 1 << 20
    large = replace(order, file=str(path))
    kind, sentence = _says(decoder, replace(large, memory_bytes=5 << 20))
    assert kind in ("too-large", "decoder-crashed", "decode-failed") and "large.dcm" in sentence
    assert len(list(decoder.decode(large))) == 1


def test_no_end_costs_one_file(decoder: Decoder, order: Order) -> None:
    kind, sentence = _says(decoder, replace(order, cpu_s=0.01))
    assert kind == "decoder-crashed" and "did not come to an end" in sentence
    assert len(list(decoder.decode(order))) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_decoder_goes_with_the_program_that_is_killed(order: Order) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from medimg.reading.decoding import process\n"
        "size = 1 << 21\n"
        "path = Path(sys.argv[1])\n"
        "list(process.decode('dicom', path, [0], frame_bytes=size, all_bytes=size))\n"
        "print(*process.process_ids(), flush=True)\n"
        "time.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script, order.file], stdout=subprocess.PIPE)
    assert program.stdout is not None
    with program.stdout as words:
        decoder_id = int(words.readline())
    os.kill(decoder_id, 0)  # it lives
    program.kill()
    program.wait()
    deadline = time.monotonic() + 10
    while _lives(decoder_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(decoder_id)


def _lives(process_id: int) -> bool:
    """Whether a process is there and no mere entry that nobody has asked after."""
    status = Path(f"/proc/{process_id}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
