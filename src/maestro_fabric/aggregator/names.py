"""Names and texts as numbers: each is written once, and every attempt holds its number."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterable

from maestro_fabric.aggregator.bulk import BulkInsert
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.records import CaseDetails, CaseKey, ErrorText

__all__ = ["StoreIds", "digest_of"]

_INSERT_CASES = BulkInsert("INSERT INTO test_case (id, suite_id, name, params)", "(?, ?, ?, ?)", "ON CONFLICT DO NOTHING")
_INSERT_CASE = "INSERT INTO test_case (suite_id, name, params) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"  # where the database gives ids
_PLAIN_DETAILS = CaseDetails("", "[]", "[]", "")


class StoreIds:
    """The ids of one store, read once and then remembered.

    All methods that may write belong inside a transaction; when it is rolled back, `forget` everything.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.forget()

    def forget(self) -> None:
        """Start anew: ids given since the last commit may not exist."""
        self._suites: dict[tuple[str, str], int] = {}
        self._cases: dict[CaseKey, int] = {}
        self._details: dict[int, CaseDetails] = {}
        self._workers: dict[str, int] = {}
        self._errors: dict[ErrorText, int] = {}
        self._metadata: dict[str, int] = {}

    def suite(self, project: str, name: str) -> int:
        """A suite's id; the first question reads all its cases."""
        known = self._suites.get((project, name))
        if known is None:
            self._connection.execute("INSERT INTO suite (project, name) VALUES (?, ?) ON CONFLICT DO NOTHING", (project, name))
            found = self._connection.execute("SELECT id FROM suite WHERE project = ? AND name = ?", (project, name))
            known = self._suites[project, name] = int(found.fetchone()[0])
            self._read_cases(project, name, known)
        return known

    def cases(self, keys: Iterable[CaseKey]) -> dict[CaseKey, int]:
        """Ids of cases by key, a superset of what was asked for; new ones are written."""
        known = self._cases
        missing = [key for key in keys if key not in known]
        for suite in {key[:2] for key in missing}:
            self.suite(*suite)
        new = dict.fromkeys(key for key in missing if key not in known)
        if new:
            self._write_cases(new)
        return known

    def _write_cases(self, keys: Collection[CaseKey]) -> None:
        """Write new cases, all in one go."""
        if not isinstance(self._connection, sqlite3.Connection):
            rows = [(self._suites[key[:2]], key.name, key.params) for key in keys]
            self._connection.executemany(_INSERT_CASE, rows)
            self._read_again(keys)
            return
        # Nobody else writes during our transaction, so that the ids need not be asked for.
        first = int(self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM test_case").fetchone()[0])
        suites = self._suites
        values: list[int | str] = []
        for case, (project, suite, name, params) in enumerate(keys, first):
            values += (case, suites[project, suite], name, params)
        written = list(keys)
        if _INSERT_CASES.execute(self._connection, values) == len(written):
            self._cases.update(zip(written, range(first, first + len(written)), strict=True))
            return
        self._read_again(keys)

    def _read_again(self, keys: Iterable[CaseKey]) -> None:
        """Read the ids of cases that another process may have written since this one read their suites."""
        for project, suite in {key[:2] for key in keys}:
            self._read_cases(project, suite, self._suites[project, suite])

    def update_details(self, case: int, details: CaseDetails) -> None:
        """Write what has changed about a case."""
        if self._details.get(case, _PLAIN_DETAILS) != details:
            self._connection.execute("UPDATE test_case SET owner = ?, tags = ?, links = ?, location = ? WHERE id = ?", (*details, case))
            self._details[case] = details

    def worker(self, name: str) -> int | None:
        """A worker's id; ``None`` for the run's only process."""
        if not name:
            return None
        known = self._workers.get(name)
        if known is None:
            self._connection.execute("INSERT INTO worker (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
            known = int(self._connection.execute("SELECT id FROM worker WHERE name = ?", (name,)).fetchone()[0])
            self._workers[name] = known
        return known

    def error(self, error: ErrorText | None) -> int | None:
        """An error's id: the same text is written once in the life of the store."""
        if error is None:
            return None
        known = self._errors.get(error)
        if known is None:
            digest = digest_of(*error)
            self._connection.execute(
                "INSERT INTO error (digest, type, message, trace, location) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (digest, *error)
            )
            known = int(self._connection.execute("SELECT id FROM error WHERE digest = ?", (digest,)).fetchone()[0])
            self._errors[error] = known
        return known

    def metadata(self, text: str) -> int | None:
        """The id of a JSON object; ``None`` for an empty one."""
        if not text:
            return None
        known = self._metadata.get(text)
        if known is None:
            digest = digest_of(text)
            self._connection.execute("INSERT INTO metadata (digest, json) VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, text))
            known = int(self._connection.execute("SELECT id FROM metadata WHERE digest = ?", (digest,)).fetchone()[0])
            self._metadata[text] = known
        return known

    def _read_cases(self, project: str, suite: str, suite_id: int) -> None:
        query = "SELECT id, name, params, owner, tags, links, location FROM test_case WHERE suite_id = ?"
        rows = self._connection.execute(query, (suite_id,))
        for case, name, params, *details in rows:
            self._cases[CaseKey(project, suite, name, params)] = case
            found = CaseDetails(*details)
            if found != _PLAIN_DETAILS:
                self._details[case] = found
        for name, params, case in self._connection.execute("SELECT name, params, case_id FROM alias WHERE suite_id = ?", (suite_id,)):
            self._cases[CaseKey(project, suite, name, params)] = case


def digest_of(*texts: str) -> bytes:
    """What an error or a JSON object is found by."""
    hashed = hashlib.blake2b(digest_size=16)
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(8, "big"))
        hashed.update(data)
    return hashed.digest()
