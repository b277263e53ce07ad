"""Fit the matcher's numbers on recorded page changes, and say how good they are on sites that they were not fitted on.

Run with ``python benchmarks/healing/fit.py CASES.jsonl.gz …``; ``--write`` writes ``src/maestro_fabric/healing/weights.py``.
A line of a file is one element of an old page (``old``), every element of the new page (``candidates``), the accepted places in that
list (``right``, ``right_strict``) and the ``site``. Needs numpy, scipy and scikit-learn, and nothing else of the project's tools does.

Two questions a case, as the engine's acceptance asks them: the page as it is, and the page without the right element. The figures are
cross-validated: for each fold of sites the weights are fitted without these sites, then the calibration on what those weights say of the
other folds; so whole sites are left out of both.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier

from maestro_fabric.healing import Fingerprint, Settings, decide
from maestro_fabric.healing.signals import SIGNALS
from maestro_fabric.healing.similarity import FEATURES, compare
from maestro_fabric.healing.weights import Model, Tree

FOLDS = 8
WEIGHT_PENALTY = 3.0
# The calibration: this many small trees, each of which speaks a tenth of what it has learnt.
TREES = 80
LEAVES = 6
LEAST_ANSWERS_A_LEAF = 10
LEARNING_RATE = 0.1
# More likeness must never lower the confidence; only whether something could be measured at all may have either sign.
FREE_SIGNALS = ("anchored", "moved_known")
OUT = Path(__file__).parents[2] / "src" / "maestro_fabric" / "healing" / "weights.py"
Numbers = NDArray[np.float64]


@dataclass
class PageChange:
    """One recorded case, with the features of every candidate."""

    file: str
    site: str
    raw: dict[str, Any]
    old: Fingerprint
    page: list[Fingerprint]
    right: frozenset[int]
    others: list[Fingerprint] = field(default_factory=list)
    features: Numbers = field(default_factory=lambda: np.zeros((0, 0)))

    def is_twin(self, place: int) -> bool:
        """Whether a candidate does what the right element did: same tag, text and link target."""
        right, other = self.raw["candidates"][self.raw["right_strict"]], self.raw["candidates"][place]
        same = all(right[key].strip() == other[key].strip() for key in ("tag", "text", "href"))
        return bool(right["href"] and right["text"].strip() and same)


@dataclass
class Answer:
    """What the matcher said of a case, with or without the right element on the page."""

    change: PageChange
    is_removed: bool
    first: int
    is_right: bool
    is_barred: bool
    signals: list[float]


def main() -> None:
    """Print the cross-validated figures, and write the table with --write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="write the fitted numbers into the package")
    options = parser.parse_args()
    # In whatever order they are given: sums of floating-point numbers differ with it, and with them the trees.
    changes = [change for path in sorted(options.cases) for change in read(path)]
    answers = cross_validated_answers(changes)
    confidences = cross_validated_confidences(changes, answers)
    for path in options.cases:
        chosen = [(answer, sure) for answer, sure in zip(answers, confidences, strict=True) if answer.change.file == path.name]
        print(figures(path.name, chosen))
    if options.write:
        weights = fit_weights(changes)
        write(weights / weights.sum(), *fit_calibration(answers))
        print(f"written: {OUT}")


def read(path: Path) -> list[PageChange]:
    """The cases of a file, each with the other elements known of its site."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    changes = [
        PageChange(
            file=path.name,
            site=row["site"],
            raw=row,
            old=Fingerprint.from_mapping(row["old"]),
            page=[Fingerprint.from_mapping(each) for each in row["candidates"]],
            right=frozenset(row["right"]),
        )
        for row in rows
    ]
    known: dict[str, list[Fingerprint]] = defaultdict(list)
    for change in changes:
        known[change.site].append(change.old)
    for change in changes:
        change.others = [other for other in known[change.site] if other != change.old]
        change.features = np.array([compare(change.old, candidate) for candidate in change.page])
    return changes


def fold_of(changes: Iterable[PageChange]) -> dict[str, int]:
    """Which fold a site belongs to; sites are shared by the recordings, so they are split once for all files."""
    return {site: number % FOLDS for number, site in enumerate(sorted({change.site for change in changes}))}


def cross_validated_answers(changes: Sequence[PageChange]) -> list[Answer]:
    """What weights that never saw a case's site say of it."""
    folds = fold_of(changes)
    answers = []
    for fold in range(FOLDS):
        weights = fit_weights([change for change in changes if folds[change.site] != fold])
        model = Model(tuple(weights / weights.sum()), (), 0.0)
        for change in changes:
            if folds[change.site] == fold:
                answers += [answer for removed in (False, True) if (answer := ask(change, model, is_removed=removed)) is not None]
    return answers


def cross_validated_confidences(changes: Sequence[PageChange], answers: Sequence[Answer]) -> list[float]:
    """How sure a calibration is that never saw the answer's site."""
    folds = fold_of(changes)
    models = [Model((), *fit_calibration([answer for answer in answers if folds[answer.change.site] != fold])) for fold in range(FOLDS)]
    return [
        0.0 if answer.is_barred else models[folds[answer.change.site]].confidence(dict(zip(SIGNALS, answer.signals, strict=True)))
        for answer in answers
    ]


