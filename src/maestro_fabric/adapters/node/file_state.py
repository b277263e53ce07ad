"""What is known of a test file while its framework runs, and the verdict on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from maestro_fabric.adapters.node.failures import plain, without_foreign_frames
from maestro_fabric.adapters.node.inner import Teller
from maestro_fabric.adapters.node.messages import FileEnded, TestTried
from maestro_fabric.model import Fault, Outcome, Status

__all__ = ["FileState"]

# Jest explains at length what a syntax error may mean before it names it.
_EXPLAINED = "Jest encountered an unexpected token"
_NAMED_ERROR = re.compile(r"^\s*(\w*(?:Error|Exception)): (.+)", re.MULTILINE)


@dataclass(slots=True)
class FileState:
    """A file of a run.

    Attributes:
        path: Where it is.
        heard: What it said, in order; taken out when told.
        began_at: When it began, by the clock's ``monotonic()``; ``None`` before.
        test: The test that began last.
        ends: How often it has ended: once for each project that it belongs to.
        verdict: What became of it, once that is known.
        output: What its ends printed.
        is_answered: Whether the verdict was given.
    """

    path: Path
    heard: list[TestTried | FileEnded] = field(default_factory=list)
    began_at: float | None = None
    test: str = ""
    ends: int = 0
    verdict: Outcome | None = None
    output: str = ""
    is_answered: bool = False
    _error: str = ""
    _obsolete: tuple[str, ...] = ()
    _seconds: float = 0.0
    _has_failed_tests: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it has begun and nothing says that it has ended."""
        return self.began_at is not None and self.verdict is None

    @property
    def is_bad(self) -> bool:
        """Whether the file, or a test in it, explains that its framework ends with an exit status."""
        is_error = self.verdict is not None and self.verdict.status is Status.ERROR
        return is_error or self._has_failed_tests or bool(self._error)

    def tell(self, teller: Teller) -> None:
        """Tell what it said since the last time."""
        heard, self.heard = self.heard, []
        for message in heard:
            if isinstance(message, TestTried):
                teller.tried(message.test)
            else:
                teller.ended(message.tests, plain(message.output))

    def note_end(self, message: FileEnded) -> None:
        """It has ended, in one of its projects."""
        self.heard.append(message)
        self.ends += 1
        self._error = "\n".join(filter(None, [self._error, plain(message.error).strip()]))
        self.output = "\n".join(filter(None, [self.output, plain(message.output)]))
        self._obsolete += message.obsolete
        self._seconds += message.seconds
        self._has_failed_tests = self._has_failed_tests or any(test.status == "failed" for test in message.tests)

    def judge(self) -> None:
        """Find the verdict, after its last end."""
        fault = None
        if self._error:
            fault = _fault(self._error)
        elif self._obsolete:
            names = ", ".join(repr(name) for name in self._obsolete)
            fault = Fault(type="ObsoleteSnapshots", message=f"no test asks for the snapshots {names}: remove them with --updateSnapshot")
        status = Status.PASSED if fault is None else Status.ERROR
        self.verdict = Outcome(status=status, fault=fault, output=self.output, duration_s=self._seconds)

    def break_off(self, kind: str, message: str, *, after_s: float = 0.0) -> None:
        """Give the verdict on a file that did not come to its end."""
        self.verdict = Outcome(status=Status.ERROR, fault=Fault(type=kind, message=message.strip()), duration_s=after_s)

    def block(self, reason: str) -> None:
        """Give the verdict on a file that did not run, through no fault of its own."""
        self.verdict = Outcome(status=Status.BLOCKED, reason=reason)

    def forget(self) -> None:
        """Forget what it said to a process that is gone."""
        self.heard, self.began_at, self.test, self.ends = [], None, "", 0


def _fault(error: str) -> Fault:
    """The error of a file that could not be run, without the heading that the framework gives it."""
    told = "\n".join(line for line in error.splitlines() if "Test suite failed to run" not in line).strip()
    told = without_foreign_frames(told)
    named = _NAMED_ERROR.search(told)
    if named is not None:
        trace = dedent(told[named.start() :]).strip() if _EXPLAINED in told else told
        return Fault(type=named[1], message=named[2].strip(), trace=trace)
    return Fault(type="FileError", message=told.partition("\n")[0] or "it could not be run", trace=told)
