"""Cases under a new name: what was recorded under the old one, and what still comes under it, is the new case's history."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.alias_query import NEW_TITLE, OLD_TITLE
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.database import explain, open_database, transaction
from maestro_fabric.aggregator.found import CaseRow
from maestro_fabric.aggregator.listing import Rows
from maestro_fabric.aggregator.query import open_history
from maestro_fabric.aggregator.rollups import write_rollups
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.places import Place

__all__ = ["AliasRow", "Refused", "add_alias", "copy_aliases", "list_aliases", "remove_alias"]

_PATIENCE_S = 10.0
_LIST = f"""SELECT {OLD_TITLE}, {NEW_TITLE}, made_ms FROM alias JOIN suite AS old_suite ON old_suite.id = alias.suite_id
    JOIN test_case ON test_case.id = alias.case_id JOIN suite ON suite.id = test_case.suite_id ORDER BY 1"""  # noqa: S608 - constants
_SUITE_OF = "SELECT suite_id, name, params FROM test_case WHERE id = ?"
_CASE = "SELECT id FROM test_case WHERE suite_id = ? AND name = ? AND params = ?"
_TARGET = "SELECT case_id, made_ms FROM alias WHERE suite_id = ? AND name = ? AND params = ?"
_PUT = """INSERT INTO alias (suite_id, name, params, case_id, made_ms) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (suite_id, name, params) DO UPDATE SET case_id = excluded.case_id, made_ms = excluded.made_ms"""
_BOTH = """SELECT DISTINCT run.run_id FROM attempt JOIN attempt AS other ON other.run_id = attempt.run_id AND other.case_id = ?
    JOIN run ON run.id = attempt.run_id WHERE attempt.case_id = ? ORDER BY run.run_id DESC LIMIT 1"""
_ALL = "SELECT suite_id, name, params, case_id, made_ms FROM alias ORDER BY made_ms, suite_id, name, params"


class Refused(StoreError):
    """Two names are two cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRow:
    """A name that stands for another case; ``made_ms`` is when that was said, in milliseconds since the epoch."""

    old: str
    new: str
    made_ms: int


def add_alias(place: Place, old: str, new: str) -> list[AliasRow]:
    """Say that a case has a new name: its results become the new one's, now and whenever some come in under the old name.

    Without parameters all of the name are meant, each going on under the new name with the same parameters.

    Args:
        place: The store: a file, or a team's database.
        old: ``suite::name[params]``, a name, or a part of one, as of the time when it was recorded last.
        new: The same for the case that goes on.

    Returns:
        What was said, one row a case.

    Raises:
        UnknownName: when no case has such a name, or several do.
        Refused: when both ran in one run, so that they are two cases, or they are the same.
        StoreError: when the store cannot be read or written.
    """
    with open_history(place) as history:
        pairs = _pairs(history.find_cases(old), history.find_cases(new), old, new)
    made_ms = int(SystemClock().now() * 1000)
    with closing(_open(place)) as connection:
        try:
            with transaction(connection):
                for before, after in pairs:
                    _refuse_twins(connection, before, after)
                    _say(connection, connection.execute(_SUITE_OF, (before.case_id,)).fetchone(), after.case_id, made_ms)
        except sqlite3.Error as error:
            raise StoreError(explain(place, error)) from error
    return [AliasRow(old=str(before), new=str(after), made_ms=made_ms) for before, after in pairs]


def remove_alias(place: Place, old: str) -> None:
    """Say that a name is that of another case again. What was recorded stays where it is; results from now on are its own.

    Raises:
        Refused: when there is no such alias.
        StoreError: when the store cannot be read or written.
    """
    known = [row.old for row in list_aliases(place)]
    if old not in known:
        raise Refused(f"{old!r} is no alias; there are {', '.join(map(repr, known)) if known else 'none'}")
    suite, _, title = old.partition("::")
    name, bracket, params = title.partition("[")
    key = (suite, name if bracket else title, params.removesuffix("]"))
    with closing(_open(place)) as connection, transaction(connection):
        connection.execute("DELETE FROM alias WHERE suite_id IN (SELECT id FROM suite WHERE name = ?) AND name = ? AND params = ?", key)


def list_aliases(place: Place) -> Rows[AliasRow]:
    """All aliases of a store, by their old names.

    Raises:
        StoreError: when the store cannot be read.
    """
    with closing(_open(place)) as connection:
        return Rows(AliasRow(old=old, new=new, made_ms=made_ms) for old, new, made_ms in connection.execute(_LIST).fetchall())


