"""A step's locator replaced in the text of a file: everything else stays as a person wrote it, to the last blank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from maestro_fabric.config.locators import flow_entries, show_locator
from maestro_fabric.config.steps import LOCATOR_KEYS
from maestro_fabric.errors import ConfigError

__all__ = ["replace_locator"]

_WHERE = frozenset((*LOCATOR_KEYS, "name", "exact", "nth", "frame"))


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def replace_locator(text: str, *, line: int, doing: str, old: str, new: str) -> str:
    """The text with another locator in the step that begins on a line.

    Args:
        text: A whole qa.yaml, or one that it includes.
        line: The step's line, from 1.
        doing: The step's key, e.g. ``click``.
        old: The locator that must be there, its keys and values in JSON.
        new: The locator to put there, likewise.

    Raises:
        ConfigError: when the step is not there any more, finds its element in another way, or holds ``${…}`` in its locator.
    """
    value = _value_of_step(text, line, doing)
    given = _given(value)
    place = f"line {line}"
    if any("${" in str(one) for one in given.values()):
        raise ConfigError(
            f"{place}: the locator of {doing!r} holds ${{…}}, which stands for several: change it by hand to fit {show_locator(new)}"
        )
    if given != json.loads(old):
        raise ConfigError(f"{place}: {doing!r} has another locator now than {show_locator(old)}: it has been changed since that run")
    changed = text
    for edit in sorted(_edits(text, value, json.loads(new)), key=lambda edit: -edit.start):
        changed = changed[: edit.start] + edit.text + changed[edit.end :]
    _check(changed, line, doing, new)
    return changed


def _value_of_step(text: str, line: int, doing: str) -> yaml.Node:
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as exc:
        raise ConfigError(f"the file cannot be read as YAML any more: {exc}") from exc
    found = next((value for key, value in _pairs(root) if key.start_mark.line == line - 1 and key.value == doing), None)
    if found is None:
        raise ConfigError(f"line {line}: there is no step {doing!r} any more: the file has been changed since that run")
    return found


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Each key with its value, however deep; aliases are not followed twice."""
    waiting, seen = [node], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, yaml.MappingNode):
            yield from one.value
            waiting += [value for _, value in one.value]
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value


def _given(value: yaml.Node) -> dict[str, Any]:
    """The locator of a step as it is kept: keys and values that are not their defaults."""
    if isinstance(value, yaml.ScalarNode):
        return {"css": value.value}
    if not isinstance(value, yaml.MappingNode):
        return {}
    data = yaml.SafeLoader("")
    read = {key.value: data.construct_object(one, deep=True) for key, one in value.value if key.value in _WHERE}
    return {key: read[key] for key in _in_order(read) if read[key] not in (None, False)}


def _in_order(keys: dict[str, Any]) -> list[str]:
    return [key for key in (*LOCATOR_KEYS, "name", "exact", "nth", "frame") if key in keys]


def _edits(text: str, value: yaml.Node, new: dict[str, Any]) -> list[_Edit]:
    if not isinstance(value, yaml.MappingNode):
        return [_Edit(value.start_mark.index, value.end_mark.index, _as_value(new))]
    pairs = [(key, one) for key, one in value.value if key.value in _WHERE]
    (first_key, first), *rest = pairs
    entries = flow_entries(new)
    if value.flow_style:
        edits = [_Edit(first_key.start_mark.index, first.end_mark.index, ", ".join(entries))]
        return edits + [_without_comma(text, key.start_mark.index, one.end_mark.index) for key, one in rest]
    indent = "\n" + " " * first_key.start_mark.column
    edits = [_Edit(first_key.start_mark.index, first.end_mark.index, indent.join(entries))]
    return edits + [_whole_lines(text, key.start_mark.index, one.end_mark.index) for key, one in rest]


def _as_value(new: dict[str, Any]) -> str:
    return show_locator(json.dumps(new, ensure_ascii=False))


def _without_comma(text: str, start: int, end: int) -> _Edit:
    """An entry of a flow mapping that is not the first, with the comma before it."""
    comma = text.rindex(",", 0, start)
    return _Edit(comma, end, "")


def _whole_lines(text: str, start: int, end: int) -> _Edit:
    """An entry of a block mapping that is not the first, with its line."""
    line_end = text.find("\n", end)
    return _Edit(text.rindex("\n", 0, start), len(text) if line_end < 0 else line_end, "")


def _check(changed: str, line: int, doing: str, new: str) -> None:
    """Look whether the new text says what it is to say: a patch that is not exactly that must not be written."""
    if _given(_value_of_step(changed, line, doing)) != json.loads(new):
        raise ConfigError(f"line {line}: the locator of {doing!r} cannot be replaced safely: write {show_locator(new)} by hand")
