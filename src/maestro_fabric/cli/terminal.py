"""What `maestro run` shows: a line a case while it runs, and a summary like pytest's at the end."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from maestro_fabric.config.durations import format_duration
from maestro_fabric.engine import RunResult
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event, ServiceChanged, Warned
from maestro_fabric.model import CaseResult, Fault, Mark, Status
from maestro_fabric.reports.closing import Closing, count_words, named_lines, place_lines

__all__ = ["TerminalSink", "print_summary"]

_STYLES = {Status.PASSED: "green", Status.FAILED: "red", Status.ERROR: "red", Status.SKIPPED: "yellow", Status.BLOCKED: "magenta"}


class TerminalSink:
    """Prints the events of a run as they come.

    Args:
        console: Where to.
        total: How many cases there are.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._suite = ""

    def receive(self, event: Event) -> None:
        """Print one event, if it is one that a person wants to follow."""
        match event:
            case AttemptStarted(case=case, number=1):
                self._head(case.id.suite)
            case AttemptFinished(case=case, attempt=attempt, is_last=False) if attempt.outcome.status.is_bad:
                self._line(attempt.outcome.status, case.id.title, f"attempt {attempt.number}, is tried again", attempt.duration_s)
            case CaseFinished(case=case):
                self._head(case.id.suite)
                self._done += not case.inside
                if not event.is_counted:
                    return
                words = " ".join(sorted(event.marks))
                reason = event.reason.splitlines()[0] if event.reason else ""
                self._line(event.status, case.id.title, ": ".join(part for part in (words, reason) if part), event.duration_s)
            case ServiceChanged():
                self._console.print(Text(f"service {event.name} {event.state} {event.detail}".rstrip(), style="dim"), soft_wrap=True)
            case Warned():
                self._console.print(Text(f"warning: {event.message}", style="yellow"), soft_wrap=True)

    def close(self) -> None:
        """Nothing to do: every line was printed."""

    def _head(self, suite: str) -> None:
        if suite != self._suite:
            self._suite = suite
            self._console.print(Text(suite, style="bold"))

    def _line(self, status: Status, title: str, note: str, duration_s: float) -> None:
        share = f"[{100 * self._done // max(self._total, 1):>3}%]"
        text = Text.assemble((f"  {status:<8}", _STYLES[status]), f"{title} ", (f"{format_duration(duration_s)} {share}", "dim"))
        self._console.print(text.append(f" {note}", style="dim") if note else text, soft_wrap=True)


def print_summary(console: Console, result: RunResult, closing: Closing, *, duration_s: float) -> None:
    """Print why cases did not pass, what else a person should look at, where everything was kept, and the counts."""
    for case in result.cases:
        if case.status in (Status.FAILED, Status.ERROR):
            _print_fault(console, case)
    for lines, style in ((named_lines(closing), ""), (place_lines(closing), "dim")):
        if lines:
            console.print()
        for line in lines:
            console.print(Text(line, style=style), soft_wrap=True)
    statuses, marks = count_words(closing.tally)
    counts = ", ".join([*statuses, *marks]) or "no cases"
    style = "bold green" if result.exit_status == 0 else "bold red"
    interrupted = "interrupted: " if result.status == "interrupted" else ""
    console.print(Text(f"{interrupted}{counts} in {format_duration(duration_s)}", style=style))


def _print_fault(console: Console, case: CaseResult) -> None:
    console.print()
    quarantined = ", quarantined" if Mark.QUARANTINED in case.marks else ""
    title = Text(f"{case.status}{quarantined}: {case.case.id}")
    if title.cell_len + 4 < console.width:
        console.rule(title, style="red", characters="─")
    else:  # a rule would cut the name
        console.print(title, style="red", soft_wrap=True)
    last = case.attempts[-1].outcome
    fault = last.fault or Fault(type="", message=last.reason or "no reason was given")
    # A foreign test's message is its last line; the trace says the rest, as pytest shows it.
    console.print(Text(fault.trace.rstrip() if fault.trace and not last.steps else fault.message), soft_wrap=True)
    place = fault.location or case.case.location
    if place is not None:
        console.print(Text(f"at {place}", style="dim"), soft_wrap=True)
    for artifact in last.artifacts:
        console.print(Text(f"{artifact.kind}: {artifact.path}", style="dim"), soft_wrap=True)
