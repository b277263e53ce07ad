"""``maestro heal``: what the healer answered, and the patch to the file that a person makes of it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from maestro_fabric.aggregator.heals import HealRow, forget_newest, heal_rows, judge
from maestro_fabric.aggregator.report.heals import picture_of, render_heals
from maestro_fabric.cli.options import errors_told
from maestro_fabric.cli.showing import DEFAULT_STORE, LOCAL_FILE
from maestro_fabric.config.locators import show_locator
from maestro_fabric.errors import ConfigError, PluginError, StoreError
from maestro_fabric.places import store_option
from maestro_fabric.qa_file.patch import replace_locator

__all__ = ["COMMANDS", "heal"]

_MOST_FEATURES = 12
_store_option = click.option(
    "--store",
    type=LOCAL_FILE,
    default=DEFAULT_STORE,
    envvar="MAESTRO_STORE",
    show_default=True,
    show_envvar=True,
    help="The history's file.",
)


@click.group()
def heal() -> None:
    """See, write into the file, or reject what the healer found for lost elements."""


@heal.command("list")
@click.option("--all", "with_all", is_flag=True, help="Also those that were applied or rejected, and those for which nothing was found.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead.")
@_store_option
def list_heals(*, with_all: bool, as_json: bool, store: Path) -> None:
    """List the heals that nobody has looked at, newest first; of several for one step the newest."""
    with errors_told():
        rows = heal_rows(store) if with_all else _open(store)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(_line(row))
    if not rows:
        click.echo("no heal waits for a look" if not with_all else "no element was ever lost")


@heal.command()
@click.argument("number", type=int, metavar="ID")
@_store_option
def show(number: int, store: Path) -> None:
    """Show one heal: both locators, why, the score by feature, and the pictures."""
    with errors_told():
        row = _one(store, number)
    console = Console(highlight=False, markup=False, emoji=False)
    for line in _details(row):
        console.print(Text(line), soft_wrap=True)


@heal.command()
@click.argument("run", default="latest")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), default="heals.html", show_default=True, help="The page's file."
)
@_store_option
def report(run: str, output: Path, store: Path) -> None:
    """Write a page of what was lost in RUN, with pictures before and now; `latest` is the newest run that lost an element."""
    where, values = ("run.run_id = ?", (run,)) if run != "latest" else ("run.id = (SELECT max(run_id) FROM heal)", ())
    with errors_told():
        rows = heal_rows(store, where=where, values=values)
        if not rows:
            which = "" if run == "latest" else f" in run {run!r}: `maestro runs` lists the runs"
            raise StoreError(f"{store} knows of no lost element{which}")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(render_heals(rows, run_id=rows[0].run_id, picture=picture_of, option=store_option(store)), encoding="utf-8")
    click.echo(f"{output}: {len(rows)} {'answer' if len(rows) == 1 else 'answers'} of run {rows[0].run_id}")


@heal.command("apply")
@click.argument("numbers", type=int, nargs=-1, metavar="[ID]...")
@click.option("--yes", is_flag=True, help="Write the files; without it only the diff is shown.")
@_store_option
def apply_heals(numbers: tuple[int, ...], *, yes: bool, store: Path) -> None:
    """Put the new locators into qa.yaml or the tests: those of IDs, or of all heals that nobody has looked at. Formatting stays."""
    with errors_told():
        rows = [_one(store, number) for number in numbers] or _open(store)
    problems: list[str] = []
    done: list[HealRow] = []
    for path, of_file in _by_file(rows, store, problems).items():
        before = path.read_text(encoding="utf-8")
        after, applied = _patched(before, of_file, problems)
        _print_diff(path, before, after)
        if yes and applied:
            path.write_text(after, encoding="utf-8")
            done += applied
    with errors_told():
        for row in done:
            judge(store, row.id, "applied")
    for problem in problems:
        click.echo(problem, err=True)
    if done:
        click.echo(f"{len(done)} written; run the cases again to see them pass without healing")
    elif rows and not yes and len(problems) < len(rows):
        click.echo("nothing is written yet: --yes does that")
    elif not rows:
        click.echo("no heal waits for a look")
    if problems:
        raise click.exceptions.Exit(1)


@heal.command()
@click.argument("numbers", type=int, nargs=-1, required=True, metavar="ID...")
@_store_option
def reject(numbers: tuple[int, ...], store: Path) -> None:
    """Say that a new locator does not stand for the old one: it is never healed to or proposed again."""
    with errors_told():
        for number in numbers:
            row = _one(store, number)
            judge(store, number, "rejected")
            click.echo(f"{show_locator(row.old)} is never healed to {show_locator(row.new)} again")


@heal.command()
@click.argument("case", metavar="SUITE::CASE")
@click.option("--project", required=True, help="The project that the suite belongs to.")
@_store_option
def rollback(case: str, project: str, store: Path) -> None:
    """Forget the newest version of what is known of a case's elements; the one before it counts again."""
    suite, separator, title = case.partition("::")
    if not separator:
        raise click.BadParameter(f"{case!r} is not SUITE::CASE", param_hint="CASE")
    with errors_told():
        count = forget_newest(store, project, suite, title)
    click.echo(f"{count} forgotten" if count else f"nothing is known of the elements of {case}")


