"""What a file declares against what it holds, before any memory is taken for its pixels."""

from __future__ import annotations

from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.header.limits import ABSURD, CODEC_RATIO, exceeded
from medimg.reading.dicom.header.source import PixelElement, Source
from medimg.reading.dicom.header.syntaxes import is_compressed, syntax
from medimg.reading.sizes import size_of
from medimg.values.problems import Problem

#: How colour may be stored (PS3.3 C.7.6.3.1.2); the retired ones are not read as if they were RGB.
_PHOTOMETRIC = {
    *("", "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB"),
    *("YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"),
}
#: What tells how pixels are stored, each by one number.
_SINGLE = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit",
           "PixelRepresentation")  # fmt: skip
#: Pictures up to this size may declare what they like: the memory is there.
_SMALL = 64 << 20

#: What the bytes of pixels are counted from.
_SIZES = (
    *("Rows", "Columns", "BitsAllocated", "SamplesPerPixel", "NumberOfFrames"),
    "PhotometricInterpretation",
)


def fault_of(source: Source) -> Problem | None:
    """Why the pixels of a file cannot be used, or None: by lengths alone."""
    name, facts = source.path.name, source.facts
    if source.pixels is None:
        return Problem("no-pixels", f"{name} has no pixel data.", (name,))
    for keyword in _SINGLE:
        if len(facts.texts(keyword)) > 1:
            sentence = f"{keyword} of {name} has more than one value: {facts.text(keyword)}."
            return Problem("decode-failed", sentence, (name,))
    declared = declared_bytes(facts)
    if declared is None:
        sentence = f"{name} does not say how many rows, columns or bits its picture has."
        return Problem("decode-failed", sentence, (name,))
    stored = syntax(source.transfer_syntax)
    if not stored.codec:
        sentence = f"{name} is stored as {stored.name}, for which there is no decoder here."
        return Problem("no-codec", sentence, (name,))
    photometric = facts.text("PhotometricInterpretation").upper()
    if photometric not in _PHOTOMETRIC:
        sentence = f"{name} stores its pixels as {photometric}, which is not read here."
        return Problem("unsupported", sentence, (name,))
    is_coded = is_compressed(source.transfer_syntax) and source.pixels.declared is None
    held = source.pixels.held
    if source.pixels.declared is not None:
        held = min(held, source.pixels.declared)
    frames = facts.whole("NumberOfFrames") or 1
    if frames < 0:
        return Problem("decode-failed", f"{name} declares {frames} frames.", (name,))
    problem = (
        _out_of_proportion(name, declared, held, CODEC_RATIO if is_coded else ABSURD)
        or exceeded("frames", frames, name)
        or exceeded("frame", declared // frames, name)
        or exceeded("pixels", declared, name)
    )
    if problem is not None:
        return problem
    if is_coded:
        return _compressed_fault(source, source.pixels, frames)
    if held >= declared:
        return None
    if frames > 1 and source.pixels.declared is not None and source.pixels.held >= held:
        whole = held // (declared // frames)
        sentence = f"{name} declares {frames} frames and holds {whole}."
        return Problem("frames-missing", sentence, (name,))
    sentence = f"{name} breaks off inside its pixels: it has {held} of {declared} bytes."
    return Problem("truncated", sentence, (name,))


def _out_of_proportion(name: str, declared: int, held: int, ratio: int) -> Problem | None:
    """Refuse what declares much more than it can hold; small pictures need no such care."""
    if declared <= _SMALL or declared <= ratio * max(held, 1):
        return None
    sentence = f"{name} declares {size_of(declared)} of pixels and holds {size_of(held)}."
    return Problem("too-large", sentence, (name,))


def _compressed_fault(source: Source, pixels: PixelElement, frames: int) -> Problem | None:
    """Whether fragments are cut, or fewer than the frames (PS3.5 A.4)."""
    name = source.path.name
    if not pixels.is_complete:
        sentence = f"{name} breaks off inside its compressed pixels."
        return Problem("truncated", sentence, (name,))
    if pixels.fragments >= frames:
        return None
    sentence = f"{name} declares {frames} frames and holds {pixels.fragments}."
    return Problem("frames-missing", sentence, (name,))


def extra_of(source: Source) -> Problem | None:
    """A note where native pixels hold more than the picture needs; a pad byte is no news."""
    facts, pixels = source.facts, source.pixels
    if pixels is None or pixels.declared is None or is_compressed(source.transfer_syntax):
        return None
    extra = pixels.declared - (declared_bytes(facts) or pixels.declared)
    if extra < 2:
        return None
    sentence = f"The pixels of {source.path.name} are {extra} bytes longer than the picture."
    return Problem("extra-bytes", sentence, (source.path.name,))


def declared_bytes(facts: Attributes) -> int | None:
    """Bytes of the pixels when opened, as the header declares them (PS3.3 C.7.6.3)."""
    if facts.unlike.isdisjoint(_SIZES):
        facts = facts.first  # which has been asked before
    rows, columns = facts.whole("Rows"), facts.whole("Columns")
    bits = facts.whole("BitsAllocated")
    if not rows or not columns or not bits:
        return None
    samples = float(facts.whole("SamplesPerPixel") or 1)
    if facts.text("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2.0  # two chroma values a pair of pixels
    frames = facts.whole("NumberOfFrames") or 1
    return int(-(-rows * columns * samples * bits * frames // 8))
