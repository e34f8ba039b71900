"""A volume as a file of another format. Values and places are kept, or it is said."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from medimg.values.errors import InputRefused, OutputFailed, UsageError
from medimg.values.problems import Stops
from medimg.values.volume import Unit
from medimg.writing import NEEDED, WRITERS, Holds, Writer
from medimg.writing.resampling import MENDED
from medimg.writing.stack import Stack


def convert(stack: Stack, out: Path) -> tuple[str, ...]:
    """Write volumes by the suffix of their file, whole or not at all; a name without is DICOM.

    A file of that name is replaced; a folder of that name is not.

    Returns:
        What the format could not carry, in sentences.

    Raises:
        UsageError: No format has that suffix.
        InputRefused: The volume does not fit the format.
        OutputFailed: The file could not be written.
    """
    writer = writer_of(out)
    _refuse_broken(stack)
    wanted = tuple(_wants(stack))
    for want in NEEDED:
        if want in wanted and want not in writer.holds:
            raise InputRefused(
                f"{stack.series.label} is {want.value}, which {writer.name} cannot hold. "
                f"{_instead(want)}"
            )
    notes = [_lost(want, stack, writer) for want in wanted if want not in writer.holds]
    try:
        with tempfile.TemporaryDirectory(prefix=".part-", dir=out.parent) as folder:
            part = Path(folder, out.name)
            notes += writer.write(stack, part)
            # The file that was asked for comes last: where it is, its data are.
            for made in sorted(Path(folder).iterdir(), key=lambda path: path == part):
                _make_private(made)
                made.replace(out.parent / made.name)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).strip().splitlines()[-1]
        raise OutputFailed(f"{out} could not be written: {reason}.") from error
    return (*notes, *_unit_note(stack, writer))


def writer_of(out: Path) -> Writer:
    """What writes a file, by its suffix.

    Raises:
        UsageError: No format has that suffix.
    """
    name = out.name.lower()
    for suffix, writer in WRITERS.items():
        if suffix and name.endswith(suffix):
            return writer
    if not out.suffix and name:
        return WRITERS[""]
    known = ", ".join(suffix for suffix in WRITERS if suffix)
    raise UsageError(
        f"{out.name} has none of the suffixes {known}; a name without a suffix is a folder of "
        "DICOM files."
    )


def _refuse_broken(stack: Stack) -> None:
    """Refuse a stack that is none: a slice missing, two at one place, no positions."""
    for volume in stack.volumes:
        series = volume.series
        reasons = series.stops(Stops.VOLUME)
        if series.geometry.affine is None and len(series.frames) > 1 and reasons:
            is_mendable = all(reason.kind in MENDED for reason in reasons)
            more = " Say --resample to put it onto a regular grid." if is_mendable else ""
            sentence = f"{series.label} is not one regular volume. {reasons[0].sentence}{more}"
            raise InputRefused(sentence)


def _wants(stack: Stack) -> Iterator[Holds]:
    """What a format must be able to say of this stack."""
    if len(stack.volumes) > 1:
        yield Holds.VOLUMES
    if stack.is_frames:
        yield Holds.FRAMES
    if stack.geometry.affine is None:
        yield Holds.NO_PLACE
    if stack.is_sheared:
        yield Holds.SHEAR
    if any(volume.padding is not None for volume in stack.volumes):
        yield Holds.PADDING
    if stack.volumes[0].is_inverted:
        yield Holds.POLARITY


def _instead(want: Holds) -> str:
    """Name the formats that can."""
    able = [
        suffix or "a folder of DICOM"
        for suffix, writer in WRITERS.items()
        if want in writer.holds and suffix != ".nii"
    ]
    more = ", or say --resample" if want is Holds.SHEAR else ""
    return f"Write {', '.join(able[:-1])} or {able[-1]}{more}."


def _lost(want: Holds, stack: Stack, writer: Writer) -> str:
    if want is Holds.POLARITY:
        return f"Values are as stored, low is white; {writer.name} cannot say so."
    masks = [volume.padding for volume in stack.volumes if volume.padding is not None]
    share = 100 * sum(int(mask.sum()) for mask in masks) / sum(mask.size for mask in masks)
    return (
        f"{share:.3g} % of the voxels are padding and keep their value; {writer.name} cannot mark "
        "them."
    )


def _unit_note(stack: Stack, writer: Writer) -> tuple[str, ...]:
    if stack.unit not in (Unit.SUVBW, Unit.GRAY) or writer.name in ("HDF5", "DICOM"):
        return ()
    return (f"The values are {stack.unit.value}.",)


def _make_private(made: Path) -> None:
    """Image files are patient data: for this user alone."""
    for path in made.iterdir() if made.is_dir() else ():
        path.chmod(0o600)
    made.chmod(0o700 if made.is_dir() else 0o600)
