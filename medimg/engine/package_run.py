"""One run of a package, and the run of another that finds the organ it is meant for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from medimg.engine.context import JobContext
from medimg.inference import film_size, presence, tasks
from medimg.inference.tasks.task import Answer, Question
from medimg.packages.admission import admit
from medimg.packages.catalogue import find, verify
from medimg.packages.manifest import Package
from medimg.packages.subject import Subject
from medimg.values.errors import InputRefused, MedimgError
from medimg.values.masks import Mask
from medimg.values.prompt import Prompt
from medimg.values.verdict import Outcome, Reason, Verdict
from medimg.values.volume import Volume

#: Rules of the gate that vouch for what an image shows.
VOUCHING = frozenset({"modality", "body-part"})


@dataclass(frozen=True, slots=True, eq=False)
class Organ:
    """Where the organ lies, and what was said on the way.

    Attributes:
        mask: None where there is no organ package, or it found nothing.
        is_there: Whether it was found; None where nobody looked.
        name: The organ, in a sentence.
        code: Key of its label.
        note: By whom it was found, or why not.
    """

    mask: Mask | None = None
    is_there: bool | None = None
    name: str = ""
    code: str = ""
    note: str = ""


def admitted(volume: Volume, package: Package) -> Verdict:
    """Judge a volume by the gate.

    Raises:
        InputRefused: The gate refuses it.
    """
    return _unless_refused(admit(volume, package))


def run(
    volume: Volume,
    package: Package,
    progress: Callable[..., None],
    context: JobContext,
    prompt: Prompt | None = None,
    others: tuple[Volume, ...] = (),
) -> Answer:
    """Run a package on a volume that was admitted."""
    context.check()
    asked = Question(volume, package, prompt, progress, context.is_cancelled, others)
    return tasks.answer(asked)


def find_organ(volume: Volume, own: Answer, context: JobContext) -> Organ:
    """Find the organ that a package is meant for: by the package its manifest names, or by itself
    where organs are all that it marks."""
    package = own.package
    if package.input.kind != "radiograph":
        return Organ()
    if tasks.task_of(package).marks and all(x.kind == "anatomy" for x in package.labels):
        return _organ(own)
    if not package.anatomy:
        return Organ()
    try:
        organ = find(package.anatomy)
        verify(organ)
        admitted(volume, organ)
        return _organ(run(volume, organ, lambda *_: context.check(), context))
    except MedimgError as error:
        context.check()
        return Organ(note=f"The share of the map inside the organ was not measured: {error}")


def _organ(found: Answer) -> Organ:
    package, label = found.package, found.package.labels[0]
    name = label.name.lower()
    marked = [mask.whole() for mask in found.masks.values() if not mask.is_empty]
    if not marked:
        note = f"{package.title}: nothing was found, so no share inside it is given."
        return Organ(is_there=False, name=name, code=label.code, note=note)
    prediction = found.prediction
    return Organ(
        mask=Mask.of(np.any(marked, axis=0)),
        is_there=prediction is None or presence.is_there(prediction.probability),
        name=name,
        code=label.code,
        note=f"The share of the map inside the organ is measured by {package.name}.",
    )


def confirmed(verdict: Verdict, organ: Organ, package: Package, volume: Volume) -> Verdict:
    """Add what the organ's absence says to the gate's word.

    Where the header vouches for the image it warns: a film white with disease hides its lungs.
    Where the header says nothing either, the image is refused.

    Raises:
        InputRefused: Neither header nor pixels say that this is an image for the package.
    """
    if organ.is_there is not False:
        return verdict
    unvouched = VOUCHING & {reason.rule for reason in verdict.reasons}
    outcome = Outcome.REFUSE if unvouched else Outcome.WARN
    purpose = Subject(package, volume.series).purpose
    sentence = f"No {organ.name} can be made out on this image with certainty; {purpose}."
    reason = Reason("organ", outcome, sentence)
    return _unless_refused(replace(verdict, reasons=(*verdict.reasons, reason)))


def sized(verdict: Verdict, organ: Organ, volume: Volume) -> tuple[Verdict, Volume]:
    """Doubt the spacing of a film whose lungs have a size that no adult chest has.

    Returns:
        The verdict with a warning, and the volume with its spacing marked; both as they were where
        there is nothing to doubt.
    """
    if organ.mask is None or not organ.is_there or organ.code != "lungs":
        return verdict, volume
    sentence = film_size.doubt(organ.mask, volume.series)
    if not sentence:
        return verdict, volume
    reason = Reason("lung-size", Outcome.WARN, sentence)
    marked = replace(volume, series=film_size.doubted(volume.series))
    return replace(verdict, reasons=(*verdict.reasons, reason)), marked


def _unless_refused(verdict: Verdict) -> Verdict:
    if verdict.outcome is Outcome.REFUSE:
        refusals = [r.sentence for r in verdict.reasons if r.outcome is Outcome.REFUSE]
        raise InputRefused(" ".join(refusals))
    return verdict
