"""``maestro quarantine``: the cases that may fail for a while, kept in a file that is reviewed like code."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.text import Text

from maestro_fabric.aggregator import UnknownName, open_history
from maestro_fabric.cli.options import errors_told
from maestro_fabric.cli.showing import DEFAULT_STORE, STORE, Row, json_option, make_console, make_table, print_json
from maestro_fabric.clock import SystemClock
from maestro_fabric.compose.quarantining import load_quarantine, today_of
from maestro_fabric.errors import ConfigError
from maestro_fabric.places import Place
from maestro_fabric.quarantine import Quarantine, QuarantineEntry

__all__ = ["COMMANDS", "quarantine"]

F = TypeVar("F", bound=Callable[..., Any])

_DEFAULT_FILE = "quarantine.yaml"
_USUAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the quarantine and the history are."""

    file: Path
    store: Place

    def read(self) -> Quarantine:
        return load_quarantine(self.file, SystemClock())


def _places(command: F) -> F:
    """Gives a command the argument ``place``, from ``--config``, ``--file`` and ``--store``."""

    @click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path("qa.yaml"),
        show_default=True,
        help="The config that names both files; quarantine.yaml beside it otherwise.",
    )
    @click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Another quarantine than the config's.")
    @click.option("--store", type=STORE, envvar="MAESTRO_STORE", help="Another history than the config's.")
    @functools.wraps(command)
    def called(*, config: Path, file: Path | None, store: Place | None, **others: Any) -> Any:
        with errors_told():
            return command(place=_place(config, file, store), **others)

    return called  # type: ignore[return-value]


def _place(config: Path, file: Path | None, store: Place | None) -> _Place:
    if (file is not None and store is not None) or not config.exists():
        return _Place(file or config.parent / _DEFAULT_FILE, store or config.parent / DEFAULT_STORE)
    from maestro_fabric.compose.preparing import load_config, place_of_config

    read = load_config(config, environ=os.environ)
    return _Place(file or config.parent / read.config.quarantine, store or place_of_config(read, os.environ))


