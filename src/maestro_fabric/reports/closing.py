"""The lines at the end of a run: what a person should look at, and where everything was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maestro_fabric.config.locators import show_locator
from maestro_fabric.events import BreakerChanged
from maestro_fabric.model import Heal, Mark, Status
from maestro_fabric.reports.tally import Tally

__all__ = ["Closing", "count_words", "named_lines", "place_lines"]

_MOST_NAMED = 10
_MOST_HEALS = 20
_HEADS = {
    Mark.FLAKY: "flaky (passed after another attempt did not)",
    Mark.HEALED: "healed",
    Mark.DEGRADED: "degraded",
    Mark.QUARANTINED: "quarantined (did not pass, does not fail the run)",
    Mark.XPASSED: "xpassed (expected to fail, passed)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What is told at the end.

    Attributes:
        tally: What became of the cases.
        run_id: The run; empty when none was begun.
        store: The history's file.
        evidence: The folder with the evidence of cases; empty when there is none.
        logs: The logs of services and suites: whose, and the file.
        heals_page: The page of the lost elements; empty when there is none.
        warnings: What a person should know that is no case's fault.
    """

    tally: Tally
    run_id: str
    store: str
    evidence: str = ""
    logs: Sequence[tuple[str, str]] = ()
    heals_page: str = ""
    warnings: Sequence[str] = ()


def count_words(tally: Tally) -> tuple[list[str], list[str]]:
    """The counts as words, such as ``3 passed``: those of the statuses, then those of the marks; nothing for what no case has."""
    statuses = [f"{tally.statuses[status]} {status}" for status in Status if tally.statuses[status]]
    return statuses, [f"{tally.marks[mark]} {mark}" for mark in Mark if tally.marks[mark]]


def named_lines(closing: Closing) -> list[str]:
    """The cases that a person should look at, by what they have in common, then the warnings."""
    tally = closing.tally
    lines = []
    for mark, head in _HEADS.items():
        lines += _named(head, tally.named[mark])
    lines += _heal_lines(tally)
    lines += _named("error (could not be judged)", tally.errors)
    for dependency, changes in tally.breakers.items():
        lines.append(_breaker_line(dependency, changes, len(tally.blocked.get(changes[0].blocks_with, ()))))
    told = {changes[0].blocks_with for changes in tally.breakers.values()}
    for reason, titles in tally.blocked.items():
        if reason in told:
            continue
        first, *more = reason.splitlines() or [""]
        lines += [*_named(f"blocked: {first.rstrip('.')}", titles), *more]
    lines += _named("cut off by the end of the run", list(tally.running))
    return [*lines, *(f"warning: {line}" for line in closing.warnings)]


def place_lines(closing: Closing) -> list[str]:
    """Where the run, its evidence and its logs are."""
    lines = [f"run {closing.run_id} in {closing.store}"] if closing.run_id else []
    lines += [f"evidence in {closing.evidence}"] if closing.evidence else []
    lines += [f"lost elements with pictures in {closing.heals_page}"] if closing.heals_page else []
    more = len(closing.logs) - _MOST_NAMED
    lines += [f"log of {whose}: {path}" for whose, path in closing.logs[:_MOST_NAMED]]
    return [*lines, *([f"and {more} more logs"] if more > 0 else [])]


def _breaker_line(dependency: str, changes: Sequence[BreakerChanged], blocked: int) -> str:
    """What a breaker did, and how many cases that cost: once a dependency, not once a case."""
    opened = [change for change in changes if change.after == "open" and change.before == "closed"]
    reason = f" ({opened[0].reason})" if opened else ""
    often = f" {len(opened)} times, first" if len(opened) > 1 else ""
    end = {"closed": "closed again", "half_open": "its probe did not end"}.get(changes[-1].after, "still open")
    cost = "1 case was blocked" if blocked == 1 else f"{blocked} cases were blocked"
    return f"circuit breaker of {dependency}: opened{often}{reason}, {end}; {cost}"


def _heal_lines(tally: Tally) -> list[str]:
    """Each lost element: where, what became of it, and how sure that is."""
    if not tally.heals:
        return []
    more = len(tally.heals) - _MOST_HEALS
    lines = ["lost elements (maestro heal list shows them, maestro heal apply writes the new locators):"]
    for title, heal in tally.heals[:_MOST_HEALS]:
        place = f" ({heal.location})" if heal.location is not None else ""
        lines.append(f"  {title}, step {heal.step}{place}: {heal.doing} {show_locator(heal.old)}")
        lines.append(f"    {_answer(heal)}")
    return [*lines, *([f"  and {more} more"] if more > 0 else [])]


def _answer(heal: Heal) -> str:
    if heal.action == "abstain":
        return f"not healed: {heal.reason}"
    word = "healed to" if heal.action == "heal" else "proposed, not done:"
    rival = f"; next best {heal.runner_up}, {heal.margin:.2f} behind" if heal.runner_up else ""
    why = "" if heal.action == "heal" else f": {heal.reason}"
    return f"{word} {show_locator(heal.new)}, confidence {heal.confidence:.0%}{rival}{why}"


def _named(head: str, titles: Sequence[str]) -> list[str]:
    if not titles:
        return []
    more = len(titles) - _MOST_NAMED
    return [f"{head}:", *(f"  {title}" for title in titles[:_MOST_NAMED]), *([f"  and {more} more"] if more > 0 else [])]
