"""``maestro gate``: whether a run may be shipped."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click
from rich.text import Text

from maestro_fabric.aggregator import Window
from maestro_fabric.aggregator.gates import GateResult, judge_run
from maestro_fabric.cli.options import errors_told
from maestro_fabric.cli.showing import STORE, Row, json_option, make_console, make_table, print_json, store_opened
from maestro_fabric.cli.window_options import window_options
from maestro_fabric.places import Place

__all__ = ["COMMANDS", "gate"]

_MANY = 10


@click.command()
@click.argument("run", default="latest")
@click.option(
    "--config", "file", type=click.Path(path_type=Path), default=Path("qa.yaml"), show_default=True, help="The file with the gates."
)
@click.option("--store", type=STORE, envvar="MAESTRO_STORE", help="Another history than the config's.")
@click.option("--warn", is_flag=True, help="Tell, but exit with 0 all the same.")
@window_options(has_last=False)
@json_option
def gate(run: str, window: Window, file: Path, store: Place | None, warn: bool, as_json: bool) -> None:  # noqa: FBT001 - click's names
    """Judge RUN by the gates of the config; exit status 1 when one does not hold.

    'latest' is the newest run since that time and of that branch, when one is given.
    """
    from maestro_fabric.compose.preparing import load_config, place_of_config

    with errors_told():
        loaded = load_config(file, environ=os.environ)
        place = store or place_of_config(loaded, os.environ)
    with store_opened(place) as history:
        answers = judge_run(history, loaded.config.gates, run, window)
    if as_json:
        print_json([asdict(answer) for answer in answers])
    elif answers:
        make_console().print(make_table(("gate", "", "found", "allowed", "cases", "note"), [_row(answer) for answer in answers]))
    else:
        click.echo(f"{file} has no gates: write them under gates:, like gates: {{pass_rate: 98%, new_failures: 0}}")
    if not warn and not all(answer.has_passed for answer in answers):
        raise click.exceptions.Exit(1)


COMMANDS: list[click.Command] = [gate]


def _row(answer: GateResult) -> Row:
    verdict = Text("holds", style="green") if answer.has_passed else Text("broken", style="red")
    more = f" and {len(answer.cases) - _MANY} more" if len(answer.cases) > _MANY else ""
    return answer.gate, verdict, answer.found, answer.allowed, ", ".join(answer.cases[:_MANY]) + more, answer.note
