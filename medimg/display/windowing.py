"""From values to grey: one path for the eye and for models that see radiographs.

Order as PS3.3 C.11.6 gives it: values (after the modality transform), VOI table or window, then
the polarity. MONOCHROME1 is turned here and nowhere else; padding is black and outside of all
statistics.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medimg.values.series import Window
from medimg.values.volume import Array, Unit, VoiTable, Volume

#: CT windows by name, in HU: as most viewers and textbooks have them.
PRESETS: dict[str, Window] = {
    name: Window(center, width, name)
    for name, width, center in (
        ("Soft tissue", 400.0, 40.0),
        ("Lung", 1500.0, -600.0),
        ("Bone", 2000.0, 350.0),
        ("Mediastinum", 350.0, 40.0),
        ("Brain", 80.0, 40.0),
        ("Stroke", 40.0, 40.0),
        ("Subdural", 200.0, 75.0),
        ("Liver", 150.0, 90.0),
        ("Angiography", 600.0, 200.0),
        ("Emphysema", 500.0, -850.0),
    )
}

#: Shares of the non-padding values between which an image without a window is drawn.
AUTOMATIC_SHARES = (0.01, 0.99)
#: Values looked at for an automatic window; more would not move it by a grey level.
AUTOMATIC_SAMPLE = 1_000_000

#: Rec. 601, as PS3.3 C.7.6.3.1.2 has it for YBR_FULL.
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)

#: `Window.function` of a VOI table is this and its place in `Volume.voi_tables`.
_TABLE = "TABLE "


def windows_of(volume: Volume) -> tuple[Window, ...]:
    """List the windows worth offering: the file's tables and windows first, then CT presets."""
    if volume.unit is Unit.COLOUR:
        return ()
    tables = tuple(_window_of(table, place) for place, table in enumerate(volume.voi_tables))
    presets = tuple(PRESETS.values()) if volume.unit is Unit.HU else ()
    return tables + volume.series.windows + presets


def default_window(volume: Volume) -> Window | None:
    """Choose the window in which an image is first drawn.

    The file's own comes first; without one, 8-bit values are drawn in full, and all others from
    1 to 99 % of what is not padding.

    Returns:
        None for a colour image, which has no window.
    """
    if volume.unit is Unit.COLOUR:
        return None
    own = windows_of(volume)
    if own:
        return own[0]
    if volume.array.dtype == np.uint8:
        return Window(128.0, 256.0, "full range")
    return automatic_window(volume)


def automatic_window(volume: Volume) -> Window:
    """Fit a window to 1–99 % of the finite values that are not padding."""
    values = _image_values(volume)
    if values.size == 0:
        return Window(0.5, 1.0, "automatic", "LINEAR_EXACT")
    low, high = (float(x) for x in np.quantile(values, AUTOMATIC_SHARES))
    if not high > low:
        low, high = float(values.min()), float(values.max())
    width = high - low if high > low else 1.0
    return Window((low + high) / 2.0, width, "automatic", "LINEAR_EXACT")


#: Share of a slice that is all black or all white, from which a window hides what is there.
HIDDEN_SHARE = 0.995


def hides(volume: Volume, window: Window | None) -> bool:
    """Whether a window draws the middle slice all black or all white, and the automatic one not."""
    if window is None:
        return False
    index = volume.array.shape[0] // 2
    middle = volume.array[index]
    if middle.min() == middle.max() or not _is_flat(grey(volume, window, index)):
        return False  # one value alone is flat in every window
    return not _is_flat(grey(volume, automatic_window(volume), index))


def _is_flat(shown: NDArray[np.float32]) -> bool:
    black, white = float((shown <= 0.0).mean()), float((shown >= 1.0).mean())
    return max(black, white) >= HIDDEN_SHARE


