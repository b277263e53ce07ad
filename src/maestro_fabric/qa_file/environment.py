"""The environment that was chosen, and the variables laid over one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.templates import escape
from maestro_fabric.errors import Problem
from maestro_fabric.qa_file.nodes import MarkedDict, Path
from maestro_fabric.qa_file.scalars import ScalarReader
from maestro_fabric.qa_file.tree import Tree

__all__ = ["Environment", "choose_environment", "declared_variables"]


@dataclass(frozen=True, slots=True)
class Environment:
    """The chosen environment; an empty name for none."""

    name: str

    def leaves_out(self, path: Path) -> bool:
        """Whether a text needs no filling in: another environment's, or a variable (those are followed by name)."""
        if path[0] == "vars":
            return True
        return path[0] == "environments" and len(path) > 1 and (path[1] != self.name or path[2:3] == ("vars",))

    def overlay(self, tree: Tree, given: Mapping[str, str]) -> dict[str, tuple[Any, str, Path]]:
        """Each variable by name: its value still with references, where that came from, and its path."""
        overlay: dict[str, tuple[Any, str, Path]] = {}
        for name, value in _mapping(tree.data.get("vars")).items():
            overlay[name] = (value, str(tree.locate(("vars", name))), ("vars", name))
        own = _mapping(_mapping(_mapping(tree.data.get("environments")).get(self.name)).get("vars"))
        for name, value in own.items():
            overlay[name] = (value, f"environment {self.name}", ("environments", self.name, "vars", name))
        for name, text in given.items():
            before = overlay.get(name)
            value = text if before is None or isinstance(before[0], str) else ScalarReader().read(text)
            overlay[name] = (escape(value), "--maestro-var", () if before is None else before[2])
        return overlay

    def origins(self, tree: Tree) -> dict[Path, str]:
        """Where the base address was written."""
        path = ("environments", self.name, "base_url")
        is_given = "base_url" in _mapping(_mapping(tree.data.get("environments")).get(self.name))
        return {("base_url",): str(tree.locate(path))} if is_given else {}


def choose_environment(tree: Tree, wanted: str | None, problems: list[Problem]) -> Environment:
    """The wanted environment, or the first of the file."""
    names = [str(name) for name in _mapping(tree.data.get("environments"))]
    if wanted is None:
        return Environment(names[0] if names else "")
    if wanted in names:
        return Environment(wanted)
    hint = did_you_mean(wanted, names) or (f"the file has {', '.join(names)}" if names else "the file has no environments")
    problems.append(Problem(message=f"{tree.main.name}: unknown environment {wanted!r}", hint=hint))
    return Environment(names[0] if names else "")


def declared_variables(tree: Tree) -> set[str]:
    """The names under ``vars``, those of the file and of all its environments."""
    environments = _mapping(tree.data.get("environments")).values()
    places = [tree.data.get("vars"), *(_mapping(environment).get("vars") for environment in environments)]
    return {str(name) for place in places for name in _mapping(place)}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, MarkedDict) else {}
