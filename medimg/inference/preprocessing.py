"""From a volume to the network's input and back: the package's own MONAI transforms.

The one file that knows RAS and channel-first. Training and product use the same `chain`.
A radiograph enters as display grey 0 to 1, (1, rows, columns); a stack in its modality's values,
(1, slice, row, column), turned so that slices go towards the head, rows towards the back and
columns towards the patient's left (MONAI: "SPL"). All of it is undone by `Prepared.restore`.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from monai.transforms.compose import Compose
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.spatial.array import Orientation, Spacing
from monai.transforms.transform import Transform
from numpy.typing import NDArray
from torch import Tensor

from medimg.display.windowing import grey
from medimg.inference.configuration import Config, build, read
from medimg.packages.grids import plane_of
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused
from medimg.values.geometry import Geometry, Plane
from medimg.values.volume import Volume

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
#: Slices to the head, rows to the back, columns to the patient's left.
AXIAL = "SPL"
_LABELS = (("L", "R"), ("P", "A"), ("I", "S"))


def _placing(orientation: str, spacing_mm: tuple[float, float, float] | None = None) -> Compose:
    """The steps that bring a stack to where a package wants its axes to run, and its spacing."""
    steps: list[Transform] = [Orientation(axcodes=orientation, labels=_LABELS)]
    if spacing_mm is not None:
        steps.append(Spacing(pixdim=spacing_mm, mode="bilinear", padding_mode="border"))
    return Compose(steps)


@dataclass(frozen=True, slots=True)
class Chain:
    """A package's preprocessing, forwards and back.

    Attributes:
        steps: MONAI transforms on one (1, …) image.
        placing: What comes before them for a stack. MONAI undoes a step only with the very
            transform that did it.
        field_of_view_mm: Width that a stack is assumed to have where its spacing is unknown.
    """

    steps: Compose
    field_of_view_mm: float | None = None
    placing: Compose = field(default_factory=lambda: _placing(AXIAL))

    def __call__(
        self, image: Tensor | NDArray[Any], affine: NDArray[np.float64] | None = None
    ) -> MetaTensor:
        """Prepare one image.

        Args:
            image: (rows, columns) or (slices, rows, columns), with or without a channel in
                front where it is a MetaTensor, whose own affine (RAS) then counts.
            affine: (4, 4), index (slice, row, column) to LPS mm; without it a stack is taken as
                axial in display order.

        Returns:
            (1, …) float32 MetaTensor that remembers what was done.
        """
        if not isinstance(image, MetaTensor):
            image = self._with_place(torch.as_tensor(np.asarray(image, np.float32))[None], affine)
        if image.ndim == 4:
            image = self.placing(image)
        prepared: MetaTensor = self.steps(image)
        return prepared

    def _with_place(self, tensor: Tensor, affine: NDArray[np.float64] | None) -> MetaTensor:
        if affine is None:
            affine = display_affine(_pixel_mm(tensor.shape, self.field_of_view_mm))
        if tensor.ndim == 3:
            # A film has no place in the patient; MONAI keeps a 2-D affine for it.
            return MetaTensor(tensor, affine=torch.eye(3, dtype=torch.float64))
        return MetaTensor(tensor, affine=torch.from_numpy(_LPS_TO_RAS @ affine))

    @property
    def spatial(self) -> Chain:
        """The same without its grey-value steps: for masks."""
        steps = [step for step in self.steps.transforms if isinstance(step, InvertibleTransform)]
        return Chain(Compose(steps), self.field_of_view_mm, self.placing)

    def inverse(self, prepared: MetaTensor, image: Tensor) -> Tensor:
        """Bring something on the prepared grid back onto the grid that went in.

        Args:
            prepared: What this chain returned.
            image: (channels, …) on its grid.
        """
        carried = MetaTensor(
            image.float(),
            meta=prepared.meta,
            # MONAI takes the notes apart while it undoes them; the next call needs them whole.
            applied_operations=deepcopy(prepared.applied_operations),
        )
        back = self.steps.inverse(carried)  # type: ignore[no-untyped-call]
        if back.ndim == 4:
            back = self.placing.inverse(back)  # type: ignore[no-untyped-call]
        plain: Tensor = back.as_tensor()
        return plain


def chain(source: Package | Config) -> Chain:
    """Build the preprocessing of a package, or of a whole `inference.json`.

    Raises:
        PackageRefused: The configuration is not allowed or has no "preprocessing".
    """
    config = read(source) if isinstance(source, Package) else source
    if "preprocessing" not in config:
        raise PackageRefused('The configuration has no "preprocessing".')
    steps = build(config["preprocessing"], config)
    if not isinstance(steps, Compose):
        raise PackageRefused('"preprocessing" must be one Compose of transforms.')
    if not isinstance(source, Package):
        return Chain(steps)
    placing = _placing(source.orientation, source.spacing_mm)
    return Chain(steps, source.preparation.assumed_field_of_view_mm, placing)


def display_affine(
    pixel_mm: tuple[float, float] = (1.0, 1.0), slice_mm: float = 1.0
) -> NDArray[np.float64]:
    """LPS affine of an axial stack in display order, its centre nowhere in particular."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = slice_mm, *pixel_mm, 1.0
    return affine


def _pixel_mm(shape: torch.Size | tuple[int, ...], field_mm: float | None) -> tuple[float, float]:
    step = field_mm / max(shape[-2:]) if field_mm else 1.0
    return step, step


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An image as the network gets it, and the way back.

    Attributes:
        tensor: (1, rows, columns) or (1, slices, rows, columns) float32.
        shape: (slices, rows, columns) of the volume.
        notes: What was assumed or changed on the way, in words.
    """

    package: Package
    tensor: MetaTensor
    chain: Chain
    shape: tuple[int, int, int]
    notes: tuple[str, ...] = ()

    def restore(self, image: NDArray[Any] | Tensor) -> NDArray[np.float32]:
        """Bring a map on the network's grid back onto the volume's own.

        Args:
            image: The network's grid, (rows, columns) or (slices, rows, columns), with or
                without channels in front.

        Returns:
            [slice, row, column], or [channel, slice, row, column] if channels came in; 0 where
            the network did not look.
        """
        given = torch.as_tensor(np.array(image, dtype=np.float32))
        grid = self.tensor.ndim - 1
        channels = given if given.ndim > grid else given[None]
        back = self.chain.inverse(self.tensor, channels).numpy().astype(np.float32)
        back = back.reshape(back.shape[0], *self.shape)
        result: NDArray[np.float32] = back if given.ndim > grid else back[0]
        return result


def prepare(volume: Volume, package: Package) -> Prepared:
    """Prepare an admitted volume for a package's network.

    Raises:
        PackageRefused: The configuration of the package is not allowed.
    """
    steps = chain(package)
    shape = volume.series.geometry.shape
    if package.input.kind == "radiograph":
        tensor = steps(np.asarray(grey(volume), dtype=np.float32).reshape(shape)[0])
        return Prepared(package, tensor, steps, shape)
    affine, notes = _place(volume, steps.field_of_view_mm)
    tensor = steps(_finite(volume), affine)
    return Prepared(package, tensor, steps, shape, notes)


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
