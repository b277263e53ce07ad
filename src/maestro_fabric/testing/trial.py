"""Runs a suite for the contract, in this process or in one that is killed, and keeps what was told and when."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maestro_fabric.compose import Prepared, prepare
from maestro_fabric.engine import run_case
from maestro_fabric.events import AttemptFinished, CaseFinished, Event
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import CaseResult, Status
from maestro_fabric.plugins import Plugins
from maestro_fabric.ports import Adapter, Deadline
from maestro_fabric.system.processes import Process, end_processes, find_marked
from maestro_fabric.wire import to_wire

__all__ = ["SECRET_NAME", "SECRET_VALUE", "Killed", "Tried", "kill_in_the_middle", "plugins_with", "prepare_trial", "try_cases"]

SECRET_NAME = "CONTRACT_SECRET"  # noqa: S105 - the name of one that is made up
SECRET_VALUE = "a-Secret/of+the=contract"  # noqa: S105 - made up
_MARK = "MAESTRO_CONTRACT"
_START_S = 60.0
_SETTLED_S = 0.3


@dataclass(slots=True)
class Tried:
    """What became of a suite's cases.

    Attributes:
        results: The result of each, in order.
        events: Everything that was told.
        told_at: When each case's first ended attempt was told, by title, on ``time.monotonic()``.
        ended_at: When the last case had ended.
        took_s: How long the last case took, in seconds.
        artifacts: The folder of evidence.
    """

    artifacts: Path
    results: list[CaseResult] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    told_at: dict[str, float] = field(default_factory=dict)
    ended_at: float = 0.0
    took_s: float = 0.0

    def hear(self, event: Event) -> None:
        """Keep an event and its moment."""
        self.events.append(event)
        if isinstance(event, AttemptFinished | CaseFinished):
            self.told_at.setdefault(event.case.id.title, time.monotonic())

    @property
    def statuses(self) -> dict[str, Status]:
        """The status of each case by title; a container's own only when it is no plain pass."""
        return {result.case.id.title: result.status for result in _flat(self.results)}

    @property
    def last(self) -> set[Status]:
        """The statuses of the last case, and of those inside it."""
        return {result.status for result in _flat(self.results[-1:])}

    @property
    def shown(self) -> str:
        """Statuses and faults for a message."""
        return "; ".join(f"{result.case.id.title!r} {result.status} {_reason(result)}".strip() for result in _flat(self.results))

    @property
    def unexplained(self) -> list[str]:
        """The titles of bad cases without a word about why."""
        return [result.case.id.title for result in _flat(self.results) if result.status.is_bad and not _reason(result)]

    @property
    def all_text(self) -> str:
        """Every event as text."""
        return "\n".join(json.dumps(to_wire(event), ensure_ascii=False) for event in self.events)

    def leaks_of(self, value: str) -> list[str]:
        """Where a text stands: ``the event AttemptFinished`` or a file's path below the artifacts."""
        found = [f"the event {type(event).__name__}" for event in self.events if value in json.dumps(to_wire(event), ensure_ascii=False)]
        files = [path for path in sorted(self.artifacts.rglob("*")) if path.is_file() and value.encode() in path.read_bytes()]
        return [*dict.fromkeys(found), *(f"the artifact {path.relative_to(self.artifacts)}" for path in files)]


@dataclass(frozen=True, slots=True)
class Killed:
    """What is known of a run that was killed: the ids it had discovered, the processes left, and why it never got so far."""

    ids: list[str]
    left: list[str]
    trouble: str = ""


def plugins_with(adapter: type[Adapter]) -> Plugins:
    """The adapter as the only one."""

    class Plugin:
        @hookimpl
        def maestro_adapters(self) -> list[Adapter]:
            return [adapter()]

    plugins = Plugins([])
    plugins.register(Plugin(), "contract")
    return plugins


