"""The figures that say how far a map may be trusted, one row each; readable without torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        title: As tables name it.
        paper: Where it was published.
        words: What it measures, in one sentence.
        is_quick: Whether it is measured with every map; else on demand.
        higher_is_better: Direction; None where the figure has none.
    """

    title: str
    paper: str
    words: str
    is_quick: bool = True
    higher_is_better: bool | None = True


_RISE = "Petsiuk, Das and Saenko, RISE, BMVC 2018"

#: By name, in the order in which they are shown.
FIGURES: dict[str, Row] = {
    "deletion-gain": Row(
        "Deletion gain",
        _RISE,
        "How much faster the score falls when the marked parts are hidden first than in random "
        "orders.",
    ),
    "insertion-gain": Row(
        "Insertion gain",
        _RISE,
        "How much faster the score comes back when the marked parts are shown first than in "
        "random orders.",
    ),
    "lead": Row(
        "Lead over opponents",
        _RISE,
        "Insertion less deletion, beyond the best of a random order, a centre prior and the "
        "package's best fixed point.",
    ),
    "share-inside": Row(
        "Inside the anatomy",
        "Arun et al., Assessing the Trustworthiness of Saliency Maps, Radiology AI 2021",
        "Share of the positive evidence inside the organ, beyond the share of the image that the "
        "organ covers.",
    ),
    "completeness": Row(
        "Completeness",
        "Sundararajan, Taly and Yan, ICML 2017",
        "Share of the score's change that the map's sum misses.",
        higher_is_better=False,
    ),
    "agreement": Row(
        "Agreement",
        "Krishna et al., The Disagreement Problem, TMLR 2024",
        "Mean rank correlation with the other methods' maps of the same finding.",
    ),
    "confirmed-gain": Row(
        "Gain with the other fill",
        _RISE,
        "Deletion and insertion gain together, with one grey instead of a blur as the fill.",
        is_quick=False,
    ),
    "infidelity": Row(
        "Infidelity",
        "Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019",
        "Share of the score's changes under random hiding that the map does not predict.",
        is_quick=False,
        higher_is_better=False,
    ),
    "max-sensitivity": Row(
        "Largest sensitivity",
        "Yeh et al., NeurIPS 2019",
        "Largest relative change of the map under noise too small to be seen.",
        is_quick=False,
        higher_is_better=False,
    ),
    "stability": Row(
        "Stability",
        "Alvarez-Melis and Jaakkola, On the Robustness of Interpretability Methods, 2018",
        "Rank correlation with the map of the same image under as much noise again as it has.",
        is_quick=False,
    ),
    "randomisation": Row(
        "Likeness with random weights",
        "Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018",
        "Rank correlation with the map of a network whose weights were shuffled.",
        is_quick=False,
        higher_is_better=False,
    ),
}


def title(name: str) -> str:
    """Name of a figure; one of a later version is shown under its own key."""
    return FIGURES[name].title if name in FIGURES else name
