"""Pixels of a series: decoded, each frame by its own slope, never filled where they are absent."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut

from medimg.reading.decoding.endings import undecodable
from medimg.reading.decoding.process import decode
from medimg.reading.dicom.header.attributes import attributes_of
from medimg.reading.dicom.header.guards import declared_bytes
from medimg.reading.dicom.header.source import BROKEN, read_whole, source_of, transfer_syntax
from medimg.reading.dicom.header.syntaxes import is_compressed, syntax
from medimg.reading.dicom.picture import Picture, is_secondary, pictures
from medimg.reading.dicom.pixels import cells, codestream, codestream_size, native
from medimg.reading.dicom.pixels.plain_pixels import AHEAD, PlainFrames
from medimg.reading.dicom.pixels.suv import Uptake, in_suv, uptake
from medimg.reading.dicom.pixels.tables import check_palette
from medimg.reading.dicom.pixels.times import Lacking
from medimg.reading.dicom.pixels.values import Decoded, modality_values, unit_of
from medimg.reading.dicom.pixels.voi import voi_tables
from medimg.reading.found import Unusable
from medimg.reading.narrowing import assemble
from medimg.values.errors import InputRefused
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Frame, Series
from medimg.values.volume import Array, Unit, VoiTable, Volume

#: What decoders raise on pixels that they cannot decode.
UNDECODABLE = (*BROKEN, RuntimeError, MemoryError)


@dataclass(slots=True)
class _Got:
    """What has been read of a series so far."""

    frames: list[Frame]
    decoded: list[Decoded]
    problems: list[Problem]
    pictures: list[Picture] = field(default_factory=list)
    tables: tuple[VoiTable, ...] = ()
    waiting: deque[Frame] = field(default_factory=deque)
    block: Array | None = None

    def array(self) -> Array:
        """All frames as one array: the block where they were all read into it."""
        block, values = self.block, [decoded.values for decoded in self.decoded]
        if block is not None and len(values) == len(block):
            in_place = (v.base is block and v.dtype == block.dtype for v in values)
            if all(in_place):
                return block
        return assemble(values)


def read(series: Series, tick: Tick) -> Volume:
    """Read the pixels of a DICOM series.

    A frame that cannot be decoded is left out and told; it is never filled with zeros.

    Raises:
        InputRefused: Nothing of it can be decoded; the sentence names the file and the reason.
    """
    got = _Got([], [], [])
    shape = (len(series.frames), *series.geometry.shape[1:])
    with PlainFrames(shape) as plain:
        place = 0
        for file, members in groupby(series.frames, key=lambda frame: frame.file):
            frames = list(members)
            if len(frames) == 1 and plain.start(Path(file), place):
                got.waiting.append(frames[0])
            else:
                _take_plain(plain, got, tick, leave=0)
                _read_file(Path(file), frames, got, tick)
            _take_plain(plain, got, tick, leave=AHEAD)
            place += len(frames)
        _take_plain(plain, got, tick, leave=0)
        got.block = plain.block
    if not got.decoded:
        raise InputRefused(got.problems[0].sentence + " " + got.problems[0].todo)
    return _volume(series, got)


def _take_plain(plain: PlainFrames, got: _Got, tick: Tick, *, leave: int) -> None:
    """Take plain frames in their order, waiting for them, until `leave` are under way."""
    while len(got.waiting) > leave:
        frame = got.waiting.popleft()
        try:
            got.decoded.append(plain.next())
            got.frames.append(frame)
            tick()
        except Unusable as unusable:
            got.problems.append(unusable.problem)
        except UNDECODABLE as error:
            got.problems.append(undecodable(Path(frame.file), error))


def _read_file(path: Path, frames: Sequence[Frame], got: _Got, tick: Tick) -> None:
    """Decode the frames of one file into what has been read."""
    try:
        dataset = read_whole(path)
        described = {p.number: p for p in pictures(source_of(path, dataset))}
        if not got.decoded:
            got.tables = voi_tables(dataset)
        _settle(dataset)
        wanted = [described[frame.number] for frame in frames]
        with closing(_stored(path, dataset, wanted)) as arrays:
            for frame, picture, stored in zip(frames, wanted, arrays, strict=True):
                if frame is frames[0]:
                    told = codestream.problems_of(path, dataset, stored)
                    got.problems.extend(problem.at(path) for problem in told)
                got.pictures.append(picture)
                got.decoded.append(_decoded(stored, picture, dataset))
                got.frames.append(frame)
                tick()
    except Unusable as unusable:
        got.problems.append(unusable.problem.at(path))
    except UNDECODABLE as error:
        got.problems.append(undecodable(path, error))


def _stored(path: Path, dataset: FileDataset, wanted: Sequence[Picture]) -> Generator[Array]:
    """Stored values of pictures: of frames, or of tiles that are cut out of one."""
    mosaic = wanted[0].mosaic
    if mosaic is None:
        yield from stored_frames(path, dataset, [picture.number for picture in wanted])
        return
    for whole in stored_frames(path, dataset, [0]):
        yield from (mosaic.tile(whole, picture.number) for picture in wanted)


def stored_frames(path: Path, dataset: FileDataset, wanted: Sequence[int]) -> Generator[Array]:
    """Stored values of frames, or RGB where they are colour; codecs run in their own process."""
    if not is_compressed(transfer_syntax(dataset)):
        return _opened(path, dataset, wanted)
    facts = attributes_of(dataset)
    all_bytes = declared_bytes(facts) or 0
    problem = codestream_size.fault_of(path, dataset)
    if problem is not None:
        raise Unusable(problem)
    frame_bytes = all_bytes // (facts.whole("NumberOfFrames") or 1)
    return decode("dicom", path, wanted, frame_bytes=frame_bytes, all_bytes=all_bytes)


def decoded_frames(path: Path, wanted: Sequence[int]) -> Generator[Array]:
    """Decode frames of a compressed file: the work of the decoding process.

    Raises:
        Unusable: They cannot be decoded.
    """
    try:
        yield from _opened(path, read_whole(path), wanted)
    except UNDECODABLE as error:
        raise Unusable(undecodable(path, error)) from error


def _opened(path: Path, dataset: FileDataset, wanted: Sequence[int]) -> Generator[Array]:
    """Decode frames in this process."""
    if codestream.needs_twelve_bits(dataset):
        yield from codestream.twelve_bit_frames(path, dataset, wanted)
        return
    uid = dataset.file_meta.TransferSyntaxUID = transfer_syntax(dataset)
    _settle(dataset)
    if cells.has_cells(dataset):
        yield from cells.frames(dataset, wanted)
        return
    shift = _shift(dataset)
    if native.is_native_in_fragments(dataset):
        arrays: Iterator[Array] = native.frames(dataset, wanted)
    else:
        plugin = syntax(uid).plugin
        decoded = get_decoder(uid).iter_array(dataset, indices=list(wanted), decoding_plugin=plugin)
        arrays = (array for array, _ in decoded)
    for array in arrays:
        yield array if shift is None else shift(array)


def _settle(dataset: FileDataset) -> None:
    """Give pydicom the attributes that it insists on; the scan told their lack."""
    if "NumberOfFrames" in dataset:
        dataset.NumberOfFrames = attributes_of(dataset).whole("NumberOfFrames") or 1
    if "PixelData" in dataset and dataset.get("PixelRepresentation") is None:
        dataset.PixelRepresentation = 0
    if not dataset.get("SamplesPerPixel"):
        dataset.SamplesPerPixel = 1
    photometric = str(dataset.get("PhotometricInterpretation") or "").upper()
    if dataset.SamplesPerPixel == 1 and not photometric.startswith(("MONOCHROME", "PALETTE")):
        photometric = "MONOCHROME2"
    dataset.PhotometricInterpretation = photometric or "RGB"


class _Shift:
    """Values stored in the upper bits of their word: HighBit above BitsStored − 1."""

    def __init__(self, stored: int, high: int, allocated: int, is_signed: bool) -> None:
        self._up = allocated - 1 - high
        self._down = allocated - stored
        self._type = np.dtype(f"{'i' if is_signed else 'u'}{allocated // 8}")

    def __call__(self, array: Array) -> Array:
        # Up, so that the sign bit is the word's own; down again, which extends it.
        words = array.astype(self._type) << self._up
        shifted: Array = words.astype(self._type) >> self._down
        return shifted


def _shift(dataset: FileDataset) -> _Shift | None:
    """Prepare for values in the upper bits; pydicom masks the lower ones whatever HighBit says."""
    allocated, stored = int(dataset.BitsAllocated), int(dataset.get("BitsStored") or 0)
    high = dataset.get("HighBit")
    if high is None or not stored or int(high) == stored - 1 or allocated not in (8, 16, 32):
        return None
    if not stored - 1 < int(high) < allocated or not syntax(transfer_syntax(dataset)).keeps_words:
        return None
    dataset.BitsStored = allocated
    return _Shift(stored, int(high), allocated, bool(dataset.get("PixelRepresentation")))


def _decoded(stored: Array, picture: Picture, dataset: FileDataset) -> Decoded:
    """Turn stored values into the modality's unit, or into 8-bit RGB."""
    photometric = str(dataset.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        check_palette(dataset, picture.name)
        stored = apply_color_lut(stored, dataset)[..., :3]  # an alpha table is no colour
    if stored.ndim == 3:
        return Decoded(_eight_bit(stored, dataset), None, Unit.COLOUR)
    return modality_values(stored, picture, dataset)


def _eight_bit(rgb: Array, dataset: FileDataset) -> Array:
    """Colour in 8 bits; deeper colour keeps its upper 8."""
    if rgb.dtype == np.uint8:
        return rgb
    is_palette = dataset.PhotometricInterpretation == "PALETTE COLOR"
    bits = rgb.dtype.itemsize * 8 if is_palette else int(dataset.BitsStored)
    result: Array = (rgb >> max(bits - 8, 0)).astype(np.uint8)
    return result


def _volume(series: Series, got: _Got) -> Volume:
    """Put decoded frames onto the grid of the series."""
    lost = len(series.frames) - len(got.frames)
    if lost:
        series = _without_lost(series, got, lost)
    rows_columns = series.geometry.shape[1:]
    for frame, decoded in zip(got.frames, got.decoded, strict=True):
        if decoded.values.shape[:2] != rows_columns:
            found = " x ".join(str(n) for n in decoded.values.shape[:2])
            expected = " x ".join(str(n) for n in rows_columns)
            raise InputRefused(
                f"{Path(frame.file).name} holds a picture of {found} and declares {expected}. "
                "Ask the sender for a whole copy."
            )
    paddings = [decoded.padding for decoded in got.decoded]
    padding: NDArray[np.bool_] | None = None
    if any(p is not None for p in paddings):
        padding = np.zeros(series.geometry.shape, dtype=np.bool_)
        for place, mask in enumerate(paddings):
            if mask is not None:
                padding[place] = mask
    problems = list(got.problems)
    unit = unit_of(series, got.decoded, problems)
    uptake = _uptake(series, got, problems)
    if any(problem.kind == "signedness-differs" for problem in problems):
        unit = Unit.ARBITRARY
    series = replace(series, problems=tuple(dict.fromkeys([*series.problems, *problems])))
    array = got.array()
    if uptake is not None:
        array, unit = (array * np.float64(uptake.factor)).astype(np.float32), Unit.SUVBW
        series = in_suv(series, uptake)
    return Volume(array, unit, series, padding, got.tables if unit is not Unit.COLOUR else ())


def _uptake(series: Series, got: _Got, problems: list[Problem]) -> Uptake | None:
    """How PET becomes SUV; where it does not, that is told."""
    if series.modality != "PT" or is_secondary(got.pictures[0]):
        return None
    try:
        return uptake(got.pictures)
    except Lacking as lacking:
        first = got.pictures[0]
        sentence = f"{first.name} {lacking}; there is no SUV, values are as the machine gave them."
        problems.append(Problem("no-suv", sentence, (first.file,)))
        return None


def _without_lost(series: Series, got: _Got, lost: int) -> Series:
    """A series without the frames that could not be decoded: its grid has a hole and is none."""
    kept = set(got.frames)
    files = tuple(dict.fromkeys(f.file for f in series.frames if f not in kept))
    sentence = (
        f"{lost} of {len(series.frames)} slices could not be decoded and are left out, "
        f"{Path(files[0]).name} among them."
    )
    problem = Problem("missing-slice", sentence, files)
    shape = (len(got.frames), *series.geometry.shape[1:])
    geometry = replace(series.geometry, shape=shape, affine=None)
    return replace(
        series,
        frames=tuple(got.frames),
        geometry=geometry,
        problems=(*series.problems, problem),
    )
