"""From a file to a plan: loaded, checked, its cases found; nothing is started."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from maestro_fabric.compose.config_secrets import secrets_of
from maestro_fabric.compose.prepared import Prepared
from maestro_fabric.compose.quarantining import load_quarantine
from maestro_fabric.compose.storing import kept_in
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.errors import ConfigError, MaestroError, PluginError, Problem
from maestro_fabric.model import Case, RunInfo
from maestro_fabric.places import Place
from maestro_fabric.plan import Plan, build_plan
from maestro_fabric.plugins import Plugins, load_plugins
from maestro_fabric.ports import Context, RunOptions
from maestro_fabric.qa_file import Loaded, collector_paused, load
from maestro_fabric.quarantine import Quarantine
from maestro_fabric.run_ids import new_run_id
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.system.facts import gather_facts
from maestro_fabric.system.secrets import Secrets

__all__ = ["load_config", "place_of_config", "prepare", "quarantine_of", "whats_missing"]

T = TypeVar("T")
_NO_OPTIONS = RunOptions()


def load_config(
    path: Path | str,
    *,
    environment: str | None = None,
    variables: Mapping[str, str] = {},
    environ: Mapping[str, str] = os.environ,
    plugins: Plugins | None = None,
) -> Loaded:
    """A qa.yaml as validated values, with the place and origin of each.

    Args:
        path: The file.
        environment: One of its environments; ``MAESTRO_ENV`` or the first when absent.
        variables: Laid over its ``vars`` and the environment's.
        environ: The environment variables.
        plugins: The adapters that suites may name; all that are installed when absent.

    Raises:
        ConfigError: with everything that is wrong.
        PluginError: when there is no adapter at all.
    """
    plugins = plugins or load_plugins()
    if not plugins.adapters:
        raise PluginError("\n".join(["no adapter could be loaded: install pytest-maestro anew", *plugins.warnings]))
    try:
        return load(
            Path(path),
            suite_models=plugins.suite_models,
            environment=environment,
            variables=variables,
            environ=environ,
        )
    except ConfigError as exc:
        raise ConfigError([*exc.problems, *(Problem(message=line) for line in _why_unknown(exc.problems, plugins))]) from exc


def prepare(
    path: Path | str,
    *,
    environment: str | None = None,
    variables: Mapping[str, str] = {},
    options: RunOptions = _NO_OPTIONS,
    environ: Mapping[str, str] = os.environ,
    leave_out: frozenset[str] = frozenset(),
    may_run: Callable[[str], bool] = lambda name: True,
    run_id: str | None = None,
    orchestration_id: str = "",
    plugins: Plugins | None = None,
    quarantine: Path | None = None,
) -> Prepared:
    """Load, check and plan a config; nothing is started yet.

    Args:
        path: The qa.yaml.
        environment: One of its environments; ``MAESTRO_ENV`` or the first when absent.
        variables: Laid over its ``vars`` and the environment's.
        options: What a person asked for on the command line.
        environ: The environment variables.
        leave_out: Adapters whose suites somebody else discovers and runs; in the plan they have no cases.
        may_run: Says of a suite's name whether cases of it may be chosen. What only the others need may be missing here; they
            have no cases then.
        run_id: The id of a run that another process owns; facts are then left to that process.
        orchestration_id: Groups the shards of one pipeline; ``MAESTRO_ORCHESTRATION_ID`` when empty.
        plugins: The adapters and hooks; all that are installed when absent.
        quarantine: The file of known failures; the config's when absent.

    Raises:
        ConfigError: with everything that is wrong with the file.
        PluginError: with one line for everything that is not installed.
    """
    plugins = plugins or load_plugins()
    loaded = load_config(path, environment=environment, variables=variables, environ=environ, plugins=plugins)
    clock = SystemClock()
    info = RunInfo(
        run_id=run_id or new_run_id(),
        started_at=clock.now(),
        orchestration_id=orchestration_id or environ.get("MAESTRO_ORCHESTRATION_ID", ""),
        facts={} if run_id else _facts(loaded, environ),
    )
    known = quarantine_of(loaded, quarantine)
    if not run_id:
        info = replace(info, facts={**info.facts, **known.facts})
    prepared = replace(_unplanned(loaded, plugins, info, options, environ), quarantine=known)
    with collector_paused():
        return replace(prepared, plan=_redacting(prepared.secrets, lambda: _plan(prepared, leave_out, may_run)))


def place_of_config(loaded: Loaded, environ: Mapping[str, str]) -> Place:
    """The history that a config names, with its secrets.

    Raises:
        ConfigError: when a secret is missing.
        StoreError: when it is no address.
    """
    return kept_in(loaded, secrets_of(loaded, load_plugins(), environ))


def quarantine_of(loaded: Loaded, named: Path | None = None) -> Quarantine:
    """The failures that are known today: of the file named, or of the config's.

    Raises:
        ConfigError: when it is wrong, or one that somebody has named is not there.
    """
    is_named = named is not None or "quarantine" in loaded.config.model_fields_set
    return load_quarantine(named or loaded.root / loaded.config.quarantine, SystemClock(), must_exist=is_named)


def whats_missing(loaded: Loaded, *, plugins: Plugins, environ: Mapping[str, str] = os.environ) -> list[str]:
    """A line for everything that this machine lacks to run a config: extras, programs, browsers. Nothing is started."""
    info = RunInfo(run_id=new_run_id(), started_at=SystemClock().now(), orchestration_id="", facts={})
    return _missing(_unplanned(loaded, plugins, info, _NO_OPTIONS, environ), loaded.config.suites)


def _why_unknown(problems: Sequence[Problem], plugins: Plugins) -> list[str]:
    """The lines of plugins that were left out, when a suite's adapter is unknown: that must not read like a spelling mistake."""
    messages = [problem.message for problem in problems if problem.path.endswith(".adapter")]
    named = [line for name, line in plugins.left_out.items() if any(repr(name) in message for message in messages)]
    # Which adapters a plugin would have brought that cannot be imported is not known, so each of them may be meant.
    return named or (plugins.warnings if messages else [])


