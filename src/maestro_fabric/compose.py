"""The composition root: the only place that names concrete parts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from maestro_fabric.config.models import ServiceConfig, SuiteConfig
from maestro_fabric.config.templates import KEEP, Reference, resolve, resolve_partly
from maestro_fabric.engine import RunResult, SuiteSessions, run_plan
from maestro_fabric.errors import ConfigError, MaestroError, PluginError, Problem
from maestro_fabric.events import Event, Warned
from maestro_fabric.model import Case, RunInfo
from maestro_fabric.plan import Plan, PlannedSuite, build_plan
from maestro_fabric.plugins import Plugins, load_plugins
from maestro_fabric.ports import Adapter, Chance, Clock, Context, Emit, RunOptions, Sink
from maestro_fabric.qa_file import Loaded, collector_paused, load
from maestro_fabric.system.clock import SystemChance, SystemClock
from maestro_fabric.system.facts import gather_facts
from maestro_fabric.system.run_ids import new_run_id
from maestro_fabric.system.secrets import Secrets, read_secret_file
from maestro_fabric.system.services import Services
from maestro_fabric.system.supervisor import Supervised

if TYPE_CHECKING:
    from maestro_fabric.aggregator import StoreWriter

__all__ = ["Fanout", "Prepared", "load_config", "open_store", "prepare", "run"]

T = TypeVar("T")
_NO_OPTIONS = RunOptions()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A config that was loaded, checked and planned: everything a run needs.

    Attributes:
        loaded: The config with its origins.
        plugins: The adapters and hooks.
        plan: What is to be run.
        run: The run's id and facts.
        artifacts: The run's folder for evidence; made when first written to.
        options: What a person asked for on the command line.
        environ: The environment variables.
        secrets: Gives and redacts secrets.
        clock: Time.
        chance: Randomness.
    """

    loaded: Loaded
    plugins: Plugins
    run: RunInfo
    artifacts: Path
    options: RunOptions
    environ: Mapping[str, str]
    secrets: Secrets
    clock: Clock = field(default_factory=SystemClock)
    chance: Chance = field(default_factory=SystemChance)
    plan: Plan = field(default_factory=lambda: Plan(project="", suites=()))

    @property
    def store(self) -> Path:
        """The history that the config names."""
        return self.loaded.root / self.loaded.config.store

    def adapter(self, name: str) -> Adapter:
        """The adapter of that name."""
        return self.plugins.adapters[name]

    def context(self, *, worker: str = "", service_urls: Mapping[str, str] = {}) -> Context:
        """What surrounds a suite.

        Args:
            worker: This process's name among its siblings; empty when alone.
            service_urls: The addresses of the services that are up, by name.
        """
        loaded = self.loaded
        return Context(
            config=loaded.config,
            root=loaded.root,
            artifacts=self.artifacts,
            clock=self.clock,
            chance=self.chance,
            base_url=_with_services(loaded.base_url, service_urls),
            variables=loaded.variables,
            service_urls=service_urls,
            secret=self.secrets.value,
            redact=self.secrets.redact,
            worker=worker,
            options=self.options,
            start_child=Supervised,
            locate=loaded.locate,
        )

    def sessions(self, planned_suite: PlannedSuite, context: Context) -> SuiteSessions:
        """The sessions of a suite in this process."""
        return SuiteSessions(self.adapter(planned_suite.adapter), planned_suite.config, context, planned_suite.cases)

    def services(self, emit: Emit) -> Services:
        """The services of the config, none of them started yet."""
        configs, external = self.loaded.config.services, self.loaded.external_services
        return Services(
            {name: config if name in external else _with_secrets(config, self.secrets) for name, config in configs.items()},
            external=external,
            root=self.loaded.root,
            log_folder=self.artifacts,
            environ=self.environ,
            clock=self.clock,
            emit=emit,
            redact=self.secrets.redact,
        )

    def remove_old_artifacts(self) -> None:
        """Remove the evidence of older runs, so that with this run's ``keep_runs`` folders remain. What is in use stays."""
        keep = self.loaded.config.artifacts.keep_runs - 1
        # Run ids sort by time. Anything else in the folder is not ours.
        older = sorted(path for path in self.artifacts.parent.glob("*-*-7*-*-*") if path.is_dir() and path.name != self.artifacts.name)
        for path in older[: len(older) - keep]:
            shutil.rmtree(path, ignore_errors=True)


