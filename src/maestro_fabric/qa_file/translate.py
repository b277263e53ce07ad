"""What pydantic says, in words for the person who wrote the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.step_checks import single_key
from maestro_fabric.config.steps import Step
from maestro_fabric.errors import Problem
from maestro_fabric.qa_file.nodes import Key, Path, has_part
from maestro_fabric.qa_file.schema_walk import known_keys
from maestro_fabric.qa_file.tree import Tree

__all__ = ["Translated", "Translation"]

_ARTICLES = {
    "model_type": "a mapping",
    "dataclass_type": "a mapping",
    "dict_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
}
_NUMBERS = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}
_BARE_ACTIONS = ("reload", "go_back", "close_tab", "screenshot")
"""Actions that need nothing, so that one may write them as a word."""
_NEEDED = {"fill": "value", "select": "option", "upload": "files"}
_LIMITS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
}


_Entry = tuple[Any, list[Key]]
"""An error of pydantic, and what of its place is not in the data: union members, missing keys."""


@dataclass(slots=True)
class Translated:
    """The problems, and the paths of what is wrong."""

    problems: list[Problem] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)


class Translation:
    """Translates the errors of one validation.

    Args:
        tree: What was validated.
        schema: The JSON Schema of what it should be.
        adapters: The names of all adapters.
        has_tags: Whether an error in a suite has its adapter's name in its place, as with a union of several suites' models.
    """

    def __init__(self, tree: Tree, schema: dict[str, Any], adapters: Sequence[str], *, has_tags: bool = False) -> None:
        self._tree = tree
        self._schema = schema
        self._adapters = adapters
        self._has_tags = has_tags

    def problems(self, errors: Sequence[Any]) -> Translated:
        """One problem for each place; of several members of a union that all refused a value, one that fits its kind."""
        result = Translated()
        seen: set[tuple[Path, str]] = set()
        by_path: dict[Path, list[_Entry]] = {}
        for error in errors:
            path, rest = self._split(error["loc"])
            by_path.setdefault(path, []).append((error, rest))
        for step in dict.fromkeys(filter(None, (self._crowded_step(path) for path in by_path))):
            finding = single_key(_value_at(self._tree.data, step), step)
            result.problems.append(self._tree.problem(finding.message, finding.path, hint=finding.hint, at_key=finding.at_key, shown=step))
            result.paths.append(step)
        for path, group in by_path.items():
            if self._crowded_step(path):
                continue
            for error, _ in _fitting(group, is_told_inside=any(other[: len(path)] == path for other in by_path if other != path)):
                problem, wrong = self._one(error, path)
                if (path, problem.message) not in seen:
                    seen.add((path, problem.message))
                    result.problems.append(problem)
                    result.paths.append(wrong)
        result.problems = _without_consequences(result.problems)
        return result

    def _crowded_step(self, path: Path) -> Path | None:
        """The step around a path, when it has more than the one key that a step has."""
        for depth in range(1, len(path)):
            if path[depth - 1] in ("steps", "setup") and isinstance(path[depth], int):
                step = _value_at(self._tree.data, path[: depth + 1])
                return path[: depth + 1] if isinstance(step, dict) and len(step) > 1 else None
        return None

    def _split(self, loc: Sequence[Key]) -> tuple[Path, list[Key]]:
        """The part of pydantic's place that is in the data, and the rest: union members, shorthand keys, missing keys."""
        data: Any = self._tree.data
        path: list[Key] = []
        rest: list[Key] = []
        for number, key in enumerate(loc):
            # A key may be called like an adapter: `command` of a command suite.
            is_adapter_tag = self._has_tags and number == 2 and len(path) == 2 and path[0] == "suites" and key in self._adapters
            if has_part(data, key) and not is_adapter_tag:
                data = data[key]
                path.append(key)
                rest = []
            elif not is_adapter_tag:
                rest.append(key)
        return tuple(path), rest

    def _one(self, error: Any, path: Path) -> tuple[Problem, Path]:
        kind = error["type"]
        if kind in ("extra_forbidden", "unexpected_keyword_argument") and path:
            return self._unknown_key(path), path
        if kind == "missing":
            return self._missing(path, str(error["loc"][-1])), path
        if kind.startswith("union_tag") or (kind == "literal_error" and path[-1:] == ("adapter",) and path[0] == "suites"):
            return self._adapter(path, kind)
        line = self._tree.problem("", path).line_text
        what, value = self._what(path), error.get("input")
        message, hint = _words({**error, "has_comment": "#" in line}, what, value)
        if what == "a step" and kind in _ARTICLES and isinstance(value, str):
            hint = _step_hint(value)
        return self._tree.problem(message, path, hint=hint), path

    def _unknown_key(self, path: Path) -> Problem:
        key, around = path[-1], path[:-1]
        known = sorted(known_keys(self._schema, self._tree.data, around))
        is_step = len(around) > 1 and isinstance(around[-1], int) and around[-2] in ("steps", "setup")
        what = "step" if is_step else "key"
        hint = did_you_mean(key, known) or (f"known: {', '.join(known)}" if 0 < len(known) <= 12 else "")
        return self._tree.problem(f"unknown {what} {key!r}", path, hint=hint, at_key=True, shown=around)

    def _missing(self, path: Path, key: str) -> Problem:
        owner = self._what(path)
        value = _value_at(self._tree.data, path)
        at_key = bool(path) and not isinstance(path[-1], int)
        hint = "" if isinstance(value, dict) else f"write it as {key}: …"
        return self._tree.problem(f"{key!r} is missing: {owner} needs it", path, hint=hint, at_key=at_key)

    def _adapter(self, path: Path, kind: str) -> tuple[Problem, Path]:
        suite = path[:2]
        known = ", ".join(sorted(self._adapters))
        if kind == "union_tag_not_found":
            return self._misspelt_adapter(suite) or self._tree.problem(
                "'adapter' is missing: a suite needs it", suite, hint=f"known: {known}"
            ), suite
        name = _value_at(self._tree.data, (*suite, "adapter"))
        near = did_you_mean(name, self._adapters)
        hint = f"{near} known: {known}".strip()
        return self._tree.problem(f"unknown adapter {name!r}", (*suite, "adapter"), hint=hint), suite

    def _misspelt_adapter(self, suite: Path) -> Problem | None:
        """A suite's kind is chosen before its keys are looked at, so nobody else tells of this key."""
        written = _value_at(self._tree.data, suite)
        for key in written if isinstance(written, dict) else ():
            hint = did_you_mean(key, ["adapter"])
            if hint:
                return self._tree.problem(f"unknown key {key!r}", (*suite, key), hint=hint, at_key=True, shown=suite)
        return None

    def _what(self, path: Path) -> str:
        """What a part is called in a message: a step by its action, anything else by its key."""
        if not path:
            return "the file"
        names = {"suites": "a suite", "cases": "a case", "steps": "a step", "setup": "a step"}
        if isinstance(path[-1], int) and len(path) > 1:
            return names.get(str(path[-2]), str(path[-2]))
        if len(path) == 2:
            return {"groups": "a group", "services": "a service", "policies": "a policy", "environments": "an environment"}.get(
                str(path[0]), str(path[1])
            )
        return str(path[-1])


