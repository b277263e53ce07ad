"""The way of a file: read, include, choose the environment, fill in variables, validate, check."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maestro_fabric.config.checks import check_addresses
from maestro_fabric.config.models import Config, SuiteConfig
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.templates import TemplateError, references
from maestro_fabric.errors import ConfigError, Problem
from maestro_fabric.garbage import collector_paused
from maestro_fabric.model import Location
from maestro_fabric.qa_file.environment import Environment, choose_environment, declared_variables
from maestro_fabric.qa_file.includes import read_tree
from maestro_fabric.qa_file.interpolate import Interpolation, settle
from maestro_fabric.qa_file.nodes import MarkedDict, has_part
from maestro_fabric.qa_file.nodes import Path as NodePath
from maestro_fabric.qa_file.tree import Tree, path_text
from maestro_fabric.qa_file.validate import validate

__all__ = ["Loaded", "load"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config that can be used.

    Attributes:
        config: The validated config; ``${env:…}`` and ``${vars.…}`` are filled in, the rest stays for the run.
        path: The file, as given.
        root: Its folder, absolute; relative paths of the config start here.
        environment: The chosen environment; empty when the file has none.
        variables: ``vars``, the environment's and the caller's laid over them.
        base_url: The environment's; may hold ``${services.NAME.url}``.
        external_services: Services that this environment does not start.
        digest: SHA-256 of the files, as hexadecimal digits.
        came_from: Where a value came from, by its path: ``qa.yaml:12``, ``environment staging``, ``--maestro-var``, ``env NAME``.
    """

    config: Config
    path: Path
    root: Path
    environment: str
    variables: Mapping[str, Any]
    base_url: str
    external_services: frozenset[str]
    digest: str
    came_from: Mapping[NodePath, str]
    _tree: Tree = field(repr=False, compare=False)

    @property
    def origins(self) -> dict[str, str]:
        """`came_from` by paths as errors write them: ``suites[1].cases[0].steps[2].open``."""
        return {path_text(path): origin for path, origin in self.came_from.items()}

    @property
    def secret_names(self) -> frozenset[str]:
        """The names of all ``${secret:…}``, whoever may ask for them."""
        texts = (container[key] for _, container, key in self._tree.notes)
        return frozenset(name for text in texts if isinstance(text, str) for name in _secrets_in(text))

    def value_at(self, path: Sequence[str | int]) -> object:
        """What the file has at a path, with ``${env:…}`` and ``${vars.…}`` filled in; ``None`` where it has nothing."""
        if path[0] == "base_url":
            return self.base_url
        if path[0] == "vars" and len(path) > 1:
            return self.variables.get(str(path[1]))
        value: Any = self._tree.data
        for key in path:
            value = value[key] if has_part(value, key) else None
        return settle(value)

    def locate(self, path: Sequence[str | int]) -> Location | None:
        """The place of a part, e.g. ``("suites", 1, "cases", 0)``, or of the nearest one around it that has a place."""
        return self._tree.locate(path)

    def problem(self, message: str, path: Sequence[str | int], *, hint: str = "") -> Problem:
        """Something wrong with a part of the file that only shows when the file is used, with its place and line."""
        return self._tree.problem(message, path, hint=hint)


def load(
    path: Path,
    *,
    suite_models: Mapping[str, type[SuiteConfig]],
    environment: str | None = None,
    variables: Mapping[str, str] = {},
    environ: Mapping[str, str],
) -> Loaded:
    """Load a config.

    Args:
        path: The file.
        suite_models: The shape of suites, by the adapter's name.
        environment: The environment to use; otherwise ``MAESTRO_ENV`` in ``environ``, otherwise the first of the file.
        variables: Laid over the file's and the environment's ``vars``.
        environ: What ``${env:NAME}`` means.

    Raises:
        ConfigError: with everything that is wrong, in the order of the file.
    """
    with collector_paused():
        return _Loading(path, suite_models, environ).load(environment, variables)


