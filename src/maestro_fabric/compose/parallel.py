"""Runs what was prepared on several processes of this machine, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from maestro_fabric.compose.prepared import Parallel, Prepared
from maestro_fabric.compose.worker import Recipe, Work, work
from maestro_fabric.engine import Died, Ended, RunResult, Told, run_plan_on
from maestro_fabric.errors import ConfigError, PluginError
from maestro_fabric.model import CaseId
from maestro_fabric.ports import Emit
from maestro_fabric.system.pools import ExecutorPool, Note, ProcessPools
from maestro_fabric.system.services import Services
from maestro_fabric.wire import from_wire

__all__ = ["run_on_workers"]

_DASK = "dask://"


class _Pool(Protocol):
    size: int

    def give(self, worker: int, work: Work) -> None: ...

    def hear(self) -> Note: ...

    def close(self, *, is_interrupted: bool) -> None: ...


def run_on_workers(
    prepared: Prepared, parallel: Parallel, *, services: Services, emit: Emit, seconds: Mapping[CaseId, float], maxfail: int
) -> RunResult:
    """Run everything that was planned on several processes.

    Raises:
        ConfigError: when the executor's address is none.
        PluginError: when Dask is not installed, or its cluster does not answer.
    """
    pool: _Pool = _dask(parallel) if parallel.executor else ProcessPools(parallel.workers, work)
    workers = _Workers(pool, prepared, parallel, services)
    return run_plan_on(
        workers,
        prepared.plan,
        run=prepared.run,
        services=services,
        emit=emit,
        clock=prepared.clock,
        seconds=seconds,
        maxfail=maxfail,
        quarantine=prepared.quarantine,
    )


class _Workers:
    """The engine's workers on a pool: works instead of names, events instead of builtins."""

    def __init__(self, pool: _Pool, prepared: Prepared, parallel: Parallel, services: Services) -> None:
        self._pool = pool
        self._services = services
        self._keeps_sessions = not parallel.executor
        self._recipe = Recipe(
            path=Path(prepared.loaded.path).absolute(),
            environment=prepared.loaded.environment,
            variables=dict(parallel.variables),
            options=prepared.options,
            run_id=prepared.run.run_id,
        )

    @property
    def size(self) -> int:
        return self._pool.size

    def give(self, worker: int, suite: str, cases: Sequence[CaseId]) -> None:
        self._pool.give(
            worker,
            Work(
                recipe=self._recipe,
                suite=suite,
                cases=tuple(cases),
                service_urls=dict(self._services.urls),
                worker=f"w{worker}",
                keeps_sessions=self._keeps_sessions,
            ),
        )

    def hear(self) -> Told | Ended | Died:
        note = self._pool.hear()
        if note.kind == "told":
            return Told(note.worker, from_wire(note.what))
        return Ended(note.worker) if note.kind == "ended" else Died(note.worker, note.what)

    def close(self, *, is_interrupted: bool) -> None:
        self._pool.close(is_interrupted=is_interrupted)


def _dask(parallel: Parallel) -> ExecutorPool:
    if not parallel.executor.startswith(_DASK):
        raise ConfigError(f"--executor {parallel.executor!r} is none that is known: write {_DASK}HOST:PORT")
    try:
        from distributed import Client
    except ImportError as exc:
        raise PluginError("a Dask cluster needs Dask: pip install 'pytest-maestro[dask]'") from exc
    address = parallel.executor.removeprefix(_DASK)
    try:
        client: Any = Client(f"tcp://{address}", timeout="5s", set_as_default=False)  # type: ignore[no-untyped-call]  # dask has few
    except OSError as exc:
        raise PluginError(f"no Dask scheduler answers at {address}: {exc}; start one with 'dask scheduler'") from exc
    size = parallel.workers or len(client.scheduler_info()["workers"])
    if not size:
        client.close()
        raise PluginError(f"the Dask cluster at {address} has no worker: start one with 'dask worker {address}'")
    return ExecutorPool(client.get_executor(pure=False, retries=0), size, work, client.close)