def grey(
    volume: Volume, window: Window | None = None, index: int | None = None
) -> NDArray[np.float32]:
    """Turn values into grey as the reader sees them.

    Args:
        volume: Source.
        window: None for the one in which the image is first drawn.
        index: One slice; None for all.

    Returns:
        [slice, row, column] float32 in 0..1 (one slice where `index` is given), 0 is black.
        Padding and non-finite values are 0. A colour image gives its luma.
    """
    part = slice(None) if index is None else slice(index, index + 1)
    values = volume.array[part]
    if volume.unit is Unit.COLOUR:
        luma: NDArray[np.float32] = values.astype(np.float32) @ LUMA / np.float32(255.0)
        return luma
    window = window or default_window(volume)
    assert window is not None  # only colour has none
    result = _apply(values, window, volume.voi_tables)
    if volume.is_inverted:
        result = np.float32(1.0) - result
    outside = None if volume.padding is None else volume.padding[part]
    if np.issubdtype(values.dtype, np.floating):
        missing = ~np.isfinite(values)
        outside = missing if outside is None else outside | missing
    if outside is not None:
        result[outside] = 0.0
    return result


def to_uint8(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Turn grey in 0..1 into 0..255, to the nearest."""
    levels: NDArray[np.uint8] = np.rint(np.clip(grey, 0.0, 1.0) * 255.0).astype(np.uint8)
    return levels


def _apply(values: Array, window: Window, tables: tuple[VoiTable, ...]) -> NDArray[np.float32]:
    """Map values to 0..1 (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""
    x = values.astype(np.float32)
    center, width = np.float32(window.center), np.float32(window.width)
    if window.function.startswith(_TABLE):
        return _look_up(x, window, tables[int(window.function[len(_TABLE) :])])
    if window.function == "SIGMOID":
        steepness = np.clip(-4.0 * (x - center) / width, -80.0, 80.0)
        result: NDArray[np.float32] = (1.0 / (1.0 + np.exp(steepness))).astype(np.float32)
        return result
    # LINEAR's half steps are those of whole numbers; a map of 0 to 1 has a width of 1.
    is_exact = width <= 1.0 and values.dtype.kind == "f"
    if window.function == "LINEAR_EXACT" or is_exact:
        return _clipped((x - center) / width + np.float32(0.5))
    if width <= 1.0:  # LINEAR with a width of 1 is a threshold
        return (x > center - np.float32(0.5)).astype(np.float32)
    shifted = (x - (center - np.float32(0.5))) / (width - np.float32(1.0))
    return _clipped(shifted + np.float32(0.5))


def _clipped(x: Array) -> NDArray[np.float32]:
    result: NDArray[np.float32] = np.clip(x, 0.0, 1.0).astype(np.float32, copy=False)
    return result


def _window_of(table: VoiTable, place: int) -> Window:
    """Describe a VOI table by the values that it spans, so that the hand can stretch it."""
    span = float(max(len(table.entries) - 1, 1))
    return Window(table.first + span / 2.0, span, table.name or "VOI table", f"{_TABLE}{place}")


def _look_up(x: NDArray[np.float32], window: Window, table: VoiTable) -> NDArray[np.float32]:
    """Look values up in a table that is stretched over the window."""
    last = len(table.entries) - 1
    place = ((x - np.float32(window.center)) / np.float32(window.width) + 0.5) * last
    nearest = np.clip(np.rint(np.nan_to_num(place)), 0, last).astype(np.intp)
    entries = table.entries.astype(np.float32) / np.float32(2**table.bits - 1)
    return _clipped(entries[nearest])


def _image_values(volume: Volume) -> Array:
    """The finite values that are not padding, thinned evenly to a bounded number."""
    step = max(1, volume.array.size // AUTOMATIC_SAMPLE)
    values = volume.array.reshape(-1)[::step]
    keep = np.isfinite(values)
    if volume.padding is not None:
        keep &= ~volume.padding.reshape(-1)[::step]
    kept: Array = values[keep]
    return kept
