"""The folder of a run's evidence: safe from other runs while it is used, and what it holds at the end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from maestro_fabric.folders import make_folder
from maestro_fabric.life_lock import LifeLock, is_held

__all__ = ["Kept", "take_folder", "whats_kept"]

# Evidence lies in <suite>/<case>/<attempt>; what lies higher is written by services and programs while they run.
_LEAST_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run's folder holds.

    Attributes:
        has_evidence: Whether there is evidence of a case.
        logs: The logs with something in them: whose (``service web``, ``suite unit``), and the file; sorted.
    """

    has_evidence: bool
    logs: tuple[tuple[str, Path], ...]


def take_folder(folder: Path, *, keep_runs: int) -> Callable[[], None]:
    """Keep a run's folder from the tidying of other runs, and remove those of older runs that have ended.

    Args:
        folder: ``<artifacts>/<run id>``; it need not be there yet.
        keep_runs: How many runs' folders remain, with this one.

    Returns:
        What gives the folder back when the run has ended.
    """
    artifacts = folder.parent
    lock: LifeLock | None = None
    # Where no lock can be made, nothing can be kept or removed either, and the run goes on without.
    with suppress(OSError):
        make_folder(artifacts.parent)
        lock = LifeLock(artifacts, folder.name)
    # Run ids sort by time. Anything else in the folder is not ours.
    older = sorted(path for path in artifacts.glob("*-*-7*-*-*") if path.is_dir() and path.name < folder.name)
    for path in older[: max(0, len(older) - keep_runs + 1)]:
        if not is_held(artifacts, path.name):
            shutil.rmtree(path, ignore_errors=True)
    return lock.release if lock is not None else _nothing


def whats_kept(folder: Path) -> Kept:
    """What a run's folder holds; nothing when it is not there."""
    logs = [(_whose(path, folder), path) for path in (*folder.glob("service-*.log"), *folder.glob("*/*.log")) if path.stat().st_size]
    return Kept(has_evidence=_has_file_below(folder), logs=tuple(sorted(logs)))


def _whose(path: Path, folder: Path) -> str:
    return f"service {path.stem.removeprefix('service-')}" if path.parent == folder else f"suite {path.stem}"


def _has_file_below(folder: Path) -> bool:
    return any(files and len(Path(where).relative_to(folder).parts) >= _LEAST_DEPTH for where, _, files in os.walk(folder))


def _nothing() -> None:
    """There is no lock to give back."""
