"""Sends runs from the local history to a team's database: each once, by its id, so that a dead database loses nothing."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.copying import ENDED_RUNS, IDENTITIES, Copy, RunRecord
from maestro_fabric.aggregator.database import connect_to_read, explain, transaction
from maestro_fabric.aggregator.postgres import connect_to_database, without_zero
from maestro_fabric.errors import StoreError
from maestro_fabric.places import DatabaseUrl

__all__ = ["Pushed", "Pusher", "push_runs"]

FINISH_S = 10.0
"""Seconds that the end of a run gives to older runs which the database does not have yet; the run itself is sent in any case."""

_JOIN_S = 5.0
_AT_ONCE = 500
_KNOWN = "SELECT identity FROM pushed WHERE run_id IN ({})"
_NOTE = "INSERT INTO pushed (identity, run_id) VALUES (?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was sent.

    Attributes:
        added: How many runs the database has now that it did not have, or of which more has come.
        left: How many it does not have yet, since the time was over.
        refused: Runs that it did not take, and why: one line each.
    """

    added: int
    left: int = 0
    refused: Sequence[str] = ()


def push_runs(local: Path, database: DatabaseUrl, *, first: str = "", go_on: Callable[[], bool] = lambda: True) -> Pushed:
    """Send the ended runs that a database does not have yet, oldest first. Shards of one run become one run there.

    Args:
        local: The history that has them.
        database: Where they go; the tables are made when it has none.
        first: The id of a run that is sent before the others.
        go_on: Asked before each other run; what is left when it says no waits for the next push.

    Raises:
        StoreError: when one of the two cannot be reached or read; what was sent until then is whole runs.
    """
    try:
        with closing(connect_to_read(local)) as source:
            # Asked before the connection: who has nothing to send needs no database.
            runs = sorted(source.execute(ENDED_RUNS).fetchall(), key=lambda row: row[1] != first)
            if not runs:
                return Pushed(0)
            identities = {row[0]: _identity(row) for row in source.execute(IDENTITIES)}
            with closing(connect_to_database(database, to_write=True)) as target:
                known = _known(target, [run[1] for run in runs])
                missing = [run for run in runs if identities[run[1]] not in known]
                return _send(target, Copy(target, source, fit=without_zero), missing, identities, first, go_on)
    except sqlite3.Error as error:
        raise StoreError(explain(local, error)) from error


def _send(
    target: Connection, copy: Copy, runs: Sequence[RunRecord], identities: dict[str, bytes], first: str, go_on: Callable[[], bool]
) -> Pushed:
    added = 0
    refused: list[str] = []
    with transaction(target):
        copy.aliases()
    for place, run in enumerate(runs):
        if run[1] != first and not go_on():
            return Pushed(added, len(runs) - place, refused)
        try:
            with transaction(target):
                copy.run(run)
                target.execute(_NOTE, (identities[run[1]], run[1]))
        except StoreError as error:
            copy.forget()
            if not _answers(target):
                raise
            refused.append(f"run {run[1]}: {error}")  # one run that it cannot take must not keep the others back
        else:
            added += 1
    return Pushed(added, 0, refused)


def _answers(target: Connection) -> bool:
    try:
        target.execute("SELECT 1")
    except StoreError:
        return False
    return True


def _known(target: Connection, run_ids: Sequence[str]) -> Collection[bytes]:
    return {bytes(identity) for some in _parts(run_ids) for (identity,) in target.execute(_KNOWN.format(", ".join("?" * len(some))), some)}


def _parts(run_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (run_ids[begin : begin + _AT_ONCE] for begin in range(0, len(run_ids), _AT_ONCE))


def _identity(row: Sequence[object]) -> bytes:
    """What tells a run, or one shard of it, from what was sent before."""
    return hashlib.blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Pusher:
    """Sends older runs in the background while a run goes on, and the run at its end.

    Args:
        local: The history that the run is written into.
        database: Where the runs go.
        mend: The command that sends what could not be sent.
    """

    def __init__(self, local: Path, database: DatabaseUrl, *, mend: str) -> None:
        self.database = database
        self._local = local
        self._mend = mend
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._push_older, name="maestro-push", daemon=True)

    def start(self) -> None:
        """Begin to send what earlier runs have left."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more in the background; a second call does nothing."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def finish(self, run_id: str) -> list[str]:
        """Send the run, which has ended and is in the local history, and then older ones while there is time.

        Returns:
            A line when something is not there yet, with the command that sends it; never an error: the run is as good as without.
        """
        self.stop()
        give_up_at = monotonic() + FINISH_S
        try:
            pushed = push_runs(self._local, self.database, first=run_id, go_on=lambda: monotonic() < give_up_at)
        except StoreError as error:
            return [f"{error}; the run is safe in {self._local}: `{self._mend}` sends it"]
        lines = [f"{line}; `{self._mend}` tries again" for line in pushed.refused]
        if pushed.left:
            lines.append(f"{pushed.left} older runs are not in {self.database} yet: `{self._mend}` sends them")
        return lines

    def _push_older(self) -> None:
        try:
            push_runs(self._local, self.database, go_on=lambda: not self._is_over.is_set())
        except StoreError:
            return  # told at the end, when it is tried again
