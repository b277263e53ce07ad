"""Elements that were remembered, and what the healer answered: written with a run's results, read at plan time and by people."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.database import connect_to_read, explain, open_database, transaction
from maestro_fabric.aggregator.names import StoreIds
from maestro_fabric.aggregator.records import HealRecord, LearntRecord
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.model import CaseId

__all__ = ["HealRow", "Remembered", "forget_newest", "heal_rows", "judge", "remembered", "write_heals", "write_learnt"]

_PATIENCE_S = 40.0
_HISTORY = 5
"""So many versions of an element are kept."""

_VERDICTS = ("", "applied", "rejected")

_HEAL_QUERY = """SELECT heal.id, run.run_id, suite.project, suite.name, test_case.name, test_case.params, heal.number, heal.action,
    heal.step, heal.doing, heal.location, heal.old, heal.new, heal.confidence, heal.reason, heal.runner_up, heal.margin, heal.features,
    heal.artifacts, heal.engine, heal.verdict, coalesce(json_extract(run.facts, '$.artifacts'), '')
    FROM heal JOIN run ON run.id = heal.run_id JOIN test_case ON test_case.id = heal.case_id JOIN suite ON suite.id = test_case.suite_id"""
_KNOWN = """SELECT suite.name, test_case.name, test_case.params, learnt.step, learnt.locator, learnt.element_id, learnt.others_id,
    learnt.learnt_ms FROM learnt JOIN test_case ON test_case.id = learnt.case_id JOIN suite ON suite.id = test_case.suite_id
    WHERE suite.project = :project AND (:suite IS NULL OR suite.name = :suite) ORDER BY learnt.learnt_ms, learnt.id"""
_PRUNE = """DELETE FROM learnt WHERE case_id = :case AND step = :step AND locator = :locator AND id NOT IN
    (SELECT id FROM learnt WHERE case_id = :case AND step = :step AND locator = :locator ORDER BY learnt_ms DESC, id DESC LIMIT :kept)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealRow:
    """An answer of the healer; locators are JSON, ``verdict`` is empty, ``applied`` or ``rejected``.

    Attributes:
        id: Its number in the store.
        run_id: The run.
        case: Whose step it was.
        attempt: The attempt's number.
        action: ``heal``, ``propose`` or ``abstain``.
        step: The step's number as the file has it.
        doing: What the step does.
        location: Where it is written, ``file:line``.
        old: The lost locator.
        new: The proposed one; empty when there was none.
        confidence: From 0 to 1.
        reason: Why this answer.
        runner_up: The next best element.
        margin: By how much its score is behind.
        features: The score by feature.
        artifacts: Files, relative to the run's folder.
        engine: The version that decided.
        verdict: What a person said.
        evidence: The folder of the runs' artifacts.
    """

    id: int
    run_id: str
    case: CaseId
    attempt: int
    action: str
    step: str
    doing: str
    location: str
    old: str
    new: str
    confidence: float
    reason: str
    runner_up: str
    margin: float
    features: Mapping[str, float]
    artifacts: Sequence[Mapping[str, str]]
    engine: str
    verdict: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """An element when its locator last worked; what it was like is read from the store when it is asked for.

    Attributes:
        store: The store's file.
        case: Whose step acted on it.
        step: The step's number as the file has it.
        locator: Its locator, in JSON.
        element_id: Where its fingerprint is.
        others_id: Where those of its page are.
        learnt_at: When, in seconds since the epoch.
    """

    store: Path
    case: CaseId
    step: str
    locator: str
    element_id: int
    others_id: int
    learnt_at: float

    @property
    def element(self) -> Mapping[str, Any]:
        """Its fingerprint, by field; empty when it has been forgotten meanwhile.

        Raises:
            StoreError: when the store cannot be read.
        """
        return _read_look(self.store, self.element_id) or {}

    @property
    def others(self) -> Sequence[Mapping[str, Any]]:
        """The other elements of its page, likewise.

        Raises:
            StoreError: when the store cannot be read.
        """
        return _read_look(self.store, self.others_id) or []


def write_learnt(connection: Connection, names: StoreIds, run: int, records: Sequence[LearntRecord]) -> None:
    """Keep elements; one that has not changed gets a new date and no new version."""
    ids = names.cases([record.key for record in records])
    for record in records:
        case, when = ids[record.key], int(record.learnt_at * 1000)
        element, others = _look(connection, record.element), _look(connection, record.others)
        newest = connection.execute(
            "SELECT id, element_id FROM learnt WHERE case_id = ? AND step = ? AND locator = ? ORDER BY learnt_ms DESC, id DESC LIMIT 1",
            (case, record.step, record.locator),
        ).fetchone()
        if newest is not None and newest[1] == element:
            connection.execute("UPDATE learnt SET learnt_ms = ?, others_id = ?, run_id = ? WHERE id = ?", (when, others, run, newest[0]))
            continue
        connection.execute(
            "INSERT INTO learnt (case_id, run_id, step, locator, element_id, others_id, learnt_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (case, run, record.step, record.locator, element, others, when),
        )
        connection.execute(_PRUNE, {"case": case, "step": record.step, "locator": record.locator, "kept": _HISTORY})


