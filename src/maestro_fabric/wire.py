"""Events as builtins and back, for pipes and xdist reports.

Every event is a dict of strings, numbers, booleans, ``None``, lists and dicts; fields that hold their default are left
out. A case's ``body`` and ``spare`` belong to its adapter and do not travel.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from maestro_fabric import events
from maestro_fabric.events import Event

__all__ = ["decode", "encode", "from_wire", "to_wire"]

_EVENTS: dict[str, type] = {kind.__name__: kind for kind in get_args(events.Event)}
_STAYS_HOME = frozenset({"body", "spare"})


def to_wire(event: Event) -> dict[str, Any]:
    """The event as a dict of builtins, with its class's name under ``event``."""
    return {"event": type(event).__name__, **cast("dict[str, Any]", encode(event))}


def from_wire(data: Mapping[str, Any]) -> Event:
    """The event that `to_wire` was given; its cases have no ``body``.

    Raises:
        ValueError: when ``event`` names no event.
    """
    kind = _EVENTS.get(data.get("event", ""))
    if kind is None:
        raise ValueError(f"{data.get('event')!r} is not an event: one of {', '.join(_EVENTS)}")
    return cast("Event", decode(data, kind))


def encode(value: object) -> object:
    """A value of the vocabulary as builtins."""
    # Exactly str: execnet refuses subclasses, so an enum's value is taken out of it.
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(cast("list[str]", [encode(item) for item in value]))
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return {name: encode(item) for name, item in _told(value)}


def decode(data: object, kind: type) -> object:
    """The value of the type ``kind`` that `encode` was given."""
    return _decoder(kind)(data)


def _told(value: object) -> list[tuple[str, object]]:
    told = []
    for name, default in _defaults(cast("Hashable", type(value))):
        item = getattr(value, name)
        if default is MISSING or item != default:
            told.append((name, item))
    return told


@cache
def _defaults(kind: Any) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, _default(field)) for field in fields(kind) if field.name not in _STAYS_HOME)


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


@cache
def _decoder(kind: Any) -> Callable[[Any], object]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (_decoder(part) for part in get_args(kind) if part is not type(None))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        item = _decoder(get_args(kind)[0])
        return lambda data: tuple(item(each) for each in data)
    if origin is frozenset:
        member = _decoder(get_args(kind)[0])
        return lambda data: frozenset(member(each) for each in data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if is_dataclass(kind):
        return _dataclass_decoder(cast("type", kind))
    return lambda data: data


def _dataclass_decoder(kind: type) -> Callable[[Any], object]:
    hints = get_type_hints(kind)
    parts = [(field.name, _decoder(hints[field.name])) for field in fields(kind) if field.name not in _STAYS_HOME]
    return lambda data: kind(**{name: part(data[name]) for name, part in parts if name in data})
