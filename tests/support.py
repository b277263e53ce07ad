"""What tests of processes share: waiting for a condition, and finding what is left of a program."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

SHOP = Path(__file__).parents[1] / "examples" / "shop"
_OF_THE_TESTS = ("PYTEST_", "MAESTRO_", "SHOP_", "COV_", "COVERAGE_")

# What a pytest that a test starts can do without. To load them takes three times as long as all the rest of its start.
STRANGERS = ("randomly", "asyncio", "anyio", "hypothesispytest", "pytest-bdd", "pytest_cov", "playwright")
WITHOUT_STRANGERS = " ".join(f"-p no:{name}" for name in STRANGERS)


def environ_of_a_user(**more: str) -> dict[str, str]:
    """The environment of somebody's shell with this environment's programs, for whole programs that are tried from outside.

    It holds nothing that this run of tests has set. Coverage is not measured there: it would take as long as the programs
    themselves, and each line that these reach has a test of its own.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_TESTS) and name != "CI"}
    return own | {"PATH": path, **more}


def copy_of_the_shop(folder: Path) -> Path:
    """The example shop at another place, without what a run of it has left behind."""
    left_behind = shutil.ignore_patterns(".maestro", ".pytest_cache", "__pycache__", "node_modules")
    return Path(shutil.copytree(SHOP, folder, ignore=left_behind))


def wait_until(condition: Callable[[], T], *, within_s: float = 20.0, what: str = "") -> T:
    """The condition's first true value; the test fails when there is none in time."""
    give_up = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() >= give_up:
            pytest.fail(f"not within {within_s:g} s: {what or condition}")
        time.sleep(0.01)
    return value


def running_cases(store: Path) -> set[str]:
    """The cases that a store says are running, as ``suite::case``; it is read as another process would, without closing the run."""
    with contextlib.closing(sqlite3.connect(store)) as connection:
        rows = connection.execute(
            "SELECT suite.name || '::' || test_case.name FROM running"
            " JOIN test_case ON test_case.id = case_id JOIN suite ON suite.id = suite_id"
        )
        return {row[0] for row in rows}


def processes_with(marker: str) -> list[str]:
    """The running processes, this one apart, that hold a text in their command line or environment: number and command."""
    return [
        f"{folder.name} {_read(folder / 'cmdline')}"
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and int(folder.name) != os.getpid() and _holds(folder, marker)
    ]


def check_that_none_is_left(marker: str) -> None:
    """`wait_until_gone`, and what is left is killed, so that a failing test does not burden the next."""
    try:
        wait_until_gone(marker)
    finally:
        for line in processes_with(marker):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)


def wait_until_gone(marker: str, *, within_s: float = 20.0) -> None:
    """Return when no process holds the text; the test fails when one is left, and names it."""
    give_up = time.monotonic() + within_s
    while left := processes_with(marker):
        if time.monotonic() >= give_up:
            pytest.fail(f"still running after {within_s:g} s:\n" + "\n".join(left))
        time.sleep(0.02)


def _holds(folder: Path, marker: str) -> bool:
    # A process that only waits to be reaped has an empty command line and environment.
    return marker in _read(folder / "cmdline") or marker in _read(folder / "environ")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
