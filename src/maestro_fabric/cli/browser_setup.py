"""Get a browser onto this machine: Playwright's own download first, then Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from maestro_fabric.adapters.browser.find import browser_help, find_browser
from maestro_fabric.cli.machine import browser_answer
from maestro_fabric.errors import PluginError

__all__ = ["install_browser"]

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


def _working_browser(environ: Mapping[str, str]) -> str | None:
    found = find_browser("chromium", None, environ)
    return str(found.path) if found is not None and browser_answer(str(found.path)) is not None else None


def _ways(environ: Mapping[str, str]) -> Iterator[tuple[str, Sequence[Sequence[str]]]]:
    may_use_apt = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get", path=environ.get("PATH")) is not None
    playwright = (sys.executable, "-m", "playwright")
    yield "downloading Playwright's Chromium", [(*playwright, "install", "chromium")]
    if may_use_apt:
        if find_browser("chromium", None, environ) is not None:
            yield "installing the libraries that the browser needs", [(*playwright, "install-deps", "chromium")]
        install = (*_APT, "install", "--yes", "--no-install-recommends", "chromium-headless-shell")
        yield "installing Debian's chromium-headless-shell", [(*_APT, "update"), install]


def _run_all(commands: Sequence[Sequence[str]]) -> Iterator[str]:
    """Run commands, whatever becomes of each; gives the last line of what the failing ones said."""
    for command in commands:
        try:
            finished = subprocess.run(  # noqa: S603 - the constant commands above
                command,
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
