"""Rows of 'Non-DICOM': NRRD and MetaImage."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.faults.phantom import PIXEL_MM, SIZE, place
from tests.faults.truth import Row, Truth
from tests.faults.volume_truth import (
    COUNT,
    FIRST,
    axial_stack,
    coloured,
    good,
    nothing,
    unplaced,
    voxels_of,
    without_place,
)

_NRRD = {"type": "short", "dimension": "3", "sizes": f"{SIZE} {SIZE} {COUNT}",
         "encoding": "raw", "endian": "little"}  # fmt: skip
_ORIGIN = place(FIRST)
_LPS = {
    "space": "left-posterior-superior",
    "space directions": "(0.8,0,0) (0,0.8,0) (0,0,2.5)",
    "space origin": f"({_ORIGIN[0]},{_ORIGIN[1]},{_ORIGIN[2]})",
}


def _nrrd(
    fields: dict[str, str], truth: Callable[[], Truth], body: bytes | None = None
) -> Callable[[Path], Truth]:
    """Write a NRRD of the axial stack; an empty field is left out."""

    def make(folder: Path) -> Truth:
        folder.mkdir(exist_ok=True)
        pixels = voxels_of().astype("<i2").tobytes() if body is None else body
        _write_nrrd(folder / "x.nrrd", fields, pixels)
        return truth()

    return make


def _write_nrrd(path: Path, fields: dict[str, str], body: bytes) -> None:
    lines = [f"{name}: {value}" for name, value in (_NRRD | fields).items() if value]
    path.write_bytes("\n".join(["NRRD0005", *lines, "", ""]).encode() + body)


def _ras() -> dict[str, str]:
    x, y, z = _ORIGIN
    return {
        "space": "right-anterior-superior",
        "space directions": "(-0.8,0,0) (0,-0.8,0) (0,0,2.5)",
        "space origin": f"({-x},{-y},{z})",
    }


def _las() -> dict[str, str]:
    x, y, z = _ORIGIN
    return {
        "space": "left-anterior-superior",
        "space directions": "(0.8,0,0) (0,-0.8,0) (0,0,2.5)",
        "space origin": f"({x},{-y},{z})",
    }


def _outside(folder: Path) -> Truth:
    """The data file lies one folder above the one that is opened."""
    (folder.parent / "secret.raw").write_bytes(voxels_of().astype("<i2").tobytes())
    _write_nrrd(folder / "x.nhdr", _LPS | {"data file": "../secret.raw"}, b"")
    return ()


def _nrrd_colour(folder: Path) -> Truth:
    colours, stack = coloured()
    fields = _LPS | {
        "type": "uchar", "dimension": "4", "sizes": f"3 {SIZE} {SIZE} {COUNT}",
        "kinds": "RGB-color domain domain domain",
        "space directions": f"none {_LPS['space directions']}",
    }  # fmt: skip
    _write_nrrd(folder / "x.nrrd", fields, colours.tobytes())
    return (stack,)


def _nrrd_list(folder: Path) -> Truth:
    stacks = []
    for number in range(2):
        slices = tuple(
            replace(one, values=one.values + 500 * number) for one in axial_stack().slices
        )
        stacks.append(axial_stack(slices=slices, label=f"volume {number + 1}"))
    voxels = np.stack([voxels_of(stack) for stack in stacks], axis=-1).astype("<i2")
    fields = _LPS | {
        "dimension": "4", "sizes": f"2 {SIZE} {SIZE} {COUNT}",
        "kinds": "list domain domain domain",
        "space directions": f"none {_LPS['space directions']}",
    }  # fmt: skip
    _write_nrrd(folder / "x.nrrd", fields, voxels.tobytes())
    return tuple(stacks)


# MetaImage

_META = {
    "ObjectType": "Image", "NDims": "3", "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False", "CompressedData": "False",
    "TransformMatrix": "1 0 0 0 1 0 0 0 1",
    "Offset": f"{_ORIGIN[0]} {_ORIGIN[1]} {_ORIGIN[2]}",
    "ElementSpacing": "0.8 0.8 2.5", "DimSize": f"{SIZE} {SIZE} {COUNT}",
    "ElementType": "MET_SHORT",
}  # fmt: skip


def _meta(
    keys: dict[str, str],
    truth: Callable[[], Truth],
    body: bytes | None = None,
    *,
    name: str = "x.mha",
    data: str = "LOCAL",
) -> Callable[[Path], Truth]:
    """Write a MetaImage of the axial stack; an empty key is left out."""

    def make(folder: Path) -> Truth:
        pixels = voxels_of().astype("<i2").tobytes() if body is None else body
        lines = [f"{key} = {value}" for key, value in (_META | keys).items() if value]
        text = "\n".join([*lines, f"ElementDataFile = {data}", ""]).encode()
        if data == "LOCAL":
            (folder / name).write_bytes(text + pixels)
        else:
            (folder / name).write_bytes(text)
            (folder / data).write_bytes(pixels)
        return truth()

    return make


def _mirrored() -> dict[str, str]:
    """Rows and columns run backwards."""
    x, y, z = _ORIGIN
    far = PIXEL_MM * (SIZE - 1)
    return {"TransformMatrix": "-1 0 0 0 -1 0 0 0 1", "Offset": f"{x + far} {y + far} {z}"}


def _packed() -> bytes:
    return zlib.compress(voxels_of().astype("<i2").tobytes())


ROWS: tuple[Row, ...] = (
    Row("nrrd-lps", "NRRD, space left-posterior-superior", "reads; no problem", _nrrd(_LPS, good)),
    Row("nrrd-ras", "NRRD, space right-anterior-superior", "reads; no problem",
        _nrrd(_ras(), good)),
    Row("nrrd-no-space", "NRRD with spacings only",
        "reads 0.8 x 0.8 x 2.5; problem no-orientation: sides unknown",
        _nrrd({"spacings": "0.8 0.8 2.5"}, without_place), ("no-orientation",),
        says=(r"0\.8 x 0\.8 x 2\.5 mm",)),
    Row("nrrd-detached-outside",
        "detached header whose data file is ../secret.raw, outside the opened folder",
        "refused: data file outside the folder", _outside, ("data-file-outside",),
        says=(r"\.\./secret\.raw",)),
    Row("nrrd-vector-first", "NRRD colour volume, kinds RGB-color first",
        "reads as RGB volume 64 x 64 x 12", _nrrd_colour),
    Row("nrrd-las", "NRRD, space left-anterior-superior, which is left-handed",
        "reads; left and right kept", _nrrd(_las(), good)),
    Row("nrrd-negative-spacing", "NRRD with spacings 0.8 -0.8 2.5",
        "problem bad-number; no mm, no sides",
        _nrrd({"spacings": "0.8 -0.8 2.5"}, lambda: (unplaced(None),)),
        ("bad-number", "no-orientation")),
    Row("nrrd-no-endian", "NRRD of 16 bits that names no byte order",
        "reads as little endian; problem byte-order-missing",
        _nrrd(_LPS | {"endian": ""}, good), ("byte-order-missing",)),
    Row("nrrd-list", "NRRD of two volumes, the fastest axis of kind list",
        "reads two volumes; 3-D analysis asks which", _nrrd_list, ("several-volumes",)),
    Row("mha-negative-direction", "MetaImage with TransformMatrix -1 0 0 0 -1 0 0 0 1",
        "reads; no problem",
        _meta(_mirrored(), good, voxels_of()[:, ::-1, ::-1].astype("<i2").tobytes())),
    Row("mhd-element-size-only", "MetaImage with ElementSize 0.8 0.8 2.5 and no ElementSpacing",
        "reads; note spacing-from-ElementSize",
        _meta({"ElementSpacing": "", "ElementSize": "0.8 0.8 2.5"}, good, name="x.mhd",
              data="x.raw"), ("spacing-from-ElementSize",)),
    Row("mha-no-matrix", "MetaImage without TransformMatrix",
        "reads; problem no-orientation: sides unknown",
        _meta({"TransformMatrix": ""}, without_place), ("no-orientation",)),
    Row("mha-big-endian", "MetaImage, most significant byte first", "reads; no problem",
        _meta({"BinaryDataByteOrderMSB": "True"}, good, voxels_of().astype(">i2").tobytes())),
    Row("mha-compressed", "MetaImage, compressed", "reads; no problem",
        _meta({"CompressedData": "True"}, good, _packed())),
    Row("mha-compressed-cut", "compressed MetaImage cut at 60 %", "problem truncated",
        _meta({"CompressedData": "True"}, nothing, _packed()[: len(_packed()) * 6 // 10]),
        ("truncated",), says=(r"of 98304 bytes",)),
    Row("nrrd-field-twice", "NRRD with two unlike fields space directions",
        "refused naming the field",
        _nrrd(_LPS | {"endian": "little\nspace directions: (1,0,0) (0,1,0) (0,0,1)"}, nothing),
        ("decode-failed",), says=(r"two values.*space directions",)),
    Row("mha-two-byte-orders", "MetaImage with two byte-order keys that disagree",
        "refused naming the key", _meta({"ElementByteOrderMSB": "True"}, nothing),
        ("decode-failed",), says=(r"two values",)),
    Row("mha-header-size-local", "MetaImage with HeaderSize 7 and its voxels in the same file",
        "refused naming the key", _meta({"HeaderSize": "7"}, nothing), ("decode-failed",),
        says=(r"HeaderSize is 7",)),
    Row("mha-scale", "MetaImage with ElementToIntensityFunctionSlope 2",
        "reads stored values, as MetaIO does; note scale-ignored",
        _meta({"ElementToIntensityFunctionSlope": "2"}, good), ("scale-ignored",),
        needs_word=True),
)  # fmt: skip