class Fanout:
    """Hands every event to several sinks, in order."""

    def __init__(self, sinks: Iterable[Sink]) -> None:
        self._sinks = tuple(sinks)

    def receive(self, event: Event) -> None:
        """Hand over one event."""
        for sink in self._sinks:
            sink.receive(event)

    def close(self) -> None:
        """Close all, also when one of them fails."""
        errors = []
        for sink in self._sinks:
            try:
                sink.close()
            except OSError as exc:
                errors.append(exc)
        if errors:
            raise errors[0]


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
    run_id: str | None = None,
    orchestration_id: str = "",
    plugins: Plugins | None = None,
) -> Prepared:
    """Load, check and plan a config; nothing is started yet.

    Args:
        path: The qa.yaml.
        environment: One of its environments; ``MAESTRO_ENV`` or the first when absent.
        variables: Laid over its ``vars`` and the environment's.
        options: What a person asked for on the command line.
        environ: The environment variables.
        leave_out: Adapters whose suites somebody else discovers and runs; in the plan they have no cases.
        run_id: The id of a run that another process owns; facts are then left to that process.
        orchestration_id: Groups the shards of one pipeline; ``MAESTRO_ORCHESTRATION_ID`` when empty.
        plugins: The adapters and hooks; all that are installed when absent.

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
    prepared = _unplanned(loaded, plugins, info, options, environ)
    with collector_paused():
        return replace(prepared, plan=_redacting(prepared.secrets, lambda: _plan(prepared, leave_out)))


def whats_missing(loaded: Loaded, *, plugins: Plugins, environ: Mapping[str, str] = os.environ) -> list[str]:
    """A line for everything that this machine lacks to run a config: extras, programs, browsers. Nothing is started."""
    info = RunInfo(run_id=new_run_id(), started_at=SystemClock().now(), orchestration_id="", facts={})
    return _missing(_unplanned(loaded, plugins, info, _NO_OPTIONS, environ), loaded.config.suites)


def open_store(path: Path | str) -> StoreWriter:
    """The history at that path, ready to take a run's events.

    Raises:
        StoreError: when it cannot be opened; the message says what to do.
    """
    # Not above: sqlite is not needed to validate or plan.
    from maestro_fabric.aggregator import StoreWriter

    return StoreWriter(Path(path), clock=SystemClock())


def run(prepared: Prepared, *, sinks: Sequence[Sink] = (), maxfail: int = 0, store: Path | None = None) -> RunResult:
    """Run everything that was planned, outside pytest.

    Args:
        prepared: What `prepare` gave.
        sinks: Take the events beside the history and the plugins' hooks; closed at the end.
        maxfail: Stop after so many cases that failed or broke; 0 is never.
        store: The history; the config's when absent.

    Raises:
        StoreError: when the history cannot be opened; nothing has run then.
    """
    writer = open_store(store or prepared.store)
    hooks = prepared.plugins.event_sink()
    out = Fanout([writer, hooks, *sinks])
    prepared.remove_old_artifacts()
    services = prepared.services(out.receive)

    def sessions_for(suite: PlannedSuite) -> SuiteSessions:
        return prepared.sessions(suite, prepared.context(service_urls=services.urls))

    try:
        result = run_plan(
            prepared.plan,
            run=prepared.run,
            sessions_for=sessions_for,
            services=services,
            emit=out.receive,
            clock=prepared.clock,
            chance=prepared.chance,
            maxfail=maxfail,
        )
    finally:
        out.close()
    for line in (*prepared.plugins.warnings, *hooks.warnings, *writer.warnings):
        Fanout(sinks).receive(Warned(line))
    return result


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
        artifacts=loaded.root / loaded.config.artifacts.path / info.run_id,
        options=options,
        environ=environ,
        secrets=_secrets(loaded, plugins, environ),
    )


def _missing(prepared: Prepared, suites: Iterable[SuiteConfig]) -> list[str]:
    context = prepared.context()
    return list(
        dict.fromkeys(
            line for suite in suites for line in _asked(suite, "looked for what it needs", prepared.adapter(suite.adapter).check, context)
        )
    )


def _plan(prepared: Prepared, leave_out: frozenset[str]) -> Plan:
    context = prepared.context()
    suites: list[SuiteConfig] = [suite for suite in prepared.loaded.config.suites if suite.adapter not in leave_out]
    missing = _missing(prepared, suites)
    if missing:
        raise PluginError("\n".join(missing))
    discovered: dict[str, Sequence[Case]] = {
        suite.name: _asked(suite, "looked for the cases", prepared.adapter(suite.adapter).discover, context) for suite in suites
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
    known = {"config_digest": loaded.digest, "environment": loaded.environment}
    return {**gather_facts(loaded.root, environ), **{name: value for name, value in known.items() if value}}


def _secrets(loaded: Loaded, plugins: Plugins, environ: Mapping[str, str]) -> Secrets:
    config = loaded.config.secrets
    if config.source == "hook":
        return Secrets(plugins.secret, source="no plugin's maestro_secret gives it")
    if config.source == "file":
        return _FileSecrets(loaded.root / (config.path or ".secrets")).as_secrets()
    return Secrets(environ.get, source="set the environment variable of that name")


class _FileSecrets:
    """A secrets file, read when the first secret is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def values(self) -> Mapping[str, str]:
        return read_secret_file(self.path)

    def as_secrets(self) -> Secrets:
        return Secrets(lambda name: self.values.get(name), source=f"add a line with it to {self.path}")


def _with_secrets(config: ServiceConfig, secrets: Secrets) -> ServiceConfig:
    def lookup(reference: Reference) -> object:
        return secrets.value(reference.name) if reference.kind == "secret" else reference.text

    return config.model_copy(update={"command": resolve(config.command, lookup), "env": resolve(config.env, lookup)})


def _with_services(base_url: str, urls: Mapping[str, str]) -> str:
    """The base address with the addresses of the services that are up; others stay as they are written."""

    def lookup(reference: Reference) -> object:
        return urls.get(reference.name, KEEP) if reference.kind == "services" else KEEP

    return str(resolve_partly(base_url, lookup))
