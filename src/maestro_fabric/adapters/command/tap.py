"""TAP, the Test Anything Protocol, versions 12 to 14, as it comes.

Source:
    https://testanything.org/tap-version-14-specification.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from maestro_fabric.adapters.command.reported import Reported, ReportError, Try
from maestro_fabric.adapters.command.yaml_diagnostics import read_diagnostics
from maestro_fabric.model import Fault, Location, Mark, Outcome, Status

__all__ = ["TapReader", "read_tap"]

_POINT = re.compile(r"(?P<not>not )?ok\b(?: +(?P<number>\d+))?(?: *- *| +)?(?P<text>.*)")
_DIRECTIVE = re.compile(r"(?P<text>.*?)(?:(?:^|(?<!\\)\s)#\s*(?P<word>skip|todo)\S*\s*(?P<reason>.*))$", re.IGNORECASE)
_PLAN = re.compile(r"1\.\.(?P<count>\d+)(?:\s*#\s*(?P<reason>.*))?")
_SUBTEST = re.compile(r"#\s*Subtest(?::\s*(?P<name>.*))?$")
# What node's test runner calls a failure that is not the test's own word.
_NOT_JUDGED = frozenset({"hookFailed", "cancelledByParent", "testTimeoutFailure", "uncaughtException"})
_INDENT = 4


def read_tap(data: bytes) -> tuple[Reported, ...]:
    """The cases of a whole document.

    Raises:
        ReportError: when it is cut off or bails out; with the cases up to there.
    """
    reader = TapReader()
    cases = list(reader.read(data.decode("utf-8", "replace").splitlines()))
    problem = reader.problem
    if problem:
        raise ReportError(problem, tuple(cases))
    return tuple(cases)


@dataclass(slots=True)
class _Level:
    """A (sub)test that goes on: what was planned, and what is known of its points."""

    planned: int | None = None
    seen: int = 0
    cases: list[Reported] = field(default_factory=list)


class TapReader:
    """Reads line by line.

    A case is told when nothing more can be said of it: after its diagnostics, and, inside a subtest, when that has ended.
    """

    def __init__(self) -> None:
        self._levels = [_Level()]
        self._bailed = ""
        self._diagnostics: list[str] | None = None
        self._pending: tuple[Reported, bool] | None = None
        self._is_after_point = False
        # Whether this writer says more of a point that is ok: else such a point is told at once, however long the next one takes.
        self._says_more = False
        self._inner: list[Reported] = []
        self._comments: list[str] = []

    @property
    def problem(self) -> str:
        """Why the document is not whole; empty when it is."""
        top = self._levels[0]
        if self._bailed:
            return self._bailed
        if top.planned is None:
            return "it has no plan (1..N), so it is cut off or no TAP at all"
        if top.planned != top.seen:
            return f"it is cut off: {top.planned} tests were planned and {top.seen} told"
        return ""

    def read(self, lines: Iterable[str]) -> Iterator[Reported]:
        """The cases at the top, each as soon as it is known with its diagnostics."""
        for line in lines:
            yield from self._line(line.rstrip("\r\n"))
        yield from self._settle()
        # What a document that is cut off in a subtest has told of it.
        yield from (case for level in self._levels[1:] for case in level.cases)

    def _line(self, line: str) -> Iterator[Reported]:
        text = line.strip()
        if self._takes_diagnostics(line, text):
            return
        depth = (len(line) - len(line.lstrip(" "))) // _INDENT
        point = _POINT.fullmatch(text)
        plan = _PLAN.fullmatch(text)
        if text.lower().startswith("bail out!"):
            reason = text[len("bail out!") :].strip()
            self._bailed = f"it bails out: {reason}" if reason else "it bails out"
        elif plan is not None or point is not None:
            yield from self._settle()
            self._open_to(depth)
            if point is not None:
                self._point(point, depth)
                if not self._says_more and depth == 0 and point["not"] is None:
                    yield from self._settle()
            elif plan is not None:
                self._plan(plan, depth)
        elif _SUBTEST.match(text):
            self._says_more = True
        elif text.startswith("#"):
            self._comments.append(text.lstrip("# "))
        self._is_after_point = point is not None

    def _takes_diagnostics(self, line: str, text: str) -> bool:
        """Whether the line belongs to a block between ``---`` and ``...``."""
        if self._diagnostics is not None:
            if text == "...":
                self._add_diagnostics(self._diagnostics)
                self._diagnostics = None
            else:
                self._diagnostics.append(line)
            return True
        if text == "---" and self._is_after_point:
            self._says_more = True
            self._diagnostics = []
            return True
        return False

    def _open_to(self, depth: int) -> None:
        while len(self._levels) <= depth:
            self._levels.append(_Level())

    def _plan(self, plan: re.Match[str], depth: int) -> None:
        level = self._levels[depth]
        level.planned = int(plan["count"])
        if level.planned == 0 and depth == 0:
            reason = re.sub(r"(?i)^skip\S*\s*", "", plan["reason"] or "") or "the plan is empty"
            skipped = Outcome(status=Status.SKIPPED, reason=reason)
            self._pending = Reported(path=("all tests",), tries=(Try(outcome=skipped),)), False

    def _point(self, point: re.Match[str], depth: int) -> None:
        level = self._levels[depth]
        level.seen += 1
        described = _DIRECTIVE.fullmatch(point["text"])
        text = (described["text"] if described else point["text"]).strip().removeprefix("- ")
        name = re.sub(r"\\([\\#])", r"\1", text).strip() or f"test {point['number'] or level.seen}"
        word, reason = (described["word"], described["reason"]) if described else ("", "")
        outcome = _outcome(is_ok=point["not"] is None, word=word, reason=reason)
        case = Reported(path=(name,), tries=(Try(outcome=outcome),))
        self._inner = self._ended_below(depth)
        self._comments.clear()
        self._pending = case, depth > 0

    def _ended_below(self, depth: int) -> list[Reported]:
        """The cases of the subtest that the point at ``depth`` is the summary of."""
        ended = [case for level in self._levels[depth + 1 :] for case in level.cases]
        del self._levels[depth + 1 :]
        return ended

    def _settle(self) -> Iterator[Reported]:
        """Hand over the point whose diagnostics have been read: to its level, or, at the top, to the reader."""
        if self._pending is None:
            return
        (case, is_inner), inner = self._pending, self._inner
        self._pending, self._inner = None, []
        case = _with_comments(case, self._comments)
        self._comments.clear()
        told = [replace(each, path=(*case.path, *each.path)) for each in inner]
        is_bad = case.tries[-1].outcome.status.is_bad
        # A subtest is no case of its own, unless it fails by itself.
        if not inner or (is_bad and not any(each.tries[-1].outcome.status.is_bad for each in inner)):
            told.append(case)
        if is_inner:
            self._levels[-1].cases.extend(told)
        else:
            yield from told

    def _add_diagnostics(self, lines: list[str]) -> None:
        if self._pending is not None:
            case, is_inner = self._pending
            self._pending = _with_diagnostics(case, read_diagnostics(lines), "\n".join(line.strip() for line in lines)), is_inner


def _outcome(*, is_ok: bool, word: str, reason: str) -> Outcome:
    if word.lower() == "skip":
        return Outcome(status=Status.SKIPPED, reason=reason or "skipped")
    if word.lower() == "todo":
        why = reason or "todo"
        if is_ok:
            return Outcome(status=Status.PASSED, marks=frozenset({Mark.XPASSED}), reason=why)
        return Outcome(status=Status.SKIPPED, marks=frozenset({Mark.XFAILED}), reason=why)
    if is_ok:
        return Outcome(status=Status.PASSED)
    return Outcome(status=Status.FAILED, fault=Fault(type="NotOk", message="not ok"))


def _with_diagnostics(case: Reported, told: Mapping[str, str], text: str) -> Reported:
    (last,) = case.tries
    outcome = last.outcome
    if outcome.fault is not None:
        message = told.get("error") or told.get("message") or text
        status = Status.ERROR if told.get("failureType") in _NOT_JUDGED else outcome.status
        fault = Fault(type=told.get("name") or outcome.fault.type, message=message, trace=told.get("stack", ""))
        outcome = replace(outcome, status=status, fault=fault)
    duration = told.get("duration_ms", "")
    duration_s = float(duration) / 1000 if re.fullmatch(r"\d+(\.\d+)?", duration) else last.duration_s
    location = re.fullmatch(r"(?P<file>.+?):(?P<line>\d+)(?::\d+)?", told.get("location", ""))
    place = Location(location["file"], int(location["line"])) if location and int(location["line"]) else case.location
    return replace(case, tries=(replace(last, outcome=outcome, duration_s=duration_s),), location=place)


def _with_comments(case: Reported, comments: list[str]) -> Reported:
    """The case with the ``#`` lines that followed it, which older writers explain a failure with."""
    (last,) = case.tries
    if last.outcome.fault is None or last.outcome.fault.message != "not ok" or not comments:
        return case
    outcome = replace(last.outcome, fault=replace(last.outcome.fault, message="\n".join(comments)))
    return replace(case, tries=(replace(last, outcome=outcome),))
