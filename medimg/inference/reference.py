"""MONAI's own pipeline on torch: how packages are trained, and what the twins are held against.

A configuration whose steps have no twin (`transforms`, `decisions`, `inferers`) runs by these. The
one file that knows RAS and channel-first tensors. A radiograph enters as display grey 0 to 1,
(1, rows, columns); a stack in its modality's values, (1, slice, row, column), turned to where the
package wants its axes to run. All of it is undone by `Chain.inverse`.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from monai.data.meta_tensor import MetaTensor
from monai.inferers.inferer import Inferer, SimpleInferer
from monai.transforms.compose import Compose
from monai.transforms.inverse import InvertibleTransform
from monai.transforms.post.array import Activations
from monai.transforms.spatial.array import Orientation, Spacing
from monai.transforms.transform import Transform
from numpy.typing import NDArray
from torch import Tensor

from medimg.inference.configuration import Config, build, read
from medimg.inference.transforms import Image
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused
from medimg.values.geometry import display_affine

Floats = NDArray[np.float32]
Network = Callable[[Floats], Floats]
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


def prepared_array(
    package: Package, image: Floats, affine: NDArray[np.float64] | None = None
) -> tuple[Image, Callable[[Floats], Floats]]:
    """As `preprocessing.prepared_array`, by MONAI."""
    steps = chain(package)
    prepared = steps(image, affine)

    def back(map_: Floats) -> Floats:
        given = torch.from_numpy(np.array(map_, dtype=np.float32))
        return steps.inverse(prepared, given).numpy().astype(np.float32)

    # MONAI keeps an affine of a film, too, which has no place in the patient.
    place = _LPS_TO_RAS @ prepared.affine.numpy() if image.ndim == 3 else None
    return Image(prepared.as_tensor().numpy(), place), back


def inferer_of(package: Package) -> Inferer:
    """Build the inferer that the package's configuration names; one forward pass if none.

    Raises:
        PackageRefused: It is not an inferer.
    """
    config = read(package)
    inferer = build(config.get("inferer"), config) or SimpleInferer()
    if not isinstance(inferer, Inferer):
        raise PackageRefused(f'"inferer" of {package.id} is not an inferer.')
    return inferer


def infer(package: Package, array: Floats, network: Network) -> Floats:
    """Run the package's inferer over a (1, channel, …) image, network by arrays."""

    def call(windows: Tensor) -> Tensor:
        return torch.from_numpy(network(windows.numpy()))

    with torch.inference_mode():
        output: Floats = inferer_of(package)(torch.from_numpy(array), call).numpy()
    return output


def postprocess(package: Package, output: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """The package's activations on an output, and its other steps as a function of an image.

    Raises:
        PackageRefused: "postprocessing" is not one Compose.
    """
    config = read(package)
    built = build(config.get("postprocessing", []), config)
    if built and not isinstance(built, Compose):
        raise PackageRefused(f'"postprocessing" of {package.id} must be one Compose of transforms.')
    steps = list(built.transforms) if built else []
    first = next((i for i, s in enumerate(steps) if not isinstance(s, Activations)), len(steps))
    probability = np.asarray(Compose(steps[:first])(torch.from_numpy(output)), dtype=np.float32)

    def rest(image: Floats) -> Floats:
        return np.asarray(Compose(steps[first:])(torch.from_numpy(image)), dtype=np.float32)

    return probability, rest


def _pixel_mm(shape: torch.Size | tuple[int, ...], field_mm: float | None) -> tuple[float, float]:
    step = field_mm / max(shape[-2:]) if field_mm else 1.0
    return step, step
