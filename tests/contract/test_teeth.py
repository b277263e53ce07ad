"""Each part of the contract is broken once, by an adapter that is otherwise good: the test of that part must say so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_adapter"
sys.path.append(str(EXAMPLE))

from maestro_shell import ShellAdapter, ShellSession, ShellSuite  # noqa: E402 - from the example's folder

from maestro_fabric.errors import ConfigError  # noqa: E402
from maestro_fabric.events import AttemptFinished, Warned  # noqa: E402
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Outcome, Status  # noqa: E402
from maestro_fabric.ports import Context, Deadline, Emit  # noqa: E402
from maestro_fabric.testing import AdapterContract  # noqa: E402

SHOW = 'echo "the token $CONTRACT_SECRET is wrong"\nexit 1\n'


class Contract(AdapterContract):
    files: ClassVar = {
        "all/good.test.sh": "true\n",
        "all/bad.test.sh": "echo no\nexit 1\n",
        "slow/a.test.sh": "true\n",
        "slow/b.test.sh": "exec sleep 3\n",
        "secret/shown.test.sh": SHOW,
    }
    suite: ClassVar = {"path": "all"}
    outcomes: ClassVar = {"good": "passed", "bad": "failed"}
    slow_suite: ClassVar = {"path": "slow"}
    quick_case = "a"
    slow_case = "b"
    secret_suite: ClassVar = {"path": "secret"}
    deadline_s = 0.5
    grace_s = 1.0


class Session(ShellSession):
    """Runs a script outside of any supervision, for those that want to do it badly."""

    def start(self, case: Case) -> subprocess.Popen[str]:
        return subprocess.Popen(["sh", str(case.body)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)


class Versionless(ShellAdapter):
    api = 99


class Shuffling(ShellAdapter):
    turn = 1

    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        type(self).turn *= -1
        return list(super().discover(suite, context))[:: self.turn]


class Doubling(ShellAdapter):
    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        return [*super().discover(suite, context), *super().discover(suite, context)]


class Empty(ShellAdapter):
    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        return []


class NamedByPath(ShellAdapter):
    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        return [replace(case, id=replace(case.id, name=str(case.body))) for case in super().discover(suite, context)]


class NamedByHash(ShellAdapter):
    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        return [
            replace(case, id=replace(case.id, name=f"{case.id.name} {hash(case.id.name)}")) for case in super().discover(suite, context)
        ]


class Colons(ShellAdapter):
    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        return [replace(case, id=replace(case.id, name=f"all::{case.id.name}")) for case in super().discover(suite, context)]


class _Green(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        super().run(case, emit, deadline)
        return Outcome(status=Status.PASSED)


class Green(ShellAdapter):
    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Green(context)


class _Silent(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        return replace(super().run(case, emit, deadline), fault=None)


class Silent(ShellAdapter):
    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Silent(context)


class _Patient(Session):
    status: ClassVar = Status.ERROR

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        self.start(case).communicate()
        is_late = deadline.is_over
        return Outcome(status=self.status if is_late else Status.PASSED, fault=Fault(type="Late", message="late") if is_late else None)


class Patient(ShellAdapter):
    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Patient(context)


class _Hasty(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        process = self.start(case)
        try:
            process.communicate(timeout=deadline.left_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        return Outcome(status=Status.PASSED)


class Hasty(ShellAdapter):
    """Calls what ran out of time a pass."""

    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Hasty(context)


class _Batch(Session):
    def select(self, cases: Sequence[Case]) -> None:
        self.cases = cases
        self.answers: dict[CaseId, Outcome] = {}

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        for one in self.cases if not self.answers else ():
            self.start(one).communicate()
            self.answers[one.id] = Outcome(status=Status.PASSED)
        return self.answers[case.id]


class Batch(ShellAdapter):
    """Runs all before it answers for the first."""

    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Batch(context)


class _Late(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        quick = Case(id=CaseId(case.id.project, case.id.suite, "a"))
        attempt = Attempt(number=1, outcome=Outcome(status=Status.PASSED), started_at=0.0, duration_s=0.0)
        time.sleep(deadline.left_s)
        emit(AttemptFinished(quick, attempt, is_last=True))
        return Outcome(status=Status.ERROR, fault=Fault(type="DeadlineExceeded", message="late"))


class Late(ShellAdapter):
    """A container that tells what is inside only when it has ended."""

    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        return [Case(id=CaseId(context.config.project, suite.name, "all"), container=True)]

    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Late(context)


class _Leaving(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        subprocess.Popen(["sleep", "300"], start_new_session=True)
        return super().run(case, emit, deadline)


class Leaving(ShellAdapter):
    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Leaving(context)


class _Logging(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        folder = self._context.artifacts / "scripts"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "output.txt").write_text(self.start(case).communicate()[0])
        return super().run(case, emit, deadline)


class Logging(ShellAdapter):
    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Logging(context)


class _Chatting(Session):
    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        emit(Warned(self.start(case).communicate()[0]))
        return super().run(case, emit, deadline)


class Chatting(ShellAdapter):
    def open(self, suite: ShellSuite, context: Context) -> ShellSession:
        return _Chatting(context)


@pytest.mark.parametrize(
    ("adapter", "test", "complaint"),
    [
        (Versionless, "test_the_interface_fits", "needs version 99"),
        (Shuffling, "test_discovery_is_stable", "discovered first"),
        (Empty, "test_discovery_is_stable", "the suite has no cases"),
        (NamedByPath, "test_ids_are_stable", "in another folder and process"),
        (NamedByHash, "test_ids_are_stable", "in another folder and process"),
        (Colons, "test_ids_are_stable", "'::' stands in the name"),
        (Green, "test_outcomes_are_exact", "'bad' passed"),
        (Silent, "test_outcomes_are_exact", "nothing says why"),
        (Patient, "test_a_deadline_is_kept", "with 0.5 s, the slow case took"),
        (Hasty, "test_a_deadline_is_kept", "the slow case passed"),
        (Batch, "test_events_come_while_it_runs", "was told only when"),
        (Late, "test_events_come_while_it_runs", "was told only when"),
        (Leaving, "test_a_kill_leaves_no_process", "sleep 300"),
        (Logging, "test_secrets_do_not_leak", "the artifact scripts/output.txt"),
        (Chatting, "test_secrets_do_not_leak", "the event Warned"),
    ],
)
def test_a_broken_adapter_does_not_keep_the_contract(adapter: type[Any], test: str, complaint: str, tmp_path: Path) -> None:
    broken = type(f"{adapter.__name__}Contract", (Contract,), {"adapter": adapter})()
    arguments = [] if test == "test_the_interface_fits" else [tmp_path]

    with pytest.raises(AssertionError) as caught:
        getattr(broken, test)(*arguments)

    assert complaint in str(caught.value)


def test_two_cases_with_one_identity_are_refused_before_the_contract_looks(tmp_path: Path) -> None:
    class Broken(Contract):
        adapter = Doubling

    with pytest.raises(ConfigError, match="more than one case named"):
        Broken().test_discovery_is_stable(tmp_path)


@pytest.mark.parametrize(
    ("script", "complaint"),
    [("true\n", "no case failed, so none shows the secret"), ("exit 1\n", "this proves nothing")],
)
def test_a_suite_that_shows_no_secret_proves_nothing(script: str, complaint: str, tmp_path: Path) -> None:
    class Harmless(Contract):
        adapter = ShellAdapter
        files: ClassVar = {"secret/shown.test.sh": script}

    with pytest.raises(AssertionError, match=complaint):
        Harmless().test_secrets_do_not_leak(tmp_path)


def test_a_run_that_ends_before_the_slow_case_is_no_proof_of_a_kill(tmp_path: Path) -> None:
    class Wrong(Contract):
        adapter = ShellAdapter
        quick_case = "one that is not there"
        files: ClassVar = {"slow/a.test.sh": "true\n"}

    with pytest.raises(AssertionError, match="the run did not get as far as the slow case"):
        Wrong().test_a_kill_leaves_no_process(tmp_path)
