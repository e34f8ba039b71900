"""Real folders de-identified are read as they were: pictures, places, and what refers to them.

`pytest -s` prints the counts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg.privacy.folder import default_log, run
from medimg.privacy.instance import Request, State
from medimg.privacy.lettering import lettering
from medimg.privacy.options import Kept
from medimg.privacy.secret import Secret
from medimg.reading import read, scan
from medimg.reading.dicom.header.json_model import headers
from medimg.values.errors import InputRefused
from medimg.values.series import ObjectKind, Scan, Series
from medimg.values.volume import Volume
from medimg.writing.converting import convert
from medimg.writing.stack import Stack

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

SECRET = Secret(bytes(32))
WISH = Request(
    SECRET,
    Kept(frozenset({"shifted-dates", "descriptors", "patient", "private"})),
    keeps_flagged=True,
)

#: Folders whose instances have names of their own, so that they can be found again.
FOLDERS = (
    *("ct-chest-ibsi", "ct-chest-lung1-001", "ct-gantry-tilt-variable-spacing", "ct-gaps"),
    *("ct-localiser-and-exam-summary", "ct-pet-sarcoma", "dx-cr-rf", "enhanced-ct"),
    *("enhanced-mr", "luts", "mg", "mr-dce-phases", "mr-dwi-philips", "mr-enhanced-siemens-xa10"),
    *("mr-pgbm-003", "op-ophthalmic", "parametric-map", "pet-misc", "pr"),
    *("seg", "seg-liver-ct", "us", "xa-cine"),
)

#: Folders with a SEG, an RTSTRUCT, a presentation state or a report that speaks of their images.
REFERRING = ("ct-chest-ibsi", "ct-pet-sarcoma", "pr", "rt", "seg", "seg-liver-ct", "sm-ann", "sr")
#: A viewer's report holds its marks in an encapsulated document, which goes.
LOST = {"sr": 1}


def made(folder: Path, out: Path) -> tuple[Scan, Scan]:
    """A folder before and after."""
    run(folder, out, WISH, default_log(out), lambda *_: None)
    return scan(folder), scan(out)


def frames_of(series: Series, *, is_new: bool) -> tuple[tuple[str, int], ...]:
    return tuple(
        (f.sop_instance_uid if is_new else SECRET.uid(f.sop_instance_uid), f.number)
        for f in series.frames
    )


def opened(series: Series) -> Volume | None:
    try:
        return read(series)
    except InputRefused:
        return None


@pytest.mark.parametrize("name", FOLDERS)
def test_pictures_and_places_are_as_they_were(name: str, shared_data: Path, tmp_path: Path) -> None:
    """The same series of the same frames in the same order, equal in pixels and geometry."""
    before, after = made(shared_data / "dicom" / name, tmp_path / "out")
    old = {frames_of(series, is_new=False): series for series in before.series}
    new = {frames_of(series, is_new=True): series for series in after.series}
    assert old.keys() == new.keys()
    for key, series in old.items():
        a, b = series.geometry.affine, new[key].geometry.affine
        assert series.geometry.shape == new[key].geometry.shape
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            np.testing.assert_allclose(a, b, atol=1e-9)
        one, two = opened(series), opened(new[key])
        assert (one is None) == (two is None)
        if one is not None and two is not None:
            assert one.unit is two.unit
            np.testing.assert_array_equal(one.array, two.array)


def test_a_mosaic_loses_what_cuts_it_and_says_so(shared_data: Path, tmp_path: Path) -> None:
    """Its private header goes; as new DICOM series the same slices come through."""
    folder = shared_data / "dicom" / "mr-mosaic-siemens"
    report = run(folder, tmp_path / "out", WISH, default_log(tmp_path / "out"), lambda *_: None)
    (reason,) = next(told.reasons for told in report.files if told.state is State.WRITTEN)
    assert "convert the series to DICOM first" in reason
    (left,) = scan(tmp_path / "out").series
    assert any("is not cut" in problem.sentence for problem in left.problems)
    (source,) = scan(folder).series
    convert(Stack((read(source),), headers(source)), tmp_path / "slices")
    before, after = made(tmp_path / "slices", tmp_path / "clean")
    (one,), (two,) = before.series, after.series
    assert len(two.frames) == len(source.frames) > 1
    np.testing.assert_array_equal(read(one).array, read(two).array)
    np.testing.assert_allclose(one.geometry.affine, two.geometry.affine, atol=1e-9)


@pytest.mark.parametrize("name", REFERRING)
def test_objects_still_find_their_images(name: str, shared_data: Path, tmp_path: Path) -> None:
    """A segmentation, structure set, presentation state or report leads where it led."""
    before, after = made(shared_data / "dicom" / name, tmp_path / "out")
    # Overlay planes go with the profile: they may hold writing.
    objects = [object_ for object_ in before.objects if object_.kind is not ObjectKind.OVERLAY]
    led = sum(len(object_.series_ids) for object_ in objects)
    leads = sum(len(object_.series_ids) for object_ in after.objects)
    print(f"\n{name}: {led} references of {len(objects)} objects, {leads} after")
    assert led > 0
    assert leads == led - LOST.get(name, 0)
    assert len(after.objects) == len(objects)


#: Folder: whether its pictures carry printed rows of five or more characters, seen by eye.
WRITTEN = ("us", "dicomdir-charsets", "luts")
CLEAN = (
    *("ct-abdomen", "ct-chest-ibsi", "ct-gaps", "ct-pet-sarcoma", "cr-chest", "dx-chest"),
    *("mr-dce-phases", "mr-dwi-philips", "mr-pgbm-003", "mr-pgbm-006-hcrop", "xa-cine"),
)


def flagged(folder: Path) -> tuple[int, int]:
    """Series images that hold printed text by the pixel check, and all that could be opened."""
    count = hits = 0
    for series in scan(folder).series:
        volume = opened(series)
        for frame in () if volume is None else volume.array:
            count, hits = count + 1, hits + bool(lettering(frame))
    return hits, count


@pytest.mark.parametrize("name", WRITTEN)
def test_pictures_with_text_are_found(name: str, shared_data: Path) -> None:
    """In each of these folders every series has a frame in which printed text is found."""
    for series in scan(shared_data / "dicom" / name).series:
        volume = opened(series)
        assert volume is not None
        assert any(lettering(frame) for frame in volume.array), series.label


def test_clean_pictures_are_seldom_taken_for_text(shared_data: Path) -> None:
    """Of all frames of folders without text, at most 1 in 50 is held back for nothing."""
    counts = {name: flagged(shared_data / "dicom" / name) for name in CLEAN}
    hits, count = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
    print(f"\n{hits} of {count} clean frames are taken for text: "
          f"{ {name: pair for name, pair in counts.items() if pair[0]} }")  # fmt: skip
    assert count > 400 and hits <= count / 50


def test_every_picture_of_screens_is_held_back(shared_data: Path, tmp_path: Path) -> None:
    """Secondary captures and ultrasound do not come out unasked, whatever the pixel check says."""
    for name in ("secondary-capture", "us"):
        out = tmp_path / name
        report = run(
            shared_data / "dicom" / name, out, Request(SECRET), default_log(out), lambda *_: None
        )
        assert report.count(State.WRITTEN) == 0
