"""The cases inside a test file: who they are, and telling each of their tries as soon as it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from maestro_fabric.adapters.node.failures import fault_of, plain, status_of
from maestro_fabric.adapters.node.messages import Failure, TestRecord
from maestro_fabric.events import AttemptFinished, CaseFinished
from maestro_fabric.model import Attempt, Case, Location, Outcome, Status
from maestro_fabric.ports import Clock, Emit

__all__ = ["Teller", "inner_case"]

# What a name must not hold; see `maestro_fabric.model.NAME_PATTERN`.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MAX_OUTPUT = 16_384

_UNTOLD = Failure(text="it failed and was tried again; the framework keeps no reason", is_assertion=False)

_Key = tuple[str, tuple[str, ...]]


def inner_case(container: Case, titles: Sequence[str], *, project: str = "", ordinal: int = 1, location: Location | None = None) -> Case:
    """The case of a test in a file.

    Args:
        container: The file's case.
        titles: Those of its ``describe`` blocks, and its own.
        project: The framework's project, which becomes its parameter id.
        ordinal: From 1, among the tests of the file with the same titles.
        location: Where it is written.
    """
    name = " > ".join(_CONTROL.sub(" ", plain(title)).replace("::", ": ").strip() for title in titles)
    # Two colons may also meet where the parts meet.
    name = f"{container.id.name} > {name}".replace("::", ": ")
    name = name if ordinal == 1 else f"{name} #{ordinal}"
    return replace(container, id=replace(container.id, name=name, params=project), location=location, container=False, body=None)


@dataclass(slots=True)
class _Told:
    """One test: its tries so far, and how many of them were told."""

    case: Case
    tries: list[Attempt] = field(default_factory=list)
    status: Status | None = None  # once the last word was told


class Teller:
    """Tells the tries of a file's tests.

    A try that passed is the last one and told at once. After one that failed another may follow, so it is held back until
    that, or the file's end, is known.

    Args:
        container: The file's case.
        file: The file.
        root: The folder that places are relative to.
        emit: Takes the events.
        clock: Time, for what the framework gives no time of.
    """

    def __init__(self, container: Case, file: Path, root: Path, emit: Emit, clock: Clock) -> None:
        self._container = container
        self._file = file
        self._root = root
        self._emit = emit
        self._clock = clock
        self._tests: dict[_Key, list[_Told]] = {}
        self._seen: dict[_Key, int] = {}

    def tried(self, record: TestRecord) -> None:
        """Take a try that has just ended."""
        if record.status in ("passed", "failed"):
            test = self._test_of(record)
            self._add(test, record)
            if record.status == "passed" and test.status is None:
                self._conclude(test)

    def ended(self, records: Sequence[TestRecord], output: str) -> None:
        """Take the last word on all tests, in the order in which they are written.

        Args:
            records: The tests.
            output: What the file wrote to the console; kept with what did not plainly pass.
        """
        places: dict[_Key, int] = {}
        # Those that ran come first, so that the number of one of several with the same titles is the one it was told under.
        for record in sorted(records, key=lambda each: each.status in ("skipped", "todo")):
            key = _key(record)
            places[key] = places.get(key, 0) + 1
            test = self._test_at(record, places[key])
            if record.status in ("skipped", "todo"):
                self._skip(test, record)
            else:
                self._settle(test, record, output)

    def lost(self, output: str = "") -> None:
        """No word follows: what was held back is told as the last."""
        for tests in self._tests.values():
            for test in tests:
                if test.tries and test.status is None:
                    self._conclude(test, output)

    def begin_again(self) -> None:
        """The file runs again from its start; what was told stays and is not told twice."""
        self._seen = {}
        for tests in self._tests.values():
            for test in tests:
                if test.status is None:
                    test.tries.clear()

    def _test_of(self, record: TestRecord) -> _Told:
        """The test whose try this is: for a further one the first that has had one try less and may have another."""
        key = _key(record)
        if record.number > 1:
            for test in self._tests.get(key, ()):
                if test.status is None and len(test.tries) == record.number - 1:
                    return test
        self._seen[key] = self._seen.get(key, 0) + 1
        return self._test_at(record, self._seen[key])

    def _test_at(self, record: TestRecord, ordinal: int) -> _Told:
        tests = self._tests.setdefault(_key(record), [])
        while len(tests) < ordinal:
            tests.append(_Told(self._case(record, len(tests) + 1)))
        return tests[ordinal - 1]

    def _case(self, record: TestRecord, ordinal: int) -> Case:
        shown = self._file.relative_to(self._root).as_posix() if self._file.is_relative_to(self._root) else str(self._file)
        location = None if record.line is None else Location(shown, record.line, record.column or 1)
        return inner_case(self._container, record.titles, project=record.project, ordinal=ordinal, location=location)

    def _add(self, test: _Told, record: TestRecord) -> None:
        if test.status is not None:
            return
        failures = [*record.earlier, *[_UNTOLD] * (record.number - 1 - len(test.tries) - len(record.earlier))]
        test.tries += [self._attempt((failure,), record, seconds=0.0) for failure in failures]
        test.tries.append(self._attempt(record.failures, record, seconds=record.seconds))

    def _attempt(self, failures: Sequence[Failure], record: TestRecord, *, seconds: float) -> Attempt:
        if record.status == "passed" and failures is record.failures:
            outcome = Outcome(status=Status.PASSED)
        else:
            outcome = Outcome(status=status_of(failures), fault=fault_of(failures, self._file, self._root))
        started_at = self._clock.now() - seconds if record.started_at is None else record.started_at
        return Attempt(number=1, outcome=outcome, started_at=started_at, duration_s=seconds)

    def _settle(self, test: _Told, record: TestRecord, output: str) -> None:
        """Bring a test's tries into line with the last word on it."""
        last_status = Status.PASSED if record.status == "passed" else status_of(record.failures)
        if test.status is last_status:
            return
        if test.status is not None or not test.tries or test.tries[-1].outcome.status is not last_status:
            test.status = None
            self._add(test, record)
        self._conclude(test, output)

    def _conclude(self, test: _Told, output: str = "") -> None:
        tries, test.tries = test.tries, []
        for attempt in tries:
            outcome = attempt.outcome
            kept = outcome if outcome.status is Status.PASSED else replace(outcome, output=output[-_MAX_OUTPUT:])
            self._emit(AttemptFinished(test.case, replace(attempt, outcome=kept), is_last=attempt is tries[-1]))
        test.status = tries[-1].outcome.status

    def _skip(self, test: _Told, record: TestRecord) -> None:
        if test.status is None:
            test.status = Status.SKIPPED
            reason = record.reason or ("todo" if record.status == "todo" else "skipped in the file")
            self._emit(CaseFinished(test.case, Status.SKIPPED, frozenset(), self._clock.now(), 0.0, reason))


def _key(record: TestRecord) -> _Key:
    return record.project, record.titles