def ask(change: PageChange, model: Model, *, is_removed: bool) -> Answer | None:
    """The matcher's answer; ``None`` when nothing is left on the page."""
    kept = [place for place in range(len(change.page)) if not (is_removed and place in change.right)]
    if not kept:
        return None
    decision = decide(change.old, [change.page[place] for place in kept], others=change.others, settings=Settings(model=model))
    assert decision.index is not None  # there are candidates
    first = kept[decision.index]
    return Answer(
        change=change,
        is_removed=is_removed,
        first=first,
        is_right=not is_removed and first in change.right,
        is_barred=bool(decision.obstacle),
        signals=[decision.signals[name] for name in SIGNALS],
    )


def fit_weights(changes: Sequence[PageChange]) -> Numbers:
    """Weights of the features: a conditional logit over each page's candidates, with none below zero.

    A site counts by the root of its number of cases, so that one large site does not decide.
    """
    features = np.vstack([change.features for change in changes])
    sizes = [len(change.page) for change in changes]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    page_of = np.repeat(np.arange(len(changes)), sizes)
    is_right = np.concatenate([np.isin(np.arange(size), list(change.right)) for change, size in zip(changes, sizes, strict=True)])
    per_site: dict[str, int] = defaultdict(int)
    for change in changes:
        per_site[change.site] += 1
    share = np.array([per_site[change.site] ** -0.5 for change in changes])
    share /= share.mean()

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        score = features @ weights
        top = np.maximum.reduceat(score, starts)
        odds = np.exp(score - top[page_of])
        every, right = np.add.reduceat(odds, starts), np.add.reduceat(odds * is_right, starts) + 1e-30
        gap = odds / every[page_of] - odds * is_right / right[page_of]
        value = float((share * (np.log(every) - np.log(right))).sum() + WEIGHT_PENALTY * weights @ weights)
        return value, features.T @ (gap * share[page_of]) + 2 * WEIGHT_PENALTY * weights

    bounds = [(0.0, None)] * len(FEATURES)
    found: Numbers = minimize(loss, np.full(len(FEATURES), 0.3), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 150}).x
    return found


def fit_calibration(answers: Sequence[Answer]) -> tuple[tuple[Tree, ...], float]:
    """Monotone boosted trees over the signals, and the log-odds before the first of them.

    Answers that take a twin, and those that are barred whatever the confidence, say nothing and are left out.
    """
    told = [answer for answer in answers if not answer.is_barred and not (answer.is_removed and answer.change.is_twin(answer.first))]
    fitted = HistGradientBoostingClassifier(
        learning_rate=LEARNING_RATE,
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAST_ANSWERS_A_LEAF,
        l2_regularization=1.0,
        monotonic_cst=[int(name not in FREE_SIGNALS) for name in SIGNALS],
    ).fit(np.array([answer.signals for answer in told]), [answer.is_right for answer in told])
    # Its public side predicts, and does not show its trees.
    trees = tuple(tree_of(predictors[0].nodes, 0) for predictors in fitted._predictors)
    return trees, round(float(fitted._baseline_prediction.item()), 4)


def tree_of(nodes: NDArray[np.void], place: int) -> Tree:
    """A tree of scikit-learn's table of nodes as a `Tree`."""
    node = nodes[place]
    if node["is_leaf"]:
        return round(float(node["value"]), 4)
    return (
        int(node["feature_idx"]),
        float(f"{node['num_threshold']:.5g}"),
        tree_of(nodes, int(node["left"])),
        tree_of(nodes, int(node["right"])),
    )


def figures(name: str, answers: Sequence[tuple[Answer, float]]) -> str:
    """One row of the table: shares of all cases of a file."""
    heal_at = Settings().heal_at
    present = [(answer, sure) for answer, sure in answers if not answer.is_removed]
    removed = [answer for answer, sure in answers if answer.is_removed and sure >= heal_at]
    count = len(present)
    shares = {
        "top-1": sum(answer.is_right for answer, _ in present),
        "healed right": sum(answer.is_right and sure >= heal_at for answer, sure in present),
        "healed wrong": sum(not answer.is_right and sure >= heal_at for answer, sure in present),
        "false heal when removed": sum(not answer.change.is_twin(answer.first) for answer in removed),
        "twin when removed": sum(answer.change.is_twin(answer.first) for answer in removed),
    }
    return f"{name}: {count} cases, sites left out: " + ", ".join(f"{what} {number / count:.1%}" for what, number in shares.items())


def write(weights: Numbers, trees: Sequence[Tree], intercept: float) -> None:
    """Put the numbers into the table of the package."""
    head, _, _ = OUT.read_text(encoding="utf-8").partition("# Feature: its share of the score.\n")
    lines = ["# Feature: its share of the score.", "_WEIGHTS = {"]
    lines += [f'    "{name}": {value:.4f},' for name, value in zip(FEATURES, weights, strict=True)]
    lines += ["}", "", "# Signals by their places:"]
    lines += [f"# {place:>2} {name}" for place, name in enumerate(SIGNALS)]
    lines += ["# fmt: off", "_TREES: tuple[Tree, ...] = (", *(f"    {tree}," for tree in trees), ")", "# fmt: on", ""]
    lines += [f"FITTED = Model(tuple(_WEIGHTS.values()), _TREES, {intercept})", ""]
    OUT.write_text(head + "\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