def _to_day(ctx: click.Context, param: click.Parameter, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a date: write it like 2026-12-31", ctx, param) from error


def _to_words(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if not value.strip() or "\n" in value:
        raise click.BadParameter("say in one line what is wrong, and what the case waits for", ctx, param)
    return value.strip()


@click.group()
def quarantine() -> None:
    """Keep the cases that may fail for a while: their failures are shown and stored, and do not fail the run."""


@quarantine.command()
@click.argument("case")
@click.option("--until", callback=_to_day, required=True, metavar="DATE", help="The last day on which it may fail, like 2026-12-31.")
@click.option("--reason", callback=_to_words, required=True, help="What is wrong, and what the case waits for.")
@click.option("--owner", default="", help="Who looks after it.")
@click.option("--link", default="", metavar="URL", help="The issue.")
@click.option("--unknown", is_flag=True, help="Take CASE as it is written, also when the history does not know it.")
@_places
def add(case: str, until: date, reason: str, owner: str, link: str, unknown: bool, place: _Place) -> None:  # noqa: FBT001 - click calls it with names
    """Put CASE into quarantine: 'suite::name[params]', or 'suite::name' for all its parameters. An entry it has is replaced."""
    today = today_of(SystemClock())
    if until < today:
        raise ConfigError(f"--until {until} has passed: today is {today}")
    from maestro_fabric.qa_file.quarantine_file import put_entry

    title = case if unknown else _known_title(case, place.store)
    if "::" not in title:
        raise ConfigError(f"{title!r} does not name a case: write suite::name, or suite::name[params]")
    is_new = put_entry(place.file, QuarantineEntry(case=title, until=until, reason=reason, owner=owner, link=link, added=today))
    click.echo(f"{place.file}: {title} {'may fail' if is_new else 'was there, and may now fail'} until {until}")


@quarantine.command()
@click.argument("case")
@_places
def remove(case: str, place: _Place) -> None:
    """Take CASE out of quarantine: its failures count again."""
    from maestro_fabric.config.nearest import did_you_mean
    from maestro_fabric.qa_file.quarantine_file import take_entry

    known = [entry.case for entry in place.read().entries]
    if case not in known:
        near = did_you_mean(case, known)
        raise ConfigError(f"{place.file}: {case!r} is not in quarantine{'; ' + near if near else ''}")
    take_entry(place.file, case)
    click.echo(f"{place.file}: {case} counts again")


@quarantine.command(name="list")
@json_option
@_places
def list_entries(as_json: bool, place: _Place) -> None:  # noqa: FBT001
    """List the entries, those that end first at the top; exit status 1 when one has expired."""
    known = place.read()
    entries = sorted(known.entries, key=lambda entry: (entry.until, entry.case))
    if as_json:
        print_json([_as_data(entry, known.today) for entry in entries])
    elif entries:
        rows: list[Row] = [_row(entry, known.today) for entry in entries]
        make_console().print(make_table(("case", "until", "left", "reason", "owner", "link", "added"), rows))
    else:
        click.echo(f"{place.file}: nothing is in quarantine")
    if known.expired:
        raise click.exceptions.Exit(1)


@quarantine.command()
@json_option
@_places
def propose(as_json: bool, place: _Place) -> None:  # noqa: FBT001
    """Say what the history would change: cases that have recovered, cases that are flaky and have no entry. Nothing is written."""
    known = place.read()
    with open_history(place.store) as history:
        advice = history.quarantine_advice(known)
        lost = known.unknown_lines(history.case_ids())
    if as_json:
        print_json(
            {
                "remove": [{**_as_data(entry, known.today), "passes": passes} for entry, passes in advice.recovered],
                "add": [asdict(row) for row in advice.flaky],
                "expired": [_as_data(entry, known.today) for entry in known.expired],
                "unknown": lost,
            }
        )
        return
    until = known.today + timedelta(days=_USUAL_DAYS)
    lines = [
        *(f"# has passed {passes} times since it last failed\n{_command('remove', entry.case)}" for entry, passes in advice.recovered),
        *(
            f"# fails {row.rate:.1%} of the time on good code ({row.fails} of {row.tries} tries): {row.error}\n"
            f"{_command('add', row.title)} --until {until} --reason 'flaky: …'"
            for row in advice.flaky
        ),
        *(f"# {entry.place}: ended on {entry.until}: remove it, or add it again with a later day" for entry in known.expired),
        *(f"# {line}" for line in lost),
    ]
    click.echo("\n".join(lines) or "nothing to change: no entry has recovered, and no other case is flaky")


COMMANDS: list[click.Command] = [quarantine]


def _known_title(text: str, store: Place) -> str:
    """The title of the case that the history knows by this text.

    Raises:
        ConfigError: when it knows none, or several.
    """
    try:
        with open_history(store) as history:
            found = history.find_cases(text)
    except UnknownName as error:
        raise ConfigError(f"{error} (--unknown takes it as it is written)") from error
    titles = {f"{case.suite}::{case.name}" for case in found}
    if len(titles) > 1:
        raise ConfigError(f"{text!r} names several cases: {', '.join(sorted(titles))}; write one of them")
    return str(found[0]) if len(found) == 1 else titles.pop()


def _command(verb: str, case: str) -> str:
    import shlex

    return f"maestro quarantine {verb} {shlex.quote(case)}"


def _row(entry: QuarantineEntry, today: date) -> Row:
    days = (entry.until - today).days
    left = Text(f"ended {-days} d ago", style="red") if days < 0 else Text(f"{days} d", style="yellow" if days < 7 else "")
    return entry.case, str(entry.until), left, entry.reason, entry.owner, entry.link, str(entry.added or "")


def _as_data(entry: QuarantineEntry, today: date) -> dict[str, Any]:
    dates = {"until": str(entry.until), "added": str(entry.added) if entry.added else None}
    texts = {"case": entry.case, "reason": entry.reason, "owner": entry.owner, "link": entry.link}
    return {**texts, **dates, "is_expired": entry.is_expired(today), "location": entry.place}