def write_heals(connection: Connection, names: StoreIds, run: int, records: Sequence[HealRecord]) -> None:
    """Keep the healer's answers; one that is written twice is kept once."""
    ids = names.cases([record.key for record in records])
    connection.executemany(
        "INSERT INTO heal (run_id, case_id, number, action, step, doing, location, old, new, confidence, reason, runner_up, margin,"
        " features, artifacts, engine) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(run, ids[record.key], *record[1:]) for record in records],
    )


def remembered(store: Path, project: str, suite: str | None = None) -> Iterator[Remembered]:
    """The elements of a project, or of one suite of it, each version, oldest first; none when there is no store yet.

    Raises:
        StoreError: when the store cannot be read.
    """
    for of, name, params, step, locator, element, others, when in _rows(store, _KNOWN, {"project": project, "suite": suite}):
        yield Remembered(
            store=store,
            case=CaseId(project, of, name, params),
            step=step,
            locator=locator,
            element_id=element,
            others_id=others,
            learnt_at=when / 1000,
        )


def heal_rows(store: Path, *, where: str = "", values: Sequence[object] = ()) -> list[HealRow]:
    """The healer's answers, newest first.

    Args:
        store: The store's file.
        where: A condition in SQL on the columns of `heal` and `run`, from constants only.
        values: Its values.

    Raises:
        StoreError: when the store cannot be read.
    """
    query = f"{_HEAL_QUERY} {'WHERE ' + where if where else ''} ORDER BY heal.id DESC"
    return [_heal_row(row) for row in _rows(store, query, values)]


def judge(store: Path, heal: int, verdict: str) -> None:
    """Note what a person said of a heal: ``applied`` or ``rejected``.

    Raises:
        StoreError: when the store cannot be written, or has no such heal.
    """
    changed = _change(store, "UPDATE heal SET verdict = ? WHERE id = ?", (_VERDICTS.index(verdict), heal))
    if not changed:
        raise StoreError(f"{store} has no heal {heal}: `maestro heal list` shows them")


def forget_newest(store: Path, project: str, suite: str, title: str) -> int:
    """Forget the newest version of what is remembered of a case's elements, so that the one before counts; how many there were.

    Raises:
        StoreError: when the store cannot be written.
    """
    query = """DELETE FROM learnt WHERE id IN (SELECT max(learnt.id) FROM learnt JOIN test_case ON test_case.id = learnt.case_id
        JOIN suite ON suite.id = test_case.suite_id WHERE suite.project = ? AND suite.name = ?
        AND iif(params = '', test_case.name, test_case.name || '[' || params || ']') = ? GROUP BY case_id, step, locator)"""
    return _change(store, query, (project, suite, title))


def _look(connection: Connection, text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    packed = zlib.compress(text.encode("utf-8", "replace"), 6)
    connection.execute("INSERT INTO look (digest, json) VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, packed))
    return int(connection.execute("SELECT id FROM look WHERE digest = ?", (digest,)).fetchone()[0])


def _read_look(store: Path, number: int) -> Any:
    """What was remembered under a number; ``None`` when it has been forgotten."""
    rows = _rows(store, "SELECT json FROM look WHERE id = ?", (number,))
    return json.loads(zlib.decompress(rows[0][0])) if rows else None


def _heal_row(row: Sequence[Any]) -> HealRow:
    (number, run_id, project, suite, name, params, attempt, action, step, doing, location, old, new, confidence, *rest) = row
    reason, runner_up, margin, features, artifacts, engine, verdict, evidence = rest
    return HealRow(
        id=number,
        run_id=run_id,
        case=CaseId(project, suite, name, params),
        attempt=attempt,
        action=action,
        step=step,
        doing=doing,
        location=location,
        old=old,
        new=new,
        confidence=confidence,
        reason=reason,
        runner_up=runner_up,
        margin=margin,
        features=json.loads(features),
        artifacts=json.loads(artifacts),
        engine=engine,
        verdict=_VERDICTS[verdict],
        evidence=evidence,
    )


def _rows(store: Path, query: str, values: Sequence[object] | Mapping[str, object]) -> list[Any]:
    if not store.exists():
        return []
    with closing(connect_to_read(store)) as connection:
        # An older store has no such tables until the next run has migrated it.
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'heal'").fetchone():
            return []
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(explain(store, error)) from error


def _change(store: Path, query: str, values: Sequence[object]) -> int:
    with closing(open_database(store, clock=SystemClock(), patience_s=_PATIENCE_S)) as connection:
        try:
            with transaction(connection):
                return connection.execute(query, values).rowcount
        except sqlite3.Error as error:
            raise StoreError(explain(store, error)) from error
