"""What this machine has: versions, extras, programs, the store. Each look gives checks; `doctor` shows them."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from maestro_fabric.adapters.browser.find import browser_help, find_browser, is_installed
from maestro_fabric.adapters.browser.versions import version_answer
from maestro_fabric.adapters.node.find import installed_version
from maestro_fabric.adapters.selenium.drivers import DRIVERS, driver_help, find_driver
from maestro_fabric.aggregator.database import connect_to_read, version_of
from maestro_fabric.errors import StoreError

__all__ = ["Check", "State", "examine"]

DISTRIBUTION = "pytest-maestro"


class State(StrEnum):
    """What a check means."""

    OK = "ok"
    ABSENT = "absent"  # not there, and nothing needs it yet
    BROKEN = "broken"  # needed, and missing or not working


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        section: The heading it belongs to.
        name: What it is.
        state: What that means.
        value: What was found: a version, a path, a sentence.
        mend: The command or act that mends it; empty when there is nothing to do.
    """

    section: str
    name: str
    state: State
    value: str
    mend: str = ""


def examine(*, store: Path, executable: str | None, environ: Mapping[str, str]) -> list[Check]:
    """Everything a run depends on, in the order in which a person reads it.

    Args:
        store: Where the history is, or will be.
        executable: The browser that a config names, if any.
        environ: The environment, for ``MAESTRO_BROWSER`` and the path.
    """
    return [
        *_look_at_versions(),
        *_look_at_extras(),
        *_look_at_browsers(executable, environ),
        *_look_at_programs(executable, environ),
        *_look_at_store(store),
        _look_at_platform(),
    ]


def _look_at_versions() -> Iterator[Check]:
    # `requires-python` holds since pip keeps it; it can only be broken by running the sources by hand.
    yield Check(section="Versions", name="Python", state=State.OK, value=f"{platform.python_version()} ({sys.executable})")
    yield Check(section="Versions", name=DISTRIBUTION, state=State.OK, value=metadata.version(DISTRIBUTION))
    for requirement in _requirements(extra=""):
        yield _judge(requirement, section="Versions", needed=True, mend=f"pip install --upgrade '{requirement}'")


def _look_at_extras() -> Iterator[Check]:
    extras = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ()
    for extra in (name for name in extras if name != "all"):  # `all` names the others again
        for requirement in _requirements(extra=extra):
            yield _judge(requirement, section="Extras", needed=False, mend=f"pip install '{DISTRIBUTION}[{extra}]'")


def _requirements(*, extra: str) -> Iterator[Requirement]:
    """What the package requires always (``extra`` empty), or what one extra adds."""
    for text in metadata.requires(DISTRIBUTION) or ():
        requirement = Requirement(text)
        always = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        applies = always if not extra else not always and requirement.marker is not None and requirement.marker.evaluate({"extra": extra})
        if applies:
            requirement.marker = None
            yield requirement


def _judge(requirement: Requirement, *, section: str, needed: bool, mend: str) -> Check:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        state = State.BROKEN if needed else State.ABSENT
        return Check(section=section, name=requirement.name, state=state, value="not installed", mend=mend)
    if not requirement.specifier.contains(version, prereleases=True):
        value = f"{version}, but {requirement.specifier} is needed"
        return Check(section=section, name=requirement.name, state=State.BROKEN, value=value, mend=mend)
    return Check(section=section, name=requirement.name, state=State.OK, value=version)


def _look_at_browsers(executable: str | None, environ: Mapping[str, str]) -> Iterator[Check]:
    # Journeys run on chromium unless a suite says otherwise: only its absence is a fault, and only where Playwright is there.
    has_playwright = is_installed("playwright")
    for engine in ("chromium", "firefox", "webkit"):
        needed = engine == "chromium" and has_playwright
        found = find_browser(engine, executable if engine == "chromium" else None, environ)
        if found is None:
            state = State.BROKEN if needed else State.ABSENT
            mend = browser_help(engine) if has_playwright else ""
            yield Check(section="Browsers", name=engine, state=state, value="not found", mend=mend)
        elif (answer := version_answer(str(found.path))) is None:
            value = f"{found.path} (from {found.source}) does not start"
            yield Check(section="Browsers", name=engine, state=State.BROKEN, value=value, mend=f"run {found.path} --version to see why")
        else:
            yield Check(section="Browsers", name=engine, state=State.OK, value=f"{answer}: {found.path} (from {found.source})")


def _look_at_programs(executable: str | None, environ: Mapping[str, str]) -> Iterator[Check]:
    has_selenium = is_installed("selenium")
    browser = find_browser("chromium", executable, environ)
    for engine, name in DRIVERS.items():
        found = find_driver(engine, None, environ, browser=browser.path if browser is not None else None)
        mend = driver_help(engine) if has_selenium and engine == "chromium" else ""
        if found is None:
            yield Check(section="Drivers", name=name, state=State.ABSENT, value="not found", mend=mend)
        else:
            source = f" (from {found.source})" + "".join(f"; not used: {reason}" for reason in found.skipped)
            yield _program("Drivers", name, str(found.path), source)
    for name in ("node", "npm"):
        path = shutil.which(name, path=environ.get("PATH"))
        if path is None:
            yield Check(section="JavaScript", name=name, state=State.ABSENT, value="not found")
        else:
            yield _program("JavaScript", name, path)
    for package in ("jest", "vitest", "@cucumber/cucumber"):
        version = installed_version(package, Path.cwd())
        state, value = (State.ABSENT, "not installed for this folder") if version is None else (State.OK, version)
        yield Check(section="JavaScript", name=package, state=state, value=value)


def _program(section: str, name: str, path: str, source: str = "") -> Check:
    answer = version_answer(path)
    if answer is None:
        return Check(section=section, name=name, state=State.ABSENT, value=f"{path}{source} does not start")
    return Check(section=section, name=name, state=State.OK, value=f"{answer}: {path}{source}")


def _look_at_store(path: Path) -> Iterator[Check]:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not path.exists():
        yield _writable(path, folder, value=f"{path} (made by the first run)")
        return
    try:
        # Only looked at: opening it as a history would end the runs of killed processes.
        with closing(connect_to_read(path)) as connection:
            version = version_of(connection)
    except StoreError as error:
        yield Check(section="Store", name="history", state=State.BROKEN, value=str(path), mend=str(error))
        return
    yield _writable(path, folder, value=f"{path}, schema {version}, {_size(path.stat().st_size)}")


def _writable(path: Path, folder: Path, *, value: str) -> Check:
    blocked = next((place for place in (path, folder) if place.exists() and not os.access(place, os.W_OK)), None)
    if blocked is None:
        return Check(section="Store", name="history", state=State.OK, value=value)
    mend = f"make {blocked} writable, or name another store with --maestro-store"
    return Check(section="Store", name="history", state=State.BROKEN, value=f"{value}, not writable", mend=mend)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


_PROMISES = {
    "Linux": "whatever a run starts ends with it, also after kill -9, daemons included",
    "Darwin": "whatever a run starts ends with it by process groups; a program that leaves its group may stay",
}


def _look_at_platform() -> Check:
    system = platform.system()
    promise = _PROMISES.get(system, "runs, without the promise that whatever a run starts ends with it")
    return Check(section="Platform", name=f"{system} {platform.machine()}", state=State.OK, value=promise)
