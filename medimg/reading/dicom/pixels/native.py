"""Native frames that lie in fragments: as they are, deflated, or run-length coded bits.

pydicom 3 opens none of the three: encapsulated uncompressed (PS3.5 A.4.11), deflated image
frames (PS3.5 A.4.13), and RLE of pixels of one bit, which are packed before they are coded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import ExplicitVRLittleEndian

from medimg.reading.dicom.header.source import transfer_syntax
from medimg.reading.dicom.header.syntaxes import DEFLATED_FRAMES, ENCAPSULATED_NATIVE, RLE
from medimg.values.volume import Array

#: Bytes before the one segment of a coded frame of bits (PS3.5 G.5).
_RLE_HEADER = 64
#: What tells how a frame's bytes are pixels (PS3.3 C.7.6.3.1).
_DESCRIBING = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
)


def is_native_in_fragments(dataset: FileDataset) -> bool:
    """Whether frames are native once they are out of their fragments."""
    uid = transfer_syntax(dataset)
    is_bits = int(dataset.get("BitsAllocated") or 0) == 1
    return uid in (ENCAPSULATED_NATIVE, DEFLATED_FRAMES) or (uid == RLE and is_bits)


def frames(dataset: FileDataset, wanted: Sequence[int]) -> Iterator[Array]:
    """Open frames to stored values.

    Raises:
        ValueError: A frame opens to fewer or more bytes than the header declares.
    """
    samples, bits = int(dataset.SamplesPerPixel), int(dataset.BitsAllocated)
    need = -(-int(dataset.Rows) * int(dataset.Columns) * samples * bits // 8)
    uid = transfer_syntax(dataset)
    count = int(dataset.get("NumberOfFrames") or 1)
    for number in wanted:
        raw = get_frame(dataset.PixelData, number, number_of_frames=count)
        if uid == DEFLATED_FRAMES:
            raw = zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, need + 2)
        elif uid == RLE:
            raw = _unpacked(raw[_RLE_HEADER:], need)
        if not need <= len(raw) <= need + 1:  # a pad byte may follow
            raise ValueError(f"frame {number + 1} opens to {len(raw)} of {need} bytes")
        yield _pixels(dataset, raw[:need])


def _pixels(dataset: FileDataset, raw: bytes) -> Array:
    """The frame as pydicom has it from a native file."""
    plain = Dataset()
    plain.file_meta = FileMetaDataset()
    plain.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in _DESCRIBING:
        if keyword in dataset:
            plain[keyword] = dataset[keyword]
    plain.NumberOfFrames = 1
    plain.PixelData = raw + b"\0" * (len(raw) % 2)
    array, _ = get_decoder(ExplicitVRLittleEndian).as_array(plain, index=0)
    return array


def _unpacked(coded: bytes, need: int) -> bytes:
    """Undo run-length coding (PS3.5 G.3.2), up to the bytes that are needed."""
    out, place = bytearray(), 0
    while place < len(coded) and len(out) < need:
        head = coded[place]
        if head < 128:
            out += coded[place + 1 : place + 2 + head]
            place += 2 + head
        elif head > 128:
            out += coded[place + 1 : place + 2] * (257 - head)
            place += 2
        else:
            place += 1
    return bytes(out[:need])
