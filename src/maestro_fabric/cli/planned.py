"""A plan for people (tables) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from maestro_fabric.cli.planned_policies import effective_order, policy_name, policy_words, shown_policy, worst_as_data, worst_words
from maestro_fabric.cli.planned_steps import param_values, print_steps, setup_as_data, steps_as_data
from maestro_fabric.compose import Prepared
from maestro_fabric.config.templates import TemplateError, references
from maestro_fabric.config.worst_case import WorstCase, worst_case
from maestro_fabric.model import Case, Policy
from maestro_fabric.places import is_database_url, place_of
from maestro_fabric.plan import PlannedSuite
from maestro_fabric.qa_file import path_text

__all__ = ["plan_as_data", "print_plan"]

_KNOWN_WHEN = {
    "services": "known when the service is up",
    "secret": "read when it is needed",
    "saved": "known when a step has saved it",
    "params": "one for each set of parameters",
}
_PIPE_WIDTH = 1000  # so that no name breaks where nobody's terminal sets the width


def plan_as_data(prepared: Prepared) -> dict[str, Any]:
    """The plan as builtins, for JSON."""
    total = _sum(worst_case(case.policy) for case in prepared.plan.cases)
    return {
        "project": prepared.plan.project,
        "environment": prepared.loaded.environment,
        "store": prepared.shown_store,
        "values": [
            {"name": name, "value": value, "from": origin, **({"note": note} if (note := _note_on(value)) else {})}
            for name, value, origin in _values(prepared, with_steps=True)
        ],
        "policies": [
            {
                "name": policy.name,
                "chosen_by": policy.chosen_by or None,
                "added": list(policy.added),
                "order": policy_words(policy),
                **worst_as_data(worst_case(policy)),
            }
            for policy in _policies(prepared)
        ],
        "suites": [_suite_as_data(suite) for suite in prepared.plan.suites],
        "worst_case": worst_as_data(total),
    }


def print_plan(prepared: Prepared, *, with_steps: bool = False) -> None:
    """Print the plan as tables, as wide as the terminal; into a file or pipe, as wide as they are.

    Args:
        prepared: The plan, and where its values came from.
        with_steps: Whether to print what each case does, too.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    where = f", environment {prepared.loaded.environment}" if prepared.loaded.environment else ""
    console.print(Text.assemble((prepared.plan.project, "bold"), f"{where}, store {prepared.shown_store}"), soft_wrap=True)
    values = [(name, _shown(value), origin, _note_on(value)) for name, value, origin in _values(prepared, with_steps=with_steps)]
    notes = ["note"] if any(note for *_, note in values) else []
    _print_table(console, "Values", ("name", "value", "from", *notes), (row[: 3 + len(notes)] for row in values))
    rows = ((policy_name(policy), effective_order(policy), *worst_words(worst_case(policy))) for policy in _policies(prepared))
    _print_table(console, "Policies, outermost first", ("name", "in effect", "attempts", "at most"), rows)
    for suite in prepared.plan.suites:
        _print_suite(console, suite)
        if with_steps:
            print_steps(console, suite)
    total = _sum(worst_case(case.policy) for case in prepared.plan.cases)
    attempts, seconds = worst_words(total)
    console.print(f"\n{len(prepared.plan.cases)} cases; worst case: {attempts} attempts, {seconds}", soft_wrap=True)


def _print_suite(console: Console, suite: PlannedSuite) -> None:
    needs = f", needs {', '.join(suite.needs)}" if suite.needs else ""
    title = f"{suite.name} ({suite.adapter}{needs})"
    rows = (
        (
            case.id.title,
            " ".join(case.tags),
            shown_policy(case.policy),
            _note(case),
            str(case.location or ""),
            *worst_words(worst_case(case.policy)),
        )
        for case in suite.cases
    )
    _print_table(console, title, ("case", "tags", "policy", "note", "place", "attempts", "at most"), rows)


def _print_table(console: Console, title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(*columns, title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for row in rows:
        # A name like `[tea]` is text, not rich's markup.
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    if table.row_count:
        console.print()
        console.print(table)


def _suite_as_data(suite: PlannedSuite) -> dict[str, Any]:
    return {
        "name": suite.name,
        "adapter": suite.adapter,
        "needs": list(suite.needs),
        "setup": setup_as_data(suite),
        "cases": [_case_as_data(case) for case in suite.cases],
    }


def _case_as_data(case: Case) -> dict[str, Any]:
    return {
        "id": str(case.id),
        "name": case.id.name,
        "params": case.id.params,
        "param_values": param_values(case),
        "location": str(case.location) if case.location else None,
        "tags": list(case.tags),
        "owner": case.owner,
        "links": list(case.links),
        "services": list(case.services),
        "policy": case.policy.name or None,
        "policy_chosen_by": case.policy.chosen_by or None,
        "policy_added": list(case.policy.added),
        "order": policy_words(case.policy),
        "skip": case.skip.reason if case.skip else None,
        "xfail": case.xfail.reason if case.xfail else None,
        "worst_case": worst_as_data(worst_case(case.policy)),
        "steps": steps_as_data(case),
    }


def _note(case: Case) -> str:
    if case.skip is not None:
        return f"skip: {case.skip.reason}"
    return f"xfail: {case.xfail.reason}" if case.xfail is not None else ""


def _values(prepared: Prepared, *, with_steps: bool) -> Iterator[tuple[str, object, str]]:
    """Every value that was looked up or overridden, with its place or the option that set it."""
    loaded = prepared.loaded
    for path, origin in loaded.came_from.items():
        if with_steps or "steps" not in path:
            value = loaded.value_at(path)
            # The address of a team's history may hold a password.
            yield path_text(path), str(place_of(value)) if isinstance(value, str) and is_database_url(value) else value, origin


def _note_on(value: object) -> str:
    """When a value that holds references will be known; empty for one that is known."""
    try:
        kinds = {reference.kind for reference in references(value)} if isinstance(value, str) else set()
    except TemplateError:
        return ""  # a literal `${…}`, which the file wrote with two dollar signs
    return "; ".join(when for kind, when in _KNOWN_WHEN.items() if kind in kinds)


def _shown(value: object) -> str:
    """A value in a table, where an empty text must not look like none."""
    return str(value) if value != "" else '""'


def _policies(prepared: Prepared) -> list[Policy]:
    """The policies that some case has, each once, in the order of the plan. The shorter deadline of a single case is its own."""
    found: dict[tuple[object, ...], Policy] = {}
    for policy in (case.policy for case in prepared.plan.cases):
        key = (policy.name, policy.added, policy.breakers, policy.bulkheads)
        if key not in found or _limit_s(policy) > _limit_s(found[key]):
            found[key] = policy
    return list(found.values())


def _limit_s(policy: Policy) -> float:
    return float("inf") if policy.deadline_s is None else policy.deadline_s


def _sum(parts: Iterable[WorstCase]) -> WorstCase:
    attempts, seconds = 0, 0.0
    for part in parts:
        attempts += part.attempts
        seconds += float("inf") if part.seconds is None else part.seconds
    return WorstCase(attempts=attempts, seconds=None if seconds == float("inf") else seconds)