def _without_consequences(problems: Sequence[Problem]) -> list[Problem]:
    """Leave out what is missing only because its key is misspelt."""
    suggested = {(problem.path, problem.hint.removeprefix("did you mean ").removesuffix("?")) for problem in problems}
    return [problem for problem in problems if (problem.path, problem.message.partition(" is missing")[0]) not in suggested]


def _fitting(group: list[_Entry], *, is_told_inside: bool) -> list[_Entry]:
    """Of the errors at one place, those that say something.

    Each member of a union refuses a value on its own: one of them is enough, and none when another member says what is
    wrong further inside.
    """
    members = [entry for entry in group if entry[1] and entry[0]["type"] != "missing"]
    rest = [entry for entry in group if entry not in members]
    return rest if is_told_inside else [*rest, *members[:1]]


def _words(error: Any, what: str, value: Any) -> tuple[str, str]:
    """Message and hint for a value that is wrong."""
    kind, context = error["type"], error.get("ctx", {})
    shown = _shown(value)
    if kind == "value_error":
        message, _, hint = str(context.get("error", error["msg"])).partition(": ")
        return message, hint
    if kind in ("literal_error", "enum"):
        words = re.findall(r"'([^']*)'", context.get("expected", ""))
        choice = re.sub(r"\b(True|False)\b", lambda found: found[0].lower(), context.get("expected", "").replace(" or ", ", "))
        if len(words) < 2 and "," not in choice:
            return f"{what!r} must be {choice}, not {shown}", ""
        return f"{shown} is not one of {choice}", did_you_mean(value, words)
    if kind == "string_type":
        if isinstance(value, (bool, int, float)):
            return f"{shown} is not a text", f'put it in quotes: "{shown}"'
        return f"{what!r} must be a text, not {shown}", ""
    if kind in _ARTICLES and value is None:
        return f"{_named(what)} is empty", "a # begins a comment: put the text in quotes" if error.get("has_comment") else ""
    if kind == "dataclass_type" and isinstance(value, (bool, int, float)):
        return f"{shown} is not a text", f'put it in quotes: "{shown}"'
    if kind == "dataclass_type" and what in _NEEDED and isinstance(value, str):
        return f"{_NEEDED[what]!r} is missing: {what} needs it", f"write {what}: {{css: {value!r}, {_NEEDED[what]}: …}}"
    if kind in _ARTICLES:
        return f"{_named(what)} must be {_ARTICLES[kind]}, not {shown}", ""
    if kind in _NUMBERS:
        return f"{shown} is not {_NUMBERS[kind]}", ""
    if kind.startswith("bool"):
        return f"{shown} is not true or false", ""
    if kind in _LIMITS:
        word, key = _LIMITS[kind]
        return f"{shown} is too {'small' if kind.startswith('gr') else 'large'}", f"{what} must be {word} {context[key]}"
    if kind == "too_short":
        return f"{what!r} is empty", f"it needs at least {context.get('min_length', 1)} entry"
    if kind == "string_pattern_mismatch" and what in ("call", "function"):
        return f"{shown} does not name a function", "write package.module:function"
    if kind == "string_pattern_mismatch":
        return f"{shown} does not have the form that {what} needs", f"it must match {context.get('pattern')}"
    return f"{shown}: {error['msg']}", ""


def _named(what: str) -> str:
    """A key in quotes, a description (`a step`) as it is."""
    return what if " " in what else repr(what)


def _step_hint(word: str) -> str:
    """What to write in place of a step that is only a word."""
    if word in _BARE_ACTIONS:
        return f"write `- {word}:`"
    if word in Step.__annotations__:
        return f"write `- {word}: …`"
    near = did_you_mean(word, Step.__annotations__)
    return near or "a step is an action and its value, like `- open: /`"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"


def _value_at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data
