"""The methods that ask a model why, one row each; readable without torch.

Menus, the report, the command line, the study and the tests read this table. A new method is its
file in `methods/` and its row here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from medimg.values.errors import UsageError

#: What a parameter's value may be.
Value = float | int | str


class Need(Enum):
    """What a method needs beside the image and the score."""

    GRADIENTS = "gradients"
    LAYER = "layer"
    VIT = "vision transformer"
    SUPERPIXELS = "superpixels"
    OWN_MAP = "own map"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of a method.

    Attributes:
        default: Used unless the manifest or the caller says otherwise; its type is the type.
        words: What it does, in one sentence.
        choices: The allowed values; any number if empty.
        least: Smallest number that makes sense.
    """

    name: str
    default: Value
    words: str
    choices: tuple[str, ...] = ()
    least: float = 1.0


@dataclass(frozen=True, slots=True)
class Method:
    """One method of explanation.

    Attributes:
        title: Its name, as readers know it.
        paper: Where it was published.
        function: "module:name" of `function(question, effort, **parameters) -> Evidence`.
        words: What the map shows, in one sentence.
        dimensions: Spatial axes that it works with.
        passes: Forward passes of one film or slice at the default parameters; a backward pass
            counts as two. The cost of a map in time is this times the time of one forward pass.
        is_signed: Whether values below zero speak against the finding; else they are zero.
        adds_up: Whether the map's sum is the change of the score (completeness).
    """

    title: str
    paper: str
    function: str
    words: str
    needs: frozenset[Need] = frozenset({Need.GRADIENTS})
    dimensions: tuple[int, ...] = (2, 3)
    parameters: tuple[Parameter, ...] = ()
    passes: float = 3.0
    is_signed: bool = True
    adds_up: bool = False


def _function(name: str) -> str:
    return f"medimg.explain.methods.{name}:{name}"


_CELLS = frozenset({Need.GRADIENTS, Need.LAYER})
_BASELINE = Parameter(
    "baseline",
    "grey",
    "The image that counts as empty.",
    ("grey", "black", "blurred", "normal"),
)

#: In the order in which they are offered.
METHODS: dict[str, Method] = {
    "own-map": Method(
        "The network's own map",
        "Oquab et al., Is Object Localization for Free?, CVPR 2015",
        _function("own_map"),
        "Where the network itself says that the finding is; it is a part of the decision.",
        frozenset({Need.OWN_MAP, Need.LAYER}),
        parameters=(
            Parameter(
                "reading",
                "evidence",
                "Whether a cell is drawn as the network gives it or as a probability.",
                ("evidence", "probability"),
            ),
        ),
        passes=1.0,
    ),
    "grad-cam": Method(
        "Grad-CAM",
        "Selvaraju et al., Grad-CAM, ICCV 2017",
        _function("grad_cam"),
        "Which cells of a deep layer raise the score.",
        _CELLS,
        passes=1.1,
        is_signed=False,
    ),
    "layer-attribution": Method(
        "Layer attribution",
        "Shrikumar et al., Not Just a Black Box, 2016 (gradient times activation, at a layer)",
        _function("layer_attribution"),
        "How much each cell of a deep layer adds to the score.",
        _CELLS,
        passes=1.1,
    ),
    "guided-grad-cam": Method(
        "Guided Grad-CAM",
        "Selvaraju et al., Grad-CAM, ICCV 2017",
        _function("guided_grad_cam"),
        "Guided backpropagation, limited to the cells that Grad-CAM marks.",
        _CELLS,
        passes=6.0,
    ),
    "integrated-gradients": Method(
        "Integrated gradients",
        "Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017",
        _function("integrated_gradients"),
        "What each pixel adds to the score on the way from an empty image to this one.",
        parameters=(
            _BASELINE,
            Parameter("most_steps", 64, "Steps of the path at most.", least=8),
            Parameter(
                "tolerance",
                0.05,
                "Gap between the map's sum and the score's change that ends the search.",
                least=0.0,
            ),
        ),
        passes=60.0,
        adds_up=True,
    ),
    "gradient-shap": Method(
        "Gradient SHAP",
        "Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS 2017",
        _function("gradient_shap"),
        "Expected gradients between random empty images and this one.",
        parameters=(
            _BASELINE,
            Parameter("samples", 16, "Random points that are averaged."),
            Parameter("noise", 0.05, "Noise on the image, as a share of its range.", least=0.0),
        ),
        passes=50.0,
    ),
    "deeplift": Method(
        "DeepLIFT",
        "Shrikumar, Greenside and Kundaje, DeepLIFT, ICML 2017",
        _function("deeplift"),
        "What each pixel's difference from an empty image adds to the score.",
        parameters=(_BASELINE,),
        passes=6.0,
        adds_up=True,
    ),
    "guided-backprop": Method(
        "Guided backpropagation",
        "Springenberg et al., Striving for Simplicity, ICLR 2015 workshop",
        _function("guided_backprop"),
        "Edges and textures that the network reacts to; often the same with random weights.",
    ),
    "saliency": Method(
        "Smoothed saliency",
        "Simonyan et al., Deep Inside Convolutional Networks, 2014; Smilkov et al., SmoothGrad, "
        "2017",
        _function("saliency"),
        "How strongly the score reacts to a change of each pixel, averaged over noise.",
        parameters=(
            Parameter("samples", 16, "Noisy copies that are averaged."),
            Parameter("noise", 0.1, "Noise, as a share of the image's range.", least=0.0),
        ),
        passes=48.0,
        is_signed=False,
    ),
    "occlusion": Method(
        "Occlusion",
        "Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014",
        _function("occlusion"),
        "How far the score falls while each part of the image is hidden.",
        frozenset(),
        parameters=(
            _BASELINE,
            Parameter("cells", 14, "Positions along the longest side.", least=2),
            Parameter("window", 2, "Side of the hidden part, in positions."),
        ),
        passes=170.0,
    ),
    "feature-ablation": Method(
        "Superpixel ablation",
        "Achanta et al., SLIC Superpixels, PAMI 2012; Zeiler and Fergus, ECCV 2014",
        _function("feature_ablation"),
        "How far the score falls while each region of like grey is hidden.",
        frozenset({Need.SUPERPIXELS}),
        parameters=(
            _BASELINE,
            Parameter("segments", 100, "Regions that the image is cut into.", least=2),
        ),
        passes=101.0,
    ),
    "attention-rollout": Method(
        "Attention rollout",
        "Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL 2020",
        _function("attention_rollout"),
        "Which patches the transformer reads; the same for every finding.",
        frozenset({Need.VIT}),
        passes=1.0,
        is_signed=False,
    ),
}


