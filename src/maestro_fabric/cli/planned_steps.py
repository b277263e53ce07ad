"""The steps of a plan with their values: what a case does, read without running it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from maestro_fabric.cli.planned_policies import step_policy_as_data
from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.config.templates import KEEP, Reference, part_of, resolve_partly
from maestro_fabric.model import Case
from maestro_fabric.plan import PlannedSuite

__all__ = ["param_values", "print_steps", "setup_as_data", "steps_as_data"]

_WRITTEN = {"as_": "as", "with_": "with", "source": "from"}


def param_values(case: Case) -> dict[str, Any]:
    """The parameters of a case by name; empty for a case that has none, or that is no journey."""
    return dict(case.body.params) if isinstance(case.body, Journey) else {}


def steps_as_data(case: Case) -> list[dict[str, Any]]:
    """The steps of a journey, groups unfolded and parameters filled in; secrets and saved values stay as they are written."""
    return (
        [{**_step_as_data(step), **step_policy_as_data(case, step)} for step in case.body.steps] if isinstance(case.body, Journey) else []
    )


def setup_as_data(suite: PlannedSuite) -> list[dict[str, Any]]:
    """The steps of a suite's set-up."""
    journeys = (case.body for case in suite.cases if isinstance(case.body, Journey))
    return [_step_as_data(step) for step in next((journey.setup for journey in journeys if journey.setup), ())]


def print_steps(console: Console, suite: PlannedSuite) -> None:
    """Print the set-up and each case's parameters and steps, a line each."""
    _print_lines(console, "set-up", setup_as_data(suite))
    for case in suite.cases:
        params = " ".join(f"{name}={_as_text(value)}" for name, value in param_values(case).items())
        _print_lines(console, f"{case.id.title}  {params}".rstrip(), steps_as_data(case))


def _print_lines(console: Console, head: str, steps: list[dict[str, Any]]) -> None:
    if not steps:
        return
    console.print(Text(f"\n{head}", style="bold"), soft_wrap=True)
    for step in steps:
        line = Text(f"  {step['number']:>5}. {step['action']} {_as_text(step['value']) if step['value'] else ''}".rstrip())
        if step.get("policy"):
            line.append(f"  tried at most {step['worst_case']['attempts']} times", style="dim")
        console.print(line.append(f"  {step['location']}", style="dim") if step["location"] else line, soft_wrap=True)


def _as_text(value: object) -> str:
    """A value as YAML has it in one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_as_text(item)}' for key, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False, default=str)


def _step_as_data(step: PlannedStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "action": step.action,
        "value": _as_builtins(_with_params(step)),
        "location": str(step.location) if step.location else None,
    }


def _with_params(step: PlannedStep) -> Any:
    def lookup(reference: Reference) -> object:
        if reference.kind != "params":
            return KEEP
        try:
            return part_of(step.scope, reference.name)
        except (KeyError, IndexError, TypeError):
            return KEEP  # the run says what is missing

    return resolve_partly(step.value, lookup)


def _as_builtins(value: Any) -> Any:
    """A step's dataclass as a mapping of what is not as it would be anyway."""
    if dataclasses.is_dataclass(value):
        return {name: _as_builtins(item) for name, item in _given(value)}
    if isinstance(value, Mapping):
        return {str(key): _as_builtins(item) for key, item in value.items()}
    return [_as_builtins(item) for item in value] if isinstance(value, (list, tuple)) else value


def _given(value: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if item is not None and item != _default_of(field):
            yield _WRITTEN.get(field.name, field.name), item


def _default_of(field: dataclasses.Field[Any]) -> Any:
    # Fields with an alias hold pydantic's `FieldInfo` as their default.
    default = getattr(field.default, "default", field.default)
    factory = getattr(field.default, "default_factory", None) or field.default_factory
    return factory() if callable(factory) else default
