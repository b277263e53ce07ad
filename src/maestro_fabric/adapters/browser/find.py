"""Finds a browser on this machine without starting one."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["FoundBrowser", "browser_help", "find_browser", "is_installed"]

_SYSTEM_NAMES = {
    "chromium": ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome", "chromium-headless-shell"),
}
_SYSTEM_PATHS = {
    "chromium": (
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    ),
}
# Playwright's own folders, in the order of preference when nobody looks on, and the programs in them.
_DOWNLOADS = {
    "chromium": ("chromium-headless-shell", "chromium"),
    "firefox": ("firefox",),
    "webkit": ("webkit",),
}
_PROGRAMS = frozenset(
    {"headless_shell", "chrome-headless-shell", "chrome", "Chromium", "Google Chrome for Testing", "firefox", "pw_run.sh"}
)
_HEADLESS_ONLY = re.compile(r"headless[-_]shell")


@dataclass(frozen=True, slots=True)
class FoundBrowser:
    """A browser's program, and where it was found: ``config``, ``MAESTRO_BROWSER``, ``playwright`` or ``system``."""

    path: Path
    source: str


def find_browser(engine: str, configured: str | None, environ: Mapping[str, str], *, headed: bool = False) -> FoundBrowser | None:
    """The browser to use, the first of: configured, ``MAESTRO_BROWSER``, Playwright's own download, the system's.

    A configured one is returned even when it is missing or another engine's, so that starting it says what is wrong
    with it instead of silently using another.

    Args:
        engine: ``chromium``, ``firefox`` or ``webkit``. Playwright drives only its own builds of the latter two.
        configured: ``browser.executable`` of the config.
        environ: The environment variables.
        headed: Whether it must be able to show a window.
    """
    if configured:
        return FoundBrowser(Path(configured).expanduser(), "config")
    if environ.get("MAESTRO_BROWSER") and engine == "chromium":
        return FoundBrowser(Path(environ["MAESTRO_BROWSER"]).expanduser(), "MAESTRO_BROWSER")
    found = [*_downloaded(engine, environ), *_of_system(engine, environ)]
    if headed:
        found = [browser for browser in found if not _HEADLESS_ONLY.search(str(browser.path))]
    return found[0] if found else None


def browser_help(engine: str) -> str:
    """One line that says how to get such a browser."""
    if engine != "chromium":
        return f"no {engine} was found: run `python -m playwright install {engine}`"
    return (
        "no Chromium was found: run `python -m playwright install chromium`, or install Chrome or (Debian) "
        "`apt-get install chromium-headless-shell`, or name one with browser.executable or MAESTRO_BROWSER"
    )


def is_installed(package: str) -> bool:
    """Whether a package could be imported; nothing is."""
    return importlib.util.find_spec(package) is not None


def _downloaded(engine: str, environ: Mapping[str, str]) -> Iterator[FoundBrowser]:
    folder = _download_folder(environ)
    if folder is None or not folder.is_dir():
        return
    for name in _DOWNLOADS.get(engine, ()):
        revision = _revisions().get(name)
        if revision is None:
            continue
        # Folders are named chromium_headless_shell-1255; another revision speaks another protocol.
        home = folder / f"{name.replace('-', '_')}-{revision}"
        yield from (FoundBrowser(path, "playwright") for path in _programs(home))


def _programs(home: Path) -> Iterator[Path]:
    for depth in ("*", "*/*", "*/*/*/*", "*/*/*/*/*"):
        for path in sorted(home.glob(depth)):
            if path.name in _PROGRAMS and _is_program(path):
                yield path


def _download_folder(environ: Mapping[str, str]) -> Path | None:
    configured = environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if configured == "0":
        package = _playwright_folder()
        return None if package is None else package / "driver" / "package" / ".local-browsers"
    if configured:
        return Path(configured)
    home = Path(environ.get("HOME") or Path.home())
    candidates = (Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright", home / "Library" / "Caches" / "ms-playwright")
    return next((path for path in candidates if path.is_dir()), None)


@cache
def _revisions() -> Mapping[str, str]:
    package = _playwright_folder()
    listing = None if package is None else package / "driver" / "package" / "browsers.json"
    if listing is None or not listing.is_file():
        return {}
    return {entry["name"]: entry["revision"] for entry in json.loads(listing.read_text("utf-8"))["browsers"]}


def _playwright_folder() -> Path | None:
    spec = importlib.util.find_spec("playwright")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _of_system(engine: str, environ: Mapping[str, str]) -> Iterator[FoundBrowser]:
    for name in _SYSTEM_NAMES.get(engine, ()):
        path = shutil.which(name, path=environ.get("PATH"))
        if path is not None:
            yield FoundBrowser(Path(path), "system")
    yield from (FoundBrowser(path, "system") for path in _SYSTEM_PATHS.get(engine, ()) if _is_program(path))


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
