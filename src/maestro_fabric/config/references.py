"""Whether each ``${…}`` that is left after loading can have a value when its step runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from maestro_fabric.config.findings import Finding, Path
from maestro_fabric.config.models import BrowserCase, Config, StepsSuite
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.templates import Reference, TemplateError, references

__all__ = ["check_references"]

_ANY = "*"
"""Stands for every name: a called function may save what it likes."""


def check_references(config: Config, texts: Iterable[tuple[Path, str]]) -> list[Finding]:
    """Findings for references that no value can follow.

    Args:
        config: The whole.
        texts: Every text that still holds ``${``, with its path.
    """
    scopes = _Scopes(config)
    return [finding for path, text in texts for finding in _check_text(scopes, path, text)]


def _check_text(scopes: _Scopes, path: Path, text: str) -> Iterator[Finding]:
    try:
        found = references(text)
    except TemplateError:
        return  # reported when the text was filled in
    for reference in found:
        complaint = scopes.complain(reference, path)
        if complaint is not None:
            yield Finding(path, *complaint)


class _Scopes:
    """What each place of the config may refer to."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._params: dict[Path, set[str] | None] = {}
        self._saved: dict[str, set[str]] = {}
        # Of the suite's set-up and of one case at a time: the names saved before each step.
        self._saved_before: dict[Path, list[set[str]]] = {}

    def complain(self, reference: Reference, path: Path) -> tuple[str, str] | None:
        """Message and hint when a reference at a path can have no value."""
        kind = reference.kind
        if kind == "services":
            return None if reference.name in self._config.services else _unknown("service", reference.name, self._config.services)
        if kind == "secret":
            return (
                None
                if _is_step(path) or _in_params(path) or path[0] in ("services", "vars", "store") or path[2:3] == ("http",)
                else (
                    "a secret cannot be used here",
                    "only steps, params, the store, the http settings of a suite and the environment of services may hold one",
                )
            )
        if kind == "params":
            return self._complain_of_params(reference, path)
        if kind == "saved":
            return self._complain_of_saved(reference, path)
        return None

    def _complain_of_params(self, reference: Reference, path: Path) -> tuple[str, str] | None:
        is_condition = len(path) > 4 and path[4] in ("skip", "xfail")
        if not (_is_step(path) or is_condition):
            return "params cannot be used here", "only steps, skip and xfail may refer to them"
        owner = path[:2] if path[0] == "groups" else path[:4]
        if path[2] == "setup":
            return "a set-up has no params", "it runs once a worker, before any case"
        if owner not in self._params:
            self._params[owner] = self._params_of(owner)
        known = self._params[owner]
        return None if known is None or reference.head in known else _unknown("parameter", reference.head, known)

    def _params_of(self, owner: Path) -> set[str] | None:
        """The names of a group's or case's parameters; ``None`` when a file gives them."""
        if owner[0] == "groups":
            return set(self._config.groups[str(owner[1])].params)
        case: BrowserCase = self._config.suites[int(owner[1])].cases[int(owner[3])]
        matrix = set(case.matrix or {})
        if isinstance(case.params, list):
            return matrix.union(*case.params)
        if case.params is not None and isinstance(case.params.get("from"), str):
            return None
        return matrix | set(case.params or {})

    def _complain_of_saved(self, reference: Reference, path: Path) -> tuple[str, str] | None:
        if not _is_step(path):
            return "saved values cannot be used here", "they exist while steps run"
        if path[0] == "groups":
            return None  # who uses the group may have saved it
        is_setup = path[2] == "setup"
        owner = path[:3] if is_setup else path[:4]
        if owner not in self._saved_before:
            self._saved_before[owner] = self._saved_by(owner, is_setup=is_setup)
        known = self._saved_before[owner][int(path[3] if is_setup else path[5])]
        return None if reference.head in known or _ANY in known else _unknown("saved value", reference.head, known)

    def _saved_by(self, owner: Path, *, is_setup: bool) -> list[set[str]]:
        suite: StepsSuite = self._config.suites[int(owner[1])]
        if is_setup:
            return self._accumulate(suite.setup, set())
        case = suite.cases[int(owner[3])]
        before: set[str] = set()
        if not case.fresh:
            before = before.union(*(self._saves(step) for step in suite.setup))
        return self._accumulate(case.steps, before)

    def _accumulate(self, steps: Sequence[Any], before: set[str]) -> list[set[str]]:
        names = []
        for step in steps:
            names.append(before)
            before = before | self._saves(step)
        return names

    def _saves(self, step: Mapping[str, Any]) -> set[str]:
        """The names that a step saves; those of a group's steps for a step that uses it."""
        saved: set[str] = set()
        for action, value in step.items():
            if action == "use":
                saved |= self._saved_in_group(value.group)
            elif action == "call":
                saved.add(_ANY)
            elif action != "screenshot":
                name = getattr(value, "as_", None)
                saved |= {name} if name is not None else set()
        return saved

    def _saved_in_group(self, name: str) -> set[str]:
        if name not in self._saved:
            self._saved[name] = set()  # so that groups in a circle end
            group = self._config.groups.get(name)
            self._saved[name] = set().union(*(self._saves(step) for step in group.steps)) if group else set()
        return self._saved[name]


def _is_step(path: Path) -> bool:
    if path[0] == "groups":
        return len(path) > 3 and path[2] == "steps"
    return path[0] == "suites" and len(path) > 3 and (path[2] == "setup" or (len(path) > 5 and path[4] == "steps"))


def _in_params(path: Path) -> bool:
    return path[0] == "suites" and len(path) > 4 and path[4] in ("params", "matrix")


def _unknown(what: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    names = sorted(known)
    some = f"known here: {', '.join(names)}" if names else f"there is no {what} here"
    return f"unknown {what} {name!r}", did_you_mean(name, names) or some
