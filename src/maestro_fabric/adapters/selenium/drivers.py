"""Finds a driver for a browser on this machine; nothing is imported from Selenium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maestro_fabric.adapters.browser.versions import major_version, version_answer

__all__ = ["DRIVERS", "FoundDriver", "driver_help", "drivers_folder", "find_driver"]

DRIVERS: Mapping[str, str] = {"chromium": "chromedriver", "firefox": "geckodriver"}
"""The driver's program by the engine."""

# Selenium's own name first, then what CI images and other tools set; CHROMEWEBDRIVER is a folder.
_OWN_VARIABLE = "MAESTRO_DRIVER"
_VARIABLES = {
    "chromium": (_OWN_VARIABLE, "SE_CHROMEDRIVER", "CHROMEDRIVER", "CHROMEDRIVER_PATH", "CHROMEWEBDRIVER"),
    "firefox": ("SE_GECKODRIVER", "GECKODRIVER", "GECKODRIVER_PATH", "GECKOWEBDRIVER"),
}


@dataclass(frozen=True, slots=True)
class FoundDriver:
    """A driver's program, and where it was found.

    Attributes:
        path: The program.
        source: ``config``, a variable's name, ``PATH`` or ``maestro``.
        skipped: Of those that would have come first, why they were not taken.
    """

    path: Path
    source: str
    skipped: tuple[str, ...] = ()


def find_driver(engine: str, configured: str | None, environ: Mapping[str, str], *, browser: Path | None = None) -> FoundDriver | None:
    """The driver to use, the first of: configured, named by the environment, on the path, fetched by ``maestro doctor``.

    Of several, one whose major version is another than the browser's is skipped: a chromedriver takes its own version only. A
    configured one, one that is alone, and one that ``MAESTRO_DRIVER`` names but that is not there are returned whatever they are, so
    that starting them says what is wrong.

    Args:
        engine: ``chromium`` or ``firefox``.
        configured: ``browser.driver`` of the config.
        environ: The environment variables.
        browser: The Chromium that it is for; without, no versions are compared.
    """
    if configured:
        return FoundDriver(Path(configured).expanduser(), "config")
    found = _each_once(_candidates(engine, environ))
    if engine != "chromium" or browser is None or len(found) < 2:
        return found[0] if found else None
    return _fitting(found, major_version(version_answer(str(browser))))


def driver_help(engine: str) -> str:
    """One line that says how to get such a driver."""
    name = DRIVERS[engine]
    if engine == "chromium":
        return (
            f"no {name} was found: run `maestro doctor --install-browser`, or install the browser's own version of it, "
            "or name one with browser.driver or MAESTRO_DRIVER"
        )
    return f"no {name} was found: install it (github.com/mozilla/geckodriver/releases), or name one with browser.driver or SE_GECKODRIVER"


def drivers_folder(environ: Mapping[str, str]) -> Path:
    """Where ``maestro doctor`` keeps drivers that it fetched."""
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "maestro" / "drivers"


def _fitting(found: Sequence[FoundDriver], wanted: str) -> FoundDriver:
    """The first of the browser's version; the first of all when none is, or the browser does not tell its own."""
    skipped: list[str] = []
    for driver in found:
        if driver.source == _OWN_VARIABLE and not driver.path.exists():
            return driver
        version = major_version(version_answer(str(driver.path)))
        if not wanted or version == wanted:
            return replace(driver, skipped=tuple(skipped))
        what = f"is version {version}" if version else "does not say its version"
        skipped.append(f"{driver.path} (from {driver.source}) {what}, the browser {wanted}")
    return found[0]


def _each_once(found: Iterable[FoundDriver]) -> list[FoundDriver]:
    """Without those that were found twice: asking one for its version and the browser for its own takes a fifth of a second."""
    known: dict[Path, FoundDriver] = {}
    for driver in found:
        known.setdefault(driver.path.resolve(), driver)
    return list(known.values())


def _candidates(engine: str, environ: Mapping[str, str]) -> Iterator[FoundDriver]:
    name = DRIVERS[engine]
    for variable in _VARIABLES[engine]:
        if value := environ.get(variable):
            path = Path(value).expanduser()
            yield FoundDriver(path / name if path.is_dir() else path, variable)
    if found := shutil.which(name, path=environ.get("PATH")):
        yield FoundDriver(Path(found), "PATH")
    own = drivers_folder(environ) / name
    if own.is_file() and os.access(own, os.X_OK):
        yield FoundDriver(own, "maestro")
