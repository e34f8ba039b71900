"""Rows of 'Non-DICOM': NIfTI and Analyze."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from numpy.typing import NDArray

from medimg.values.volume import Array
from tests.faults.phantom import MR_OFFSET, PIXEL_MM, SIZE, STEP_MM, place
from tests.faults.truth import Row, Truth
from tests.faults.volume_truth import (
    COUNT,
    FIRST,
    TURN,
    affine_lps,
    axial_stack,
    coloured,
    good,
    nothing,
    slices_at,
    unplaced,
    voxels_of,
    without_place,
)


def _image(voxels: Array | None = None, lps: NDArray[np.float64] | None = None) -> Any:
    """A NIfTI image of the axial stack; sform and qform agree."""
    array = (voxels_of() if voxels is None else voxels).transpose(2, 1, 0)
    ras = TURN @ (affine_lps() if lps is None else lps)
    make: Any = nibabel.Nifti1Image
    image = make(array, ras)
    image.set_sform(ras, code=1)
    image.set_qform(ras, code=1)
    image.header.set_xyzt_units("mm")
    return image


def _bytes(image: Any) -> bytearray:
    sink = BytesIO()
    image.to_stream(sink)
    return bytearray(sink.getvalue())


def _nifti(change: Callable[[Any], None]) -> Callable[[Path], Truth]:
    """Write the good image with its header changed; the truth stays."""

    def make(folder: Path) -> Truth:
        image = _image()
        change(image)
        (folder / "x.nii").write_bytes(_bytes(image))
        return (axial_stack(),)

    return make


def _patched(place_: int, raw: bytes, truth: Callable[[], Truth]) -> Callable[[Path], Truth]:
    """Write the good image with some bytes of its header replaced."""

    def make(folder: Path) -> Truth:
        body = _bytes(_image())
        body[place_ : place_ + len(raw)] = raw
        (folder / "x.nii").write_bytes(bytes(body))
        return truth()

    return make


def _oblique_flipped(folder: Path) -> Truth:
    """Columns run to the right and the whole is turned by 15 degrees: a negative determinant."""
    cos, sin = np.cos(np.deg2rad(15)), np.sin(np.deg2rad(15))
    right, down = np.array([-cos, -sin, 0.0]), np.array([-sin, cos, 0.0])
    direction = np.stack([right, down, np.array([0.0, 0.0, 1.0])], axis=1)
    affine = affine_lps(direction)
    affine[:3, 3] = -affine[:3, :3] @ (SIZE / 2, SIZE / 2, COUNT / 2)
    last = affine[:3, 3] + affine[:3, 0] * (SIZE - 1)
    steps = np.arange(COUNT)[:, None] * affine[:3, 2]
    starts = [(float(x), float(y), float(z)) for x, y, z in last + steps]
    slices = slices_at(starts, (*(float(c) for c in -right), *(float(c) for c in down)))
    stack = axial_stack(slices=slices)
    stored = voxels_of(stack)[:, :, ::-1]
    (folder / "x.nii").write_bytes(_bytes(_image(stored, affine)))
    return (stack,)


def _forms_differ(image: Any) -> None:
    moved = image.affine.copy()
    moved[0] *= -1
    moved[0, 3] += 10
    image.set_qform(moved, code=1)


def _no_codes(image: Any) -> None:
    image.set_sform(None, code=0)
    image.set_qform(None, code=0)
    image.header["pixdim"][1:4] = (PIXEL_MM, PIXEL_MM, STEP_MM)


def _slope_set(folder: Path) -> Truth:
    body = _bytes(_image())
    body[112:120] = struct.pack("<2f", 0.5, -1024)
    (folder / "x.nii").write_bytes(bytes(body))
    slices = tuple(replace(one, values=one.values * 0.5 - 1024) for one in axial_stack().slices)
    return (axial_stack(slices=slices),)


def _microns(image: Any) -> None:
    ras = image.affine * np.array([[1000.0]] * 3 + [[1.0]])
    image.set_sform(ras, code=1)
    image.set_qform(ras, code=1)
    image.header.set_xyzt_units("micron")


def _sheared(folder: Path) -> Truth:
    """Each slice lies further to the left than the one below it, by 15 degrees."""
    lean = np.eye(3)
    lean[:, 2] = np.sin(np.deg2rad(15)), 0.0, np.cos(np.deg2rad(15))
    affine = affine_lps(lean)
    steps = affine[:3, 3] + np.arange(COUNT)[:, None] * affine[:3, 2]
    stack = axial_stack(slices=slices_at([(float(x), float(y), float(z)) for x, y, z in steps]))
    image = _image(voxels_of(stack))
    image.set_sform(TURN @ affine, code=1)
    image.set_qform(None, code=0)
    (folder / "x.nii").write_bytes(_bytes(image))
    return (stack,)


def _qfac_minus(folder: Path) -> Truth:
    """Stored from the head down: only qfac tells it from a mirror image."""
    stack = axial_stack()
    affine = affine_lps(np.diag([1.0, 1.0, -1.0]))
    affine[2, 3] = place(FIRST + COUNT - 1)[2]
    image = _image(voxels_of(stack)[::-1], affine)
    image.set_sform(None, code=0)
    assert image.header["pixdim"][0] == -1
    (folder / "x.nii").write_bytes(_bytes(image))
    return (stack,)


def _big_endian(folder: Path) -> Truth:
    image = _image()
    make: Any = nibabel.Nifti1Image
    header = image.header.as_byteswapped(">")
    swapped = make(np.asanyarray(image.dataobj), image.affine, header)
    (folder / "x.nii").write_bytes(_bytes(swapped))
    return (axial_stack(),)


def _not_numbers(folder: Path) -> Truth:
    slices, masks = [], []
    for one in axial_stack().slices:
        outside = one.values == MR_OFFSET - 1000
        values = np.where(outside, np.nan, one.values.astype(np.float32))
        values[0, 0] = np.inf
        slices.append(replace(one, values=values))
        masks.append(outside)
    stack = axial_stack(slices=tuple(slices), padding=np.stack(masks))
    array = np.stack([one.values for one in slices]).astype(np.float32)
    (folder / "x.nii").write_bytes(_bytes(_image(array)))
    return (stack,)


def _cut(is_packed: bool) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        noise = np.random.default_rng(5).integers(0, 3, (COUNT, SIZE, SIZE))
        body = bytes(_bytes(_image((voxels_of() + noise).astype(np.int16))))
        body = gzip.compress(body, mtime=0) if is_packed else body
        name = "x.nii.gz" if is_packed else "x.nii"
        (folder / name).write_bytes(body[: len(body) * 6 // 10])
        return ()

    return make


def _bomb(folder: Path) -> Truth:
    body = _bytes(_image())[:352]
    body[42:48] = struct.pack("<3h", 1024, 1024, 1024)
    (folder / "x.nii.gz").write_bytes(gzip.compress(bytes(body) + bytes(4 << 20), mtime=0))
    return ()


def _times(folder: Path) -> Truth:
    stacks = []
    for time in range(3):
        slices = tuple(
            replace(one, values=one.values + 1000 * time) for one in axial_stack().slices
        )
        stacks.append(axial_stack(slices=slices, label=f"time {time + 1}"))
    array = np.stack([voxels_of(stack).transpose(2, 1, 0) for stack in stacks], axis=-1)
    make: Any = nibabel.Nifti1Image
    image = make(array, TURN @ affine_lps())
    image.header.set_xyzt_units("mm", "sec")
    (folder / "x.nii").write_bytes(_bytes(image))
    return tuple(stacks)


def _pixdim_lies(image: Any) -> None:
    image.set_qform(None, code=0)
    image.header["pixdim"][1:4] = 1.0


def _as(kind: Any, name: str) -> Callable[[Path], Truth]:
    """The good image as another class of nibabel."""

    def make(folder: Path) -> Truth:
        image = _image()
        nibabel.save(kind(np.asanyarray(image.dataobj), image.affine), folder / name)
        return (axial_stack(),)

    return make


def _analyze(folder: Path) -> Truth:
    image: Any = nibabel.AnalyzeImage
    affine = np.diag([PIXEL_MM, PIXEL_MM, STEP_MM, 1.0])
    nibabel.save(image(voxels_of().transpose(2, 1, 0), affine), folder / "x.img")
    (folder / "x.mat").unlink(missing_ok=True)
    return (unplaced(),)


def _typed(kind: Any) -> Callable[[Path], Truth]:
    def make(folder: Path) -> Truth:
        image: Any = nibabel.Nifti1Image
        good = _image()
        made = image(np.asanyarray(good.dataobj).astype(kind), good.affine, dtype=kind)
        (folder / "x.nii").write_bytes(_bytes(made))
        return (axial_stack(),) if np.dtype(kind).kind != "c" else ()

    return make


def _nifti_colour(folder: Path) -> Truth:
    colours, stack = coloured()
    array = np.ascontiguousarray(colours.transpose(2, 1, 0, 3))
    named = array.view(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))[..., 0]
    image: Any = nibabel.Nifti1Image
    (folder / "x.nii").write_bytes(_bytes(image(named, TURN @ affine_lps())))
    return (stack,)


ROWS: tuple[Row, ...] = (
    Row("nifti-good", "control: NIfTI, qform = sform", "reads; no problem",
        _nifti(lambda image: None)),
    Row("nifti-oblique-flipped", "oblique axes, negative determinant", "reads; no problem",
        _oblique_flipped),
    Row("nifti-qform-sform-differ",
        "qform and sform both set (codes 1 and 1), 10 mm and a left-right flip apart",
        "problem qform-sform-differ; side letters withheld until one is chosen",
        lambda folder: (_nifti(_forms_differ)(folder), without_place())[1],
        ("qform-sform-differ",), says=(r"mm apart",)),
    Row("nifti-no-codes", "qform_code = sform_code = 0", "problem no-orientation: sides unknown",
        lambda folder: (_nifti(_no_codes)(folder), without_place())[1],
        ("no-orientation",), says=(r"0\.8 x 0\.8 x 2\.5 mm",)),
    Row("nifti-slope-zero", "scl_slope 0 (means: no scaling)", "reads stored values",
        _patched(112, struct.pack("<2f", 0, 0), good)),
    Row("nifti-slope-nan", "scl_slope NaN, scl_inter NaN", "reads stored values; note slope-is-nan",
        _patched(112, struct.pack("<2f", np.nan, np.nan), good), ("slope-is-nan",)),
    Row("nifti-slope-inf", "scl_slope infinite", "problem slope-not-a-number; stored values",
        _patched(112, struct.pack("<2f", np.inf, 0), good), ("slope-not-a-number",)),
    Row("nifti-slope-set", "scl_slope 0.5, scl_inter -1024", "reads scaled values", _slope_set),
    Row("nifti-units-micron", "xyzt_units micron, pixdim 800", "reads in mm (/ 1000)",
        _nifti(_microns)),
    Row("nifti-sform-singular", "sform_code 1 with an all-zero sform, good qform",
        "reads by qform; note sform-singular", _patched(280, bytes(48), good), ("sform-singular",)),
    Row("nifti-sform-sheared", "sform with 15 degrees of shear, qform code 0",
        "reads the sheared geometry; note sheared", _sheared, ("sheared",)),
    Row("nifti-qfac-minus-1", "qfac -1 (pixdim[0]), sform absent", "reads; left and right kept",
        _qfac_minus),
    Row("nifti-big-endian", "big-endian NIfTI", "reads; no problem", _big_endian),
    Row("nifti-float-nan", "float image with NaN and infinity outside the body",
        "reads; non-finite voxels left out of statistics and model input, count told",
        _not_numbers, ("non-finite",), says=(r"\d+ of 49152 voxels",), needs_word=True),
    Row("nifti-truncated-gz", "nii.gz cut at 60 %", "problem truncated", _cut(True),
        ("truncated",), files=("x.nii.gz",)),
    Row("nifti-truncated", "nii cut at 60 %", "problem truncated (have N of M bytes)", _cut(False),
        ("truncated",), says=(r"\d+ of 98304 bytes",)),
    Row("nifti-huge-declared", "dim 30000 x 30000 x 30000 in a 100 KB file",
        "refused before memory is taken: declares 54 TB",
        _patched(42, struct.pack("<3h", 30000, 30000, 30000), nothing), ("too-large",),
        says=(r"54 TB",)),
    Row("nifti-4d", "4-D NIfTI, three times", "reads three volumes; 3-D analysis asks which",
        _times, ("several-volumes",)),
    Row("nifti-pixdim-lies", "sform 0.8 mm, pixdim 1.0 mm", "reads by sform; note pixdim-differs",
        _nifti(_pixdim_lies), ("pixdim-differs",)),
    Row("analyze-75", "Analyze 7.5 pair (no orientation)",
        "reads; problem no-orientation: sides unknown", _analyze, ("no-orientation",),
        says=(r"0\.8 x 0\.8 x 2\.5 mm",)),
    Row("nifti-2", "NIfTI-2", "reads; no problem", _as(nibabel.Nifti2Image, "x.nii")),
    Row("nifti-pair", "NIfTI-1 in two files, .hdr and .img", "reads once; no problem",
        _as(nibabel.Nifti1Pair, "x.img")),
    Row("nifti-int64", "voxels of 64-bit integers", "reads; no problem", _typed(np.int64)),
    Row("nifti-complex", "voxels of complex numbers", "refused by name", _typed(np.complex64),
        ("unsupported",), says=("complex64",)),
    Row("nifti-rgb", "voxels of 24-bit colour", "reads as an RGB volume", _nifti_colour),
    Row("nifti-dim-0", "dim[0] is 0", "problem decode-failed; nothing is guessed",
        _patched(40, struct.pack("<h", 0), nothing), ("decode-failed",)),
    Row("nifti-offset-inside", "vox_offset 300, inside the header", "problem decode-failed",
        _patched(108, struct.pack("<f", 300), nothing), ("decode-failed",)),
    Row("nifti-bomb", "a nii.gz of 4 KB that declares 2 GB of zeros",
        "refused before it is opened out: ratio and limit named", _bomb, ("too-large",),
        says=("200 times",), is_hostile=True),
)  # fmt: skip
