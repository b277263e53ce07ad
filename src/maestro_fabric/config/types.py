"""The field types that steps and models share."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import CoreSchema, core_schema

from maestro_fabric.config.durations import parse_duration
from maestro_fabric.model import NAME_PATTERN

__all__ = ["FROZEN", "OFF_WORD", "STRICT_KEYS", "LateBool", "LateInt", "LateSeconds", "Name", "Seconds", "is_late", "nothing", "shorthand"]

STRICT_KEYS = ConfigDict(extra="forbid", defer_build=True)
"""Every step: an unknown key is an error."""
FROZEN = ConfigDict(extra="forbid", frozen=True, defer_build=True)
"""Every model: an unknown key is an error, nothing changes after loading."""


def is_late(value: object) -> bool:
    """Whether a value still holds a ``${…}`` that is only known while the case runs."""
    return isinstance(value, str) and "${" in value


def _to_seconds(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration: write a number and a unit, like 500ms, 30s, 5m or 1h")
    return parse_duration(value)


def _late(kind: type, title: str, read: Callable[[str], Any]) -> WrapValidator:
    def check(value: Any, handler: Any) -> Any:
        if type(value) is kind or is_late(value):
            return value
        # A text that says it is what `${env:…}` gave.
        found = read(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"{value!r} is not {title}")
        return found

    return WrapValidator(check)


def _read_int(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def _read_bool(text: str) -> bool | None:
    return {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}.get(text.lower())


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
LateInt = Annotated[int | str, _late(int, "a whole number", _read_int), _late_schema("integer")]
"""A whole number, or a text that becomes one when the case runs."""
LateBool = Annotated[bool | str, _late(bool, "true or false", _read_bool), _late_schema("boolean")]
"""True or false, or a text that becomes one when the case runs."""
OFF_WORD = BeforeValidator(lambda value: "off" if value is False else value)
"""Goes with a literal that has ``off``: YAML 1.1 reads that word as false."""


@dataclass(frozen=True, slots=True)
class _Shorthand:
    """An annotation: bare values of some types are read as a mapping, and the JSON Schema says so."""

    types: tuple[type, ...]
    expand: Callable[[Any], Any]
    words: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        bare = [{"enum": list(self.words)}] if self.words else [{"type": _JSON_TYPES[kind]} for kind in self.types]
        return {"anyOf": [*bare, handler(schema)]}

    def _read(self, value: Any) -> Any:
        return self.expand(value) if type(value) in self.types else value


_JSON_TYPES: dict[type, str] = {str: "string", int: "integer", type(None): "null"}


def shorthand(key: str, *types: type, words: Sequence[str] = ()) -> _Shorthand:
    """Read a bare value (a string, unless other types are given) as ``{key: value}``: ``click: "#buy"`` is CSS.

    Args:
        key: The key that it is read as.
        types: What a bare value may be.
        words: The only ones that there are, for editors; the key itself refuses the others.
    """
    return _Shorthand(types or (str,), lambda value: {key: value}, tuple(words))


def nothing() -> _Shorthand:
    """Read an empty value as an empty mapping: ``- reload:``."""
    return _Shorthand((type(None),), lambda _: {})
