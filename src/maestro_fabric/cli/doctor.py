"""``maestro doctor``: what this machine has, and what to do about what it lacks."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from maestro_fabric.cli.browser_setup import install_browser, install_driver
from maestro_fabric.cli.machine import Check, State, examine
from maestro_fabric.errors import PluginError

__all__ = ["COMMANDS", "doctor"]

_SIGNS = {State.OK: "✓", State.ABSENT: "–", State.BROKEN: "✗"}


@click.command()
@click.option(
    "--store", type=click.Path(path_type=Path), default=Path(".maestro/history.db"), show_default=True, help="The history to look at."
)
@click.option("--browser", metavar="PATH", default=None, help="Look at this browser first, as browser.executable in a config does.")
@click.option(
    "--install-browser", "must_install", is_flag=True, help="Get a Chromium when there is none that starts, and its driver for Selenium."
)
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(*, store: Path, browser: str | None, must_install: bool, quiet: bool, as_json: bool) -> None:
    """Show what this machine has, and what to do about what it lacks.

    The exit status is 0 when everything needed is there, 1 otherwise.
    """
    if must_install:
        _install()
    checks = examine(store=store, executable=browser, environ=os.environ)
    is_well = all(check.state is not State.BROKEN for check in checks)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "findings": [dataclasses.asdict(check) for check in checks]}, indent=2))
    else:
        shown = [check for check in checks if not quiet or check.state is State.BROKEN]
        click.echo("".join(f"{line}\n" for line in _rows(shown)), nl=False)
    if not is_well:
        raise click.exceptions.Exit(1)


def _install() -> None:
    def say(line: str) -> None:
        click.echo(line, err=True)

    try:
        browser = install_browser(environ=os.environ, say=say)
    except PluginError as error:
        raise click.ClickException(str(error)) from error
    try:
        install_driver(browser, environ=os.environ, say=say)
    except PluginError as error:
        # Journeys on Playwright run without; Selenium's are blocked and say the same.
        say(str(error))


def _rows(checks: Sequence[Check]) -> Iterator[str]:
    width = max((len(check.name) for check in checks), default=0)
    for section, members in groupby(checks, key=lambda check: check.section):
        yield section
        for check in members:
            yield f"  {_SIGNS[check.state]} {check.name:<{width}}  {check.value}"
            if check.mend and check.state is not State.OK:
                yield from (f"    {' ' * width}  {line}" for line in check.mend.splitlines())


COMMANDS = [doctor]