def method(name: str) -> Method:
    """The row of one method.

    Raises:
        UsageError: There is none; the nearest name is offered.
    """
    if name not in METHODS:
        near = difflib.get_close_matches(name, METHODS, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(METHODS)}."
        raise UsageError(f'No method of explanation "{name}". {hint}')
    return METHODS[name]


def title(name: str) -> str:
    """How readers know a method; a method of a later version is shown under its own key."""
    return METHODS[name].title if name in METHODS else name


def settings(name: str, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """All parameters of a method: what is wanted over the defaults, checked.

    Raises:
        UsageError: There is no such parameter, or its value does not fit.
    """
    known = {one.name: one for one in method(name).parameters}
    for key in wanted:
        if key not in known:
            names = ", ".join(known) or "none"
            raise UsageError(f'{name} has no parameter "{key}"; it has: {names}.')
    return {key: _checked(name, one, wanted.get(key, one.default)) for key, one in known.items()}


def _checked(name: str, one: Parameter, value: Value) -> Value:
    try:
        fit = type(one.default)(value)
    except ValueError:
        fit = ""
    if isinstance(fit, str):
        if fit and fit in one.choices:
            return fit
        allowed = ", ".join(one.choices) or "a number"
        raise UsageError(f'{one.name} of {name} is {allowed}, not "{value}".')
    if not fit >= one.least:
        raise UsageError(f"{one.name} of {name} is at least {one.least:g}, not {value}.")
    return fit


#: The word for the method that the study, or else the package, puts first.
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Wish:
    """One map that is wanted, as command line, record and batch write it.

    Attributes:
        method: Key of `METHODS`, or `DEFAULT`.
        parameters: What differs from the manifest and the table.
        seed: Of everything drawn at random; None for the fixed one.
        budget: Forward passes at most; None for what the parameters ask for.
        all_checks: Whether the figures that run on demand are measured too.
        target: Name or code of the one label that is explained; all findings if empty.
    """

    method: str
    parameters: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
    budget: int | None = None
    all_checks: bool = False
    target: str = ""

    @property
    def text(self) -> str:
        """As `wish` reads it."""
        words = [f"{key}={value}" for key, value in self.parameters]
        words += [f"seed={self.seed}"] if self.seed is not None else []
        words += [f"budget={self.budget}"] if self.budget is not None else []
        words += ["checks=all"] if self.all_checks else []
        words += [f"target={self.target}"] if self.target else []
        return self.method + (":" + ":".join(words) if words else "")


def wish(text: str) -> Wish:
    """Read "occlusion:cells=10:budget=80:checks=all".

    Raises:
        UsageError: There is no such method or parameter, or a value does not fit.
    """
    name, *words = text.split(":")
    pairs = dict(word.partition("=")[::2] for word in words)
    checks = pairs.pop("checks", "quick")
    if checks not in ("quick", "all"):
        raise UsageError(f'checks is "quick" or "all", not "{checks}".')
    target = pairs.pop("target", "")
    seed, budget = (_whole(key, pairs.pop(key, None)) for key in ("seed", "budget"))
    if name != DEFAULT:
        settings(name, pairs)
    return Wish(name, tuple(pairs.items()), seed, budget, checks == "all", target)


def _whole(key: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit():
        raise UsageError(f'{key} is a whole number, not "{text}".')
    return int(text)
