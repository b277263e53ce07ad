"""One try of a scenario, from its steps' results to an outcome."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maestro_fabric.adapters.cucumber.said import Attached, Place
from maestro_fabric.model import Fault, Location, Outcome, Status, StepResult

__all__ = ["HookRan", "StepInfo", "Trying"]

# The worst decides, as in cucumber-js (getWorstTestStepResult).
_BY_WEIGHT = ("UNKNOWN", "PASSED", "SKIPPED", "PENDING", "UNDEFINED", "AMBIGUOUS", "FAILED")
_KINDS = {
    "BEFORE_TEST_RUN": "BeforeAll hook",
    "AFTER_TEST_RUN": "AfterAll hook",
    "BEFORE_TEST_CASE": "Before hook",
    "AFTER_TEST_CASE": "After hook",
}
# Node's and Chai's assertions name themselves so; what Jest's expect throws is a plain Error with this beginning.
_ASSERTION = re.compile(r"AssertionError|(?:Error: )?expect\(")
_LOG = "text/x.cucumber.log+plain"
_LINK = "text/uri-list"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRan:
    """A hook of the support code."""

    kind: str = ""
    name: str = ""
    place: Place | None = None

    @property
    def title(self) -> str:
        """What it is, with its name or place."""
        kind = _KINDS.get(self.kind, "hook")
        return f"{kind} {self.name!r}" if self.name else f"{kind} ({self.place})" if self.place else kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StepInfo:
    """A step as it is written, or a hook."""

    title: str
    place: Place | None
    is_hook: bool = False
    pickle_step: str = ""


@dataclass(slots=True, kw_only=True)
class Trying:
    """A try that goes on.

    Attributes:
        place: Which scenario.
        started_at: Seconds since the epoch.
        steps: Its steps and hooks by the id of the test step.
        is_strict: Whether a pending step fails the run.
        attached: What was attached, but for texts that are output.
    """

    place: Place
    started_at: float
    steps: Mapping[str, StepInfo]
    is_strict: bool = True
    attached: list[Attached] = field(default_factory=list)
    _results: list[StepResult] = field(default_factory=list)
    _output: list[str] = field(default_factory=list)
    _worst: str = "PASSED"
    _fault: tuple[Status, Fault] | None = None
    _reason: str = ""

    def step_finished(self, test_step: str, result: Mapping[str, Any], *, duration_s: float, snippets: Mapping[str, str]) -> None:
        """Take a step's result.

        Args:
            test_step: The id of the test step.
            result: ``testStepResult`` of the message.
            duration_s: Seconds.
            snippets: The code that would define an undefined step, by the id of the pickle's step.
        """
        info, word = self.steps[test_step], result["status"]
        status, type_, message, trace = _judged(info, result, snippets, is_strict=self.is_strict)
        location = Location(info.place.uri, info.place.line) if info.place else None
        if not info.is_hook or status.is_bad:
            self._results.append(
                StepResult(
                    number=len(self._results) + 1,
                    title=info.title,
                    status=status,
                    duration_s=duration_s,
                    location=location,
                    message=message,
                )
            )
        if _BY_WEIGHT.index(word) > _BY_WEIGHT.index(self._worst):
            self._worst = word
            self._reason = message or f"{info.title}: {word.lower()}"
            if status.is_bad:
                self._fault = status, Fault(type=type_, message=f"{info.title}\n{message}", trace=trace, location=location)

    def attach(self, attached: Attached, *, is_base64: bool) -> None:
        """Take an attachment; logs and links become output."""
        if attached.media_type in (_LOG, _LINK):
            body = base64.b64decode(attached.content).decode("utf-8", "replace") if is_base64 else attached.content
            self._output.append(body.rstrip("\n"))
        elif is_base64:
            self.attached.append(attached)
        else:
            body = base64.b64encode(attached.content.encode()).decode()
            self.attached.append(Attached(media_type=attached.media_type, content=body, name=attached.name))

    @property
    def is_fine(self) -> bool:
        """Whether every step passed or was skipped, as the child sees it: it then runs on without being told to."""
        return self._worst in ("PASSED", "SKIPPED")

    def outcome(self) -> Outcome:
        """What became of it."""
        status, fault = self._fault or (Status.PASSED, None)
        if fault is None and self._worst in ("SKIPPED", "PENDING"):
            status = Status.SKIPPED
        return Outcome(
            status=status,
            fault=fault,
            reason=self._reason if status is Status.SKIPPED else "",
            steps=tuple(self._results),
            output="\n".join(self._output),
        )


def _judged(info: StepInfo, result: Mapping[str, Any], snippets: Mapping[str, str], *, is_strict: bool) -> tuple[Status, str, str, str]:
    """A step's status, and its fault's class name, message and trace."""
    word, text = result["status"], result.get("message", "")
    if word == "PASSED":
        return Status.PASSED, "", "", ""
    if word == "SKIPPED" or (word == "PENDING" and not is_strict):
        return Status.SKIPPED, "", "" if word == "SKIPPED" else "pending", ""
    if word == "UNDEFINED":
        snippet = snippets.get(info.pickle_step, "")
        message = "no step definition matches this step" + (f"; one could begin so:\n{snippet}" if snippet else "")
        return Status.ERROR, "UndefinedStep", message, ""
    if word == "AMBIGUOUS":
        return Status.ERROR, "AmbiguousStep", text or "more than one step definition matches this step", ""
    if word == "PENDING":
        return Status.ERROR, "PendingStep", "its step definition is not written yet (pending)", ""
    return _failed(info, result, text)


def _failed(info: StepInfo, result: Mapping[str, Any], text: str) -> tuple[Status, str, str, str]:
    exception = result.get("exception", {})
    first = text.partition("\n")[0]
    type_ = exception.get("type") or first.partition(":")[0] or "Error"
    message = exception.get("message") or _without_trace(text)
    if info.is_hook:
        return Status.ERROR, "HookFailed", f"{type_}: {message}", exception.get("stackTrace") or text
    is_assertion = _ASSERTION.match(type_) or _ASSERTION.match(first)
    return Status.FAILED if is_assertion else Status.ERROR, type_.partition(" ")[0], message, exception.get("stackTrace") or text


def _without_trace(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not re.match(r"\s+at .+", line))
