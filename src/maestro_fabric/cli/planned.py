"""A plan for people (tables) and for programs (JSON)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from maestro_fabric.compose import Prepared
from maestro_fabric.config.durations import format_duration
from maestro_fabric.model import Case, Policy
from maestro_fabric.plan import PlannedSuite, WorstCase, worst_case

__all__ = ["plan_as_data", "policy_words", "print_plan"]


def plan_as_data(prepared: Prepared) -> dict[str, Any]:
    """The plan as builtins, for JSON."""
    total = _sum(worst_case(case.policy) for case in prepared.plan.cases)
    return {
        "project": prepared.plan.project,
        "environment": prepared.loaded.environment,
        "store": str(prepared.store),
        "values": [{"name": name, "value": value, "from": origin} for name, value, origin in _values(prepared)],
        "policies": [
            {"name": policy.name, "order": policy_words(policy), **_worst_as_data(worst_case(policy))} for policy in _policies(prepared)
        ],
        "suites": [_suite_as_data(suite) for suite in prepared.plan.suites],
        "worst_case": _worst_as_data(total),
    }


def print_plan(prepared: Prepared) -> None:
    """Print the plan as tables, as wide as the terminal."""
    console = Console()
    where = f", environment {prepared.loaded.environment}" if prepared.loaded.environment else ""
    console.print(f"[bold]{prepared.plan.project}[/bold]{where}, store {prepared.store}", highlight=False)
    _print_table(console, "Values", ("name", "value", "from"), ((name, str(value), origin) for name, value, origin in _values(prepared)))
    rows = ((policy.name or "default", " ".join(policy_words(policy)), *_worst_words(worst_case(policy))) for policy in _policies(prepared))
    _print_table(console, "Policies, outermost first", ("name", "in effect", "attempts", "at most"), rows)
    for suite in prepared.plan.suites:
        _print_suite(console, suite)
    total = _sum(worst_case(case.policy) for case in prepared.plan.cases)
    attempts, seconds = _worst_words(total)
    console.print(f"\n{len(prepared.plan.cases)} cases; worst case: {attempts} attempts, {seconds}", highlight=False)


def policy_words(policy: Policy) -> list[str]:
    """What a policy does, outermost first: ``deadline 1.5m``, ``retry 1 on error, …``, ``attempt timeout 30s``."""
    retry = policy.retry
    words = []
    if policy.deadline_s is not None:
        words.append(f"deadline({format_duration(policy.deadline_s)})")
    if retry.times:
        backoff = retry.backoff
        jitter = "" if backoff.jitter == "none" else f", {backoff.jitter} jitter"
        waits = f"{backoff.kind} from {format_duration(backoff.first_s)} to {format_duration(backoff.max_s)}{jitter}"
        words.append(f"retry({retry.times} on {' and '.join(sorted(retry.on))}; {waits})")
    if policy.attempt_timeout_s is not None:
        words.append(f"attempt timeout({format_duration(policy.attempt_timeout_s)})")
    return words or ["one attempt, no limit"]


def _print_suite(console: Console, suite: PlannedSuite) -> None:
    needs = f", needs {', '.join(suite.needs)}" if suite.needs else ""
    title = f"{suite.name} ({suite.adapter}{needs})"
    rows = (
        (
            case.id.title,
            " ".join(case.tags),
            case.policy.name or "default",
            _note(case),
            str(case.location or ""),
            *_worst_words(worst_case(case.policy)),
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
        "cases": [_case_as_data(case) for case in suite.cases],
    }


def _case_as_data(case: Case) -> dict[str, Any]:
    return {
        "id": str(case.id),
        "name": case.id.name,
        "params": case.id.params,
        "location": str(case.location) if case.location else None,
        "tags": list(case.tags),
        "owner": case.owner,
        "links": list(case.links),
        "services": list(case.services),
        "policy": case.policy.name or None,
        "skip": case.skip.reason if case.skip else None,
        "xfail": case.xfail.reason if case.xfail else None,
        "worst_case": _worst_as_data(worst_case(case.policy)),
    }


def _note(case: Case) -> str:
    if case.skip is not None:
        return f"skip: {case.skip.reason}"
    return f"xfail: {case.xfail.reason}" if case.xfail is not None else ""


def _values(prepared: Prepared) -> Iterator[tuple[str, object, str]]:
    """Every value that was looked up or overridden, with its place or the option that set it."""
    for name, origin in prepared.loaded.origins.items():
        yield name, _value(prepared, name), origin


def _value(prepared: Prepared, dotted: str) -> object:
    loaded = prepared.loaded
    if dotted == "base_url":
        return loaded.base_url
    head, _, rest = dotted.partition(".")
    if head == "vars" and rest in loaded.variables:
        return loaded.variables[rest]
    value: Any = loaded.config
    for part in dotted.replace("[", ".").replace("]", "").split("."):
        value = _step_into(value, part)
    return value


def _step_into(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list):
        return value[int(part)]
    return getattr(value, part, None) if value is not None else None


def _policies(prepared: Prepared) -> list[Policy]:
    """The policies that some case has, each once, in the order of the plan. The shorter deadline of a single case is its own."""
    return list({case.policy.name: case.policy for case in reversed(prepared.plan.cases)}.values())[::-1]


def _sum(parts: Iterable[WorstCase]) -> WorstCase:
    attempts, seconds = 0, 0.0
    for part in parts:
        attempts += part.attempts
        seconds += float("inf") if part.seconds is None else part.seconds
    return WorstCase(attempts=attempts, seconds=None if seconds == float("inf") else seconds)


def _worst_as_data(worst: WorstCase) -> dict[str, Any]:
    return {"attempts": worst.attempts, "seconds": worst.seconds}


def _worst_words(worst: WorstCase) -> tuple[str, str]:
    return str(worst.attempts), "no limit" if worst.seconds is None else format_duration(worst.seconds)
