"""NRRD: held against SimpleITK where a space is given, never placed where none is."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as itk

from medimg.reading import read, scan
from medimg.values.errors import InputRefused
from medimg.values.volume import Unit, Volume
from tests.medimg.reading.truth import kinds

#: [slice, row, column], each value once.
VOXELS = np.arange(5 * 6 * 7, dtype="<i2").reshape(5, 6, 7)
SPACE = """space: left-posterior-superior
space directions: (0.8,0,0) (0,0.9,0) (0,0,2.5)
space origin: (-10,20,30)
"""


def _write(path: Path, lines: str, body: bytes, **changed: str) -> Path:
    fields = {"type": "short", "dimension": "3", "sizes": "7 6 5", "endian": "little",
              "encoding": "raw"} | changed  # fmt: skip
    head = "NRRD0004\n# a comment\n" + "".join(f"{k}: {v}\n" for k, v in fields.items() if v)
    path.write_bytes((head + lines + "key:=value\n\n").encode() + body)
    return path


def _read(path: Path) -> Volume:
    return read(scan(path).series[0])


def _same_as_itk(volume: Volume, path: Path) -> None:
    """Every voxel lies where the other reader has it."""
    truth = itk.ReadImage(str(path))
    index = np.indices(volume.array.shape).reshape(3, -1).T
    places = volume.series.geometry.to_mm(index)
    for place, value in zip(places, volume.array.reshape(-1), strict=True):
        assert truth[truth.TransformPhysicalPointToIndex(place)] == value


@pytest.mark.parametrize(
    ("space", "directions"),
    [
        ("left-posterior-superior", "(0.8,0,0) (0,0.9,0) (0,0,2.5)"),
        ("right-anterior-superior", "(0.8,0,0) (0,0.9,0) (0,0,2.5)"),
        ("LAS", "(0.8,0,0) (0,0.9,0) (0,0,2.5)"),
        ("LPS", "(-0.8,0,0) (0,0.9,0) (0,0,-2.5)"),
        ("RAS", "(0,0.8,0) (0,0,-0.9) (2.5,0,0)"),
        ("LPS", "(0.64,0.48,0) (-0.54,0.72,0) (0,0,2.5)"),
    ],
)
def test_every_voxel_keeps_its_place(tmp_path: Path, space: str, directions: str) -> None:
    lines = f"space: {space}\nspace directions: {directions}\nspace origin: (-10,20,30)\n"
    path = _write(tmp_path / "x.nrrd", lines, VOXELS.tobytes())
    volume = _read(path)
    assert not volume.problems
    _same_as_itk(volume, path)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("raw", bytes),
        ("gzip", gzip.compress),
        ("bzip2", bz2.compress),
        ("ascii", lambda body: " ".join(map(str, np.frombuffer(body, "<i2"))).encode()),
        ("hex", lambda body: body.hex("\n", 40).encode()),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, pack: object) -> None:
    body = pack(VOXELS.tobytes())  # type: ignore[operator]
    path = _write(tmp_path / "x.nrrd", SPACE, body, encoding=encoding)
    assert (_read(path).array == VOXELS).all()
    path.write_bytes(path.read_bytes()[: -len(body) * 4 // 10])
    (problem,) = scan(path).problems
    assert problem.kind == "truncated" and problem.files == (str(path),)


def test_big_endian(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.nrrd", SPACE, VOXELS.astype(">i2").tobytes(), endian="big")
    assert (_read(path).array == VOXELS).all()


def test_a_byte_order_that_is_not_named_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.nrrd", SPACE, VOXELS.tobytes(), endian="")
    assert kinds(scan(path)) == {"byte-order-missing"}


def test_no_space_means_no_sides(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.nrrd", "spacings: 0.8 0.9 2.5\n", VOXELS.tobytes())
    volume = _read(path)
    (problem,) = volume.problems
    assert problem.kind == "no-orientation" and "0.8 x 0.9 x 2.5 mm" in problem.sentence
    assert volume.series.geometry.affine is None and (volume.array == VOXELS).all()


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("spacings: -0.8 0.9 2.5\n", "bad-number"),
        ("spacings: 0.8 nan 2.5\n", "bad-number"),
        ("spacings: 0 0.9 2.5\n", "bad-number"),
        ("", "spacing-unknown"),
        ("space: scanner-xyz\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n", "no-orientation"),
        (SPACE.replace("(0,0.9,0)", "(0,0,0)"), "bad-orientation"),
        (SPACE.replace("(0,0.9,0)", "(0.8,0,0)"), "bad-orientation"),
        (SPACE.replace("(0,0.9,0)", "(0,1e-20,0)"), "bad-orientation"),
        (SPACE.replace("space origin: (-10,20,30)\n", ""), "origin-missing"),
        (SPACE.replace("(0,0.9,0)", "(0.3,0.9,0)"), "sheared"),
        (SPACE + 'space units: "parsec" "parsec" "parsec"\n', "no-orientation"),
    ],
)
def test_places_that_are_not_told(tmp_path: Path, lines: str, kind: str) -> None:
    path = _write(tmp_path / "x.nrrd", lines, VOXELS.tobytes())
    assert kind in kinds(scan(path))
    assert (np.sort(_read(path).array, axis=None) == np.sort(VOXELS, axis=None)).all()


def test_units_of_space(tmp_path: Path) -> None:
    lines = SPACE + 'space units: "cm" "cm" "cm"\n'
    steps = _read(_write(tmp_path / "x.nrrd", lines, VOXELS.tobytes())).series.geometry.spacing_mm
    assert steps == pytest.approx((25, 9, 8))


def test_detached_header_and_its_data_file(tmp_path: Path) -> None:
    """A data file is no image of its own, even one whose bytes look like DICOM."""
    trap = VOXELS.copy()
    trap.reshape(-1)[:4] = (8, 0, 4, 0)
    (tmp_path / "x.raw").write_bytes(trap.tobytes())
    path = _write(tmp_path / "x.nhdr", SPACE + "data file: x.raw\n", b"")
    found = scan(tmp_path)
    assert not found.problems and [s.label for s in found.series] == ["x"]
    assert (read(found.series[0]).array == trap).all()
    _same_as_itk(_read(path), path)


@pytest.mark.parametrize("named", ["../secret.raw", "{outside}", "sub/../../secret.raw", "link"])
def test_data_file_outside_the_folder_is_refused(tmp_path: Path, named: str) -> None:
    secret = tmp_path / "secret.raw"
    secret.write_bytes(VOXELS.tobytes())
    folder = tmp_path / "opened"
    folder.mkdir()
    (folder / "link").symlink_to(secret)
    named = named.format(outside=secret)
    path = _write(folder / "x.nhdr", SPACE + f"data file: {named}\n", b"")
    found = scan(path)
    assert not found.series
    assert kinds(found) == {"data-file-outside"} and named in found.problems[0].sentence


def test_data_file_with_a_name_that_is_none(tmp_path: Path) -> None:
    """A null byte in it once ended the scan."""
    found = scan(_write(tmp_path / "x.nhdr", SPACE + "data file: a\0b\n", b""))
    assert kinds(found) == {"decode-failed"}


def test_data_file_that_is_absent(tmp_path: Path) -> None:
    found = scan(_write(tmp_path / "x.nhdr", SPACE + "data file: gone.raw\n", b""))
    assert kinds(found) == {"no-pixels"} and "gone.raw" in found.problems[0].sentence


@pytest.mark.parametrize(
    "named", ["s%02d.raw 1 5 1", "LIST\n" + "\n".join(f"s0{n}.raw" for n in range(1, 6))]
)
def test_a_file_for_each_slice(tmp_path: Path, named: str) -> None:
    for place, slice_ in enumerate(VOXELS, 1):
        (tmp_path / f"s{place:02}.raw").write_bytes(slice_.tobytes())
    path = tmp_path / "x.nhdr"
    _write(path, SPACE, b"")
    path.write_bytes(
        path.read_bytes()[:-1].replace(b"key:=value\n", b"data file: ") + named.encode()
    )
    found = scan(tmp_path)
    assert len(found.series) == 1 and not found.problems
    assert (read(found.series[0]).array == VOXELS).all()


def test_lines_and_bytes_before_the_voxels(tmp_path: Path) -> None:
    (tmp_path / "x.raw").write_bytes(b"one\ntwo\n1234" + VOXELS.tobytes())
    lines = SPACE + "line skip: 2\nbyte skip: 4\ndata file: x.raw\n"
    assert (_read(_write(tmp_path / "x.nhdr", lines, b"")).array == VOXELS).all()
    lines = SPACE + "byte skip: -1\ndata file: x.raw\n"
    assert (_read(_write(tmp_path / "y.nhdr", lines, b"")).array == VOXELS).all()


@pytest.mark.parametrize("kinds_", ["RGB-color domain domain domain", "3-color space space space"])
def test_colour_first(tmp_path: Path, kinds_: str) -> None:
    rgb = np.arange(5 * 6 * 7 * 3, dtype=np.uint16).astype(np.uint8).reshape(5, 6, 7, 3)
    lines = f"kinds: {kinds_}\n" + SPACE.replace("directions:", "directions: none")
    path = _write(tmp_path / "x.nrrd", lines, rgb.tobytes(), type="uchar", dimension="4",
                  sizes="3 7 6 5")  # fmt: skip
    volume = _read(path)
    assert volume.unit is Unit.COLOUR and (volume.array == rgb).all()


@pytest.mark.parametrize("is_first", [True, False])
def test_volumes_of_one_file(tmp_path: Path, is_first: bool) -> None:
    """A list of volumes, fastest or slowest of the axes: a series each, and it is said."""
    stack = np.stack([VOXELS + 1000 * place for place in range(3)])
    stored = np.moveaxis(stack, 0, -1) if is_first else stack
    words, sizes = ("list domain domain domain", "3 7 6 5")
    lines = SPACE.replace("directions:", "directions: none")
    if not is_first:
        words, sizes = ("domain domain domain list", "7 6 5 3")
        lines = SPACE.replace("2.5)", "2.5) none")
    path = _write(tmp_path / "x.nrrd", f"kinds: {words}\n{lines}", stored.astype("<i2").tobytes(),
                  dimension="4", sizes=sizes)  # fmt: skip
    found = scan(path)
    assert [int(read(series).array[0, 0, 0]) for series in found.series] == [0, 1000, 2000]
    assert kinds(found) == {"several-volumes"}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"type": "block"}, "unsupported"),
        ({"encoding": "zrl"}, "unsupported"),
        ({"sizes": "7 6"}, "decode-failed"),
        ({"sizes": "7 6 -5"}, "decode-failed"),
        ({"sizes": "7 six 5"}, "decode-failed"),
        ({"sizes": ""}, "decode-failed"),
        ({"sizes": "30000 30000 30000"}, "too-large"),
        ({"dimension": "5", "sizes": "7 6 5 1 1"}, "unsupported"),
    ],
)
def test_headers_that_cannot_be_read(tmp_path: Path, changed: dict[str, str], kind: str) -> None:
    found = scan(_write(tmp_path / "x.nrrd", SPACE, VOXELS.tobytes(), **changed))
    assert kinds(found) == {kind} and not found.series


def test_gone_before_it_was_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.nrrd", SPACE, VOXELS.tobytes())
    (series,) = scan(path).series
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputRefused, match=r"x\.nrrd cannot be read"):
        read(series)
