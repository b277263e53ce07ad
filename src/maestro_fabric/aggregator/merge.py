"""Makes one history of several: by run id, so that the order of the files and merging twice change nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from maestro_fabric.aggregator.copying import ENDED_RUNS, IDENTITIES, Copy
from maestro_fabric.aggregator.database import connect_to_read, explain, open_database, transaction
from maestro_fabric.aggregator.query import open_history
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.places import Place

__all__ = ["merge_stores"]

_PATIENCE_S = 40.0


def merge_stores(sources: Sequence[Path], target: Place) -> int:
    """Write all ended runs of the sources, with the cases, errors and heals that belong to them, into the target.

    A run that several files hold is taken once, and shards of one run become one run. The target may be a new file, one of the
    sources, or a history of its own, a team's database included, whose runs stay. New runs are written in the order of time.

    Returns:
        How many runs are new in the target.

    Raises:
        StoreError: when a file cannot be read or written; what was written until then is whole runs.
    """
    if not isinstance(target, Path):
        from maestro_fabric.aggregator.push import push_runs

        return sum(push_runs(path.absolute(), target).added for path in dict.fromkeys(sources))
    others = [path for path in dict.fromkeys(source.absolute() for source in sources) if path != target.absolute()]
    for path in others:
        # Ends its interrupted runs, and migrates a source of an older version.
        open_history(path).close()
    with closing(open_database(target.absolute(), clock=SystemClock(), patience_s=_PATIENCE_S)) as connection:
        try:
            return sum(_take(connection, path) for path in others)
        except sqlite3.Error as error:
            raise StoreError(explain(target, error)) from error


def _take(connection: sqlite3.Connection, source: Path) -> int:
    with closing(connect_to_read(source)) as other:
        known = {row[0]: row[1:] for row in connection.execute(IDENTITIES)}
        theirs = {row[0]: row[1:] for row in other.execute(IDENTITIES)}
        runs = [row for row in other.execute(ENDED_RUNS).fetchall() if known.get(row[1]) != theirs[row[1]]]
        copy = Copy(connection, other)
        with transaction(connection):
            copy.aliases()
        for run in runs:
            with transaction(connection):
                copy.run(run)
        return sum(run[1] not in known for run in runs)