def copy_aliases(source: Connection, target: Connection, number_of: Callable[[str, int], int]) -> None:
    """Take the aliases of another store; of two about one name the younger holds, so that the order of stores changes nothing.

    Args:
        source: The other store.
        target: Takes them, in a transaction.
        number_of: Gives the target's number of a suite (``suite``) or a case (``test_case``) of the source.
    """
    for suite, name, params, case, made_ms in source.execute(_ALL).fetchall():
        key = number_of("suite", suite), name, params
        new = number_of("test_case", case)
        known = target.execute(_TARGET, key).fetchone()
        if known is None or (known[1], known[0]) < (made_ms, new):
            _say(target, key, new, made_ms)


def _open(place: Place) -> Connection:
    if not isinstance(place, Path):
        from maestro_fabric.aggregator.postgres import connect_to_database

        return connect_to_database(place, to_write=True)
    open_history(place).close()  # says what is wrong with a file that is none
    return open_database(place.absolute(), clock=SystemClock(), patience_s=_PATIENCE_S)


def _pairs(old: Sequence[CaseRow], new: Sequence[CaseRow], old_text: str, new_text: str) -> list[tuple[CaseRow, CaseRow]]:
    """Each old case with the new one that has the same parameters."""
    if len({(case.suite, case.name) for case in old}) > 1 or len({(case.suite, case.name) for case in new}) > 1:
        raise Refused(f"{old_text!r} and {new_text!r} must be one case each: write suite::name")
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    by_params = {case.params: case for case in new}
    pairs = [(case, by_params[case.params]) for case in old if case.params in by_params]
    if not pairs:
        raise Refused(f"{old_text!r} and {new_text!r} have no parameters in common: name each case with its own, like {old[0]}")
    return pairs


def _refuse_twins(connection: Connection, old: CaseRow, new: CaseRow) -> None:
    if old.case_id == new.case_id:
        raise Refused(f"{old} is {new} already")
    shared = connection.execute(_BOTH, (old.case_id, new.case_id)).fetchone()
    if shared is not None:
        raise Refused(f"{old} and {new} are two cases: both ran in run {shared[0]}")


def _say(connection: Connection, key: tuple[int, str, str], new: int, made_ms: int) -> None:
    """Write an alias, and move what was recorded under the old name."""
    for _ in range(2):  # the new name may itself have become an old one
        after = connection.execute(_TARGET, connection.execute(_SUITE_OF, (new,)).fetchone()).fetchone()
        new = after[0] if after is not None else new
    if connection.execute(_SUITE_OF, (new,)).fetchone() == key:
        return  # in a circle: what was said last about the new name holds
    connection.execute(_PUT, (*key, new, made_ms))
    old = connection.execute(_CASE, key).fetchone()
    if old is not None:
        connection.execute("UPDATE alias SET case_id = ? WHERE case_id = ?", (new, old[0]))
        _move(connection, old[0], new)


def _move(connection: Connection, old: int, new: int) -> None:
    """Give the old case's rows to the new one; where both ran in one run, as further attempts before the last."""
    runs = [
        row[0] for row in connection.execute("SELECT DISTINCT run_id FROM attempt WHERE case_id = ? ORDER BY run_id", (old,)).fetchall()
    ]
    for run in runs:
        query = "SELECT coalesce(max(number), 0) FROM attempt WHERE case_id = ? AND run_id = ?"
        (taken,) = connection.execute(query, (new, run)).fetchone()
        for table in ("attempt", "evidence", "heal"):
            later = ", is_last = 0" if table == "attempt" and taken else ""
            query = f"UPDATE {table} SET case_id = ?, number = number + ?{later} WHERE case_id = ? AND run_id = ?"  # noqa: S608 - constants
            connection.execute(query, (new, taken, old, run))
    connection.execute("UPDATE learnt SET case_id = ? WHERE case_id = ?", (new, old))
    for table in ("running", "body", "latest"):
        connection.execute(f"DELETE FROM {table} WHERE case_id = ?", (old,))  # noqa: S608 - constants
    connection.execute("DELETE FROM test_case WHERE id = ?", (old,))
    for run in runs:
        totals.recount(connection, run)
        write_rollups(connection, run)
