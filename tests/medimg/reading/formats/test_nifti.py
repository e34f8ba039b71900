"""NIfTI: RAS becomes LPS, values are scaled, sides are never guessed."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from time import process_time
from typing import Any

import nibabel
import numpy as np
import pytest

from medimg.reading import read, scan
from medimg.reading.ras import affine_from_ras, affine_to_ras
from medimg.values.errors import InputRefused
from medimg.values.geometry import Plane
from medimg.values.series import MRKind
from medimg.values.volume import Unit

SHAPE = (7, 6, 5)
#: RAS affines: nibabel's usual one, LAS, oblique with a turn of axes, sagittal storage.
AFFINES = {
    "ras": np.array([[0.8, 0, 0, -3], [0, 0.9, 0, -4], [0, 0, 2.5, -10], [0, 0, 0, 1.0]]),
    "las": np.array([[-0.8, 0, 0, 3], [0, 0.9, 0, -4], [0, 0, 2.5, -10], [0, 0, 0, 1.0]]),
    "oblique": np.array(
        [[0.78, -0.2, 0.1, 1], [0.2, 0.88, -0.3, 2], [-0.05, 0.1, 2.4, 3], [0, 0, 0, 1.0]]
    ),
    "sagittal": np.array([[0, 0, 2.5, -6], [0.8, 0, 0, -3], [0, 0.9, 0, -4], [0, 0, 0, 1.0]]),
}


def _array() -> np.ndarray:
    return np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)


def _save(folder: Path, image: Any, name: str = "x.nii") -> Path:
    nibabel.save(image, folder / name)
    return folder / name


@pytest.mark.parametrize("name", AFFINES)
def test_every_voxel_keeps_its_place(tmp_path: Path, name: str) -> None:
    array, ras = _array(), AFFINES[name]
    volume = read(scan(_save(tmp_path, nibabel.Nifti1Image(array, ras))).series[0])
    index = np.indices(volume.array.shape).reshape(3, -1).T
    lps = volume.series.geometry.to_mm(index)
    ijk = np.linalg.solve(ras[:3, :3], (lps * [-1, -1, 1] - ras[:3, 3]).T).T
    expected = array[tuple(np.rint(ijk).astype(int).T)]
    assert (volume.array.reshape(-1) == expected).all()
    assert volume.series.geometry.plane is (Plane.SAGITTAL if name == "sagittal" else Plane.AXIAL)


def test_axial_is_seen_from_the_feet_front_up(tmp_path: Path) -> None:
    (series,) = scan(_save(tmp_path, nibabel.Nifti1Image(_array(), AFFINES["ras"]))).series
    cosines = series.geometry.image_orientation_patient
    assert cosines == pytest.approx((1, 0, 0, 0, 1, 0))  # columns to the left, rows to the back
    direction = series.geometry.direction
    assert direction is not None and direction[:, 0] == pytest.approx([0, 0, 1])


def test_ras_there_and_back() -> None:
    for ras in AFFINES.values():
        assert affine_to_ras(affine_from_ras(ras)) == pytest.approx(ras)


def _with_slope(folder: Path, slope: float, inter: float) -> Path:
    """A file whose scl_slope and scl_inter are as given, over unscaled voxels."""
    path = _save(folder, nibabel.Nifti1Image(_array(), AFFINES["ras"]))
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([slope, inter], "<f4").tobytes()
    path.write_bytes(bytes(raw))
    return path


def test_scaled_values(tmp_path: Path) -> None:
    values = read(scan(_with_slope(tmp_path, 0.5, -1024)).series[0]).array
    assert values.min() == -1024.0 and values.max() == -1024 + 0.5 * 209


@pytest.mark.parametrize(
    ("slope", "inter", "kinds"),
    [(0.0, 0.0, []), (np.nan, np.nan, ["slope-is-nan"]), (np.inf, 0.0, ["slope-not-a-number"])],
)
def test_slopes_that_mean_no_scaling(
    tmp_path: Path, slope: float, inter: float, kinds: list[str]
) -> None:
    volume = read(scan(_with_slope(tmp_path, slope, inter)).series[0])
    assert sorted(volume.array.reshape(-1)) == list(range(210))
    assert [p.kind for p in volume.problems] == kinds


def test_microns_are_millimetres(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_array(), np.diag([800.0, 900.0, 2500.0, 1.0]))
    image.header.set_xyzt_units("micron")
    (series,) = scan(_save(tmp_path, image)).series
    assert series.geometry.spacing_mm == pytest.approx((2.5, 0.9, 0.8))


def test_forms_that_differ_withhold_the_sides(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_array(), AFFINES["ras"])
    image.set_sform(AFFINES["ras"], code=1)
    moved = AFFINES["ras"].copy()
    moved[0, 3] += 10
    image.set_qform(moved, code=1)
    (series,) = scan(_save(tmp_path, image)).series
    assert [p.kind for p in series.problems] == ["qform-sform-differ"]
    assert "10.0 mm" in series.problems[0].sentence
    assert series.geometry.affine is None


def test_no_codes_means_no_sides(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_array(), None)
    image.header.set_zooms((0.8, 0.9, 2.5))
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    (series,) = scan(_save(tmp_path, image)).series
    assert [p.kind for p in series.problems] == ["no-orientation"]
    assert series.geometry.affine is None
    assert series.geometry.plane_spacing.row_mm == pytest.approx(0.9)


def test_sheared_sform_is_kept(tmp_path: Path) -> None:
    sheared = AFFINES["ras"].copy()
    sheared[0, 1] = 0.25
    image = nibabel.Nifti1Image(_array(), sheared)
    image.set_qform(None, code=0)
    (series,) = scan(_save(tmp_path, image)).series
    assert "sheared" in {p.kind for p in series.problems}
    affine = series.geometry.affine
    assert affine is not None
    assert abs(np.linalg.det(affine[:3, :3])) == pytest.approx(0.8 * 0.9 * 2.5)


def test_non_finite_voxels_are_counted(tmp_path: Path) -> None:
    array = _array().astype(np.float32)
    array[0, 0, :2] = np.nan
    array[1, 1, 1] = np.inf
    volume = read(scan(_save(tmp_path, nibabel.Nifti1Image(array, AFFINES["ras"]))).series[0])
    (problem,) = volume.problems
    assert problem.kind == "non-finite" and "3 of 210" in problem.sentence
    assert volume.padding is not None and (volume.padding == ~np.isfinite(volume.array)).all()


def test_times_are_series_of_their_own(tmp_path: Path) -> None:
    array = np.stack([_array() + 1000 * t for t in range(3)], axis=-1)
    found = scan(_save(tmp_path, nibabel.Nifti1Image(array, AFFINES["ras"]))).series
    assert [int(read(s).array.min()) for s in found] == [0, 1000, 2000]
    assert all("several-volumes" in {p.kind for p in s.problems} for s in found)
    parts = [series.part for series in found]
    assert [(p.axis, p.place, p.count, p.label) for p in parts if p] == [
        ("time", time, 3, "x") for time in range(3)
    ]


def test_cut_files(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 30000, (40, 40, 40)).astype(np.int16)
    plain = _save(tmp_path, nibabel.Nifti1Image(noise, AFFINES["ras"]), "a.nii")
    packed = _save(tmp_path, nibabel.Nifti1Image(noise, AFFINES["ras"]), "b.nii.gz")
    for path in (plain, packed):
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    found = scan(tmp_path)
    assert [(p.kind, p.files) for p in found.problems] == [
        ("truncated", (str(plain),)),
        ("truncated", (str(packed),)),
    ]
    assert all("of 128000 bytes" in problem.sentence for problem in found.problems)
    assert not found.series


def test_damaged_inside_is_refused_when_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 30000, (40, 40, 40)).astype(np.int16)
    path = _save(tmp_path, nibabel.Nifti1Image(noise, AFFINES["ras"]), "b.nii.gz")
    raw = bytearray(path.read_bytes())
    raw[20_000:20_200] = bytes(200)
    path.write_bytes(bytes(raw))
    with pytest.raises(InputRefused, match=r"b\.nii\.gz cannot be read"):
        read(scan(path).series[0])


def test_bomb_is_refused_before_it_is_opened_out(tmp_path: Path) -> None:
    """2 GB of zeros in 2 MB: the header and the ratio are enough to refuse it."""
    header = nibabel.Nifti1Image(np.zeros((1, 1, 1), np.int16), np.eye(4)).header
    header["dim"][1:4] = (1024, 1024, 1024)
    path = tmp_path / "x.nii.gz"
    path.write_bytes(gzip.compress(header.binaryblock + bytes(4 + (2 << 20))))
    (problem,) = scan(path).problems
    assert problem.kind == "too-large" and "200 times" in problem.sentence


@pytest.mark.parametrize("kind", [nibabel.Nifti1Pair, nibabel.Nifti2Image, nibabel.Nifti2Pair])
def test_other_nifti_files(tmp_path: Path, kind: Any) -> None:
    """NIfTI-2, and pairs whose image file is no image of its own."""
    name = "x.nii" if kind is nibabel.Nifti2Image else "x.img"
    nibabel.save(kind(_array(), AFFINES["oblique"]), tmp_path / name)
    found = scan(tmp_path)
    (series,), problems = found.series, found.problems
    assert not problems and not series.grave
    truth = nibabel.load(tmp_path / name)
    volume = read(series)
    index = np.indices(volume.array.shape).reshape(3, -1).T
    ras = volume.series.geometry.to_mm(index) * [-1, -1, 1]
    ijk = nibabel.affines.apply_affine(np.linalg.inv(truth.affine), ras)
    expected = truth.get_fdata()[tuple(np.rint(ijk).astype(int).T)]
    assert (volume.array.reshape(-1) == expected).all()


@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.float64, np.uint8])
def test_wide_voxels_keep_their_values(tmp_path: Path, kind: type) -> None:
    array = _array().astype(kind) * kind(1 if kind is np.uint8 else 3_000_000)
    image = nibabel.Nifti1Image(array, AFFINES["ras"], dtype=kind)
    volume = read(scan(_save(tmp_path, image)).series[0])
    assert sorted(volume.array.reshape(-1).tolist()) == sorted(array.reshape(-1).tolist())


def test_complex_voxels_are_refused_by_name(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_array().astype(np.complex64), AFFINES["ras"])
    (problem,) = scan(_save(tmp_path, image)).problems
    assert problem.kind == "unsupported" and "complex64" in problem.sentence


def test_colour_is_colour(tmp_path: Path) -> None:
    rgb = np.zeros(SHAPE, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    rgb["R"], rgb["B"] = _array() % 200, 7
    volume = read(scan(_save(tmp_path, nibabel.Nifti1Image(rgb, AFFINES["las"]))).series[0])
    assert volume.unit is Unit.COLOUR and (volume.array[..., 2] == 7).all()
    assert sorted(volume.array[..., 0].reshape(-1)) == sorted(rgb["R"].reshape(-1))


def _patched(folder: Path, place: int, raw: bytes) -> Path:
    """A good file with some bytes of its header replaced."""
    path = _save(folder, nibabel.Nifti1Image(_array(), AFFINES["ras"]))
    body = bytearray(path.read_bytes())
    body[place : place + len(raw)] = raw
    path.write_bytes(bytes(body))
    return path


@pytest.mark.parametrize(
    ("place", "raw", "kind"),
    [
        (40, struct.pack("<h", 0), "decode-failed"),  # no dimensions
        (40, struct.pack("<h", 9), "decode-failed"),
        (40, struct.pack("<h", 2), "extra-bytes"),  # two of three dimensions
        (48, struct.pack("<2h", 5, 7), "extra-bytes"),  # dim[4] that dim[0] leaves out is no news
        (108, struct.pack("<f", 300), "decode-failed"),  # voxels inside the header
        (108, struct.pack("<f", 400), "truncated"),
        (108, struct.pack("<f", float("nan")), "decode-failed"),
        (70, struct.pack("<h", 999), "decode-failed"),
        (72, struct.pack("<h", 8), "bits-inconsistent"),
        (280, struct.pack("<f", float("nan")), "sform-singular"),
        (123, bytes([7]), "spacing-unknown"),
    ],
)
def test_headers_that_lie(tmp_path: Path, place: int, raw: bytes, kind: str) -> None:
    found = scan(_patched(tmp_path, place, raw))
    told = {p.kind for s in found.series for p in s.problems} | {p.kind for p in found.problems}
    if place == 48:
        assert not told
    else:
        assert kind in told


def test_a_slope_beyond_all_integers(tmp_path: Path) -> None:
    """It once ended the reading: 1e30 is whole, and no 64-bit integer."""
    values = read(scan(_with_slope(tmp_path, 1e30, 0)).series[0]).array
    assert values.max() == pytest.approx(209e30)


def test_steps_too_small_to_be_any(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_array(), np.diag([8e-4, 9e-4, 2e-4, 1.0]))
    image.header.set_xyzt_units("micron")
    (series,) = scan(_save(tmp_path, image)).series
    assert series.geometry.affine is None
    assert "sform-singular" in {p.kind for p in series.problems}


def test_content_and_not_the_name_decides(tmp_path: Path) -> None:
    path = _save(tmp_path, nibabel.Nifti1Image(_array(), AFFINES["ras"]), "x.nii.gz")
    (series,) = scan(path.rename(tmp_path / "x")).series
    assert [p.kind for p in series.problems] == ["suffix-wrong"]
    assert sorted(read(series).array.reshape(-1)) == list(range(210))


def test_huge_declaration_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path, nibabel.Nifti1Image(_array(), AFFINES["ras"]))
    raw = bytearray(path.read_bytes())
    raw[42:48] = np.array([30000] * 3, "<i2").tobytes()
    path.write_bytes(bytes(raw))
    (problem,) = scan(path).problems
    assert problem.kind == "too-large" and "54 TB" in problem.sentence


def test_named_dcm_is_told(tmp_path: Path) -> None:
    _save(tmp_path, nibabel.Nifti1Image(_array(), AFFINES["ras"])).rename(tmp_path / "x.dcm")
    (problem,) = scan(tmp_path).problems
    assert problem.kind == "not-dicom" and "NIfTI" in problem.sentence


def test_kind_by_the_files_name(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(_array(), AFFINES["ras"])
    (series,) = scan(_save(tmp_path, image, "sub-1_flair.nii.gz")).series
    assert (series.mr_kind, series.mr_kind_reason) == (
        MRKind.FLAIR,
        "by the file's name alone",
    )


def test_volumes_of_one_gzip_file_are_inflated_once(tmp_path: Path) -> None:
    """Forty volumes took forty times as long; read backwards and changed, each is its own."""
    noise = np.random.default_rng(4).integers(0, 4096, (64, 64, 30, 24)).astype(np.int16)
    path = _save(tmp_path, nibabel.Nifti1Image(noise, AFFINES["ras"]), "fmri.nii.gz")
    series = scan(path).series
    started = process_time()
    gzip.decompress(path.read_bytes())
    once_s = process_time() - started
    started = process_time()
    volumes = [read(one) for one in series]
    assert process_time() - started < 8 * once_s  # 12 times and more where each begins anew
    for order in (range(23, -1, -1), (5, 4, 6, 6, 0)):
        for k in order:
            assert np.array_equal(read(series[k]).array, volumes[k].array)
    changed = (noise + 1).astype(np.int16)
    _save(tmp_path, nibabel.Nifti1Image(changed, AFFINES["ras"]), "fmri.nii.gz")
    assert np.array_equal(read(series[7]).array, volumes[7].array + 1)
