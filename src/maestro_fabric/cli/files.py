"""``maestro validate``, ``schema`` and ``plan``: what a config says, before anything runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
from rich.console import Console

from maestro_fabric.cli.options import config_options, errors_told
from maestro_fabric.cli.planned import plan_as_data, print_plan
from maestro_fabric.cli.planned_policies import print_step_policy
from maestro_fabric.compose import load_config, prepare, whats_missing
from maestro_fabric.compose.preparing import quarantine_of
from maestro_fabric.config.schema import json_schema
from maestro_fabric.plugins import load_plugins

__all__ = ["COMMANDS", "plan", "schema", "validate"]


@click.command()
@config_options
def validate(*, file: Path, environment: str | None, variables: dict[str, str]) -> None:
    """Check FILE; say everything that is wrong with it, and exit with 2 when something is."""
    with errors_told():
        plugins = load_plugins()
        loaded = load_config(file, environment=environment, variables=variables, environ=os.environ, plugins=plugins)
        missing = whats_missing(loaded, plugins=plugins, environ=os.environ)
        known = quarantine_of(loaded)
    for line in missing:
        click.echo(f"warning: this machine cannot run it: {line}", err=True)
    for entry in known.expired:
        click.echo(f"warning: {entry.place}: the quarantine of {entry.case!r} ended on {entry.until}: a run of it will fail", err=True)
    suites = loaded.config.suites
    click.echo(f"{file}: {len(suites)} suite{'s' if len(suites) != 1 else ''}, no problems")


@click.command()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead of printing it.")
def schema(*, output: Path | None) -> None:
    """Print the JSON Schema of qa.yaml with the suites of all installed adapters.

    An editor uses it after the line `# yaml-language-server: $schema=./maestro.schema.json` at the top of the file.
    """
    text = json.dumps(json_schema(load_plugins().suite_models), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@click.command()
@config_options
@click.option("--steps", "with_steps", is_flag=True, help="Show each case's parameters and steps too; JSON always has them.")
@click.option("--step", type=(str, str), metavar="CASE NUMBER", help="Show the effective policy of one step, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(
    *, file: Path, environment: str | None, variables: dict[str, str], with_steps: bool, step: tuple[str, str] | None, as_json: bool
) -> None:
    """Show the cases of FILE, the values with where each came from, the policies, and the worst case in attempts and time."""
    with errors_told():
        prepared = prepare(file, environment=environment, variables=variables, environ=os.environ)
        if step is not None:
            print_step_policy(Console(highlight=False, markup=False, emoji=False), prepared.plan, *step)
            return
    if as_json:
        click.echo(json.dumps(plan_as_data(prepared), indent=2, ensure_ascii=False, default=str))
    else:
        print_plan(prepared, with_steps=with_steps)


COMMANDS = [validate, schema, plan]
