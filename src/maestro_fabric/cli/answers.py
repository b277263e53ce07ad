"""``maestro flaky``, ``slowest``, ``trends``, ``compare``, ``clusters`` and ``report``: what the history answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import click
from rich.text import Text

from maestro_fabric.aggregator import TestResultAggregator, Window
from maestro_fabric.aggregator.report import render_markdown, render_page, sparkline
from maestro_fabric.cli.showing import (
    Row,
    StoreProblem,
    json_option,
    make_console,
    make_table,
    many,
    print_json,
    seconds_text,
    status_text,
    store_opened,
    store_option,
)
from maestro_fabric.cli.window_options import window_options
from maestro_fabric.errors import StoreError
from maestro_fabric.places import Place

__all__ = ["COMMANDS", "clusters", "compare", "flaky", "report", "slowest", "trends"]

_SHORT_COMMIT = 12
_STATE_STYLES = {"flaky": "red", "suspected": "yellow", "recovered": "green"}
_CHANGE_STYLES = {"broken": "red", "fixed": "green", "new": "cyan", "gone": "bright_black"}
_SPARK = 30  # the newest values of a sparkline


@click.command()
@window_options(last=100)
@store_option
@json_option
def flaky(window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001 - click calls it with names
    """List the cases of which the same code passed and failed, with the evidence."""
    with store_opened(store) as history:
        found = history.flaky(window)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    rows: list[Row] = []
    for row in found:
        fails = f"{row.rate:.1%} ({row.low:.1%} to {row.high:.1%})"
        shared = [f"with {', '.join(row.fails_with)}"] if row.fails_with else []
        state = Text(row.state, style=_STATE_STYLES[row.state])
        rows.append((row.title, state, fails, f"{row.fails} of {row.tries}", row.reason, row.error, "; ".join([*shared, *row.hints])))
    _print(("case", "state", "fails on good code", "tries", "evidence", "error", "hints"), rows, "no case is flaky")


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many cases.")
@window_options(last=100)
@store_option
@json_option
def slowest(limit: int, window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001
    """List the cases that became slower, with the commit where they did, then the slowest."""
    with store_opened(store) as history:
        found = history.slowest(window)[:limit]
    if as_json:
        print_json([asdict(row) for row in found])
        return
    rows: list[Row] = []
    for row in found:
        change = Text(f"×{row.ratio:.2f}", style="red") if row.is_slower else Text("")
        since = (row.changed_commit[:_SHORT_COMMIT] or row.changed_run_id) if row.is_slower else ""
        spark = sparkline(row.series[-_SPARK:])
        rows.append((row.title, seconds_text(row.median_s), seconds_text(row.p95_s), spark, change, since, row.changed_at[:10]))
    _print(("case", "median", "p95", "last runs", "slower", "since", "on"), rows, "no case has passed yet")


@click.command()
@window_options(last=None)
@store_option
@json_option
def trends(window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001
    """Show how each category develops day by day, and with which commits durations changed."""
    with store_opened(store) as history:
        found = history.trends(window)
        slower = [row for row in history.slowest(window) if row.is_slower]
        levels = history.levels(window)
    if as_json:
        print_json({name: [asdict(row) for row in rows] for name, rows in (("days", found), ("levels", levels), ("slower", slower))})
        return
    by_category = defaultdict(list)
    for row in found:
        by_category[row.category].append(row)
    rows: list[Row] = []
    for category, days in sorted(by_category.items()):
        last = days[-1]
        rates, times = sparkline([day.pass_rate for day in days[-_SPARK:]]), sparkline([day.p95_s for day in days[-_SPARK:]])
        p50, p95 = seconds_text(last.p50_s), seconds_text(last.p95_s)
        rows.append(
            (category, last.day, str(last.runs), str(last.total), f"{last.pass_rate:.1%}", rates, str(last.flaky or ""), p50, p95, times)
        )
    _print(("category", "newest day", "runs", "cases", "passed", "by day", "flaky", "p50", "p95", "p95 by day"), rows, "no run yet")
    for level in levels:
        times = f"{seconds_text(level.before_s)} to {seconds_text(level.after_s)}"
        make_console().print(Text.assemble((level.category, "bold"), f" changed with {level.since} on {level.changed_at[:10]}: {times}"))
    for change in slower:
        since = change.changed_commit[:_SHORT_COMMIT] or change.changed_run_id
        times = f"{seconds_text(change.before_s)} to {seconds_text(change.median_s)}"
        make_console().print(Text.assemble((change.title, "bold"), f" became slower with {since} on {change.changed_at[:10]}: {times}"))


@click.command()
@click.argument("run_a")
@click.argument("run_b", default="latest")
@window_options(has_last=False)
@store_option
@json_option
def compare(run_a: str, run_b: str, window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001
    """List what RUN_B judges differently from RUN_A, what broke first.

    'latest' is the newest run since that time and of that branch, when one is given.
    """
    with store_opened(store) as history:
        found = history.compare(run_a, run_b, window)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    rows: list[Row] = [
        (
            Text(row.change, style=_CHANGE_STYLES.get(row.change, "")),
            row.title,
            status_text(row.before or ""),
            status_text(row.after or ""),
            seconds_text(row.before_s),
            seconds_text(row.after_s),
            row.error,
        )
        for row in found
    ]
    _print(("change", "case", "before", "after", "time before", "after it", "error"), rows, "the runs judge all cases the same")


@click.command()
@click.argument("run", default="latest")
@window_options(has_last=False)
@store_option
@json_option
def clusters(run: str, window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001
    """Group the failures of RUN by what seems to be their cause.

    'latest' is the newest run since that time and of that branch, when one is given.
    """
    with store_opened(store) as history:
        found = history.clusters(run, window)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    rows: list[Row] = [(str(row.count), row.cause, row.location, ", ".join(row.titles)) for row in found]
    _print(("count", "cause", "at", "cases"), rows, "everything passed")


@click.command()
@click.argument("run", default="latest")
@click.option("--orchestration", default="", metavar="ID", help="All runs of an orchestration instead of one run.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="The file: .html or .md; Markdown on the screen otherwise."
)
@click.option("--no-charts", is_flag=True, help="Leave the charts of the last runs out.")
@store_option
def report(run: str, orchestration: str, output: Path | None, no_charts: bool, store: Place) -> None:  # noqa: FBT001
    """Write a report of RUN: pass rate, durations, failures by cause, flaky cases, heals."""
    with store_opened(store):  # tells what is wrong with the store, or with the name, as everywhere
        try:
            with TestResultAggregator(store) as aggregator:
                data = aggregator.report_data(orchestration_id=orchestration, run="" if orchestration else run)
        except StoreError as error:
            raise StoreProblem(str(error)) from error
    is_page = output is not None and output.suffix.lower() in (".html", ".htm")
    text = (render_page if is_page else render_markdown)(data, include_charts=not no_charts)
    if output is None:
        click.echo(text)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: {data.pass_rate:.1%} of {many(data.total, 'case')} passed")


COMMANDS: list[click.Command] = [flaky, slowest, trends, compare, clusters, report]


def _print(columns: tuple[str, ...], rows: list[Row], otherwise: str) -> None:
    if rows:
        make_console().print(make_table(columns, rows))
    else:
        click.echo(otherwise)
