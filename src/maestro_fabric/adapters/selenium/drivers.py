"""Finds a driver for a browser on this machine; nothing is imported from Selenium, and nothing is started."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DRIVERS", "FoundDriver", "driver_help", "drivers_folder", "find_driver"]

DRIVERS: Mapping[str, str] = {"chromium": "chromedriver", "firefox": "geckodriver"}
"""The driver's program by the engine."""

# Selenium's own name first, then what CI images and other tools set; CHROMEWEBDRIVER is a folder.
_VARIABLES = {
    "chromium": ("MAESTRO_DRIVER", "SE_CHROMEDRIVER", "CHROMEDRIVER", "CHROMEDRIVER_PATH", "CHROMEWEBDRIVER"),
    "firefox": ("SE_GECKODRIVER", "GECKODRIVER", "GECKODRIVER_PATH", "GECKOWEBDRIVER"),
}


@dataclass(frozen=True, slots=True)
class FoundDriver:
    """A driver's program, and where it was found: ``config``, a variable's name, ``PATH`` or ``maestro``."""

    path: Path
    source: str


def find_driver(engine: str, configured: str | None, environ: Mapping[str, str]) -> FoundDriver | None:
    """The driver to use, the first of: configured, named by the environment, on the path, fetched by ``maestro doctor``.

    A configured or named one is returned even when it is missing, so that starting it says what is wrong with it.

    Args:
        engine: ``chromium`` or ``firefox``.
        configured: ``browser.driver`` of the config.
        environ: The environment variables.
    """
    if configured:
        return FoundDriver(Path(configured).expanduser(), "config")
    return next(_candidates(engine, environ), None)


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
