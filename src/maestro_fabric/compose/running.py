"""Runs what was prepared, outside pytest, and keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_fabric.compose.prepared import Parallel, Prepared
from maestro_fabric.compose.storing import make_pusher
from maestro_fabric.engine import RunResult, SuiteSessions, exit_status, run_plan
from maestro_fabric.events import Event, Warned
from maestro_fabric.places import Place, local_of
from maestro_fabric.plan import PlannedSuite
from maestro_fabric.ports import Emit, Sink
from maestro_fabric.system.clock import SystemClock

if TYPE_CHECKING:
    from maestro_fabric.aggregator import StoreWriter
    from maestro_fabric.system.services import Services

__all__ = ["Fanout", "open_store", "run"]


def open_store(path: Path | str) -> StoreWriter:
    """The history at that path, ready to take a run's events.

    Raises:
        StoreError: when it cannot be opened; the message says what to do.
    """
    # Not above: sqlite is not needed to validate or plan.
    from maestro_fabric.aggregator import StoreWriter

    return StoreWriter(Path(path), clock=SystemClock())


def run(
    prepared: Prepared,
    *,
    sinks: Sequence[Sink] = (),
    maxfail: int = 0,
    store: Place | None = None,
    parallel: Parallel | None = None,
) -> RunResult:
    """Run everything that was planned, outside pytest. A plan without cases is no run: it is not recorded.

    Args:
        prepared: What `prepare` gave.
        sinks: Take the events beside the history and the plugins' hooks; closed at the end.
        maxfail: Stop after so many cases that failed or broke; 0 is never.
        store: The history, a file or a team's database; the config's when absent.
        parallel: The processes that run the cases; this one alone when absent.

    Raises:
        ConfigError: when a secret of the history's address is missing.
        StoreError: when the history cannot be opened; nothing has run then.
        PluginError: when the processes cannot be had.
    """
    if not prepared.plan.cases:
        # In the history it would be the newest run, and tell nothing.
        out = Fanout(sinks)
        for line in prepared.plugins.warnings:
            out.receive(Warned(line))
        out.close()
        return RunResult(status="failed", exit_status=exit_status(()), run_id=prepared.run.run_id, cases=())
    from maestro_fabric.aggregator.bodies import keep_bodies  # as in open_store

    place = prepared.place if store is None else store
    local = local_of(place, prepared.loaded.root)
    pusher = make_pusher(place, local, config=prepared.loaded.path if store is None else None)
    writer = open_store(local)
    hooks = prepared.plugins.event_sink()
    out = Fanout([writer, hooks, *sinks])
    give_back = prepared.take_folder()
    services = prepared.services(out.receive)

    # What a program gets by its environment and prints was not asked for by anybody, and must not be shown either.
    prepared.secrets.learn(prepared.loaded.secret_names)

    def sessions_for(suite: PlannedSuite) -> SuiteSessions:
        return prepared.sessions(suite, prepared.context(service_urls=services.urls))

    if pusher is not None:
        pusher.start()
    guards = prepared.guards(lambda: services.urls) if parallel is None else None

    try:
        result = (
            _run_on(prepared, parallel, writer.path, services, out.receive, maxfail)
            if parallel
            else run_plan(
                prepared.plan,
                run=prepared.run,
                sessions_for=sessions_for,
                services=services,
                emit=out.receive,
                clock=prepared.clock,
                chance=prepared.chance,
                maxfail=maxfail,
                guards=guards,
                quarantine=prepared.quarantine,
            )
        )
    finally:
        if guards is not None:
            guards.close()
        prepared.forget_guards()
        give_back()
        if pusher is not None:
            pusher.stop()
        out.close()
    keep_bodies(local, prepared.run.run_id, (prepared.loaded.root, Path.cwd()), now=prepared.clock.now())
    unsent = pusher.finish(prepared.run.run_id) if pusher is not None else []
    for line in (*prepared.plugins.warnings, *hooks.warnings, *writer.warnings, *unsent):
        Fanout(sinks).receive(Warned(line))
    return result


def _run_on(prepared: Prepared, parallel: Parallel, store: Path, services: Services, emit: Emit, maxfail: int) -> RunResult:
    # Not above: who runs alone does not pay for their import.
    from maestro_fabric.aggregator.durations import usual_seconds
    from maestro_fabric.compose.parallel import run_on_workers

    return run_on_workers(prepared, parallel, services=services, emit=emit, seconds=usual_seconds(store), maxfail=maxfail)


class Fanout:
    """Hands every event to several sinks, in order."""

    def __init__(self, sinks: Iterable[Sink]) -> None:
        self._sinks = tuple(sinks)

    def receive(self, event: Event) -> None:
        """Hand over one event."""
        for sink in self._sinks:
            sink.receive(event)

    def close(self) -> None:
        """Close all, also when one of them fails.

        Raises:
            OSError: the first that one of them raised, when all have been asked.
        """
        errors = []
        for sink in self._sinks:
            try:
                sink.close()
            except OSError as exc:
                errors.append(exc)
        if errors:
            raise errors[0]
