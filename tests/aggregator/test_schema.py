"""The tables go from version to version without losing anything, and the views are as documented."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from maestro_fabric.aggregator.database import open_database, version_of
from maestro_fabric.aggregator.records import MARKS, STATUSES
from maestro_fabric.aggregator.schema import APPLICATION_ID, MIGRATIONS, VIEWS, Migration
from maestro_fabric.errors import StoreError
from maestro_fabric.model import Mark, Status
from maestro_fabric.testing import FakeClock

DOCS = Path(__file__).parents[2] / "docs" / "store.md"
NEWEST = MIGRATIONS[-1].version
NEXT = (*MIGRATIONS, Migration(NEWEST + 1, ("ALTER TABLE test_case ADD COLUMN note TEXT NOT NULL DEFAULT 'none'",)))
BROKEN = (*MIGRATIONS, Migration(NEWEST + 1, ("ALTER TABLE test_case ADD COLUMN note TEXT", "SELECT * FROM nowhere")))


def opened(store, migrations):
    return closing(open_database(store, clock=FakeClock(), patience_s=1.0, migrations=migrations))


@pytest.fixture
def old_store(drive, store):
    drive.start()
    drive.whole("buy")
    drive.end()
    drive.writer.close()
    return store


def test_an_older_store_is_backed_up_and_migrated(old_store, ask):
    with opened(old_store, NEXT) as connection:
        assert version_of(connection) == NEWEST + 1
        assert connection.execute("SELECT name, note FROM test_case").fetchall() == [("buy", "none")]

    backup = old_store.with_name(f"history.db.backup-v{NEWEST}")
    assert ask("SELECT name FROM results", path=backup) == [("buy",)]
    assert ask("PRAGMA user_version", path=backup) == [(NEWEST,)]


def test_a_migration_that_fails_leaves_the_store_as_it_was(old_store, ask):
    with pytest.raises(StoreError, match="no such table: nowhere"), opened(old_store, BROKEN):
        pass

    assert ask("PRAGMA user_version") == [(NEWEST,)]
    assert "note" not in [row[1] for row in ask("PRAGMA table_info(test_case)")]
    with opened(old_store, NEXT) as connection:  # and nothing stands in the way of the next try
        assert version_of(connection) == NEWEST + 1


def test_a_new_store_is_marked_as_ours_and_leaves_no_backup(drive, store, ask):
    assert ask("PRAGMA application_id") == [(APPLICATION_ID,)]
    assert not list(store.parent.glob("*backup*"))


def test_migrations_are_numbered_without_gaps():
    assert [migration.version for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_every_status_and_mark_has_a_code():
    assert set(STATUSES) == set(Status)
    assert set(MARKS) == set(Mark)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_exactly_the_documented_columns(drive, store, view):
    section = DOCS.read_text().split(f"\n### `{view}`")[1].split("\n##")[0]
    documented = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)

    with closing(sqlite3.connect(store)) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({view})")]
    assert documented == columns
