"""The variables a journey sees, and the late ``${…}`` of its steps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from maestro_fabric.config.durations import parse_duration
from maestro_fabric.config.templates import Reference, part_of, resolve, truth
from maestro_fabric.errors import ConfigError
from maestro_fabric.ports import Context

__all__ = ["Scope", "as_bool", "as_int", "as_seconds", "as_text"]

Value = TypeVar("Value")


@dataclass(slots=True)
class Scope:
    """What ``${…}`` means while one case runs.

    Attributes:
        context: Gives variables, services and secrets.
        saved: What ``save`` and ``as:`` kept; grows while the case runs.
        used_secret: Whether a secret was handed out.
    """

    context: Context
    saved: dict[str, Any] = field(default_factory=dict)
    used_secret: bool = False

    def resolve(self, step: Value, params: Mapping[str, Any]) -> Value:
        """The step with every ``${…}`` replaced.

        Args:
            step: A step's dataclass.
            params: What ``${params.x}`` means here: the case's, or those of the group the step belongs to.

        Raises:
            ConfigError: when a name is unknown, or was not saved by an earlier step.
        """

        def lookup(reference: Reference) -> object:
            return self._look_up(reference, params)

        resolved: Value = _keep_texts(step, resolve(step, lookup))
        return resolved

    def for_calls(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The variables as a ``call`` step's function gets them; what it puts into ``saved`` stays."""
        return {
            "vars": dict(self.context.variables),
            "params": dict(params),
            "services": dict(self.context.service_urls),
            "saved": self.saved,
        }

    def _look_up(self, reference: Reference, params: Mapping[str, Any]) -> object:
        if reference.kind == "secret":
            self.used_secret = True
            return self.context.secret(reference.name)
        values, problem = self._values_of(reference.kind, params)
        try:
            return part_of(values, reference.name)
        except (KeyError, IndexError, TypeError) as exc:
            raise ConfigError(f"{reference.text}: {problem}") from exc

    def _values_of(self, kind: str, params: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        known: dict[str, tuple[Mapping[str, Any], str]] = {
            "params": (params, "there is no such parameter"),
            "saved": (self.saved, "no earlier step of this case saved it"),
            "vars": (self.context.variables, "there is no such variable"),
            "services": (self.context.service_urls, "this service is not running: name it under the suite's services"),
        }
        return known.get(kind, ({}, "this is not known while a case runs"))


def as_text(value: object) -> str:
    """A looked-up value as a text, the way YAML writes it: ``true``, ``3``, nothing for null."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def as_seconds(value: float | str) -> float:
    """A late duration, resolved.

    Raises:
        ConfigError: when the text is no duration.
    """
    if isinstance(value, int | float):
        return float(value)
    try:
        return parse_duration(value)
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc


def as_int(value: int | str) -> int:
    """A late whole number, resolved.

    Raises:
        ConfigError: when the text is no whole number.
    """
    try:
        return int(value)
    except ValueError as exc:
        raise ConfigError(f"{value!r} is not a whole number") from exc


def as_bool(value: bool | str) -> bool:  # noqa: FBT001 - the value is what is converted, not an option
    """A late truth value, resolved: not empty, and not 0, false, no or off."""
    return truth(value)


def _keep_texts(before: Any, after: Any) -> Any:
    """The resolved step, its text fields being texts though ``${params.x}`` alone keeps the type of what it means."""
    if before is after:
        return after
    for name, is_text in _fields_of(before.__class__):
        old, new = getattr(before, name), getattr(after, name)
        if is_text and isinstance(old, str) and not isinstance(new, str):
            object.__setattr__(after, name, as_text(new))
        elif is_dataclass(old):
            _keep_texts(old, new)
    return after


@cache
def _fields_of(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The fields' names, and whether each is a text rather than something of any type."""
    return tuple((one.name, not {"Any", "Late"} & set(re.findall("Any|Late", str(one.type)))) for one in fields(kind))
