"""A config that is ready to be run, and the parts that it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from maestro_fabric.compose.config_secrets import fill_secrets
from maestro_fabric.compose.healing import make_healer
from maestro_fabric.compose.heals_page import write_heals_page
from maestro_fabric.compose.run_folder import take_folder, whats_kept
from maestro_fabric.compose.storing import kept_in
from maestro_fabric.config.templates import KEEP, Reference, resolve_partly
from maestro_fabric.engine import Guards, SuiteSessions, waits_of
from maestro_fabric.model import RunInfo
from maestro_fabric.places import LOCAL_STORE, Place, is_database_url, place_of
from maestro_fabric.plan import Plan, PlannedSuite
from maestro_fabric.plugins import Plugins
from maestro_fabric.ports import Adapter, Chance, Clock, Context, Emit, Healer, RunOptions
from maestro_fabric.qa_file import Loaded
from maestro_fabric.quarantine import NO_QUARANTINE, Quarantine
from maestro_fabric.reports.closing import Closing
from maestro_fabric.reports.tally import Tally
from maestro_fabric.system.clock import SystemChance, SystemClock
from maestro_fabric.system.process_table import SystemProcesses
from maestro_fabric.system.secrets import Secrets
from maestro_fabric.system.services import Services
from maestro_fabric.system.supervisor import Supervised

__all__ = ["Parallel", "Prepared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """Where cases are run.

    Attributes:
        workers: How many processes; 0 is as many as the executor has.
        executor: ``dask://HOST:PORT`` of a cluster's scheduler; empty for processes of this machine.
        variables: What was laid over the config's variables on the command line.
    """

    workers: int = 0
    executor: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


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
        quarantine: The failures that are known, and do not fail the run.
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
    quarantine: Quarantine = NO_QUARANTINE
    plan: Plan = field(default_factory=lambda: Plan(project="", suites=()))

    @property
    def store(self) -> Path:
        """The file that runs are written into: the history that the config names, or what lies beside a team's database."""
        text = self.loaded.config.store
        # Nobody hides the name of a file; and a process that only writes needs no password.
        is_database = is_database_url(text) or "${secret:" in text
        return self.loaded.root / (LOCAL_STORE if is_database else text)

    @property
    def shown_store(self) -> str:
        """The history that the config names, without a password."""
        text = self.loaded.config.store
        return str(place_of(text)) if is_database_url(text) else str(self.store)

    @cached_property
    def place(self) -> Place:
        """The history that the config names, with its secrets.

        Raises:
            ConfigError: when a secret is missing.
            StoreError: when it is no address.
        """
        return kept_in(self.loaded, self.secrets)

    @cached_property
    def healer(self) -> Healer | None:
        """What finds lost elements again in this process; ``None`` when healing is off."""
        return make_healer(
            self.loaded.config,
            self.options,
            environ=self.environ,
            store=self.store,
            artifacts=self.artifacts,
            plugins=self.plugins,
            clock=self.clock,
        )

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
            options=replace(self.options, store=self.options.store or self.store),
            start_child=Supervised,
            processes=SystemProcesses(),
            healer=self.healer,
            waits_of=lambda backoff: waits_of(backoff, self.chance),
            classify=self.plugins.classify,
            locate=loaded.locate,
        )

    def sessions(self, planned_suite: PlannedSuite, context: Context) -> SuiteSessions:
        """The sessions of a suite in this process."""
        return SuiteSessions(self.adapter(planned_suite.adapter), planned_suite.config, context, planned_suite.cases)

    def guards(self, urls: Callable[[], Mapping[str, str]], worker: str = "") -> Guards | None:
        """The circuit breakers and bulkheads of this process; ``None`` when no policy of the config has any.

        Args:
            urls: Gives the addresses of the services that are up, by name.
            worker: This process's name among its siblings; empty when alone.
        """
        config = self.loaded.config
        if not any(policy.breaker or policy.bulkhead for policy in config.policies.values()):
            return None
        # Not above: who has none does not pay for sqlite.
        from maestro_fabric.compose.dependencies import SharedDependencies

        return Guards(SharedDependencies(self.artifacts, config, urls, self.clock), self.clock, worker)

    def forget_guards(self) -> None:
        """Remove what the processes of this run shared; called by its owner, at its end."""
        if self.artifacts.exists():
            from maestro_fabric.compose.dependencies import forget_shared

            forget_shared(self.artifacts)

    def services(self, emit: Emit) -> Services:
        """The services of the config, none of them started yet."""
        configs, external = self.loaded.config.services, self.loaded.external_services
        return Services(
            {name: config if name in external else fill_secrets(config, self.secrets) for name, config in configs.items()},
            external=external,
            root=self.loaded.root,
            log_folder=self.artifacts,
            environ=self.environ,
            clock=self.clock,
            emit=emit,
            redact=self.secrets.redact,
        )

    def take_folder(self) -> Callable[[], None]:
        """Begin to use `artifacts`: older runs' folders are removed, so that ``keep_runs`` remain, and this one is safe from others.

        Returns:
            What gives it back at the end of the run.
        """
        return take_folder(self.artifacts, keep_runs=self.loaded.config.artifacts.keep_runs)

    def closing(
        self, tally: Tally, *, store: str, is_recorded: bool = True, shown: Callable[[Path], str] = str, warnings: Sequence[str] = ()
    ) -> Closing:
        """What is told at the end of this run.

        Args:
            tally: What became of its cases.
            store: The history's file, as it is shown.
            is_recorded: Whether the history has it.
            shown: Gives a path as it is shown.
            warnings: What a person should know that is no case's fault.
        """
        kept = whats_kept(self.artifacts)
        page = write_heals_page(self.options.store or self.store, self.run.run_id, self.artifacts) if tally.heals and is_recorded else None
        return Closing(
            tally=tally,
            run_id=self.run.run_id if is_recorded else "",
            store=store,
            evidence=shown(self.artifacts) if kept.has_evidence else "",
            logs=tuple((whose, shown(path)) for whose, path in kept.logs),
            heals_page=shown(page) if page is not None else "",
            warnings=warnings,
        )


def _with_services(base_url: str, urls: Mapping[str, str]) -> str:
    """The base address with the addresses of the services that are up; others stay as they are written."""

    def lookup(reference: Reference) -> object:
        return urls.get(reference.name, KEEP) if reference.kind == "services" else KEEP

    return str(resolve_partly(base_url, lookup))
