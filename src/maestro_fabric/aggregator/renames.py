"""Cases that look like others under a new name: proposed, never changed."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maestro_fabric.aggregator.bodies import likeness
from maestro_fabric.aggregator.connections import Connection, has_table
from maestro_fabric.aggregator.listing import Rows

__all__ = ["RenameRow", "find_renames"]

_ENOUGH = 0.7
"""How sure a proposal must be …"""
_MARGIN = 0.1
"""… and by how much surer than the next best."""
_NAME_ALONE = 0.8
"""How alike two names must be when the bodies are not known, whole and without what stands before the last dot."""
_UNLIKE = 0.3
"""Bodies that have less than this in common are two cases, whatever their names."""

_CASES = """SELECT test_case.id, suite.name, test_case.name, params, body.sketch,
    (SELECT min(run_id) FROM attempt WHERE case_id = test_case.id), (SELECT max(run_id) FROM attempt WHERE case_id = test_case.id)
    FROM test_case JOIN suite ON suite.id = test_case.suite_id LEFT JOIN body ON body.case_id = test_case.id"""
_NEWEST = "SELECT suite.name, max(run_id) FROM run_total JOIN suite ON suite.id = run_total.suite_id GROUP BY suite.name"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameRow:
    """A proposal: ``old`` has not been seen since ``new`` came.

    Attributes:
        old: ``suite::name``, or with parameters when only those differ.
        new: The same of the case that looks like it.
        score: How sure that is, from 0 to 1.
        name_likeness: How alike the names are, from 0 to 1.
        body_likeness: How much the bodies have in common; ``None`` when one is not known.
    """

    old: str
    new: str
    score: float
    name_likeness: float
    body_likeness: float | None


@dataclass(slots=True)
class _Family:
    """A case with all its parameters."""

    title: str
    params: frozenset[str]
    sketch: bytes
    first: int
    last: int


def find_renames(connection: Connection) -> Rows[RenameRow]:
    """Cases that are gone, each with the one that came after it and looks like it: names and bodies count, and no one else may be near.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    if not has_table(connection, "body"):
        return Rows()
    newest = dict(connection.execute(_NEWEST).fetchall())
    cases = [row for row in connection.execute(_CASES).fetchall() if row[5] is not None]
    families = _families(cases)
    gone = [one for one in families if one.last < newest.get(one.title.partition("::")[0], 0) or _suite_is_gone(one, families)]
    pairs = ((old, new) for old in gone for new in families if new.first > old.last and new.params == old.params)
    found = [row for old, new in pairs if (row := _compare(old, new)) is not None]
    return Rows(_best(sorted(found, key=lambda row: (-row.score, row.old))))


def _suite_is_gone(family: _Family, others: Iterable[_Family]) -> bool:
    suite = family.title.partition("::")[0]
    return all(one.last <= family.last for one in others if one.title.partition("::")[0] == suite)


def _families(cases: Iterable[Sequence[object]]) -> list[_Family]:
    grouped: dict[str, list[Sequence[object]]] = defaultdict(list)
    for row in cases:
        grouped[f"{row[1]}::{row[2]}"].append(row)
    return [
        _Family(
            title=title,
            params=frozenset(str(row[3]) for row in rows),
            sketch=next((bytes(row[4]) for row in rows if isinstance(row[4], bytes) and row[4]), b""),
            first=min(int(str(row[5])) for row in rows),
            last=max(int(str(row[6])) for row in rows),
        )
        for title, rows in grouped.items()
    ]


def _compare(old: _Family, new: _Family) -> RenameRow | None:
    body = likeness(old.sketch, new.sketch)
    if body is not None and body < _UNLIKE:
        return None
    matcher = difflib.SequenceMatcher(None, old.title, new.title, autojunk=False)
    if body is None and (matcher.quick_ratio() < _NAME_ALONE or _own_likeness(old.title, new.title) < _NAME_ALONE):
        return None
    name = matcher.ratio()
    # A body that stays the same says more than a name that changes little: numbered tests have names that are nearly the same.
    score = _NAME_ALONE * name if body is None else 0.75 * body + 0.25 * name
    if score < (_NAME_ALONE * _NAME_ALONE if body is None else _ENOUGH):
        return None
    return RenameRow(old=old.title, new=new.title, score=score, name_likeness=name, body_likeness=body)


def _own_likeness(old: str, new: str) -> float:
    """How alike the last parts of two names are: tests of one file have the rest in common."""
    first, second = (re.split(r"\.|::", title)[-1] for title in (old, new))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()


def _best(rows: Iterable[RenameRow]) -> list[RenameRow]:
    """The proposals, surest first, whose two cases are in no other one that is nearly as sure."""
    found = list(rows)
    return [row for row in found if all(row.score - other.score >= _MARGIN for other in found if other is not row and _share(row, other))]


def _share(one: RenameRow, other: RenameRow) -> bool:
    return one.old == other.old or one.new == other.new
