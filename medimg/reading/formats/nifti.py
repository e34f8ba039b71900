"""NIfTI-1 and -2, plain, gzipped, in pairs: nibabel knows the header, RAS ends at the door."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Header, Nifti1PairHeader
from nibabel.nifti2 import Nifti2Header, Nifti2PairHeader
from nibabel.spatialimages import HeaderDataError

from medimg.reading.detached import stem_of
from medimg.reading.files import HEAD
from medimg.reading.found import Found, Unusable, gather, malformed
from medimg.reading.grid import Grid
from medimg.reading.narrowing import rescale
from medimg.reading.nifti_place import grid_of
from medimg.reading.ras import array_from_ijk
from medimg.reading.stacks import place_of, stacks, volume_of
from medimg.reading.voxels import Encoding, Layout, weigh
from medimg.reading.voxels import read as read_voxels
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Series
from medimg.values.volume import Array, Volume

_SUFFIXES = (".nii", ".nii.gz", ".hdr", ".hdr.gz")
_GZIP = b"\x1f\x8b"
#: By mark: where it stands, and what knows the header.
_KINDS: dict[bytes, tuple[int, Any]] = {
    b"n+1\0": (344, Nifti1Header),
    b"ni1\0": (344, Nifti1PairHeader),
    b"n+2\0": (4, Nifti2Header),
    b"ni2\0": (4, Nifti2PairHeader),
}
#: Colours in 8 bits, as nibabel names their bytes.
_RGB, _RGBA = ("R", "G", "B"), ("R", "G", "B", "A")
#: What nibabel raises on a header that breaks the format.
_BROKEN = (HeaderDataError, ValueError, OverflowError, KeyError)


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """A header understood: sizes (columns, rows, slices, times), and where all voxels are."""

    sizes: tuple[int, int, int, int]
    layout: Layout
    scale: tuple[float, float] | None
    grid: Grid
    problems: tuple[Problem, ...]

    @property
    def samples(self) -> int:
        """Bytes of a colour; 1 where voxels are numbers."""
        return len(self.layout.dtype.names or ("grey",))


def recognises(head: bytes) -> bool:
    """Whether a file, opened where it is gzipped, has a NIfTI mark."""
    return _kind(_plain(head)) is not None


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; an image of several times gives a stack each."""
    return gather(paths, tick, _stacks)


def data_files(path: Path) -> tuple[Path, ...]:
    """The image file beside the header of a pair."""
    with path.open("rb") as file:
        kind = _kind(_plain(file.read(HEAD)))
    return () if kind is None or kind.is_single else (_image_file(path),)


def read(series: Series, tick: Tick) -> Volume:
    """Read one time of an image.

    Raises:
        InputRefused: The data are cut or cannot be read.
    """
    image = _image(Path(series.frames[0].file))
    whole, (columns, rows, slices, times) = image.layout, image.sizes
    one = replace(whole, count=whole.count // times)
    before = place_of(series) * one.share
    if one.encoding.is_compressed:
        one = replace(one, skip=one.skip + before)
    else:
        one = replace(one, offset=one.offset + before)
    values = read_voxels(one)
    if image.samples > 1:
        colours = values.view(np.uint8).reshape(slices, rows, columns, image.samples)
        return volume_of(series, image.grid, colours[..., :3])
    values = array_from_ijk(values.reshape((columns, rows, slices), order="F"))
    return volume_of(series, image.grid, _scaled(values, image.scale))


def _scaled(stored: Array, scale: tuple[float, float] | None) -> Array:
    return stored if scale is None else rescale(stored, *scale)


def _plain(head: bytes) -> bytes:
    """The beginning of a file, opened where it is gzipped."""
    if head[:2] != _GZIP:
        return head
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD)
    except zlib.error:
        return b""


def _kind(head: bytes) -> Any:
    """What knows a header, by its mark; None where there is none."""
    return next(
        (kind for mark, (place, kind) in _KINDS.items() if head[place : place + 4] == mark), None
    )


def _image_file(path: Path) -> Path:
    """The .img beside a .hdr, gzipped or not."""
    stem = stem_of(path, _SUFFIXES)
    names = (f"{stem}.img", f"{stem}.img.gz", f"{stem}.IMG")
    found = [file for name in names if (file := path.with_name(name)).is_file()]
    return found[0] if found else path.with_name(names[0])


def _stacks(path: Path) -> list[Series]:
    """A series a time; raises as `_image` and `weigh`."""
    image = _image(path)
    notes = (*image.problems, *weigh(image.layout))
    stem, times = stem_of(path, _SUFFIXES), image.sizes[3]
    return stacks(path, stem, "nifti", image.grid, notes, times, "time")


