"""``maestro runs``, ``maestro show`` and ``maestro history``: what the store remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from maestro_fabric.aggregator import AttemptRow, ResultRow, RunRow, Window
from maestro_fabric.aggregator.answers import FirstFailure
from maestro_fabric.cli.showing import (
    Row,
    json_option,
    make_console,
    make_table,
    many,
    print_json,
    seconds_text,
    status_text,
    store_opened,
    store_option,
    when_text,
)
from maestro_fabric.cli.window_options import window_options
from maestro_fabric.places import Place, local_of

__all__ = ["COMMANDS", "history", "run_document", "runs", "show"]

_WIDE = 120  # columns from which on a table of runs has one for each count
_SHORT_ID = 13  # characters of a run's id: its time in milliseconds
_SHORT_DIGEST = 12
_FEW = 20  # so many cases that passed are listed unasked
_ARTIFACTS = "artifacts"  # the fact of a run that says where its config puts evidence
_COUNTED = ("passed", "failed", "error", "blocked", "skipped", "flaky")
_BAD = ("failed", "error", "blocked")


@click.command()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many runs.")
@window_options(has_last=False)
@store_option
@json_option
def runs(limit: int, window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001 - click calls it with names
    """List the newest runs, newest first; of a suite, those that have it, with its counts."""
    with store_opened(store) as opened:
        found = opened.runs(limit, window)
    if as_json:
        print_json([_run_json(run) for run in found])
    elif found:
        console = make_console()
        console.print(_run_table(found) if console.width >= _WIDE else _narrow_run_table(found))
    else:
        click.echo(f"{store} holds no run yet" if window == Window() else f"{store} holds no such run")


@click.command()
@click.argument("run", default="latest")
@click.option("--all", "with_all", is_flag=True, help="List every case that passed, too, however many there are.")
@window_options(has_last=False)
@store_option
@json_option
def show(run: str, with_all: bool, window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001 - as above
    """Show one run: RUN is an id, the beginning of one, or 'latest' (since that time, of that branch, when one is given).

    What did not pass comes first, then what has a mark, such as flaky.
    """
    with store_opened(store) as opened:
        found = opened.run(run, window)
        results = opened.results(found.run_id, window.suite)
        attempts = [row for row in opened.attempts(found.run_id) if window.suite in (None, row.suite)]
    if as_json:
        print_json(run_document(found, results, attempts))
        return
    console = make_console()
    console.print(_run_head(found), soft_wrap=True)
    listed = sorted(results, key=_urgency)
    plain = [row for row in listed if row.status == "passed" and not row.marks]
    if not with_all and len(plain) > _FEW:
        del listed[-len(plain) :]
    console.print(_result_table(listed))
    if len(listed) < len(results):
        console.print(f"{len(plain)} cases passed, --all lists them")
    for attempt in attempts:
        if attempt.status in _BAD:
            console.print(_failure(attempt, _evidence_folder(found, store)), soft_wrap=True)


@click.command()
@click.argument("case")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many attempts.")
@window_options(has_last=False)
@store_option
@json_option
def history(case: str, limit: int, window: Window, store: Place, as_json: bool) -> None:  # noqa: FBT001 - as above
    """List the newest attempts of CASE: 'suite::name[params]', a name, or a part of one; then since when it fails, if it does."""
    with store_opened(store) as opened:
        found = opened.case_history(case, limit, window)
        cases = opened.find_cases(case)
        # Since when is a question to the whole history.
        broken = opened.first_failure(str(cases[0])) if len(cases) == 1 and window == Window() else None
    if as_json:
        print_json([asdict(row) for row in found])
    elif found:
        console = make_console()
        console.print(_attempt_table(found) if console.width >= _WIDE else _narrow_attempt_table(found))
        if broken is not None:
            console.print(_since_when(broken), soft_wrap=True)
    else:
        runs_meant = "every run" if window == Window() else "all of these runs"
        click.echo(f"{case!r} has never been tried: it was skipped or blocked in {runs_meant}")


COMMANDS: list[click.Command] = [runs, show, history]


def _since_when(broken: FirstFailure) -> str:
    """Where a case began to fail, and where it was good last."""
    first = _place(broken.run_id, broken.commit, broken.started_at)
    good = f"last good {_place(broken.last_good_run_id, broken.last_good_commit, broken.last_good_at)}" if broken.last_good_run_id else ""
    return f"fails since {first}, in {many(broken.runs, 'run')}; {good or 'never passed before'}"


def _place(run_id: str, commit: str, started_at: str) -> str:
    return " ".join(filter(None, (when_text(started_at)[:-3], "in run", run_id, commit and f"of commit {commit[:_SHORT_DIGEST]}")))


def run_document(run: RunRow, results: Sequence[ResultRow], attempts: Sequence[AttemptRow]) -> dict[str, Any]:
    """A whole run as JSON has it: its facts and counts, its results, its attempts."""
    return {**_run_json(run), "results": [asdict(row) for row in results], "attempts": [asdict(row) for row in attempts]}


def _run_json(run: RunRow) -> dict[str, Any]:
    return {**asdict(run), "total": run.total}


def _run_table(found: Sequence[RunRow]) -> Table:
    columns = ("run", "status", "started (UTC)", "time", "cases", *_COUNTED, "branch")
    rows: list[Row] = []
    for run in found:
        head = (run.run_id, status_text(run.status), when_text(run.started_at), seconds_text(run.duration_s), str(run.total))
        rows.append((*head, *(str(run.counts[name] or "") for name in _COUNTED), run.git_branch or ""))
    return make_table(columns, rows)


def _narrow_run_table(found: Sequence[RunRow]) -> Table:
    """For terminals in which a column for each count would leave no room for the ids, by which a run is asked for."""
    rows: list[Row] = []
    for run in found:
        head = (run.run_id[:_SHORT_ID], status_text(run.status), when_text(run.started_at)[:-3])
        rows.append((*head, seconds_text(run.duration_s), f"{run.total}: {_counts(run) or 'none'}"))
    return make_table(("run", "status", "started (UTC)", "time", "cases"), rows)


def _counts(run: RunRow) -> str:
    return ", ".join(f"{count} {name}" for name, count in run.counts.items() if count and name != "attempts")


def _run_head(run: RunRow) -> Text:
    head = Text.assemble("run ", (run.run_id, "bold"), " ", status_text(run.status), f"  {when_text(run.started_at)} UTC")
    head.append(f"  {seconds_text(run.duration_s)}\n{many(run.total, 'case')} in {many(run.counts['attempts'], 'attempt')}")
    head.append(f": {_counts(run) or 'none'}\n")
    if run.orchestration_id:
        head.append(f"orchestration {run.orchestration_id}\n")
    facts = {**run.facts, "config_digest": run.facts.get("config_digest", "")[:_SHORT_DIGEST], _ARTIFACTS: ""}
    head.append("  ".join(f"{name}={value}" for name, value in facts.items() if value), style="dim")
    return head


def _result_table(results: Sequence[ResultRow]) -> Table:
    rows: list[Row] = []
    for row in results:
        marks, attempts = ", ".join(row.marks), str(row.attempt or "")
        # Where there was no attempt, the message is why.
        reason = "" if row.error_type else _first_line(row.error_message)
        rows.append((row.title, status_text(row.status), marks, attempts, seconds_text(row.duration_s), row.worker, reason))
    return make_table(("case", "status", "marks", "attempts", "time", "worker", "reason"), rows)


def _urgency(row: ResultRow) -> int:
    """How soon a person wants to see it: what is bad, then what has a mark, what was skipped, what passed."""
    if row.status in _BAD:
        return _BAD.index(row.status)
    return len(_BAD) + (2 if row.status == "passed" and not row.marks else 0 if row.marks else 1)


def _evidence_folder(run: RunRow, store: Place) -> Path | None:
    """Where the run's evidence is, as its config said, or beside the store when both were moved; ``None`` when it is nowhere."""
    said = run.facts.get(_ARTIFACTS)
    folders = [*([Path(said)] if said else []), local_of(store, Path()).parent / "artifacts"]
    return next((folder / run.run_id for folder in folders if (folder / run.run_id).is_dir()), None)


