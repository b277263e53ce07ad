"""The fitted table fits the code."""

from __future__ import annotations

from collections.abc import Iterator

from maestro_fabric.healing import weights
from maestro_fabric.healing.signals import SIGNALS
from maestro_fabric.healing.similarity import FEATURES
from maestro_fabric.healing.weights import FITTED, Model, Tree

MAY_LOWER = {"anchored", "moved_known"}


def splits_of(tree: Tree) -> Iterator[tuple[int, float, Tree, Tree]]:
    if not isinstance(tree, float):
        yield tree
        yield from splits_of(tree[2])
        yield from splits_of(tree[3])


def leaves_of(tree: Tree) -> list[float]:
    return [tree] if isinstance(tree, float) else [*leaves_of(tree[2]), *leaves_of(tree[3])]


def test_there_is_one_number_for_each_feature_and_every_split_is_on_a_signal() -> None:
    assert tuple(weights._WEIGHTS) == FEATURES
    assert {place for tree in FITTED.trees for place, *_ in splits_of(tree)} <= set(range(len(SIGNALS)))


def test_more_likeness_never_lowers_the_confidence() -> None:
    splits = [split for tree in FITTED.trees for split in splits_of(tree) if SIGNALS[split[0]] not in MAY_LOWER]

    assert min(FITTED.weights) >= 0
    assert len(splits) > 100
    assert all(max(leaves_of(low)) <= min(leaves_of(high)) for _, _, low, high in splits)


def test_the_weights_add_up_to_one() -> None:
    assert abs(sum(FITTED.weights) - 1) < 0.001


def test_each_tree_adds_the_part_that_the_signals_lead_to() -> None:
    model = Model((), ((1, 0.5, -40.0, (0, 0.0, 1.0, 40.0)), 0.0), 0.0)

    assert model.confidence({"one": 9.0, "two": 0.5}) < 0.001
    assert model.confidence({"one": 9.0, "two": 0.6}) > 0.999
    assert model.confidence({"one": 0.0, "two": 0.6}) == 1 / (1 + 2.718281828459045**-1)
