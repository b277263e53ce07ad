"""One lock of the operating system a run: it is free as soon as the process is gone, however it ended."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["RunLock", "is_held"]


class RunLock:
    """Held from the making until `release`, or until the process dies.

    Args:
        store: The store's file; the lock lies in the folder ``<store>.locks`` beside it.
        run_id: The run it stands for.

    Raises:
        OSError: when the file cannot be made.
    """

    def __init__(self, store: Path, run_id: str) -> None:
        self._path = lock_path(store, run_id)
        self._file = _make(self._path)
        _lock(self._file)

    def release(self) -> None:
        """Free the lock and remove its file; a second call does nothing."""
        if self._file < 0:
            return
        # The file goes first: nobody can take the lock of a file that is about to vanish and believe it to be the run's.
        with suppress(OSError):
            self._path.unlink()
        os.close(self._file)
        self._file = -1
        with suppress(OSError):
            self._path.parent.rmdir()  # fails while other runs have theirs in it


def _make(path: Path) -> int:
    while True:
        path.parent.mkdir(exist_ok=True)
        # Another run that has just ended may remove the folder in between, hence the loop.
        with suppress(FileNotFoundError):
            # Not inheritable (Python's default), so that a server or browser left over by a killed run does not hold it.
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)


def is_held(store: Path, run_id: str) -> bool:
    """Whether a living process holds the run's lock. The file of a dead one is removed."""
    path = lock_path(store, run_id)
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


def lock_path(store: Path, run_id: str) -> Path:
    """Where a run's lock lies."""
    return store.with_name(f"{store.name}.locks") / f"{run_id}.lock"


if sys.platform == "win32":  # pragma: no cover - not one of the supported platforms, kept working as far as it goes
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
