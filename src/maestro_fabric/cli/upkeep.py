"""``maestro merge``, ``prune`` and ``recover``: keeping a history."""

from __future__ import annotations

from pathlib import Path

import click

from maestro_fabric.aggregator import History, RunRow, open_history
from maestro_fabric.aggregator.merge import merge_stores
from maestro_fabric.aggregator.prune import prune_store
from maestro_fabric.cli.history import run_document
from maestro_fabric.cli.options import errors_told
from maestro_fabric.cli.showing import STORE, json_option, json_text, many, print_json, store_option
from maestro_fabric.cli.window_options import span_seconds
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.places import Place

__all__ = ["COMMANDS", "merge", "prune", "recover"]


@click.command()
@click.argument("stores", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--output", "-o", required=True, type=STORE, help="The history that all are written into: a file, or a team's database.")
@json_option
def merge(stores: tuple[Path, ...], output: Place, as_json: bool) -> None:  # noqa: FBT001 - click calls it with names
    """Write the runs of STORES into one history. A run is taken once, however often and in whatever order files are merged."""
    with errors_told():
        added = merge_stores(stores, output)
    if as_json:
        print_json({"store": str(output), "added_runs": added})
    else:
        click.echo(f"{output}: {many(added, 'run')} added")


def _to_span(ctx: click.Context, param: click.Parameter, value: str) -> float:
    try:
        return span_seconds(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a span like 90d, 12w or 1y", ctx, param) from error


@click.command()
@click.option("--keep", callback=_to_span, required=True, metavar="SPAN", help="Results of this span stay, like 90d.")
@click.option("--keep-failures", callback=_to_span, default="1y", show_default=True, metavar="SPAN", help="What did not pass stays longer.")
@store_option
@json_option
def prune(keep: float, keep_failures: float, store: Place, as_json: bool) -> None:  # noqa: FBT001
    """Remove old results; runs stay with their counts and durations, so that trends go on."""
    with errors_told():
        removed = prune_store(store, keep_s=keep, keep_failures_s=keep_failures, now=SystemClock().now())
    if as_json:
        print_json({"store": str(store), "removed_attempts": removed})
    else:
        click.echo(f"{store}: {many(removed, 'attempt')} removed")


@click.command()
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write each of these runs into a file of its own there, as `maestro show --json` tells it.",
)
@store_option
@json_option
def recover(folder: Path | None, store: Place, as_json: bool) -> None:  # noqa: FBT001
    """End the runs whose process was killed, take side files in, and list the interrupted runs."""
    with errors_told(), open_history(store) as history:  # the opening does it
        interrupted = [run for run in history.runs(1_000) if run.status == "interrupted"]
        files = {run.run_id: str(_export(history, run, folder)) for run in interrupted} if folder else {}
    if as_json:
        print_json(
            [{"run_id": run.run_id, "started_at": run.started_at, "total": run.total, "file": files.get(run.run_id)} for run in interrupted]
        )
        return
    for run in interrupted:
        where = f": {files[run.run_id]}" if files else ""
        click.echo(f"{run.run_id} {run.started_at} interrupted, {many(run.total, 'result')}{where}")
    if not interrupted:
        click.echo(f"{store}: no run was interrupted")


def _export(history: History, run: RunRow, folder: Path) -> Path:
    path = folder / f"{run.run_id}.json"
    text = json_text(run_document(run, history.results(run.run_id), history.attempts(run.run_id)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{str(path)!r} cannot be written: {error.strerror}; name another folder with --export") from error
    return path


COMMANDS: list[click.Command] = [merge, prune, recover]
