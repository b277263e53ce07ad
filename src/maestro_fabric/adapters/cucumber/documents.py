"""Gherkin documents as Cucumber Messages have them: what a node's id stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maestro_fabric.adapters.cucumber.said import Place, Scenario
from maestro_fabric.adapters.cucumber.verdict import HookRan, StepInfo

__all__ = ["Documents"]


@dataclass(frozen=True, slots=True)
class _Written:
    """A scenario as it is written."""

    feature: str
    rule: str
    name: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of examples."""

    headings: tuple[str, ...]
    cells: tuple[str, ...]


class Documents:
    """The feature files that were told of."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._keywords: dict[str, str] = {}
        self._scenarios: dict[str, _Written] = {}
        self._rows: dict[str, _Row] = {}

    def add(self, document: Mapping[str, Any]) -> None:
        """Learn the ids of one file; one without a feature has none."""
        feature = document.get("feature")
        if feature is not None:
            self._add_children(feature["children"], feature["name"], rule="")

    def place_of(self, pickle: Mapping[str, Any]) -> Place:
        """The line of the scenario, or of its row."""
        return Place(pickle["uri"], self._lines[pickle["astNodeIds"][-1]])

    def scenario(self, pickle: Mapping[str, Any]) -> Scenario:
        """A pickle as a scenario."""
        written = self._scenarios[pickle["astNodeIds"][0]]
        row = self._rows.get(pickle["astNodeIds"][-1], _Row((), ()))
        return Scenario(
            place=self.place_of(pickle),
            feature=written.feature,
            rule=written.rule,
            name=written.name,
            headings=row.headings,
            cells=row.cells,
            tags=tuple(dict.fromkeys(tag["name"].removeprefix("@") for tag in pickle["tags"])),
        )

    def step(self, test_step: Mapping[str, Any], pickle: Mapping[str, Any], hooks: Mapping[str, HookRan]) -> StepInfo:
        """What a step of a test case is: one of the pickle's, or a hook."""
        if "pickleStepId" not in test_step:
            hook = hooks.get(test_step.get("hookId", ""), HookRan())
            return StepInfo(title=hook.title, place=hook.place, is_hook=True)
        step = next(step for step in pickle["steps"] if step["id"] == test_step["pickleStepId"])
        node = step["astNodeIds"][0]
        title = f"{self._keywords.get(node, '')}{step['text']}"
        return StepInfo(title=title, place=Place(pickle["uri"], self._lines[node]), pickle_step=step["id"])

    def _add_children(self, children: Iterable[Mapping[str, Any]], feature: str, rule: str) -> None:
        for child in children:
            if "rule" in child:
                self._add_children(child["rule"]["children"], feature, child["rule"]["name"])
            elif "background" in child:
                self._add_steps(child["background"]["steps"])
            else:
                self._add_scenario(child["scenario"], feature, rule)

    def _add_scenario(self, scenario: Mapping[str, Any], feature: str, rule: str) -> None:
        self._scenarios[scenario["id"]] = _Written(feature, rule, scenario["name"])
        self._lines[scenario["id"]] = scenario["location"]["line"]
        self._add_steps(scenario["steps"])
        for examples in scenario["examples"]:
            headings = tuple(_values(examples.get("tableHeader", {})))
            for row in examples.get("tableBody", ()):
                self._rows[row["id"]] = _Row(headings, tuple(_values(row)))
                self._lines[row["id"]] = row["location"]["line"]

    def _add_steps(self, steps: Iterable[Mapping[str, Any]]) -> None:
        for step in steps:
            self._keywords[step["id"]] = step["keyword"]
            self._lines[step["id"]] = step["location"]["line"]


def _values(row: Mapping[str, Any]) -> Iterator[str]:
    return (cell["value"] for cell in row.get("cells", ()))
