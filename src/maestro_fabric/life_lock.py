"""A lock of the operating system that says that a process lives: it is free as soon as the process is gone, however it ended."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["LifeLock", "is_held"]


class LifeLock:
    """Held from the making until `release`, or until the process dies.

    Args:
        store: The database in which the holder is named; the lock lies in the folder ``<store>.locks`` beside it.
        holder: Who lives: a run, a process.

    Raises:
        OSError: when the file cannot be made.
    """

    def __init__(self, store: Path, holder: str) -> None:
        self._path = lock_path(store, holder)
        self._file = _make(self._path)
        _lock(self._file)

    def release(self) -> None:
        """Free the lock and remove its file; a second call does nothing."""
        if self._file < 0:
            return
        # The file goes first: nobody can take the lock of a file that is about to vanish and believe it to be the holder's.
        with suppress(OSError):
            self._path.unlink()
        os.close(self._file)
        self._file = -1
        with suppress(OSError):
            self._path.parent.rmdir()  # fails while others have theirs in it

    def disown(self) -> None:
        """In a forked child: let go of what it inherited, so that the lock is held by the parent's life alone."""
        os.close(self._file)
        self._file = -1


def _make(path: Path) -> int:
    while True:
        path.parent.mkdir(exist_ok=True)
        # Another holder that has just ended may remove the folder in between, hence the loop.
        with suppress(FileNotFoundError):
            # Not inheritable (Python's default), so that a server or browser left over by a killed holder does not hold it.
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def is_held(store: Path, holder: str) -> bool:
    """Whether a living process holds the lock of a holder. The file of a dead one is removed."""
    path = lock_path(store, holder)
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # not ours to judge
    try:
        _lock(file)
    except OSError:
        return True
    else:
        with suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(file)


def lock_path(store: Path, holder: str) -> Path:
    """Where a run's lock lies."""
    return store.with_name(f"{store.name}.locks") / f"{holder}.lock"


if sys.platform == "win32":  # pragma: no cover - not one of the supported platforms, kept working as far as it goes
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