def _unplanned(loaded: Loaded, plugins: Plugins, info: RunInfo, options: RunOptions, environ: Mapping[str, str]) -> Prepared:
    return Prepared(
        loaded=loaded,
        plugins=plugins,
        run=info,
        artifacts=_artifacts(loaded) / info.run_id,
        options=options,
        environ=environ,
        secrets=secrets_of(loaded, plugins, environ),
    )


def _missing(prepared: Prepared, suites: Iterable[SuiteConfig]) -> list[str]:
    """What is missing, each line once."""
    context = prepared.context()
    return list(dict.fromkeys(line for suite in suites for line in _missing_for(prepared, suite, context)))


def _missing_for(prepared: Prepared, suite: SuiteConfig, context: Context) -> Sequence[str]:
    return _asked(suite, "looked for what it needs", prepared.adapter(suite.adapter).check, context)


def _plan(prepared: Prepared, leave_out: frozenset[str], may_run: Callable[[str], bool]) -> Plan:
    context = prepared.context()
    suites: list[SuiteConfig] = [suite for suite in prepared.loaded.config.suites if suite.adapter not in leave_out]
    missing = _missing(prepared, (suite for suite in suites if may_run(suite.name)))
    if missing:
        raise PluginError("\n".join(missing))
    discovered: dict[str, Sequence[Case]] = {
        suite.name: _asked(suite, "looked for the cases", prepared.adapter(suite.adapter).discover, context)
        for suite in suites
        if may_run(suite.name) or not _missing_for(prepared, suite, context)
    }
    return build_plan(prepared.loaded.config, discovered)


def _asked(suite: SuiteConfig, doing: str, ask: Callable[[SuiteConfig, Context], T], context: Context) -> T:
    """What an adapter answers; an error that is none of ours is told as a defect of the adapter."""
    try:
        return ask(suite, context)
    except MaestroError:
        raise
    except Exception as exc:
        # The border to other people's code, before there is a case whose fault it could be.
        raise PluginError(
            f"the adapter {suite.adapter!r} broke when it {doing} of suite {suite.name!r}: {type(exc).__name__}: {exc}; "
            "this is a defect of the adapter"
        ) from exc


def _redacting(secrets: Secrets, action: Callable[[], T]) -> T:
    try:
        return action()
    except ConfigError as exc:
        redact = secrets.redact
        raise ConfigError(
            [
                replace(problem, message=redact(problem.message), line_text=redact(problem.line_text), hint=redact(problem.hint))
                for problem in exc.problems
            ]
        ) from None
    except PluginError as exc:
        raise PluginError(secrets.redact(str(exc))) from None


def _facts(loaded: Loaded, environ: Mapping[str, str]) -> dict[str, str]:
    artifacts = str(_artifacts(loaded).absolute())
    known = {"config_digest": loaded.digest, "environment": loaded.environment, "artifacts": artifacts}
    return {**gather_facts(loaded.root, environ), **{name: value for name, value in known.items() if value}}


def _artifacts(loaded: Loaded) -> Path:
    """The folder that holds each run's folder of evidence."""
    return loaded.root / loaded.config.artifacts.path
