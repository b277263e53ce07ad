"""Get a browser, and the driver that Selenium needs, onto this machine: own downloads first, then Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from maestro_fabric.adapters.browser.find import browser_help, find_browser, is_installed
from maestro_fabric.adapters.browser.versions import major_version, version_answer
from maestro_fabric.adapters.selenium.drivers import DRIVERS, driver_help, drivers_folder, find_driver
from maestro_fabric.errors import PluginError

__all__ = ["install_browser", "install_driver"]

# A download of 180 MB over a slow line takes minutes; a machine without one answers within seconds.
_STEP_WITHIN_S = 600.0
_APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120")


def install_browser(*, environ: Mapping[str, str], say: Callable[[str], None]) -> str:
    """The path of a Chromium that starts: the one that is there, or else the first that can be installed.

    Args:
        environ: The environment, for ``MAESTRO_BROWSER`` and the path.
        say: Takes a line for the person who waits, before each thing that takes long.

    Raises:
        PluginError: when nothing worked, with what to do by hand.
    """
    if path := _working_browser(environ):
        return path
    if named := environ.get("MAESTRO_BROWSER"):
        raise PluginError(f"MAESTRO_BROWSER names {named!r}, which does not start: correct it, or unset it to have a browser installed")
    outputs: list[str] = []
    for title, commands in _ways(environ):
        say(f"No working browser yet: {title} …")
        outputs += [f"{title}: {output}" for output in _run_all(commands) if output]
        if path := _working_browser(environ):
            return path
    raise PluginError("\n".join([*outputs, browser_help("chromium")]))


def install_driver(browser: str, *, environ: Mapping[str, str], say: Callable[[str], None]) -> str | None:
    """The path of a driver of the browser's version: the one that is there, or else one that is fetched; ``None`` without Selenium.

    Debian's package is fetched and unpacked, not installed: it would bring a second, whole Chromium (300 MB).

    Args:
        browser: The path of a Chromium.
        environ: The environment, for ``MAESTRO_DRIVER`` and the path.
        say: Takes a line for the person who waits, before each thing that takes long.

    Raises:
        PluginError: when nothing worked, with what to do by hand.
    """
    if not is_installed("selenium"):
        return None
    wanted = major_version(version_answer(browser))
    if path := _working_driver(browser, wanted, environ):
        return path
    outputs: list[str] = []
    for title, fetch in (("fetching Debian's chromium-driver", _fetch_from_debian), ("asking Selenium Manager", _ask_selenium_manager)):
        say(f"No driver for this browser yet: {title} …")
        if problem := fetch(browser, wanted, environ):
            outputs.append(f"{title}: {problem}")
        elif path := _working_driver(browser, wanted, environ):
            return path
    raise PluginError("\n".join([*outputs, f"the browser is version {wanted}: {driver_help('chromium')}"]))


def _working_driver(browser: str, wanted: str, environ: Mapping[str, str]) -> str | None:
    found = find_driver("chromium", None, environ, browser=Path(browser))
    if found is None or major_version(version_answer(str(found.path))) != wanted:
        return None
    return str(found.path)


def _fetch_from_debian(browser: str, wanted: str, environ: Mapping[str, str]) -> str:
    """What went wrong; empty when the driver was kept."""
    if shutil.which("apt-get", path=environ.get("PATH")) is None or shutil.which("dpkg-deb", path=environ.get("PATH")) is None:
        return "there is no apt-get"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        problems = list(_run_all([["apt-get", "-qq", "download", "chromium-driver"]], cwd=folder))
        if problems and _is_root():
            problems = list(_run_all([(*_APT, "update"), ["apt-get", "-qq", "download", "chromium-driver"]], cwd=folder))
        packages = list(folder.glob("*.deb"))
        if not packages:
            return problems[0] if problems else "nothing came"
        if problem := "".join(_run_all([["dpkg-deb", "-x", str(packages[0]), str(folder / "unpacked")]])):
            return problem
        return _keep(folder / "unpacked" / "usr" / "bin" / DRIVERS["chromium"], wanted, environ)


def _ask_selenium_manager(browser: str, wanted: str, environ: Mapping[str, str]) -> str:
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.common.selenium_manager import SeleniumManager

    arguments = ["--browser", "chrome", "--browser-version", wanted, "--browser-path", browser, "--avoid-stats"]
    try:
        path = SeleniumManager().binary_paths(arguments)["driver_path"]
    except WebDriverException as error:
        return " ".join((error.msg or "").split())[:200]
    return _keep(Path(path), wanted, environ)


def _keep(program: Path, wanted: str, environ: Mapping[str, str]) -> str:
    found = major_version(version_answer(str(program)))
    if found != wanted:
        return f"it is version {found or 'unknown'}, the browser {wanted}"
    target = drivers_folder(environ) / DRIVERS["chromium"]
    target.parent.mkdir(parents=True, exist_ok=True)
    # In one go: another process may be starting the old one.
    shutil.copy2(program, target.with_suffix(".new"))
    target.with_suffix(".new").replace(target)
    return ""


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _working_browser(environ: Mapping[str, str]) -> str | None:
    found = find_browser("chromium", None, environ)
    return str(found.path) if found is not None and version_answer(str(found.path)) is not None else None


def _ways(environ: Mapping[str, str]) -> Iterator[tuple[str, Sequence[Sequence[str]]]]:
    may_use_apt = _is_root() and shutil.which("apt-get", path=environ.get("PATH")) is not None
    playwright = (sys.executable, "-m", "playwright")
    yield "downloading Playwright's Chromium", [(*playwright, "install", "chromium")]
    if may_use_apt:
        if find_browser("chromium", None, environ) is not None:
            yield "installing the libraries that the browser needs", [(*playwright, "install-deps", "chromium")]
        install = (*_APT, "install", "--yes", "--no-install-recommends", "chromium-headless-shell")
        yield "installing Debian's chromium-headless-shell", [(*_APT, "update"), install]


def _run_all(commands: Sequence[Sequence[str]], cwd: Path | None = None) -> Iterator[str]:
    """Run commands, whatever becomes of each; gives the last line of what the failing ones said."""
    for command in commands:
        try:
            finished = subprocess.run(  # noqa: S603 - the constant commands above
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_STEP_WITHIN_S,
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
        except subprocess.TimeoutExpired:
            yield f"gave no answer within {_STEP_WITHIN_S:g} s"
            continue
        lines = [line for line in finished.stdout.splitlines() if "rror" in line]
        if finished.returncode:
            yield lines[0].strip() if lines else f"exit status {finished.returncode}"
