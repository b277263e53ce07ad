"""``maestro plugins``: what the entry points bring."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from maestro_fabric.plugins import load_plugins

__all__ = ["COMMANDS", "plugins"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plugins(*, as_json: bool) -> None:
    """List the plugins and the adapters that they bring; the exit status is 1 when one of them is broken."""
    loaded = load_plugins()
    if as_json:
        click.echo(json.dumps({"plugins": [asdict(info) for info in loaded.found], "warnings": loaded.warnings}, indent=2))
    else:
        for info in loaded.found:
            what = (
                f"broken: {info.problem}"
                if info.problem
                else f"adapter{'s' if len(info.adapters) != 1 else ''} {', '.join(info.adapters) or 'none'}"
            )
            click.echo(f"{info.name:<14} {info.package or '-':<28} {what}")
        for line in loaded.warnings:
            click.echo(f"warning: {line}", err=True)
    if loaded.warnings:
        raise click.exceptions.Exit(1)


COMMANDS = [plugins]
