"""qa.yaml as a collector, native tests as members of their suites, and all of them in the order of the suites' needs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from maestro_fabric.compose import Prepared
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Case
from maestro_fabric.plan import PlannedSuite
from pytest_maestro.attachments import Attachments
from pytest_maestro.attempts import Attempts
from pytest_maestro.board import Board
from pytest_maestro.items import SUITE, MaestroItem
from pytest_maestro.left_out import register_left_out
from pytest_maestro.names import NATIVE_ADAPTER, Names
from pytest_maestro.native_policies import NativePolicies
from pytest_maestro.native_tags import register_native_tags
from pytest_maestro.running import Running, register_running
from pytest_maestro.selection import Selection
from pytest_maestro.suite_args import SuiteArgs, read_suite_args

__all__ = ["MaestroFile", "MaestroSuite", "register_collection"]


class MaestroFile(pytest.File):
    """qa.yaml."""

    running: Running

    def collect(self) -> Iterator[pytest.Collector]:
        """The suites whose cases stand in the file, in the order of their needs."""
        for suite in self.running.plan.suites:
            if suite.adapter != NATIVE_ADAPTER:
                node: MaestroSuite = MaestroSuite.from_parent(self, name=suite.name)
                node.suite, node.running = suite, self.running
                yield node


class MaestroSuite(pytest.Collector):
    """A suite of qa.yaml."""

    suite: PlannedSuite
    running: Running

    def collect(self) -> Iterator[pytest.Item]:
        """The suite's cases."""
        for case in self.suite.cases:
            yield self._item(case)

    def _item(self, case: Case) -> pytest.Item:
        # As one text, so that pytest takes it apart as it does the ids in its cache: `[…]` at the end are parameters, for --lf.
        item: MaestroItem = MaestroItem.from_parent(self, name=case.id.title, nodeid=f"{self.nodeid}::{case.id.title}")
        item.give(self.suite, case, self.running)
        return item


class Collection:
    """The hooks of collecting."""

    def __init__(self, prepared: Prepared, selection: Selection, names: Names, running: Running, suite_args: dict[str, SuiteArgs]) -> None:
        self._path = prepared.loaded.path
        self._places = {suite.name: place for place, suite in enumerate(prepared.plan.suites)}
        self._selection = selection
        self._names = names
        self._running = running
        self._suite_args = suite_args

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The config, when it was named; other YAML files are somebody else's."""
        # Not `isinitpath`: pytest drops it from the paths when a native suite's folder holds it.
        if file_path != self._path or self._selection.cases == ():
            return None
        node: MaestroFile = MaestroFile.from_parent(parent, path=file_path)
        node.running = self._running
        return node

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give a native test its suite, with its name for ``-k`` and its tags for ``-m``."""
        if isinstance(item, MaestroItem):
            item.stash[SUITE] = item.suite
            return
        suite = self._names.native_suite(item.nodeid)
        if suite is not None:
            item.stash[SUITE] = suite
            item.extra_keyword_matches.add(suite.name)
            for tag in suite.config.tags:
                item.add_marker(tag)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
        """Leave out what was not asked for, and put the suites in order; inside a suite the order of others stays."""
        result = yield
        left_out = [item for item in items if not self._is_wanted(item)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            unwanted = set(left_out)
            items[:] = [item for item in items if item not in unwanted]
        items.sort(key=self._place)
        return result

    def _is_wanted(self, item: pytest.Item) -> bool:
        if isinstance(item, MaestroItem):
            return self._selection.allows_case(item.suite.name, item.name)
        suite = item.stash.get(SUITE, None)
        if suite is None:
            return True
        return self._selection.allows(item.path, suite) and self._suite_args[suite.name].allow(item)

    def _place(self, item: pytest.Item) -> int:
        suite = item.stash.get(SUITE, None)
        return -1 if suite is None else self._places[suite.name]


def register_collection(
    config: pytest.Config, prepared: Prepared, selection: Selection, names: Names, attachments: Attachments, *, is_worker: bool
) -> Running:
    """Register the hooks that collect and run a config's suites, and give what runs them.

    Raises:
        UsageError: when a native suite has arguments that cannot hold for one suite alone.
    """
    suite_args = {suite.name: _suite_args(suite, config, prepared) for suite in prepared.plan.suites if suite.adapter == NATIVE_ADAPTER}
    for tag, suites in _tags(prepared.plan.suites).items():
        config.addinivalue_line("markers", f"{tag}: a tag of {', '.join(suites)} in {prepared.loaded.path.name}")
    running = register_running(config, prepared, attachments, is_worker=is_worker)
    config.pluginmanager.register(Collection(prepared, selection, names, running, suite_args), "maestro-collection")
    attempts = Attempts(
        NativePolicies(prepared),
        running.guards,
        lambda item: names.case(item.nodeid),
        attachments,
        clock=prepared.clock,
        chance=prepared.chance,
        warn=running.warn,
    )
    config.pluginmanager.register(attempts, "maestro-attempts")
    register_native_tags(config, names, Board(prepared.artifacts), is_worker=is_worker)
    register_left_out(config, running, lambda item: item.stash.get(SUITE, None))
    return running


def _suite_args(suite: PlannedSuite, config: pytest.Config, prepared: Prepared) -> SuiteArgs:
    try:
        return read_suite_args(suite, config)
    except ConfigError as exc:
        place = ("suites", suite.index, "args")
        placed = ConfigError([prepared.loaded.problem(problem.message, place, hint=problem.hint) for problem in exc.problems])
        raise pytest.UsageError(str(placed)) from None


def _tags(suites: Sequence[PlannedSuite]) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for suite in suites:
        for tag in dict.fromkeys([*suite.config.tags, *(tag for case in suite.cases for tag in case.tags)]):
            tags.setdefault(tag, []).append(suite.name)
    return tags