def _image(path: Path) -> _Image:
    """Understand a header.

    Raises:
        Unusable: It breaks the format, or asks for what is not read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    plain, is_packed = _plain(head), head[:2] == _GZIP
    kind = _kind(plain)
    if kind is None or len(plain) < kind.sizeof_hdr:
        sentence = f"{path.name} breaks off inside its header."
        raise Unusable(Problem("truncated", sentence, (path.name,)))
    try:
        # Not nibabel's own check: it mends in silence what is to be told.
        header = kind.from_fileobj(BytesIO(plain[: kind.sizeof_hdr]), check=False)
        sizes, dtype = _sizes(path, header), header.get_data_dtype()
        offset = float(header["vox_offset"])
    except _BROKEN as error:
        raise malformed(path, str(error).rstrip(".")) from error
    if dtype.kind not in "iuf" and dtype.names not in (_RGB, _RGBA):
        raise malformed(path, f"it holds voxels of type {dtype}", "unsupported")
    layout = _layout(path, kind, dtype, sizes, offset)
    grid, problems = grid_of(header, path.name, (sizes[0], sizes[1], sizes[2]))
    scale, told = _scale(path.name, header)
    notes = (*problems, *told, *_notes(path, header, dtype, is_packed))
    return _Image(sizes, layout, scale, grid, notes)


def _sizes(path: Path, header: Any) -> tuple[int, int, int, int]:
    """(columns, rows, slices, times) of a header."""
    rank, *dims = (int(size) for size in header["dim"])
    if not 1 <= rank <= 7:
        raise malformed(path, f"its number of dimensions is {rank}; 2 to 4 are read")
    shape = dims[:rank]
    if rank < 2 or min(shape) < 1 or any(size > 1 for size in shape[4:]):
        why = f"it has {rank} dimensions ({' x '.join(map(str, shape))}); 2 to 4 are read"
        raise malformed(path, why, "unsupported")
    full = (*shape[:4], 1, 1)
    return full[0], full[1], full[2], full[3]


def _layout(
    path: Path, kind: Any, dtype: np.dtype[Any], sizes: tuple[int, ...], offset: float
) -> Layout:
    """Where the voxels of all times are; those of a pair are in a file of their own."""
    least = kind.sizeof_hdr + 4 if kind.is_single else 0
    if kind.is_single and offset == 0:
        offset = float(least)  # as the NIfTI standard has it for files that leave it out
    if not least <= offset < 1 << 40 or not offset.is_integer():
        raise malformed(path, f"its voxels begin at byte {offset:g}; {least} is the least")
    data = path if kind.is_single else _image_file(path)
    count = int(np.prod([int(size) for size in sizes], dtype=object))
    is_packed = False
    if data.is_file():
        with data.open("rb") as file:
            is_packed = file.read(2) == _GZIP
    if is_packed:
        return Layout(path, (data,), Encoding.GZIP, dtype, count, skip=int(offset))
    return Layout(path, (data,), Encoding.RAW, dtype, count, int(offset))


def _scale(name: str, header: Any) -> tuple[tuple[float, float] | None, list[Problem]]:
    """Slope and intercept; None where values are as stored, with the reason if it is odd."""
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or header.get_data_dtype().names:
        return None, []
    if np.isfinite(slope) and np.isfinite(inter):
        return ((slope, inter) if (slope, inter) != (1.0, 0.0) else None), []
    sentence = f"The slope of {name} is {slope:g}, its intercept {inter:g}; values are as stored."
    if np.isnan(slope):  # what nibabel and others write for no scaling
        return None, [Problem("slope-is-nan", sentence, (name,))]
    return None, [Problem("slope-not-a-number", sentence, (name,))]


def _notes(path: Path, header: Any, dtype: np.dtype[Any], is_packed: bool) -> list[Problem]:
    """What else is to be known of a file."""
    name, files, notes = path.name, (path.name,), []
    lower = name.lower()
    if not lower.endswith(_SUFFIXES) or lower.endswith(".gz") != is_packed:
        sentence = f"{name} is NIfTI{', gzipped,' if is_packed else ''} by its content."
        notes.append(Problem("suffix-wrong", sentence, files))
    if dtype.names == _RGBA:
        notes.append(Problem("alpha-ignored", f"The transparency of {name} is ignored.", files))
    bits = int(header["bitpix"])
    if bits not in (0, dtype.itemsize * 8):
        sentence = f"{name} says {bits} bits a voxel; its type {dtype} has {dtype.itemsize * 8}."
        notes.append(Problem("bits-inconsistent", sentence, files))
    return notes
