"""What every adapter keeps: a test class to subclass. It needs no test runner's own things but a ``tmp_path``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from maestro_fabric.model import Status
from maestro_fabric.plugins import Plugins
from maestro_fabric.ports import Adapter
from maestro_fabric.testing.trial import (
    SECRET_VALUE,
    Killed,
    Tried,
    kill_in_the_middle,
    plugins_with,
    prepare_trial,
    try_cases,
)

__all__ = ["AdapterContract"]

T = TypeVar("T")
_KILL_S = 10.0


class AdapterContract:
    """Subclass it in a test module, say what your adapter runs and what must come out, and pytest runs its tests.

    Each suite is written as in qa.yaml, without ``name`` and ``adapter``. Each is run once, whatever number of tests
    looks at the result.

    Attributes:
        adapter: Your adapter's class; it is made without arguments.
        suite: A small suite that has a case of every status your adapter knows.
        outcomes: What becomes of each of its cases, by title; those inside a container too, and not one more.
        slow_suite: A suite whose first case passes at once, and another one would take a minute.
        quick_case: The title of the first.
        slow_case: The title of the other; of a container, that of the case inside.
        secret_suite: A suite with a case that shows the secret as it fails: ``${secret:CONTRACT_SECRET}``, which is in
            the environment, too.
        files: What lies beside the config, text by relative path.
        config: Further top-level keys of the config.
        deadline_s: What the slow case is given, in seconds; the start of your program lies within it.
        grace_s: How much later the adapter must have given up, at the latest.
    """

    adapter: type[Adapter]
    suite: Mapping[str, Any]
    outcomes: Mapping[str, str]
    slow_suite: Mapping[str, Any]
    quick_case: str
    slow_case: str
    secret_suite: Mapping[str, Any]
    files: Mapping[str, str] = {}
    config: Mapping[str, Any] = {}
    deadline_s: float = 2.0
    grace_s: float = 5.0

    _results: ClassVar[dict[tuple[type, str], Any]] = {}

    def test_the_interface_fits(self) -> None:
        """It has every part, and was written for a version of the interface that is served."""
        plugins: Plugins = plugins_with(self.adapter)

        assert plugins.warnings == [], plugins.warnings
        assert list(plugins.adapters) == [self.adapter.name]

    def test_discovery_is_stable(self, tmp_path: Path) -> None:
        """The same file gives the same cases, in the same order, each time."""
        prepared = [self._prepared(tmp_path, self.suite) for _ in range(2)]
        first, second = ([(case.id, case.tags, case.container) for case in one.plan.cases] for one in prepared)

        assert first, "the suite has no cases"
        assert first == second, f"discovered first {first}, then {second}"
        assert len({case_id for case_id, *_ in first}) == len(first), f"two cases have one identity: {first}"

    def test_ids_are_stable(self, tmp_path: Path) -> None:
        """Another folder and another process give the same identities: the history goes on."""
        here = [str(case.id) for case in self._prepared(tmp_path, self.slow_suite).plan.cases]

        assert not [case_id for case_id in here if "::" in case_id.partition("::")[2]], f"'::' stands in the name of a case: {here}"
        there = self._killed(tmp_path).ids
        assert here == there, f"the ids are {here} here, and {there} in another folder and process"

    def test_outcomes_are_exact(self, tmp_path: Path) -> None:
        """Each case, also inside containers, has the status it must have; what went wrong is told."""
        tried = self._once("suite", lambda: self._tried(tmp_path, self.suite, {}))
        wanted = {title: Status(status) for title, status in self.outcomes.items()}

        assert dict(tried.statuses) == wanted, f"the statuses are {tried.shown}"
        assert tried.unexplained == [], f"these did not pass, and nothing says why: {tried.unexplained}"

    def test_a_deadline_is_kept(self, tmp_path: Path) -> None:
        """A case that would take a minute has ended soon after its deadline, as an error."""
        slow = self._slow(tmp_path)

        assert slow.took_s <= self.deadline_s + self.grace_s, f"with {self.deadline_s:g} s, the slow case took {slow.took_s:.1f} s"
        assert slow.statuses.get(self.slow_case) is not Status.PASSED, f"the slow case passed in {slow.took_s:.1f} s: it must take a minute"
        assert Status.ERROR in slow.last, f"after the deadline the slow case is {slow.shown}, not an error"

    def test_events_come_while_it_runs(self, tmp_path: Path) -> None:
        """What has ended is told before the next thing has."""
        slow = self._slow(tmp_path)
        told = slow.told_at.get(self.quick_case)

        assert told is not None, f"nothing was told of {self.quick_case!r}: {slow.shown}"
        assert slow.statuses.get(self.quick_case) is Status.PASSED, f"the quick case is not passed: {slow.shown}"
        assert slow.ended_at - told > 0.2 * self.deadline_s, f"{self.quick_case!r} was told only when {self.slow_case!r} had ended"

    def test_secrets_do_not_leak(self, tmp_path: Path) -> None:
        """No event and no artifact holds a secret that a failing case shows."""
        tried = self._once("secret", lambda: self._tried(tmp_path, self.secret_suite, {}))

        assert any(status.is_bad for status in tried.statuses.values()), f"no case failed, so none shows the secret: {tried.shown}"
        assert "***" in tried.all_text, "the secret is shown nowhere, so this proves nothing: let a failing case show it"
        assert tried.leaks_of(SECRET_VALUE) == [], f"the secret is in {', '.join(tried.leaks_of(SECRET_VALUE))}"

    def test_a_kill_leaves_no_process(self, tmp_path: Path) -> None:
        """After ``kill -9`` of the process that runs the slow case, everything that it started ends."""
        killed = self._killed(tmp_path)

        assert killed.trouble == "", killed.trouble
        assert killed.left == [], f"these still ran {_KILL_S:g} s after the kill: {'; '.join(killed.left)}"

    def _slow(self, folder: Path) -> Tried:
        # The quick case may take its time to start a program: what it is to show is only that it does not wait for the slow one.
        limits = {self.quick_case: 10 * self.deadline_s}
        return self._once("slow", lambda: self._tried(folder, self.slow_suite, limits, otherwise_s=self.deadline_s))

    def _tried(self, folder: Path, suite: Mapping[str, Any], limits: Mapping[str, float], otherwise_s: float = 60.0) -> Tried:
        return try_cases(self._prepared(folder, suite), limits, otherwise_s=otherwise_s)

    def _killed(self, folder: Path) -> Killed:
        def kill() -> Killed:
            other = folder / "another folder"
            self._write(other, self.slow_suite)
            return kill_in_the_middle(self.adapter, other / "qa.yaml", self.quick_case, within_s=_KILL_S)

        return self._once("killed", kill)

    def _prepared(self, folder: Path, suite: Mapping[str, Any]) -> Any:
        self._write(folder, suite)
        return prepare_trial(self.adapter, folder / "qa.yaml")

    def _write(self, folder: Path, suite: Mapping[str, Any]) -> None:
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        suites = [{"name": "contract", "adapter": self.adapter.name, **suite}]
        # JSON is YAML, and nothing in it has to be quoted by hand.
        text = json.dumps({"version": 1, "project": "contract", **self.config, "suites": suites})
        (folder / "qa.yaml").write_text(text, encoding="utf-8")

    def _once(self, what: str, make: Callable[[], T]) -> T:
        key = (type(self), what)
        if key not in self._results:
            self._results[key] = make()
        result: T = self._results[key]
        return result
