"""The fitted numbers of the matcher: one table, and how it turns into a confidence.

Written by ``benchmarks/healing/fit.py``; do not edit by hand.

Source:
    Fitted on 641 recorded changes of 28 public sites (the Similo and Similo2 recordings of Nass et al.), the weights by a conditional
    logit over the candidates of each page, the calibration by a logistic regression over pages with and without the element; no
    number is negative, so that more likeness never lowers the confidence. ``docs/healing.md`` has the cross-validated figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

__all__ = ["FITTED", "Model"]

_STEEPEST = 60.0


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of the features, and what each signal adds to the confidence.

    Attributes:
        weights: One for each of `maestro_fabric.healing.similarity.FEATURES`, in that order.
        calibration: By the names of `maestro_fabric.healing.signals.SIGNALS`; a missing one adds nothing.
        intercept: What there is without any signal.
    """

    weights: Sequence[float]
    calibration: Mapping[str, float]
    intercept: float

    def confidence(self, signals: Mapping[str, float]) -> float:
        """How likely the best candidate is the lost element, from 0 to 1."""
        total = self.intercept + sum(self.calibration.get(name, 0.0) * value for name, value in signals.items())
        return 1 / (1 + exp(-min(max(total, -_STEEPEST), _STEEPEST)))


# Feature: its share of the score.
_WEIGHTS = {
    "tag": 0.0379,
    "kind": 0.0268,
    "text_equal": 0.0199,
    "text_letters": 0.0219,
    "text_pairs": 0.0292,
    "text_words": 0.0346,
    "text_within": 0.0486,
    "text_length": 0.0215,
    "no_text": 0.0272,
    "near_pairs": 0.0234,
    "near_words": 0.0190,
    "address_equal": 0.0165,
    "address_pairs": 0.0248,
    "id_pairs": 0.0286,
    "id_both": 0.0178,
    "name_equal": 0.0168,
    "identity": 0.0349,
    "everything": 0.0443,
    "everything_within": 0.0583,
    "everything_pairs": 0.0517,
    "path_start": 0.0172,
    "path_end": 0.0214,
    "tags_start": 0.0226,
    "tags_end": 0.0288,
    "depth": 0.0264,
    "anchor_path": 0.0223,
    "same_place": 0.0225,
    "last_place": 0.0176,
    "left": 0.0615,
    "top": 0.0343,
    "distance": 0.0331,
    "width": 0.0414,
    "height": 0.0283,
    "button": 0.0190,
}

# Signal: what one unit of it adds to the log-odds.
_CALIBRATION = {
    "lead_to_0.05": 16.311,
    "lead_over_0.05": 0.000,
    "lead_over_0.12": 4.372,
    "lead_over_0.2": 9.024,
    "free_lead_to_0.05": 0.000,
    "free_lead_over_0.05": 12.244,
    "free_lead_over_0.12": 4.332,
    "free_lead_over_0.2": 0.856,
    "claim_to_0.05": 29.173,
    "claim_over_0.05": 10.470,
    "claim_over_0.2": 4.742,
    "text_same": 1.312,
    "text_same_score": 0.000,
    "text_same_lead": 1.536,
    "text_other_lead": 6.595,
    "kind": 2.088,
    "tag": 0.175,
    "text_within": 0.536,
    "everything_within": 0.000,
    "address_pairs": 0.564,
    "left": 0.542,
    "path_end": 0.231,
    "same_place": 0.455,
    "last_place": 0.003,
    "id_pairs_text_other": 0.628,
    "top_text_same": 0.458,
    "distance_text_same": 0.383,
    "near_anchors": 4.206,
    "further_off": 6.995,
    "anchored": -2.859,
    "moved_down": 0.000,
    "moved_across": 0.597,
    "moved_known": -1.569,
}

FITTED = Model(tuple(_WEIGHTS.values()), _CALIBRATION, -6.920)
