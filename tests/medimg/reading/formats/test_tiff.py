"""TIFF: every page and every bit, by two writers and two decoders; no millimetres."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from medimg.reading import read, scan
from medimg.values.problems import Stops
from medimg.values.volume import Unit, Volume
from tests.medimg.reading.truth import kinds

RAMP = np.add.outer(np.arange(20) * 9, np.arange(30)).astype(np.uint8)
DEEP = RAMP.astype(np.uint16) * 150
PAGES = np.stack([DEEP + page for page in range(12)])


def _write(path: Path, array: np.ndarray, **how: Any) -> Path:
    how = {"photometric": "minisblack", "metadata": None, "software": False} | how
    tifffile.imwrite(path, array, **how)
    return path


def _read(path: Path) -> Volume:
    return read(scan(path).series[0])


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [True, False])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_pages_are_a_stack(
    tmp_path: Path, compression: str | None, bigtiff: bool, byteorder: str
) -> None:
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path, bigtiff=bigtiff, byteorder=byteorder) as file:
        for page in PAGES:
            file.write(page, compression=compression, photometric="minisblack", metadata=None)
    (series,) = scan(path).series
    assert (read(series).array == PAGES).all()
    assert {p.kind for p in series.problems} == {"stack-without-spacing"}
    assert series.stops(Stops.VOLUME) and not series.geometry.plane_spacing.is_known


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate", "packbits"])
@pytest.mark.parametrize("array", [RAMP, DEEP, DEEP.astype(np.int32) - 9000], ids=["8", "16", "32"])
def test_written_by_pillow(tmp_path: Path, array: np.ndarray, compression: str | None) -> None:
    Image.fromarray(array).save(tmp_path / "x.tif", compression=compression)
    volume = _read(tmp_path / "x.tif")
    assert (volume.array[0] == array).all() and volume.unit is Unit.ARBITRARY


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint32, np.float32, np.float64])
def test_kinds_of_numbers(tmp_path: Path, kind: type) -> None:
    array = (RAMP.astype(np.int16) - 100).astype(kind)
    path = _write(tmp_path / "x.tif", array)
    assert (_read(path).array[0] == array).all()


def test_not_numbers_are_counted(tmp_path: Path) -> None:
    array = RAMP.astype(np.float32)
    array[0, :3] = np.nan, np.inf, -np.inf
    volume = _read(_write(tmp_path / "x.tif", array))
    (problem,) = volume.problems
    assert problem.kind == "non-finite" and "3 of 600" in problem.sentence
    assert volume.padding is not None and volume.padding.sum() == 3


@pytest.mark.parametrize("array", [RAMP, DEEP], ids=["8", "16"])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_low_is_white_keeps_its_values_and_its_polarity(
    tmp_path: Path, array: np.ndarray, compression: str | None
) -> None:
    """Stored values are kept by both decoders; the polarity is turned where it is shown."""
    path = _write(tmp_path / "x.tif", array, photometric="miniswhite")
    if compression:  # tifffile alone writes no LZW: Pillow does, and the tag is set afterwards
        Image.fromarray(array).save(path, compression="tiff_lzw")
        with tifffile.TiffFile(path, mode="r+b") as file:
            file.pages[0].tags["PhotometricInterpretation"].overwrite(0)
    volume = _read(path)
    assert (volume.array[0] == array).all()
    assert volume.is_inverted and kinds(scan(path)) == {"min-is-white"}


def test_one_bit(tmp_path: Path) -> None:
    for name, how in {"a": {}, "b": {"compression": "group4"}}.items():
        Image.fromarray(RAMP > 90).save(tmp_path / f"{name}.tif", **how)
        volume = _read(tmp_path / f"{name}.tif")
        assert (volume.array[0] == (RAMP > 90) * 255).all()
        assert [p.kind for p in volume.problems if p.kind != "min-is-white"] == ["few-bits"]


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour(tmp_path: Path, planar: str) -> None:
    rgb = np.stack([RAMP, RAMP // 2, RAMP // 3], axis=0 if planar == "separate" else -1)
    path = _write(tmp_path / "x.tif", rgb, photometric="rgb", planarconfig=planar)
    volume = _read(path)
    assert volume.unit is Unit.COLOUR
    assert (volume.array[0, ..., 1] == RAMP // 2).all()


def test_deep_colour_is_grey_or_says_what_is_lost(tmp_path: Path) -> None:
    grey = _read(_write(tmp_path / "a.tif", np.stack([DEEP] * 3, -1), photometric="rgb"))
    assert (grey.array[0] == DEEP).all() and not grey.problems
    colour = np.stack([DEEP, DEEP, DEEP // 2], -1)
    volume = _read(_write(tmp_path / "b.tif", colour, photometric="rgb"))
    assert [p.kind for p in volume.problems] == ["colour-reduced"]
    assert (volume.array[0] == colour >> 8).all()


def test_palette_gives_colours_not_indices(tmp_path: Path) -> None:
    picture = Image.fromarray((RAMP % 2).astype(np.uint8), "P")
    picture.putpalette([10, 20, 30, 200, 100, 50])
    for name, how in {"a": {}, "b": {"compression": "tiff_lzw"}}.items():
        picture.save(tmp_path / f"{name}.tif", **how)
        assert _read(tmp_path / f"{name}.tif").array[0, 0, :2].tolist() == [
            [10, 20, 30],
            [200, 100, 50],
        ]


def test_alpha_is_left_out_and_told(tmp_path: Path) -> None:
    rgba = np.stack([RAMP, RAMP // 2, RAMP // 3, RAMP * 0], -1)
    path = _write(tmp_path / "x.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])
    volume = _read(path)
    assert [p.kind for p in volume.problems] == ["alpha-ignored"]
    assert (volume.array[0] == rgba[..., :3]).all()


def test_jpeg_inside(tmp_path: Path) -> None:
    rgb = np.stack([RAMP, RAMP // 2, RAMP // 3], -1)
    Image.fromarray(rgb).save(tmp_path / "x.tif", compression="jpeg", quality=95)
    volume = _read(tmp_path / "x.tif")
    assert "lossy" in {p.kind for p in volume.problems} and volume.series.lossy_ratio == 0.0
    assert np.abs(volume.array[0].astype(int) - rgb).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_turned_upright_by_both_decoders(
    tmp_path: Path, orientation: int, compression: str | None
) -> None:
    path = tmp_path / "x.tif"
    Image.fromarray(RAMP).save(path, compression=compression, tiffinfo={274: orientation})
    # Written out, since Pillow itself leaves uncompressed files with 5 to 8 lying.
    half = np.rot90(RAMP, 2)
    turned = (RAMP, RAMP[:, ::-1], half, RAMP[::-1], RAMP.T, np.rot90(RAMP, -1), half.T,
              np.rot90(RAMP))  # fmt: skip
    expected = turned[orientation - 1]
    series = scan(path).series[0]
    assert series.geometry.shape[1:] == expected.shape
    assert (read(series).array[0] == expected).all()
    assert ("exif-rotated" in {p.kind for p in series.problems}) == (orientation != 1)


def test_dots_per_inch_are_no_millimetres(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.tif", DEEP, resolution=(2540, 2540), resolutionunit="inch")
    volume = _read(path)
    assert kinds(scan(path)) == {"dpi-ignored"}
    assert not volume.series.geometry.plane_spacing.is_known


def test_smaller_copies_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(DEEP, metadata=None)
        file.write(DEEP[::2, ::2], subfiletype=1, metadata=None)
    found = scan(path)
    (series,) = found.series
    assert series.geometry.shape == (1, 20, 30) and kinds(found) == {"several-resolutions"}


def test_pages_of_two_sizes_are_two_series(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    with tifffile.TiffWriter(path) as file:
        for page in (DEEP, DEEP[:10], DEEP + 1):
            file.write(page, metadata=None)
    found = scan(path)
    assert [s.geometry.shape for s in found.series] == [(2, 20, 30), (1, 10, 30)]
    assert (read(found.series[0]).array[1] == DEEP + 1).all()
    assert all("split" in {p.kind for p in series.problems} for series in found.series)


def test_one_page_that_stands_for_many_is_refused(tmp_path: Path) -> None:
    """ImageJ keeps a large stack behind one directory; reading one page would drop the rest."""
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, PAGES, imagej=True)
    with tifffile.TiffFile(path) as file:
        n_pages = len(file.pages)
    found = scan(path)
    if n_pages == 1:
        assert kinds(found) == {"unsupported"} and "12 images" in found.problems[0].sentence
    else:
        assert (read(found.series[0]).array == PAGES).all()
    tifffile.imwrite(path, PAGES, metadata={}, truncate=True)
    found = scan(path)
    assert kinds(found) == {"unsupported"} and "12 images" in found.problems[0].sentence


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_cut_files(tmp_path: Path, compression: str | None) -> None:
    noise = np.random.default_rng(0).integers(0, 1 << 16, (12, 50, 60)).astype(np.uint16)
    path = _write(tmp_path / "x.tif", noise, compression=compression)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    found = scan(path)
    assert kinds(found) == {"truncated"} and not found.series


def test_a_chain_that_runs_in_a_circle(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.tif", RAMP)
    raw = bytearray(path.read_bytes())
    (first,) = struct.unpack_from("<L", raw, 4)
    (count,) = struct.unpack_from("<H", raw, first)
    struct.pack_into("<L", raw, first + 2 + 12 * count, first)
    path.write_bytes(bytes(raw))
    assert kinds(scan(path)) == {"decode-failed"}


def test_huge_declaration_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.tif", RAMP)
    with tifffile.TiffFile(path, mode="r+b") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages[0].tags[name].overwrite(60_000)
    assert kinds(scan(path)) <= {"too-large", "truncated"} and kinds(scan(path))


def test_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    Image.fromarray(np.zeros((2000, 2000), np.uint8)).save(path, compression="tiff_deflate")
    with tifffile.TiffFile(path, mode="r+b") as file:
        for name in ("ImageWidth", "ImageLength"):
            file.pages[0].tags[name].overwrite(60_000)
    (problem,) = scan(path).problems
    assert problem.kind == "too-large" and "3.6 GB" in problem.sentence
