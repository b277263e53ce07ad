"""The field types that steps and models share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, WithJsonSchema, WrapValidator

from maestro_fabric.config.durations import parse_duration
from maestro_fabric.model import NAME_PATTERN

__all__ = ["FROZEN", "STRICT_KEYS", "LateBool", "LateInt", "LateSeconds", "Name", "Seconds", "is_late", "shorthand"]

STRICT_KEYS = ConfigDict(extra="forbid")
"""Every step: an unknown key is an error."""
FROZEN = ConfigDict(extra="forbid", frozen=True)
"""Every model: an unknown key is an error, nothing changes after loading."""


def is_late(value: object) -> bool:
    """Whether a value still holds a ``${…}`` that is only known while the case runs."""
    return isinstance(value, str) and "${" in value


def _to_seconds(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration: write a number and a unit, like 500ms, 30s, 5m or 1h")
    return parse_duration(value)


def _late(kind: type, title: str) -> WrapValidator:
    def check(value: Any, handler: Any) -> Any:
        if is_late(value) or type(value) is kind:
            return value
        raise ValueError(f"{value!r} is not {title}")

    return WrapValidator(check)


def _check_name(value: str) -> str:
    if "::" in value:
        raise ValueError(f"{value!r} holds '::', which separates the parts of a test's id: use another separator")
    if not NAME_PATTERN.match(value) or value != value.strip():
        raise ValueError(f"{value!r} is not a name: it is one line, not empty, without spaces at its ends")
    return value


def _late_schema(kind: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": kind}, {"type": "string", "pattern": r"\$\{"}]})


_DURATION_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h)$|\$\{", "examples": ["500ms", "30s", "5m"]})

Name = Annotated[str, AfterValidator(_check_name)]
"""A suite's or case's name: one line, without ``::``."""
Seconds = Annotated[float, BeforeValidator(_to_seconds), _DURATION_SCHEMA]
"""A duration in the file, seconds (float) after loading."""
LateSeconds = Annotated[float | str, WrapValidator(lambda value, _: value if is_late(value) else _to_seconds(value)), _DURATION_SCHEMA]
"""A duration that may hold a late ``${…}``."""
LateInt = Annotated[int | str, _late(int, "a whole number"), _late_schema("integer")]
"""A whole number, or a text that becomes one when the case runs."""
LateBool = Annotated[bool | str, _late(bool, "true or false"), _late_schema("boolean")]
"""True or false, or a text that becomes one when the case runs."""


def shorthand(key: str, *types: type) -> BeforeValidator:
    """Read a bare value (a string, unless other types are given) as ``{key: value}``: ``click: "#buy"`` is CSS."""
    accepted = types or (str,)

    def expand(value: Any) -> Any:
        return {key: value} if isinstance(value, accepted) else value

    return BeforeValidator(expand)
