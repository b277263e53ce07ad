"""The quarantine of a run: read before it, and what is to be said of it afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from maestro_fabric.errors import ConfigError, StoreError
from maestro_fabric.model import CaseId
from maestro_fabric.ports import Clock
from maestro_fabric.qa_file.quarantine_file import read_quarantine
from maestro_fabric.quarantine import NO_QUARANTINE, Quarantine

__all__ = ["load_quarantine", "quarantine_lines", "today_of"]


def load_quarantine(path: Path, clock: Clock, *, must_exist: bool = False) -> Quarantine:
    """The entries of a file, as they hold today.

    Args:
        path: The file.
        clock: Says which day it is, where this process runs.
        must_exist: Whether it was named by somebody, so that its absence is a mistake.

    Raises:
        ConfigError: with everything that is wrong with the file.
    """
    if not path.exists():
        if must_exist:
            raise ConfigError(f"{path}: there is no such quarantine; `maestro quarantine add` begins one")
        return NO_QUARANTINE
    return read_quarantine(path, today=today_of(clock))


def today_of(clock: Clock) -> date:
    """The day it is where this process runs."""
    return datetime.fromtimestamp(clock.now()).astimezone().date()


def quarantine_lines(quarantine: Quarantine, store: Path, run_id: str, planned: Iterable[CaseId] = ()) -> list[str]:
    """What is to be said at a run's end: entries that have expired, that mean no case, and whose cases have recovered.

    Args:
        quarantine: The run's.
        store: The history, with the run in it.
        run_id: The run, which has ended.
        planned: Cases that there are, whether or not the history knows them.
    """
    if not quarantine:
        return []
    from maestro_fabric.aggregator.query import open_history  # only who has a quarantine reads what a run has written

    try:
        with open_history(store) as history:
            ran = {CaseId(row.project, row.suite, row.name, row.params) for row in history.results(run_id)}
            known = {*history.case_ids(), *planned}
            recovered = history.quarantine_advice(quarantine).recovered
    except StoreError as error:
        return [f"what the quarantine still needs could not be looked for: {error}"]
    return [
        *quarantine.ended_lines(ran),
        *quarantine.other_ended_lines(ran),
        *quarantine.unknown_lines(known),
        *(
            f"{entry.place}: {entry.case!r} has recovered: passed {passes} times since it last failed; "
            f"`maestro quarantine remove {entry.case!r}` takes it out"
            for entry, passes in recovered
        ),
    ]