def _secrets_in(text: str) -> list[str]:
    if "${secret:" not in text:
        return []
    try:
        return [reference.name for reference in references(text) if reference.kind == "secret"]
    except TemplateError:
        return []  # of an environment that was not chosen: nobody uses it


class _Loading:
    def __init__(self, path: Path, suite_models: Mapping[str, type[SuiteConfig]], environ: Mapping[str, str]) -> None:
        self._path = path
        self._models = suite_models
        self._environ = environ
        self._problems: list[Problem] = []

    def load(self, wanted: str | None, given: Mapping[str, str]) -> Loaded:
        tree = read_tree(self._path, self._problems)
        if tree is None:
            raise ConfigError(self._problems)
        environment = choose_environment(tree, wanted or self._environ.get("MAESTRO_ENV") or None, self._problems)
        overlay = environment.overlay(tree, given)
        variables, origins, used = self._fill(tree, environment, overlay)
        self._refuse_unknown(tree, given, declared_variables(tree) | used)
        config = validate(tree, self._models, self._problems)
        chosen = config.environments.get(environment.name) if config else None
        base_url, external = (chosen.base_url, frozenset(chosen.services)) if chosen else ("", frozenset[str]())
        if config is not None and not self._problems:
            for finding in check_addresses(config, base_url, external):
                self._problems.append(tree.problem(finding.message, finding.path, hint=finding.hint, at_key=finding.at_key))
        if self._problems or config is None:
            raise ConfigError(_in_order(self._problems, tree))
        return Loaded(
            config=config,
            path=self._path,
            root=self._path.parent.resolve(),
            environment=environment.name,
            variables=variables,
            base_url=base_url,
            external_services=external,
            digest=_digest(tree),
            came_from=origins,
            _tree=tree,
        )

    def _fill(
        self, tree: Tree, environment: Environment, overlay: Mapping[str, tuple[Any, str, Any]]
    ) -> tuple[dict[str, Any], dict[NodePath, str], set[str]]:
        """Fill in the tree's texts; the variables as they are meant, the origins, and the variables that were used."""
        raw = {name: value for name, (value, _, _) in overlay.items()}
        interpolation = Interpolation(tree, raw, self._environ, self._problems)
        templates = interpolation.variables(lambda name: overlay[name][2])
        interpolation.fill([note for note in tree.notes if not environment.leaves_out(note.path)])
        variables: dict[str, Any] = {name: settle(value) for name, value in templates.items()}
        if isinstance(tree.data.get("vars"), MarkedDict):
            for name in tree.data["vars"]:
                tree.data["vars"][name] = variables[name]
        origins: dict[NodePath, str] = {("vars", name): origin for name, (_, origin, _) in overlay.items()}
        return variables, {**environment.origins(tree), **origins, **interpolation.origins}, interpolation.used

    def _refuse_unknown(self, tree: Tree, given: Iterable[str], known: set[str]) -> None:
        """A variable of the caller that changes nothing is a slip of the pen, such as ``--maestro-var curency=USD``."""
        for name in given:
            if name not in known:
                hint = did_you_mean(name, sorted(known)) or f"known: {', '.join(sorted(known)) or 'none'}"
                self._problems.append(Problem(message=f"{tree.main.name}: no `vars` declare {name!r}, and nothing uses it", hint=hint))


def _digest(tree: Tree) -> str:
    digest = hashlib.sha256()
    for source in tree.sources:
        digest.update(source.text.encode())
        digest.update(b"\x00")
    return digest.hexdigest()


def _in_order(problems: list[Problem], tree: Tree) -> list[Problem]:
    order = {source.name: number for number, source in enumerate(tree.sources)}

    def place(problem: Problem) -> tuple[int, int, int]:
        location = problem.location
        return (-1, 0, 0) if location is None else (order.get(location.file, 0), location.line, location.column)

    return sorted(dict.fromkeys(problems), key=place)
