"""The whole step, from a prediction to explanations, with tiny real packages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg.explain.explaining import explain
from medimg.explain.pictures import MOST_SLICES
from medimg.inference.backends.torch import open as open_torch
from medimg.inference.predict import predict
from medimg.inference.preprocessing import prepare
from medimg.packages.manifest import Package
from medimg.values.errors import Cancelled, PackageRefused, UsageError
from medimg.values.explanation import Badge, Explanation
from medimg.values.volume import Volume
from tests import tiny_packages as tiny

IG, CAM = "integrated-gradients", "grad-cam"
LAYER = '[[maps]]\nmethod = "grad-cam"\nlayer = "net.layer_0.conv"\nscale = 0.41\nunit = "logits"\n'


def _explain(
    volume: Volume, package: Package, *methods: str, **more: object
) -> tuple[Explanation, ...]:
    prepared, runner = prepare(volume, package), open_torch(package)
    prediction = predict(prepared, runner)
    return explain(volume, package, prepared, runner.module, prediction, methods, **more)


def _stack_with(slices: list[int], count: int = 30) -> Volume:
    """Dark slices; in some a bright square, the larger the later."""
    array = np.zeros((count, 32, 32), np.float32)
    for k, index in enumerate(slices):
        array[index, 8 : 11 + k, 8 : 11 + k] = 1.0
    return tiny.stack(array)


@pytest.fixture
def film() -> Volume:
    image = np.full((64, 64), 40.0)
    image[20:36, 30:46] = 230.0
    return tiny.film(image)


class TestSegmentation:
    def test_evidence_lies_in_the_region_that_was_marked(
        self, tmp_path: Path, film: Volume
    ) -> None:
        """The network looks at single pixels, so nothing outside can be evidence."""
        (one,) = _explain(film, tiny.bright(tmp_path), IG)
        positive = np.clip(one.map[0], 0, None)
        assert positive[18:38, 28:48].sum() > 0.999 * positive.sum()
        assert one.trust.deletion is not None
        assert one.trust.deletion_random is not None
        assert one.trust.deletion < one.trust.deletion_random[1]

    def test_without_a_region_there_is_no_map(self, tmp_path: Path) -> None:
        assert _explain(tiny.film(np.zeros((64, 64))), tiny.bright(tmp_path), IG) == ()

    def test_of_a_stack_only_slices_with_a_region(self, tmp_path: Path) -> None:
        (one,) = _explain(_stack_with([4, 5, 9]), tiny.bright(tmp_path, kind="stack"), IG)
        explained = np.flatnonzero(one.map.any(axis=(1, 2)))
        assert explained.tolist() == [4, 5, 9]
        assert dict(one.parameters)["slices"].startswith("3 of 30")

    def test_of_a_stack_at_most_the_largest(self, tmp_path: Path) -> None:
        volume = _stack_with(list(range(5, 5 + MOST_SLICES + 4)))
        (one,) = _explain(volume, tiny.bright(tmp_path, kind="stack"), IG)
        explained = np.flatnonzero(one.map.any(axis=(1, 2)))
        assert explained.tolist() == list(range(9, 9 + MOST_SLICES))


class TestClassifier:
    def test_every_method_gives_its_map_in_order(self, tmp_path: Path, film: Volume) -> None:
        package = tiny.classifier(tmp_path, more=LAYER + tiny.FINDING)
        made = _explain(film, package, CAM, IG)
        assert [one.method for one in made] == [CAM, IG]
        for one in made:
            assert one.map.shape == (1, 64, 64)
            assert one.target == "Lung opacity"
            assert one.trust.badge is not Badge.SUPPORTED
            assert one.trust.rule
        assert made[0].trust.deletion_random == made[1].trust.deletion_random

    def test_scale_is_the_manifests_and_else_said_to_be_the_maps_own(
        self, tmp_path: Path, film: Volume
    ) -> None:
        cam, ig = _explain(film, tiny.classifier(tmp_path, more=LAYER + tiny.FINDING), CAM, IG)
        assert (cam.scale, cam.scale_unit) == (0.41, "logits")
        assert "scale" not in dict(cam.parameters)
        assert ig.scale == pytest.approx(float(np.abs(ig.map).max()))
        assert dict(ig.parameters)["scale"] == "of this map, not validated"

    def test_measures_the_share_inside_the_anatomy(self, tmp_path: Path, film: Volume) -> None:
        anatomy = np.zeros((1, 64, 64), bool)
        anatomy[0, :16] = True
        package = tiny.classifier(tmp_path)
        (one,) = _explain(film, package, IG, anatomy_mask=anatomy)
        assert one.trust.share_by_area == pytest.approx(0.25)
        assert one.trust.share_inside is not None
        assert "lies in the organ" in one.trust.sentence

    def test_refuses_a_method_whose_layer_nobody_named(self, tmp_path: Path, film: Volume) -> None:
        with pytest.raises(PackageRefused, match="names no layer for grad-cam"):
            _explain(film, tiny.classifier(tmp_path), CAM)

    def test_names_the_nearest_method(self, tmp_path: Path, film: Volume) -> None:
        with pytest.raises(UsageError, match='Did you mean "grad-cam"'):
            _explain(film, tiny.classifier(tmp_path), "gradcam")

    def test_reports_progress_and_stops(self, tmp_path: Path, film: Volume) -> None:
        fractions: list[float | None] = []
        package = tiny.classifier(tmp_path)
        _explain(film, package, IG, progress=lambda fraction, _: fractions.append(fraction))
        assert fractions == sorted(fractions, key=lambda f: f or 0.0)
        assert fractions[0] == 0.0
        with pytest.raises(Cancelled):
            _explain(film, package, IG, cancelled=lambda: True)

    def test_hides_nothing_where_nothing_is_marked(self, tmp_path: Path) -> None:
        """A film without contrast: no evidence, no figure, and it is said."""
        package = tiny.bright(tmp_path)
        flat = tiny.film(np.full((64, 64), 255))
        (one,) = _explain(flat, package, IG)
        assert not (one.map > 0).any()
        assert one.trust.deletion is None
        assert one.trust.sentence.startswith("Nothing in this map speaks for the finding.")


class TestAnatomy:
    def test_is_not_explained(self, tmp_path: Path, film: Volume) -> None:
        """A lung is marked, not argued for; asking costs nothing and fails nothing."""
        lungs = ("Lungs", "lungs", "anatomy")
        assert _explain(film, tiny.bright(tmp_path, label=lungs, more=""), CAM, IG) == ()
