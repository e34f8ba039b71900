"""From a volume to the network's input and back, by twins of MONAI's transforms or by MONAI.

A radiograph enters as display grey 0 to 1, (1, rows, columns); a stack in its modality's values,
(1, slice, row, column), turned to where the package wants its axes to run. All of it is undone by
`Prepared.restore`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg.display.windowing import grey
from medimg.inference import transforms
from medimg.inference.configuration import read
from medimg.inference.transforms import Affine, Back, Floats, Image
from medimg.packages.grids import plane_of
from medimg.packages.manifest import Package
from medimg.values.geometry import Geometry, Plane, display_affine
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An image as the network gets it, and the way back.

    Attributes:
        array: (1, rows, columns) or (1, slices, rows, columns) float32.
        affine: (4, 4), index (slice, row, column) of `array` to LPS mm; None for a film.
        back: (channels, *its grid) to (channels, *grid of the image that came in).
        shape: (slices, rows, columns) of the volume.
        notes: What was assumed or changed on the way, in words.
    """

    package: Package
    array: Floats
    affine: Affine | None
    back: Back
    shape: tuple[int, int, int]
    notes: tuple[str, ...] = ()

    def restore(self, image: NDArray[np.floating]) -> Floats:
        """Bring a map on the network's grid back onto the volume's own.

        Args:
            image: The network's grid, (rows, columns) or (slices, rows, columns), with or
                without channels in front.

        Returns:
            [slice, row, column], or [channel, slice, row, column] if channels came in; 0 where
            the network did not look.
        """
        given = np.asarray(image, dtype=np.float32)
        has_channels = given.ndim == self.array.ndim
        back = self.back(given if has_channels else given[None])
        result = back.reshape(back.shape[0], *self.shape)
        return result if has_channels else result[0]


def prepared_array(
    package: Package, image: Floats, affine: NDArray[np.float64] | None = None
) -> tuple[Image, Back]:
    """Prepare one image by the package's configuration.

    Args:
        image: (rows, columns) or (slices, rows, columns).
        affine: (4, 4), index (slice, row, column) to LPS mm; without it a stack is taken as
            axial in display order.

    Returns:
        The prepared image, and the way back.

    Raises:
        PackageRefused: The configuration is not allowed or has no "preprocessing".
    """
    steps = transforms.steps_of(read(package))
    if steps is None:
        from medimg.inference import reference

        return reference.prepared_array(package, image, affine)
    if image.ndim == 2:
        return transforms.run(steps, Image(image[None]))
    if affine is None:
        side = package.preparation.assumed_field_of_view_mm
        affine = display_affine(_pixel_mm(image.shape, side))
    placing = [transforms.orient(package.orientation)]
    if package.spacing_mm is not None:
        placing.append(transforms.space(package.spacing_mm))
    return transforms.run([*placing, *steps], Image(image[None], affine))


def prepare(volume: Volume, package: Package) -> Prepared:
    """Prepare an admitted volume for a package's network.

    Raises:
        PackageRefused: The configuration of the package is not allowed.
    """
    shape = volume.series.geometry.shape
    if package.input.kind == "radiograph":
        film = np.asarray(grey(volume), dtype=np.float32).reshape(shape)[0]
        found, back = prepared_array(package, film)
        return Prepared(package, found.values, None, back, shape)
    affine, notes = _place(volume, package.preparation.assumed_field_of_view_mm)
    found, back = prepared_array(package, _finite(volume), affine)
    return Prepared(package, found.values, found.affine, back, shape, notes)


def _pixel_mm(shape: tuple[int, ...], field_mm: float | None) -> tuple[float, float]:
    step = field_mm / max(shape[-2:]) if field_mm else 1.0
    return step, step


def _finite(volume: Volume) -> NDArray[np.float32]:
    """Modality values; padding and non-finite voxels become the darkest real value."""
    values = np.array(volume.array, dtype=np.float32)
    usable = np.isfinite(values)
    if volume.padding is not None:
        usable &= ~volume.padding
    if not usable.all():
        values[~usable] = values[usable].min() if usable.any() else 0.0
    return values


def _place(volume: Volume, assumed_mm: float | None) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Where a stack lies, as far as is known, and what had to be assumed."""
    geometry = volume.series.geometry
    if geometry.affine is not None:
        found = plane_of(volume.series)
        turned = found not in (Plane.AXIAL, Plane.UNKNOWN)
        return geometry.affine, (f"Resliced from {found.value} to axial.",) if turned else ()
    notes = ["The place in the patient is unknown; slices are taken as axial, in display order."]
    pixel = _known_pixel(geometry)
    if pixel is None:
        pixel = _pixel_mm(geometry.shape, assumed_mm)
        if assumed_mm:
            notes.append(f"Pixel size unknown; a field of view of {assumed_mm:g} mm is assumed.")
    return display_affine(pixel), tuple(notes)


def _known_pixel(geometry: Geometry) -> tuple[float, float] | None:
    spacing = geometry.plane_spacing
    if spacing.row_mm is None or spacing.column_mm is None:
        return None
    return spacing.row_mm, spacing.column_mm
