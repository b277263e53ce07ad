"""``maestro plugins``: what the entry points bring."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from maestro_fabric.plugins import PluginInfo, load_plugins

__all__ = ["COMMANDS", "plugins"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plugins(*, as_json: bool) -> None:
    """List the plugins with version and origin, and what each brings: adapters, hooks. The exit status is 1 when one of them is broken."""
    loaded = load_plugins()
    if as_json:
        click.echo(json.dumps({"plugins": [asdict(info) for info in loaded.found], "warnings": loaded.warnings}, indent=2))
    else:
        for line in _rows(loaded.found):
            click.echo(line)
        for line in loaded.warnings:
            click.echo(f"warning: {line}", err=True)
    if loaded.warnings:
        raise click.exceptions.Exit(1)


def _rows(found: Sequence[PluginInfo]) -> Iterator[str]:
    name_width = max((len(info.name) for info in found), default=0)
    package_width = max((len(info.package) for info in found), default=0)
    for info in found:
        yield f"{info.name:<{name_width}}  {info.package or '-':<{package_width}}  {_what(info)}"


def _what(info: PluginInfo) -> str:
    if info.problem:
        return f"broken: {info.problem} ({info.entry_point})"
    adapters = ", ".join(f"{name} (api {api})" for name, api in zip(info.adapters, info.api, strict=True))
    parts = [f"adapter{'s' if len(info.adapters) > 1 else ''} {adapters}"] if adapters else []
    hooks = [hook for hook in info.hooks if hook != "maestro_adapters"]
    parts += [f"hook{'s' if len(hooks) > 1 else ''} {', '.join(hooks)}"] if hooks else []
    return f"{'; '.join(parts) or 'nothing'} ({info.entry_point})"


COMMANDS = [plugins]
