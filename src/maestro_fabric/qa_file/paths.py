"""Whether the files and folders that suites name are there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from maestro_fabric.config.findings import Finding
from maestro_fabric.config.models import Config, SuiteConfig
from maestro_fabric.config.nearest import nearest

__all__ = ["check_paths"]

_MOST_NAMES = 5_000
"""So many names of a folder are compared with a wrong one."""


def check_paths(config: Config, root: Path) -> Iterator[Finding]:
    """A finding for each path that a suite needs and that does not exist, with the nearest one that does.

    Args:
        config: Its suites' models say which keys hold such paths.
        root: The config's folder.
    """
    for index, suite in enumerate(config.suites):
        if suite.path_keys:
            yield from _check_suite(suite, root, ("suites", index))


def _check_suite(suite: SuiteConfig, root: Path, place: tuple[str | int, ...]) -> Iterator[Finding]:
    cwd = str(getattr(suite, "cwd", "."))
    if "${" in cwd:
        return  # known when the suite runs
    if not (root / cwd).is_dir():
        yield Finding((*place, "cwd"), f"the folder {cwd!r} does not exist", _hint(root, cwd))
        return
    for key in suite.path_keys:
        for number, written in enumerate(getattr(suite, key)):
            file, _, inside = written.partition("::")
            if "${" not in written and not (root / cwd / file).exists():
                yield Finding((*place, key, number), f"the path {file!r} does not exist", _hint(root / cwd, file, inside))


def _hint(folder: Path, written: str, inside: str = "") -> str:
    """The nearest path that exists, part by part; where nothing is near, the folder that was looked into."""
    here = folder
    for part in Path(written).parts:
        found = part if (here / part).exists() else nearest(part, _names(here))
        if not found:
            return f"looked for it in {here.resolve()}"
        here /= found
    mended = here.relative_to(folder).as_posix()
    return f"did you mean {f'{mended}::{inside}' if inside and here.is_file() else mended!r}?"


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in islice(folder.iterdir(), _MOST_NAMES))
    except OSError:
        return []
