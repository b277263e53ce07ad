"""``maestro push``: runs that a team's database does not have yet."""

from __future__ import annotations

import os
from pathlib import Path

import click

from maestro_fabric.aggregator import open_history
from maestro_fabric.aggregator.push import push_runs
from maestro_fabric.cli.options import EXIT_USAGE, errors_told
from maestro_fabric.cli.showing import STORE, json_option, many, print_json
from maestro_fabric.compose.preparing import load_config, place_of_config
from maestro_fabric.errors import ConfigError
from maestro_fabric.places import DatabaseUrl, Place, local_of

__all__ = ["COMMANDS", "push"]


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("qa.yaml"))
@click.option("--store", type=STORE, envvar="MAESTRO_STORE", show_envvar=True, help="The database; the one that FILE names otherwise.")
@click.option("--from", "local", type=click.Path(path_type=Path, dir_okay=False), help="The local history; the one beside FILE otherwise.")
@json_option
def push(file: Path, store: Place | None, local: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click calls it with names
    """Send the runs of the local history that the team's database does not have yet.

    A run is sent once, by its id; shards of one run become one run.
    """
    with errors_told():
        database = store if store is not None else place_of_config(load_config(file, environ=os.environ), os.environ)
        if not isinstance(database, DatabaseUrl):
            raise ConfigError(f"{database} is no database: name one by --store or store:, like postgresql://user@host/database")
        source = local or local_of(database, Path() if store is not None else file.parent)
        open_history(source).close()  # ends the runs whose process was killed, so that they are sent, too
        pushed = push_runs(source.absolute(), database)
    if as_json:
        print_json({"store": str(database), "from": str(source), "pushed_runs": pushed.added, "refused": list(pushed.refused)})
    else:
        click.echo(f"{database}: {many(pushed.added, 'run')} sent from {source}")
        for line in pushed.refused:
            click.echo(line, err=True)
    if pushed.refused:
        raise click.exceptions.Exit(EXIT_USAGE)


COMMANDS: list[click.Command] = [push]
