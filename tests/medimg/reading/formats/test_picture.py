"""PNG and JPEG: every bit, upright, no millimetres."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg.reading import read, scan
from medimg.values.errors import InputRefused
from medimg.values.volume import Unit, Volume

RAMP = np.add.outer(np.arange(20) * 9, np.arange(30)).astype(np.uint8)


def _read(path: Path) -> Volume:
    return read(scan(path).series[0])


def _kinds(volume: Volume) -> list[str]:
    return [problem.kind for problem in volume.problems]


def test_grey(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    volume = _read(tmp_path / "x.png")
    assert (volume.array[0] == RAMP).all()
    assert _kinds(volume) == []
    assert not volume.series.geometry.plane_spacing.is_known


def test_sixteen_bits(tmp_path: Path) -> None:
    deep = RAMP.astype(np.uint16) * 150
    Image.fromarray(deep).save(tmp_path / "x.png")
    volume = _read(tmp_path / "x.png")
    assert (volume.array[0] == deep).all() and volume.array.dtype == np.uint16


def test_one_bit(tmp_path: Path) -> None:
    Image.fromarray(RAMP > 90).save(tmp_path / "x.png")
    assert set(np.unique(_read(tmp_path / "x.png").array)) == {0, 255}


def test_palette_gives_colours_not_indices(tmp_path: Path) -> None:
    picture = Image.fromarray((RAMP % 2).astype(np.uint8), "P")
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.save(tmp_path / "x.png")
    volume = _read(tmp_path / "x.png")
    assert volume.unit is Unit.COLOUR
    assert volume.array[0, 0, :2].tolist() == [[10, 20, 30], [200, 100, 50]]


def test_grey_saved_as_colour_is_grey(tmp_path: Path) -> None:
    Image.fromarray(np.stack([RAMP] * 3, axis=-1)).save(tmp_path / "x.png")
    volume = _read(tmp_path / "x.png")
    assert volume.unit is Unit.ARBITRARY and (volume.array[0] == RAMP).all()


def test_alpha_is_left_out_and_told(tmp_path: Path) -> None:
    alpha = np.zeros_like(RAMP)
    Image.merge("LA", [Image.fromarray(RAMP), Image.fromarray(alpha)]).save(tmp_path / "x.png")
    volume = _read(tmp_path / "x.png")
    assert (volume.array[0] == RAMP).all()
    assert _kinds(volume) == ["alpha-ignored"]


def test_deep_colour_keeps_all_bits(tmp_path: Path) -> None:
    """48-bit PNG with equal channels: a 16-bit grey picture."""
    deep = RAMP.astype(np.uint16) * 150
    rows = b"".join(b"\0" + np.stack([row] * 3, axis=-1).astype(">u2").tobytes() for row in deep)
    chunks = [(b"IHDR", struct.pack(">LLBBBBB", 30, 20, 16, 2, 0, 0, 0)),
              (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]  # fmt: skip
    raw = b"".join(
        struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))
        for name, body in chunks
    )
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + raw)
    volume = _read(tmp_path / "x.png")
    assert volume.array.dtype == np.uint16 and (volume.array[0] == deep).all()


def test_dots_per_inch_are_no_millimetres(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png", dpi=(2540, 2540))
    volume = _read(tmp_path / "x.png")
    assert _kinds(volume) == ["dpi-ignored"]
    assert not volume.series.geometry.plane_spacing.is_known


def test_turned_upright_as_exif_says(tmp_path: Path) -> None:
    picture = Image.fromarray(RAMP)
    exif = picture.getexif()
    exif[0x0112] = 6  # turn right
    picture.save(tmp_path / "x.jpg", exif=exif, quality=100)
    series = scan(tmp_path / "x.jpg").series[0]
    assert series.geometry.shape == (1, 30, 20)
    volume = read(series)
    assert np.abs(volume.array[0].astype(int) - np.rot90(RAMP, -1)).max() <= 3
    assert "exif-rotated" in _kinds(volume)


def test_cmyk_is_read_in_colour(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=100)
    red, green, blue = _read(tmp_path / "x.jpg").array[0, 4, 4].astype(int)
    assert red > 240 and green < 15 and blue < 15


def test_jpeg_says_that_it_is_lossy(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.jpg")
    volume = _read(tmp_path / "x.jpg")
    assert _kinds(volume) == ["lossy"] and volume.series.lossy_ratio == 0.0


def test_wrong_suffix_is_a_note(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / "x.jpg")
    assert _kinds(_read(tmp_path / "x.jpg")) == ["suffix-wrong"]


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_cut_picture_is_told_and_never_filled(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    (problem,) = scan(path).problems
    assert (problem.kind, problem.files) == ("truncated", (path.name,))


def test_damaged_inside_is_refused_when_read(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99), np.uint8)).save(path)
    raw = bytearray(path.read_bytes())
    raw[400:600] = bytes(200)
    path.write_bytes(bytes(raw))
    with pytest.raises(InputRefused, match=r"x\.png cannot be decoded"):
        read(scan(path).series[0])


def test_bomb_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    header = struct.pack(">LLBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    raw = b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + chunk
    raw += struct.pack(">L", zlib.crc32(chunk)) + bytes(4) + b"IEND" + bytes(4)
    (tmp_path / "x.png").write_bytes(raw)
    (problem,) = scan(tmp_path).problems
    assert problem.kind == "too-large" and "3.6 GB" in problem.sentence
