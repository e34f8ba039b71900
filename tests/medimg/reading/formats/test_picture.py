"""PNG and JPEG: every bit, upright, no millimetres."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
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
    volume = _read(tmp_path / "x.png")
    assert set(np.unique(volume.array)) == {0, 255} and _kinds(volume) == ["few-bits"]


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


def _png(path: Path, columns: int, rows: int, bits: int, kind: int, body: bytes) -> Path:
    """A PNG written by hand: kinds and depths that Pillow cannot write."""
    chunks = [(b"IHDR", struct.pack(">LLBBBBB", columns, rows, bits, kind, 0, 0, 0)),
              (b"IDAT", zlib.compress(body)), (b"IEND", b"")]  # fmt: skip
    raw = b"".join(
        struct.pack(">L", len(part)) + name + part + struct.pack(">L", zlib.crc32(name + part))
        for name, part in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + raw)
    return path


def _unfiltered(pixels: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)


def test_deep_colour_keeps_all_bits(tmp_path: Path) -> None:
    """48-bit PNG with equal channels: a 16-bit grey picture."""
    deep = RAMP.astype(np.uint16) * 150
    body = _unfiltered(np.stack([deep] * 3, axis=-1))
    volume = _read(_png(tmp_path / "x.png", 30, 20, 16, 2, body))
    assert volume.array.dtype == np.uint16 and (volume.array[0] == deep).all()
    assert _kinds(volume) == []


def test_deep_colour_says_what_is_lost(tmp_path: Path) -> None:
    deep = RAMP.astype(np.uint16) * 150
    body = _unfiltered(np.stack([deep, deep, deep // 2], axis=-1))
    volume = _read(_png(tmp_path / "x.png", 30, 20, 16, 2, body))
    assert volume.unit is Unit.COLOUR and _kinds(volume) == ["colour-reduced"]


def test_deep_grey_with_alpha_keeps_all_bits(tmp_path: Path) -> None:
    """Pillow alone would cut it to 8 bits without a word."""
    deep = RAMP.astype(np.uint16) * 150 + 7
    body = _unfiltered(np.stack([deep, deep * 0], axis=-1))
    volume = _read(_png(tmp_path / "x.png", 30, 20, 16, 4, body))
    assert volume.array.dtype == np.uint16 and (volume.array[0] == deep).all()
    assert _kinds(volume) == ["alpha-ignored"]


def test_two_bits_are_spread(tmp_path: Path) -> None:
    body = b"".join(b"\0" + bytes([0b00011011]) for _ in range(4))
    volume = _read(_png(tmp_path / "x.png", 4, 4, 2, 0, body))
    assert volume.array[0, 0].tolist() == [0, 85, 170, 255]
    assert _kinds(volume) == ["few-bits"]


def test_interlaced(tmp_path: Path) -> None:
    """Adam7, each pass of 8 x 8 pixels written by hand."""
    square = RAMP[:8, :8]
    passes = (square[::8, ::8], square[::8, 4::8], square[4::8, ::4], square[::4, 2::4],
              square[2::4, ::2], square[::2, 1::2], square[1::2, :])  # fmt: skip
    body = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    path = _png(tmp_path / "x.png", 8, 8, 8, 0, body)
    raw = bytearray(path.read_bytes())
    raw[28] = 1
    raw[29:33] = struct.pack(">L", zlib.crc32(bytes(raw[12:29])))
    path.write_bytes(bytes(raw))
    assert (_read(path).array[0] == square).all()


def test_progressive(tmp_path: Path) -> None:
    Image.fromarray(RAMP).save(tmp_path / "x.jpg", progressive=True, quality=95)
    volume = _read(tmp_path / "x.jpg")
    assert np.abs(volume.array[0].astype(int) - RAMP).mean() < 3


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_several_pictures_in_one_file_are_told(tmp_path: Path, suffix: str) -> None:
    kind = "PNG" if suffix == ".png" else "MPO"
    first, second = Image.fromarray(RAMP), Image.fromarray(255 - RAMP)
    first.save(tmp_path / f"x{suffix}", kind, save_all=True, append_images=[second])
    volume = _read(tmp_path / f"x{suffix}")
    assert "several-pictures" in _kinds(volume) and "2 pictures" in str(volume.problems)
    assert np.abs(volume.array[0].astype(int) - RAMP).mean() < 3


def test_cut_behind_a_thumbnail(tmp_path: Path) -> None:
    """The thumbnail's own end is not the end of the picture."""
    thumbnail = BytesIO()
    Image.fromarray(RAMP).save(thumbnail, "JPEG")
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99), np.uint8))
    path = tmp_path / "x.jpg"
    noise.save(path, comment=thumbnail.getvalue())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    (problem,) = scan(path).problems
    assert problem.kind == "truncated"


def test_bytes_behind_the_end_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.fromarray(RAMP).save(path)
    path.write_bytes(path.read_bytes() + bytes(100_000))
    assert _kinds(_read(path)) == ["lossy"]


@pytest.mark.parametrize("name", ["GIF", "BMP", "WebP", "JPEG 2000"])
def test_pictures_that_are_not_read_are_named(tmp_path: Path, name: str) -> None:
    kind = {"JPEG 2000": "JPEG2000"}.get(name, name)
    Image.fromarray(RAMP).convert("RGB").save(tmp_path / "x", kind)
    (problem,) = scan(tmp_path).problems
    assert problem.kind == "unsupported" and name in problem.sentence


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
    assert (problem.kind, problem.files) == ("truncated", (str(path),))


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