COMMANDS: list[click.Command] = [heal]


def _open(store: Path) -> list[HealRow]:
    """What waits for a person: with a new locator, without a verdict; of each step the newest.

    A verdict holds for the same answer in other cases and runs, too: what was rejected in the whole suite, and of a locator that was
    applied all answers before.
    """
    rows = heal_rows(store, where="heal.new != ''")
    rejected = {(row.case.suite, row.old, row.new) for row in rows if row.verdict == "rejected"}
    applied: dict[tuple[str, str], int] = {}
    newest: dict[tuple[str, str, str], HealRow] = {}
    for row in rows:
        if row.verdict == "applied":
            applied.setdefault((row.location, row.old), row.id)
        elif not row.verdict and (row.case.suite, row.old, row.new) not in rejected and row.id > applied.get((row.location, row.old), 0):
            newest.setdefault((row.location, row.old, row.new), row)
    return list(newest.values())


def _one(store: Path, number: int) -> HealRow:
    rows = heal_rows(store, where="heal.id = ?", values=(number,))
    if not rows:
        raise StoreError(f"{store} has no heal {number}: `maestro heal list` shows them")
    return rows[0]


def _line(row: HealRow) -> str:
    word = {"heal": "healed", "propose": "proposed", "abstain": "not found"}[row.action] + (f", {row.verdict}" if row.verdict else "")
    arrow = f" → {show_locator(row.new)}" if row.new else ""
    return f"{row.id:>4}  {word}  {row.confidence:.0%}  {row.location}  {row.case}: {row.doing} {show_locator(row.old)}{arrow}"


def _details(row: HealRow) -> list[str]:
    rival = f"{row.runner_up}, {row.margin:.3f} behind" if row.runner_up else "none"
    features = sorted(row.features.items(), key=lambda pair: -pair[1])[:_MOST_FEATURES]
    folder = Path(row.evidence) / row.run_id
    return [
        _line(row),
        f"  step {row.step} of {row.case}, attempt {row.attempt}, at {row.location}",
        f"  old        {show_locator(row.old)}",
        f"  new        {show_locator(row.new) or 'none'}",
        f"  confidence {row.confidence:.1%}{_why(row)}",
        f"  next best  {rival}",
        f"  alike in   {', '.join(f'{name} {value:.2f}' for name, value in features if value) or 'nothing is known of that'}",
        *(f"  {'before' if '-before' in artifact['path'] else 'now':<10} {folder / artifact['path']}" for artifact in row.artifacts),
        f"  decided by pytest-maestro {row.engine} in run {row.run_id}",
    ]


def _why(row: HealRow) -> str:
    # The matcher's reason for a heal is only that it is sure enough.
    return "" if row.action == "heal" and row.reason.startswith("confidence ") else f" ({row.reason})"


def _by_file(rows: Iterable[HealRow], store: Path, problems: list[str]) -> dict[Path, list[HealRow]]:
    """The heals of each file, from the last line to the first, so that lines above stay where they are."""
    files: dict[Path, list[HealRow]] = {}
    for row in rows:
        name = row.location.rpartition(":")[0]
        path = next((place / name for place in (Path(), store.absolute().parent.parent) if name and (place / name).is_file()), None)
        if not row.new:
            problems.append(f"heal {row.id} has no new locator: {row.reason}")
        elif path is None:
            problems.append(f"heal {row.id}: {name or 'its file'} is not here: run this in the folder from which the run was started")
        else:
            files.setdefault(path, []).append(row)
    return {path: sorted(found, key=lambda row: -_line_of(row)) for path, found in files.items()}


def _line_of(row: HealRow) -> int:
    return int(row.location.rpartition(":")[2] or 0)


def _patched(text: str, rows: Sequence[HealRow], problems: list[str]) -> tuple[str, list[HealRow]]:
    done, places = [], set()
    for row in rows:
        place = row.location, row.old
        if place in places:
            problems.append(f"heal {row.id}: another heal has changed {row.location} already: apply the one that is right by its ID")
            continue
        try:
            text = _replaced(text, row)
        except (ConfigError, PluginError) as exc:
            problems.append(f"heal {row.id}: {row.location.rpartition(':')[0]}: {exc}")
            continue
        places.add(place)
        done.append(row)
    return text, done


def _replaced(text: str, row: HealRow) -> str:
    if row.location.rpartition(":")[0].endswith(".py"):
        from maestro_fabric.healing.patch import replace_call  # few know libcst

        return replace_call(text, line=_line_of(row), old=row.old, new=row.new)
    return replace_locator(text, line=_line_of(row), doing=row.doing, old=row.old, new=row.new)


def _print_diff(path: Path, before: str, after: str) -> None:
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}", n=2)
    text = "".join(lines)
    console = Console()
    if console.is_terminal:
        console.print(Syntax(text, "diff", background_color="default"))
    else:
        click.echo(text, nl=False)
