"""The fitted table fits the code."""

from __future__ import annotations

from maestro_fabric.healing import weights
from maestro_fabric.healing.signals import SIGNALS
from maestro_fabric.healing.similarity import FEATURES
from maestro_fabric.healing.weights import FITTED, Model


def test_there_is_one_number_for_each_feature_and_signal() -> None:
    assert tuple(weights._WEIGHTS) == FEATURES
    assert tuple(FITTED.calibration) == SIGNALS


def test_more_likeness_never_lowers_the_confidence() -> None:
    assert min(FITTED.weights) >= 0
    assert {name for name, value in FITTED.calibration.items() if value < 0} <= {"anchored", "moved_known"}


def test_the_weights_add_up_to_one() -> None:
    assert abs(sum(FITTED.weights) - 1) < 0.001


def test_a_confidence_is_between_0_and_1_however_strong_a_signal_is() -> None:
    model = Model((), {"lead": 1.0}, 0.0)

    assert model.confidence({"lead": 1e9}) <= 1
    assert model.confidence({"lead": -1e9}) >= 0
    assert model.confidence({"something else": 5.0}) == 0.5