def _attempt_table(found: Sequence[AttemptRow]) -> Table:
    rows: list[Row] = []
    for row in found:
        error = Text(" ".join(_error(row).split())[:100], overflow="ellipsis", no_wrap=True)
        head = (when_text(row.started_at), row.title, str(row.attempt), status_text(row.status), ", ".join(row.marks))
        rows.append((*head, seconds_text(row.duration_s), error, row.run_id))
    return make_table(("started (UTC)", "case", "attempt", "status", "marks", "time", "error", "run"), rows)


def _narrow_attempt_table(found: Sequence[AttemptRow]) -> Table:
    rows: list[Row] = []
    for row in found:
        when, run = when_text(row.started_at)[:-3], row.run_id[:_SHORT_ID]
        rows.append((when, row.title, str(row.attempt), status_text(row.status), ", ".join(row.marks), seconds_text(row.duration_s), run))
    return make_table(("started (UTC)", "case", "attempt", "status", "marks", "time", "run"), rows)


def _failure(attempt: AttemptRow, folder: Path | None) -> Text:
    """An attempt that did not pass, with all that was kept of it; ``folder`` is where its evidence is, ``None`` when it has gone."""
    text = Text.assemble(
        "\n", status_text(attempt.status), f"  {attempt.title}  attempt {attempt.attempt}  {seconds_text(attempt.duration_s)}\n"
    )
    if attempt.error_location:
        text.append(f"  at {attempt.error_location}\n")
    text.append(_indented(_error(attempt)))
    if attempt.steps:
        text.append("  steps:\n")
    said = _words(_error(attempt))
    for step in attempt.steps:
        text.append(f"  {step.get('label') or step['number']:>5}. {step['title']}  ")
        text.append_text(status_text(step["status"]))
        text.append(f"  {seconds_text(step['duration_s'])}\n")
        # The step that ended the attempt said what the attempt says.
        if _words(step["message"]) not in said:
            text.append(_indented(step["message"], by=9))
    if attempt.output:
        text.append("  output:\n").append(_indented(attempt.output, by=4))
    if attempt.artifacts:
        text.append(f"  evidence in {folder}:\n" if folder is not None else "  evidence, removed since:\n")
    for artifact in attempt.artifacts:
        text.append(f"    {artifact['kind']}: {artifact['path']}\n")
    text.rstrip()
    return text


def _first_line(text: str | None) -> str:
    return next(iter((text or "").splitlines()), "")


def _words(text: str) -> str:
    return " ".join(text.split())


def _indented(text: str, *, by: int = 2) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def _error(row: ResultRow) -> str:
    return f"{row.error_type}: {row.error_message}" if row.error_type else row.error_message or ""
