"""A whole run as one call, for scripts and notebooks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from maestro_fabric import compose
from maestro_fabric.engine import RunResult
from maestro_fabric.model import Case
from maestro_fabric.places import place_of
from maestro_fabric.plan import select_cases
from maestro_fabric.ports import Sink

__all__ = ["run"]


def run(
    path: Path | str = "qa.yaml",
    *,
    environment: str | None = None,
    variables: Mapping[str, str] = {},
    select: Callable[[Case], bool] | None = None,
    maxfail: int = 0,
    store: Path | str | None = None,
    sinks: Sequence[Sink] = (),
    orchestration_id: str = "",
    workers: int = 0,
    executor: str = "",
    environ: Mapping[str, str] = os.environ,
) -> RunResult:
    """Run the suites of a config, and remember every attempt.

    Args:
        path: The qa.yaml.
        environment: One of its environments; ``MAESTRO_ENV`` or the first when absent.
        variables: Laid over its ``vars`` and the environment's.
        select: Chooses cases; all when absent.
        maxfail: Stop after so many cases that failed or broke; 0 is never.
        store: The history, a file or ``postgresql://user@host/database``; the config's when absent.
        sinks: Take the events too.
        orchestration_id: Groups the shards of one pipeline.
        workers: How many processes run the cases; 0 is this one alone, or as many as the executor has.
        executor: ``dask://HOST:PORT`` of a Dask cluster that runs the cases.
        environ: The environment variables.

    Raises:
        ConfigError: with everything that is wrong with the file.
        PluginError: when something is not installed.
        StoreError: when the history cannot be opened.
    """
    prepared = compose.prepare(path, environment=environment, variables=variables, environ=environ, orchestration_id=orchestration_id)
    if select is not None:
        prepared = replace(prepared, plan=select_cases(prepared.plan, select))
    parallel = compose.Parallel(workers=workers, executor=executor, variables=variables) if workers or executor else None
    return compose.run(prepared, sinks=sinks, maxfail=maxfail, store=None if store is None else place_of(store), parallel=parallel)
