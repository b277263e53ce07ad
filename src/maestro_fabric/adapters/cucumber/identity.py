"""Which case a scenario is: ``Feature: Scenario``, with the cells of its row as parameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from maestro_fabric.adapters.cucumber.said import Scenario
from maestro_fabric.adapters.program.cases import plain_name
from maestro_fabric.config.param_ids import id_of_values, make_unique
from maestro_fabric.model import CaseId

__all__ = ["case_ids", "marker"]


def case_ids(project: str, suite: str, scenarios: Sequence[Scenario]) -> list[CaseId]:
    """The identities of a suite's scenarios, in order, each once.

    Rows of the same scenario that hold the same cells get a number, and so does a further scenario of the same name.
    """
    names = [_name(scenario) for scenario in scenarios]
    ids: list[CaseId] = []
    taken: set[tuple[str, str]] = set()
    params = _params(names, scenarios)
    for name, param in zip(names, params, strict=True):
        unique, number = name, 1
        while (unique, param) in taken:
            number += 1
            unique = f"{name} ({number})"
        taken.add((unique, param))
        ids.append(CaseId(project, suite, unique, param))
    return ids


def marker(tag: str) -> str:
    """A tag as a pytest marker can be named and selected: ``@issue:12`` is ``issue_12``."""
    return re.sub(r"[^\w.+-]", "_", tag.removeprefix("@"))


def _name(scenario: Scenario) -> str:
    feature = scenario.feature or PurePosixPath(scenario.place.uri).stem
    parts = (feature, scenario.rule, scenario.name or f"line {scenario.place.line}")
    return ": ".join(filter(None, map(plain_name, parts)))


def _params(names: Sequence[str], scenarios: Sequence[Scenario]) -> list[str]:
    """The parameter id of each scenario; empty for one without cells."""
    rows: Counter[str] = Counter()
    found = []
    for name, scenario in zip(names, scenarios, strict=True):
        number = rows[name]
        rows[name] += bool(scenario.headings)
        cells = zip(scenario.headings, scenario.cells, strict=False)
        found.append(id_of_values((plain_name(heading), number, cell) for heading, cell in cells))
    for name, count in rows.items():
        if count:
            at = [
                index for index, (other, scenario) in enumerate(zip(names, scenarios, strict=True)) if other == name and scenario.headings
            ]
            for index, unique in zip(at, make_unique([found[index] for index in at]), strict=True):
                found[index] = unique
    return found
