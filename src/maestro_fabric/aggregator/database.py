"""Opens the file of a store: made, checked, migrated, or refused with a sentence that says what to do."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.schema import APPLICATION_ID, MIGRATIONS, Migration
from maestro_fabric.errors import StoreError
from maestro_fabric.folders import make_folder
from maestro_fabric.places import Place

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["connect", "connect_to_read", "explain", "is_locked", "open_database", "transaction", "waiting"]

T = TypeVar("T")

_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
_BUSY_TIMEOUT_S = 0.02  # waited inside SQLite, so short: who waits longer does it outside, with the reporting thread free
_PAUSE_S = 0.05

_NO_SIDE_FILE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full: make room, or put the store elsewhere with --maestro-store",
    sqlite3.SQLITE_READONLY: "it cannot be written to: check the rights of the file and its folder, or put the store elsewhere",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: check that the path is a file and the rights of its folder",
    sqlite3.SQLITE_PERM: "there is no right to open it: check the rights of the file and its folder",
    sqlite3.SQLITE_NOTADB: "it is not an SQLite database: move it away, and a new store is begun",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: move it away (`sqlite3 FILE .recover` saves what can be saved), and a new store is begun",
    sqlite3.SQLITE_IOERR: "the disk did not answer as it should: check it, or put the store elsewhere",
    sqlite3.SQLITE_BUSY: "another program keeps it locked: close what has it open (a notebook in a transaction?), then try again",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked: close what has it open (a notebook in a transaction?), then try again",
}


def open_database(path: Path, *, clock: Clock, patience_s: float, migrations: Sequence[Migration] = MIGRATIONS) -> sqlite3.Connection:
    """A connection for the one writer: the file made or migrated when needed, and known to take writes.

    Args:
        path: The store; folders above it are made.
        clock: Waits while another program keeps the file locked.
        patience_s: For how long, in seconds.
        migrations: The steps to the newest schema, in order.

    Raises:
        StoreError: when the file cannot be used; the message says why and what to do.
    """
    check_sqlite()
    try:
        make_folder(path.parent)
    except OSError as error:
        raise StoreError(f"cannot make the folder of the store {str(path)!r}: {error.strerror}: choose another place") from error
    if path.is_dir():
        raise StoreError(f"the store {str(path)!r} is a folder: name a file in it, such as {str(path / 'history.db')!r}")
    try:
        return waiting(lambda: _open(path, migrations), clock=clock, patience_s=patience_s)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(explain(path, error)) from error


def waiting(attempt: Callable[[], T], *, clock: Clock, patience_s: float) -> T:
    """What ``attempt`` gives, tried again while the file is locked, for so many seconds."""
    give_up_at = clock.monotonic() + patience_s
    while True:
        try:
            return attempt()
        except sqlite3.OperationalError as error:
            if not is_locked(error) or clock.monotonic() >= give_up_at:
                raise
        clock.sleep(_PAUSE_S)


def connect(path: Path) -> sqlite3.Connection:
    """A connection that several threads may use one after the other, in WAL mode, with transactions made by hand."""
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL mode a commit survives the death of the process without a sync; only a power cut can take the newest ones.
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot change anything.

    Raises:
        StoreError: when there is no such store, or it cannot be read.
    """
    if not path.exists():
        near = "".join(f"; there is one in {found}" for found in _stores_near(path)[:1])
        raise StoreError(f"there is no store {str(path)!r} yet: a run with --maestro-store={path} makes it{near}")
    try:
        return _connect_to_read(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # WAL needs a file beside the store, also for reading. On a read-only disk where no writer has left one behind, the
        # store cannot change, and may be read without.
        if _primary_code(error) not in _NO_SIDE_FILE or path.with_name(f"{path.name}-wal").exists():
            raise StoreError(explain(path, error)) from error
    except sqlite3.Error as error:
        raise StoreError(explain(path, error)) from error
    try:
        return _connect_to_read(path, "immutable=1")
    except sqlite3.Error as error:
        raise StoreError(explain(path, error)) from error


def _stores_near(path: Path) -> list[Path]:
    """The stores of the files in folders below: the default place is beside qa.yaml, and people stand above it."""
    base = path.parent.parent if path.parent.name == ".maestro" else path.parent
    return sorted(found for depth in ("", "*/", "*/*/") for found in base.glob(f"{depth}.maestro/history.db"))


def _connect_to_read(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 5000")
        _check_origin(connection, path)
        if not version_of(connection):
            raise StoreError(f"the store {str(path)!r} is empty: a run with --maestro-store={path} fills it")
    except BaseException:
        connection.close()
        raise
    return connection


def check_sqlite() -> None:
    """Refuse an SQLite that is too old, or was built for one thread.

    Raises:
        StoreError: naming the build.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old for the store: 3.37 or newer is needed, so use a newer Python build")
    if sqlite3.threadsafety != 3:
        raise StoreError(f"this Python's SQLite was built for {sqlite3.threadsafety=}, the store needs 3 (serialized): use another build")


class transaction:  # noqa: N801 - reads as a statement: `with transaction(connection):`
    """A write transaction: committed at the end of the block, rolled back when it raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        # IMMEDIATE: a transaction that began by reading cannot wait for another writer, it fails at once.
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                with suppress(sqlite3.Error, StoreError):  # the first error is the one to tell; SQLite may have rolled back itself
                    self._connection.execute("ROLLBACK")


def is_locked(error: BaseException) -> bool:
    """Whether another connection is in the way, so that trying again can help."""
    return _primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def explain(path: Place, error: BaseException) -> str:
    """What is wrong with the store, and what to do about it."""
    code = _primary_code(error)
    if isinstance(path, Path) and code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR) and _is_full(path.parent):
        code = sqlite3.SQLITE_FULL  # SQLite says so when it cannot make the files beside the store
    advice = _ADVICE.get(code, "put the store elsewhere, or report this as a defect")
    return f"cannot use the store {str(path)!r}: {advice} ({error})"


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the schema; 0 in a new file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _open(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    is_new = not path.exists()
    connection = connect(path)
    try:
        _check_origin(connection, path, newest=migrations[-1].version)
        _migrate(connection, path, migrations)
        with transaction(connection):  # a write that changes nothing: a full disk or a missing right shows now, not in mid-run
            connection.execute(f"PRAGMA user_version = {migrations[-1].version}")
    except BaseException:
        connection.close()
        if is_new and path.exists() and not path.stat().st_size:
            path.unlink()
        raise
    return connection


def _check_origin(connection: sqlite3.Connection, path: Path, *, newest: int = MIGRATIONS[-1].version) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise StoreError(f"{str(path)!r} is the database of another program: choose another file for the store")
    version = version_of(connection)
    if version > newest:
        raise StoreError(
            f"the store {str(path)!r} has schema {version}, this pytest-maestro knows schemas up to {newest}: "
            "upgrade it (`pip install -U pytest-maestro`), or use another store"
        )


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    version = version_of(connection)
    if 0 < version < migrations[-1].version:
        _back_up(connection, path, version)
    for migration in migrations:
        if migration.version > version_of(connection):
            _apply(connection, migration)


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    with transaction(connection):
        if version_of(connection) >= migration.version:
            return  # another process was faster
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {migration.version}")


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Copy the store as it is; a copy that was broken off never has the backup's name."""
    backup = path.with_name(f"{path.name}.backup-v{version}")
    unfinished = path.with_name(f"{backup.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    copy = sqlite3.connect(unfinished)
    try:
        connection.backup(copy)
    finally:
        copy.close()
    unfinished.replace(backup)


def _primary_code(error: BaseException) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return int(code) & 0xFF if code is not None else 0


def _is_full(folder: Path) -> bool:
    try:
        usage = shutil.disk_usage(folder)
        return usage.total > 0 and usage.free < 65_536  # /proc has no room, and is not full
    except OSError:
        return False