def prepare_trial(adapter: type[Adapter], path: Path) -> Prepared:
    """The config, loaded and planned with the adapter alone."""
    prepared = prepare(path, plugins=plugins_with(adapter), environ={**os.environ, SECRET_NAME: SECRET_VALUE})
    prepared.secrets.learn([SECRET_NAME])
    return prepared


def try_cases(prepared: Prepared, limits: Mapping[str, float], *, otherwise_s: float) -> Tried:
    """Run every case in order.

    Args:
        prepared: What `prepare_trial` gave.
        limits: The deadlines of some cases in seconds, by title.
        otherwise_s: The deadline of all others.
    """
    tried = Tried(prepared.artifacts)
    os.environ[SECRET_NAME] = SECRET_VALUE
    for suite in prepared.plan.suites:
        sessions = prepared.sessions(suite, prepared.context())
        try:
            for case in suite.cases:
                started = time.monotonic()
                deadline = Deadline.after(limits.get(case.id.title, otherwise_s), prepared.clock)
                tried.results.append(run_case(case, sessions, tried.hear, clock=prepared.clock, chance=prepared.chance, deadline=deadline))
                tried.ended_at = time.monotonic()
                tried.took_s = tried.ended_at - started
        finally:
            sessions.close()
            del os.environ[SECRET_NAME]
    return tried


def kill_in_the_middle(adapter: type[Adapter], path: Path, quick_case: str, *, within_s: float) -> Killed:
    """Run a suite in another process, kill that one when the quick case has ended and the next runs, and see what is left."""
    mark = uuid.uuid4().hex
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), _MARK: mark, "PYTHONHASHSEED": "7"}
    arguments = json.dumps([adapter.__module__, inspect.getfile(adapter), adapter.__qualname__, str(path), quick_case])
    log_path = path.with_name("killed.log")
    with log_path.open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", "maestro_fabric.testing.killed", arguments], env=environ, stdout=log, stderr=log)  # noqa: S603 - ours
    try:
        ids = _wait_until_it_runs(child, log_path)
        if ids is None:
            return Killed([], [], f"the run did not get as far as the slow case:\n{log_path.read_text('utf-8', 'replace')[-2000:]}")
        _settle(mark)
    finally:
        child.kill()
        child.wait()
    return Killed(ids, _left(mark, within_s))


def _wait_until_it_runs(child: subprocess.Popen[bytes], log_path: Path) -> list[str] | None:
    give_up = time.monotonic() + _START_S
    while time.monotonic() < give_up and child.poll() is None:
        lines = log_path.read_text("utf-8", "replace").splitlines()
        if "the quick case has ended" in lines:
            ids: list[str] = next(json.loads(line) for line in lines if line.startswith("["))
            return ids
        time.sleep(0.02)
    return None


def _settle(mark: str) -> None:
    """Wait until no further process has come for a moment: the slow case's program has started by then."""
    seen, since = find_marked(_MARK, mark), time.monotonic()
    while time.monotonic() - since < _SETTLED_S:
        time.sleep(0.05)
        now = find_marked(_MARK, mark)
        if now != seen:
            seen, since = now, time.monotonic()


def _left(mark: str, within_s: float) -> list[str]:
    give_up = time.monotonic() + within_s
    while (left := find_marked(_MARK, mark)) and time.monotonic() < give_up:
        time.sleep(0.05)
    shown = [f"{process.pid} {_command_of(process)}" for process in left]
    end_processes(lambda: find_marked(_MARK, mark), grace_s=0.5)
    return shown


def _command_of(process: Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    except OSError:
        return "?"


def _flat(results: list[CaseResult]) -> list[CaseResult]:
    """The results as rows of a history: of a container that passed only what is inside."""
    rows = []
    for result in results:
        if not result.case.container or result.status is not Status.PASSED:
            rows.append(result)
        rows += result.inner
    return rows


def _reason(result: CaseResult) -> str:
    fault = result.attempts[-1].outcome.fault if result.attempts else None
    return result.reason or (fault.message if fault is not None else "")
