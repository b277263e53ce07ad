"""``maestro alias`` and ``renames``: a case under a new name keeps its history."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from datetime import UTC, datetime

import click

from maestro_fabric.aggregator.aliases import add_alias, list_aliases, remove_alias
from maestro_fabric.cli.options import errors_told
from maestro_fabric.cli.showing import Row, json_option, make_console, make_table, print_json, store_opened, store_option
from maestro_fabric.places import Place

__all__ = ["COMMANDS", "alias", "renames"]


@click.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--remove", is_flag=True, help="OLD is a case of its own again; what was recorded stays where it is.")
@store_option
@json_option
def alias(old: str | None, new: str | None, remove: bool, store: Place, as_json: bool) -> None:  # noqa: FBT001 - click calls it with names
    """Let the history of case OLD go on as that of NEW, which has run once, also for results that still come in as OLD.

    Without names: list the aliases.
    """
    if (old is None) != (new is None) and not remove:
        raise click.UsageError("name both cases: maestro alias OLD NEW; `maestro renames` proposes some")
    if remove and (old is None or new is not None):
        raise click.UsageError("name the old case only: maestro alias --remove OLD")
    with errors_told():
        if remove and old is not None:
            remove_alias(store, old)
            click.echo(f"{old} is a case of its own again")
            return
        rows = add_alias(store, old, new) if old is not None and new is not None else list_aliases(store)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif old is not None:
        for row in rows:
            click.echo(f"{row.old} goes on as {row.new}")
    elif rows:
        table: list[Row] = [(row.old, row.new, f"{datetime.fromtimestamp(row.made_ms / 1000, UTC):%Y-%m-%d}") for row in rows]
        make_console().print(make_table(("old name", "case", "since"), table))
    else:
        click.echo("there is no alias")


@click.command()
@store_option
@json_option
def renames(store: Place, as_json: bool) -> None:  # noqa: FBT001
    """Propose which cases were renamed: gone ones, each with a new one whose name and body are like its own. Nothing is changed."""
    with store_opened(store) as history:
        found = history.renames()
    if as_json:
        print_json([asdict(row) for row in found])
        return
    for row in found:
        body = "bodies not known" if row.body_likeness is None else f"bodies {row.body_likeness:.0%} alike"
        click.echo(f"# names {row.name_likeness:.0%}, {body}\nmaestro alias {shlex.quote(row.old)} {shlex.quote(row.new)}")
    if not found:
        click.echo("no case looks like one that is gone")


COMMANDS: list[click.Command] = [alias, renames]
