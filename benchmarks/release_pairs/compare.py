"""The same lost elements, given to this matcher and to what a user would pick instead."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rivals import METHODS, Choice
from walk import KINDS, Lost

from maestro_fabric.healing import Fingerprint

__all__ = ["OUTCOMES", "TWIN", "Scores", "outcome", "read_recording", "score", "score_by_kind", "show_scores"]

# What became of a lost element. Wrong is what nobody wants; an element that was removed is rightly abstained from.
OUTCOMES = ("healed right", "healed wrong", "proposed right", "proposed wrong", "abstained", "abstained, it was removed")
# An element with the same tag, text and link target, after the one that was meant is gone: as little wrong as right.
TWIN = "healed to a twin"

Scores = Mapping[str, Mapping[str, Counter[str]]]


def outcome(action: str, *, is_right: bool, is_removed: bool) -> str:
    """One of `OUTCOMES`.

    Args:
        action: ``heal``, ``propose`` or ``abstain``.
        is_right: Whether the chosen element is the one that a person calls the same.
        is_removed: Whether there is none.
    """
    if action == "abstain":
        return OUTCOMES[5] if is_removed else OUTCOMES[4]
    return f"{'healed' if action == 'heal' else 'proposed'} {'right' if is_right else 'wrong'}"


def score(cases: Sequence[Lost]) -> dict[str, Counter[str]]:
    """What each method does about the same cases."""
    found: dict[str, Counter[str]] = {name: Counter() for name in METHODS}
    for case in cases:
        for name, method in METHODS.items():
            found[name][_outcome_of(case, method(case.old, case.page, case.others))] += 1
    return found


def score_by_kind(cases: Sequence[Lost]) -> Scores:
    """`score` for each kind of change."""
    return {kind: score([one for one in cases if one.kind == kind]) for kind in KINDS if any(one.kind == kind for one in cases)}


def _outcome_of(case: Lost, choice: Choice) -> str:
    if choice.action == "heal" and choice.index is not None and not case.right and case.is_twin(choice.index):
        return TWIN
    return outcome(choice.action, is_right=choice.index in case.right, is_removed=not case.right)


def show_scores(what: str, counted: Mapping[str, Counter[str]]) -> list[str]:
    """Rows of a table: what, how many, the method, healed right and wrong, proposed right and wrong, abstained, a twin."""
    rows = []
    for name, one in counted.items():
        abstained = one["abstained"] + one["abstained, it was removed"]
        numbers = [*(one[each] for each in OUTCOMES[:4]), abstained, one[TWIN]]
        rows.append(f"| {what} | {one.total()} | {name} | {' | '.join(map(str, numbers))} |")
    return rows


def read_recording(path: Path) -> list[Lost]:
    """Recorded page changes as cases, each with the element there and with it removed. The matcher was fitted on some of these."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    sites: dict[str, list[Fingerprint]] = {}
    for row in rows:
        sites.setdefault(row["site"], []).append(Fingerprint.from_mapping(row["old"]))
    cases = []
    for row in rows:
        old = Fingerprint.from_mapping(row["old"])
        page = [Fingerprint.from_mapping(each) for each in row["candidates"]]
        gone = frozenset(row["right"])
        for kind, left, right in (
            ("as it is", page, row["right"]),
            ("removed", [one for at, one in enumerate(page) if at not in gone], ()),
        ):
            cases.append(
                Lost(
                    case=str(row["id"]),
                    step="",
                    kind=kind,
                    is_lost=True,
                    old=old,
                    others=[other for other in sites[row["site"]] if other != old],
                    page=left,
                    right=right,
                    itself=page[row["right_strict"]],
                )
            )
    return cases
