"""``maestro run``: a config run outside pytest."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from maestro_fabric import compose
from maestro_fabric.cli.identity import identity_as_data
from maestro_fabric.cli.options import EXIT_USAGE, config_options, errors_told, to_seconds
from maestro_fabric.cli.showing import STORE
from maestro_fabric.cli.terminal import TerminalSink, print_summary
from maestro_fabric.compose.gating import broken_gates
from maestro_fabric.compose.quarantining import quarantine_lines
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.engine import RunResult
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Case, CaseResult
from maestro_fabric.places import Place, local_of
from maestro_fabric.plan import Plan, select_cases
from maestro_fabric.ports import RunOptions, Sink
from maestro_fabric.reports.tally import Tally

__all__ = ["COMMANDS", "chooser", "run"]


@click.command()
@config_options
@click.option("--store", type=STORE, help="The history: a file, or postgresql://user@host/database; the file's otherwise.")
@click.option("--suite", "suites", multiple=True, metavar="NAME", help="Only this suite; repeatable. What it needs counts as passed.")
@click.option("-k", "--case", "texts", multiple=True, metavar="TEXT", help="Only cases with this text in suite::name[params]; repeatable.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only cases with this tag; repeatable.")
@click.option("--maxfail", type=click.IntRange(min=0), default=0, metavar="N", help="Stop after N cases that failed or broke.")
@click.option("-x", "--exitfirst", is_flag=True, help="Stop after the first: --maxfail 1.")
@click.option("--headed", is_flag=True, help="Show the browsers.")
@click.option("--update-visual", is_flag=True, help="Store the pictures of check_visual steps instead of comparing them.")
@click.option("--slow", "slow_s", callback=to_seconds, metavar="TIME", help="Wait after each step, e.g. 500ms.")
@click.option(
    "--healing", type=click.Choice(("off", "propose", "heal")), help="What to do with lost elements; the file's healing.mode otherwise."
)
@click.option("--fail-on-heal", is_flag=True, help="A case that passed on a healed locator fails.")
@click.option(
    "--gate", type=click.Choice(["fail", "warn"]), default="fail", help="What a broken gate of the file does; only told with warn."
)
@click.option(
    "--quarantine", type=click.Path(path_type=Path, dir_okay=False), help="The cases that may fail for a while; the file's otherwise."
)
@click.option("--pause", is_flag=True, help="Stop before a failing step, with the inspector.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Run cases in N processes, the longest first; needs hold.")
@click.option("--executor", default="", metavar="dask://HOST:PORT", help="Run cases on a Dask cluster; --workers N is how many at a time.")
@click.option("--orchestration-id", default="", metavar="TEXT", help="Groups the shards of one pipeline.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else.")
def run(
    *,
    file: Path,
    environment: str | None,
    variables: dict[str, str],
    store: Place | None,
    suites: tuple[str, ...],
    texts: tuple[str, ...],
    tags: tuple[str, ...],
    maxfail: int,
    exitfirst: bool,
    headed: bool,
    update_visual: bool,
    slow_s: float,
    healing: str | None,
    fail_on_heal: bool,
    gate: str,
    quarantine: Path | None,
    pause: bool,
    workers: int | None,
    executor: str,
    orchestration_id: str,
    as_json: bool,
) -> None:
    """Run the suites of FILE, and remember every attempt.

    The exit status is 0 when every case is fine, 1 when one failed, broke or was blocked, 2 for a mistake in the file or an
    interrupt, 5 when there was no case.
    """
    started = time.monotonic()
    console = Console(highlight=False)
    with errors_told():
        prepared = compose.prepare(
            file,
            environment=environment,
            variables=variables,
            environ=os.environ,
            options=RunOptions(
                headed=headed,
                slow_s=slow_s,
                pause=pause,
                update_visual=update_visual,
                healing=healing or "",
                fail_on_heal=fail_on_heal,
                store=None if store is None else local_of(store, file.parent).absolute(),
            ),
            orchestration_id=orchestration_id,
            may_run=lambda name: not suites or name in suites,
            quarantine=quarantine,
        )
        _refuse_unknown(suites, prepared.plan)
        count = len(prepared.plan.cases)
        prepared = replace(prepared, plan=select_cases(prepared.plan, chooser(suites=suites, texts=texts, tags=tags)))
        if count and not prepared.plan.cases and not as_json:
            console.print(f"--suite, --case and --tag choose none of the cases ({count}); `maestro plan` lists them", soft_wrap=True)
        tally = Tally()
        sinks: list[Sink] = [tally] if as_json else [tally, TerminalSink(console, len(prepared.plan.cases))]
        with _ended_by_signal():
            parallel = compose.Parallel(workers=workers or 0, executor=executor, variables=variables) if workers or executor else None
            result = compose.run(prepared, sinks=sinks, maxfail=1 if exitfirst else maxfail, store=store, parallel=parallel)
    kept = prepared.place if store is None else store
    local = local_of(kept, prepared.loaded.root)
    is_judged = bool(prepared.plan.cases) and result.exit_status < EXIT_USAGE
    gates, is_fatal = prepared.loaded.config.gates, gate == "fail"
    broken = broken_gates(gates, kept, result.run_id, local=local, is_fatal=is_fatal) if is_judged else []
    planned = [case.id for case in prepared.plan.cases]
    known = quarantine_lines(prepared.quarantine, local, result.run_id, planned) if planned else []
    if as_json:
        data = {**_as_data(result, tally, local, prepared.artifacts), "broken_gates": broken, "quarantine": known}
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        closing = prepared.closing(tally, store=str(local), is_recorded=bool(prepared.plan.cases), warnings=[*broken, *known])
        print_summary(console, result, closing, duration_s=time.monotonic() - started)
    raise click.exceptions.Exit(result.exit_status or int(bool(broken) and is_fatal))


def chooser(*, suites: Sequence[str] = (), texts: Sequence[str] = (), tags: Sequence[str] = ()) -> Callable[[Case], bool]:
    """Whether a case is of one of the suites, holds one of the texts (in any case), and has one of the tags; empty is all."""

    def is_chosen(case: Case) -> bool:
        title = str(case.id).lower()
        return (
            (not suites or case.id.suite in suites)
            and (not texts or any(text.lower() in title for text in texts))
            and (not tags or any(tag in case.tags for tag in tags))
        )

    return is_chosen


def _refuse_unknown(suites: Sequence[str], plan: Plan) -> None:
    known = [suite.name for suite in plan.suites]
    for name in suites:
        if name not in known:
            hint = did_you_mean(name, known) or f"there are {', '.join(known)}"
            raise ConfigError(f"--suite {name!r} is no suite of this file: {hint}")


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does, so that sessions, services and the history are closed."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _as_data(result: RunResult, tally: Tally, store: Path, artifacts: Path) -> dict[str, Any]:
    return {
        "run_id": result.run_id,
        "status": result.status,
        "exit_status": result.exit_status,
        "store": str(store),
        "artifacts": str(artifacts),
        "counts": {str(word): count for counts in (tally.statuses, tally.marks) for word, count in sorted(counts.items())},
        "cases": [_result_as_data(case) for case in result.cases],
    }


def _result_as_data(case: CaseResult) -> dict[str, Any]:
    last = case.attempts[-1].outcome if case.attempts else None
    return {
        **identity_as_data(case.case),
        "inside": case.case.inside,
        "status": str(case.status),
        "marks": sorted(case.marks),
        "attempts": len(case.attempts),
        "duration_s": round(case.duration_s, 6),
        "reason": case.reason,
        "error": {"type": last.fault.type, "message": last.fault.message} if last and last.fault else None,
        "artifacts": [artifact.path for artifact in last.artifacts] if last else [],
    }


COMMANDS = [run]
