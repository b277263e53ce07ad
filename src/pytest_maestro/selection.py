"""Which paths pytest collects: those that were given, with qa.yaml replaced by what its suites are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from maestro_fabric.adapters.pytest.suite import PytestSuite
from maestro_fabric.compose import Prepared
from maestro_fabric.config.nearest import nearest
from maestro_fabric.errors import ConfigError
from maestro_fabric.plan import Plan, PlannedSuite
from pytest_maestro.names import NATIVE_ADAPTER, NativePath

__all__ = ["Selection", "native_paths", "select", "suites_given"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What is collected.

    Attributes:
        paths: In place of the paths that were given.
        natives: The paths of all native suites.
        suites: The native suites whose tests may run.
        others: Files and folders that were given themselves, absolute; tests below them run whatever suite they are in.
        cases: Ends of node ids of qa.yaml that were given, as ``suite`` or ``suite::case``; ``None`` for all of them.
    """

    paths: tuple[str, ...]
    natives: tuple[NativePath, ...]
    suites: frozenset[str]
    others: tuple[Path, ...]
    cases: tuple[str, ...] | None

    def allows_case(self, suite: str, title: str) -> bool:
        """Whether a case of qa.yaml was asked for; an id without ``[…]`` means all its parameters."""
        if self.cases is None:
            return True
        return any(_is_part(f"{suite}::{title}", chosen) for chosen in self.cases)

    def allows(self, path: Path, suite: PlannedSuite) -> bool:
        """Whether a test of a native suite was asked for."""
        return suite.name in self.suites or any(path.is_relative_to(other) for other in self.others)


def native_paths(prepared: Prepared) -> tuple[NativePath, ...]:
    """The paths of the suites that pytest collects itself.

    Raises:
        ConfigError: when one belongs to two suites.
    """
    found: dict[tuple[Path, str], NativePath] = {}
    for suite in prepared.plan.suites:
        if not isinstance(suite.config, PytestSuite):
            continue
        for number, written in enumerate(suite.config.paths):
            file, _, names = written.partition("::")
            path = Path(os.path.normpath(prepared.loaded.root / suite.config.cwd / file))
            other = found.setdefault((path, names), NativePath(path, names, suite))
            if other.suite is not suite:
                both = f"suites {other.suite.name!r} and {suite.name!r} both have the path {written!r}"
                place = ("suites", suite.index, "paths", number)
                raise ConfigError([prepared.loaded.problem(both, place, hint="each test belongs to one suite")])
    return tuple(found.values())


def suites_given(given: Sequence[str], config_path: Path, folder: Path) -> Callable[[str], bool]:
    """Whether the paths of the command line leave a suite in; ``-k`` and ``-m`` are known only when everything is collected."""
    own = [text.partition("::")[2] for text in given if _is_same(_file(text, folder), config_path)]
    if not given or "" in own:
        return lambda name: True
    return lambda name: any(_is_part(chosen, name) for chosen in own)


def select(given: Sequence[str], prepared: Prepared, natives: tuple[NativePath, ...], folder: Path) -> Selection:
    """What to collect for these paths; without a path, all suites of the config.

    Raises:
        ConfigError: when a path names a suite or case that the config does not have.
    """
    config_path = prepared.loaded.path
    by_name = {suite.name: suite for suite in prepared.plan.suites}
    paths: list[str] = []
    suites: set[str] = set()
    others: list[Path] = []
    cases: list[str] = []
    has_all = False
    for text in given or [str(config_path)]:
        file = _file(text, folder)
        if not _is_same(file, config_path):
            paths.append(text)
            others.append(file)
            continue
        name = text.partition("::")[2]
        chosen = by_name.get(name)
        if not name:
            suites.update(native.suite.name for native in natives)
            has_all = True
            paths += _whole(prepared.plan, config_path, natives)
        elif chosen is not None and chosen.adapter == NATIVE_ADAPTER:
            suites.add(name)
            paths += [native.argument for native in natives if native.suite is chosen]
        else:
            _refuse_unknown(name, prepared)
            cases.append(name)
            paths.append(f"{config_path}::{name}")
    return Selection(tuple(dict.fromkeys(paths)), natives, frozenset(suites), tuple(others), None if has_all else tuple(cases))


def _is_part(tail: str, chosen: str) -> bool:
    """Whether a case is the one that was chosen, or one of its parameters or its suite."""
    return tail == chosen or tail.startswith((f"{chosen}::", f"{chosen}["))


def _refuse_unknown(chosen: str, prepared: Prepared) -> None:
    """Say which suite or case was likely meant: pytest itself would only say that it found none."""
    suites = prepared.plan.suites
    cases = [str(case.id) for suite in suites if suite.adapter != NATIVE_ADAPTER for case in suite.cases]
    if any(_is_part(tail, chosen) for tail in cases):
        return
    file, (name, _, title) = prepared.loaded.path.name, chosen.partition("::")
    suite = next((suite for suite in suites if suite.name == name), None)
    if suite is not None and suite.adapter == NATIVE_ADAPTER:
        whole = f"name its tests by their files, or all of it as {file}::{name}"
        raise ConfigError(f"{file}::{chosen}: {name!r} is a suite of pytest: {whole}")
    if suite is not None and not title:
        return  # a suite without cases
    if suite is not None:
        near = nearest(title, [case.id.title for case in suite.cases])
        near = f"{name}::{near}" if near else ""
    else:
        near = nearest(chosen, cases if title else [suite.name for suite in suites])
    known = f"its suites are {', '.join(suite.name for suite in suites)}; maestro plan lists the cases"
    hint = f"did you mean {f'{file}::{near}'!r}?" if near else known
    raise ConfigError(f"{file} has no {'case' if title else 'suite'} {chosen!r}: {hint}")


def _whole(plan: Plan, config_path: Path, natives: Sequence[NativePath]) -> list[str]:
    has_cases = any(suite.adapter != NATIVE_ADAPTER for suite in plan.suites)
    return [*([str(config_path)] if has_cases or not natives else []), *(native.argument for native in natives)]


def _file(text: str, folder: Path) -> Path:
    return Path(os.path.normpath(folder / text.partition("::")[0]))


def _is_same(file: Path, other: Path) -> bool:
    return os.path.realpath(file) == os.path.realpath(other)
