"""``${env:…}`` and ``${vars.…}`` replaced in the tree, before it is validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.templates import KEEP, Reference, TemplateError, escape, part_of, references, resolve_partly, unescape
from maestro_fabric.errors import Problem
from maestro_fabric.qa_file.nodes import Note, Path, has_part
from maestro_fabric.qa_file.tree import Tree

__all__ = ["Interpolation"]

_LATE_CASE_KEYS = frozenset({"steps", "params", "matrix", "skip", "xfail"})


class Interpolation:
    """Fills a tree's texts.

    Attributes:
        origins: What came from where, by path: ``env NAME``, ``default of env NAME``, ``vars.NAME``.
        used: The variables that a text refers to.
    """

    def __init__(self, tree: Tree, variables: Mapping[str, Any], environ: Mapping[str, str], problems: list[Problem]) -> None:
        self._tree = tree
        self._raw = variables
        self._environ = environ
        self._problems = problems
        self._resolved: dict[str, Any] = {}
        self._open: list[str] = []
        self.origins: dict[Path, str] = {}
        self.used: set[str] = set()

    def variables(self, place: Callable[[str], Path]) -> dict[str, Any]:
        """All variables with their references followed, still templates; ``place`` gives the path of each by name."""
        for name in self._raw:
            try:
                self._variable(name)
            except TemplateError as exc:
                self._problems.append(self._tree.problem(str(exc), place(name), hint=exc.hint))
                self._resolved[name] = ""
        return dict(self._resolved)

    def fill(self, notes: Sequence[Note]) -> None:
        """Replace the references of every noted text in its container."""
        for note in notes:
            text = note.container[note.key] if has_part(note.container, note.key) else None
            if not isinstance(text, str) or "${" not in text:
                continue  # filled already: an alias leads here twice
            try:
                value = resolve_partly(text, partial(self._early, path=note.path))
            except TemplateError as exc:
                self._problems.append(self._tree.problem(str(exc), note.path, hint=exc.hint))
                continue
            note.container[note.key] = value if is_late(note.path) else _settled(value)

    def _early(self, reference: Reference, path: Path) -> object:
        if reference.kind == "env":
            return self._from_environ(reference, path)
        if reference.kind != "vars":
            return KEEP
        return self._from_variables(reference, path)

    def _from_variables(self, reference: Reference, path: Path) -> object:
        if reference.head not in self._raw:
            known = ", ".join(sorted(self._raw)) or "none"
            raise _error(reference, f"unknown variable {reference.name!r}", did_you_mean(reference.head, self._raw) or f"known: {known}")
        self._variable(reference.head)
        self.used.add(reference.head)
        self._add_origin(path, f"vars.{reference.name}")
        try:
            return part_of(self._resolved, reference.name)
        except (KeyError, IndexError, TypeError, ValueError):
            raise _error(reference, f"the variable {reference.head!r} has no part {reference.name!r}", "") from None

    def _from_environ(self, reference: Reference, path: Path) -> object:
        value = self._environ.get(reference.name)
        if value is None and reference.default is None:
            if path and path[-1] == "if":
                self._add_origin(path, f"env {reference.name}, which is not set")
                return ""  # `skip: {if: "${env:CI}"}` asks whether it is set
            hint = f"set it, or give a default: ${{env:{reference.name}:-value}}"
            raise _error(reference, f"the environment variable {reference.name!r} is not set", hint)
        self._add_origin(path, f"env {reference.name}" if value is not None else f"default of env {reference.name}")
        return escape(reference.default if value is None else value)

    def _add_origin(self, path: Path, origin: str) -> None:
        before = self.origins.get(path)
        self.origins[path] = origin if before is None else f"{before}, {origin}"

    def _variable(self, name: str) -> None:
        if name in self._resolved:
            return
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            raise TemplateError(f"variables refer to each other in a circle: {circle}", hint="", offset=0, width=0)
        self._open.append(name)
        try:
            self._resolved[name] = resolve_partly(self._raw[name], lambda reference: self._early(reference, ("vars", name)))
        finally:
            self._open.pop()


def is_late(path: Path) -> bool:
    """Whether a text at this path is resolved once more when it is used, so that ``$${`` must stay in it."""
    match path:
        case ("groups", _, "steps", _, *_) | ("suites", _, "setup", _, _, *_) | ("suites", _, "env", *_):
            return True
        case ("services", _, "command" | "env", *_) | ("suites", _, "http", "headers" | "auth" | "verify", *_):
            return True
        case ("suites", _, "cases", _, key, *_):
            return key in _LATE_CASE_KEYS
    return False


def settle(value: Any) -> Any:
    """A value outside steps as it is meant: texts without references lose their ``$${``."""
    if isinstance(value, dict):
        return {key: settle(item) for key, item in value.items()}
    if isinstance(value, list):
        return [settle(item) for item in value]
    return _settled(value)


def _settled(value: Any) -> Any:
    return unescape(value) if isinstance(value, str) and "$${" in value and not references(value) else value


def _error(reference: Reference, message: str, hint: str) -> TemplateError:
    return TemplateError(message, hint=hint, offset=reference.start, width=reference.end - reference.start)
