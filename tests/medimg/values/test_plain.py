"""Values go through JSON and come back the same, arrays beside it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.plain import from_json, to_json
from medimg.values.problems import Problem
from medimg.values.series import Frame, MRKind, Patient, Series, View, Window
from medimg.values.volume import Unit, VoiTable, Volume

SERIES = Series(
    "a",
    "FLAIR",
    "dicom",
    "MR",
    (Frame("ä/漢.dcm", 0, "1.2.3", 7, (1.0, -2.5, 3.25)),),
    Geometry((1, 2, 3), PlaneSpacing(MeasuredAt.PATIENT, 0.5, 0.25), np.eye(4), "1.2.9"),
    patient=Patient("7", "Buc^Jérôme", "19700101", "M", 54.0),
    view=View.UNKNOWN,
    mr_kind=MRKind.FLAIR,
    windows=(Window(40.0, 400.0, "brain"),),
    lossy_ratio=12.0,
    acquisition=(("TR", "9000 ms"),),
    problems=(Problem("lossy", "Compressed 12 : 1."),),
)


def round_trip(value: object) -> object:
    """Through bytes and back, arrays kept by name."""
    kept: dict[str, np.ndarray] = {}
    data = to_json(value, kept.__setitem__)
    return from_json(type(value), data, kept.__getitem__)


def test_series_comes_back() -> None:
    """Enums, nested values, tuples and any script survive."""
    back = round_trip(SERIES)
    assert isinstance(back, Series)
    assert (back.patient, back.frames, back.windows) == (
        SERIES.patient,
        SERIES.frames,
        SERIES.windows,
    )
    assert back.mr_kind is MRKind.FLAIR
    assert back.problems == SERIES.problems
    assert back.geometry.plane_spacing == SERIES.geometry.plane_spacing
    np.testing.assert_array_equal(back.geometry.affine, np.eye(4))


def test_arrays_stay_out_of_the_text() -> None:
    """Pixels never pass through JSON: the text holds their names, with type and shape kept."""
    array = np.arange(6, dtype=np.int16).reshape(1, 2, 3)
    volume = Volume(
        array,
        Unit.HU,
        SERIES,
        np.zeros((1, 2, 3), bool),
        (VoiTable(0, 8, np.arange(9, dtype="u2")),),
    )
    kept: dict[str, np.ndarray] = {}
    text = to_json(volume, kept.__setitem__)
    assert len(kept) == 4  # pixels, affine, padding, table
    assert len(text) < 4096
    back = from_json(Volume, text, kept.__getitem__)
    assert back.array.dtype == np.int16
    np.testing.assert_array_equal(back.array, array)
    np.testing.assert_array_equal(back.voi_tables[0].entries, np.arange(9))


def test_numpy_scalars_are_numbers() -> None:
    """A figure that numpy computed is written as the number that it is."""
    assert round_trip(Window(np.float64(1.5), np.float32(2.0))) == Window(1.5, 2.0)  # type: ignore[arg-type]


def test_wrong_kind_is_refused() -> None:
    """What is not this value is refused with a validation error, not half-filled."""
    data = to_json(Window(1, 2), lambda name, array: None)
    with pytest.raises(msgspec.ValidationError):
        from_json(Patient, data.replace(b'"center"', b'"id"'), lambda name: np.zeros(1))
