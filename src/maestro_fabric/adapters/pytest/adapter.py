"""The adapter of pytest suites outside pytest: one process that collects, and one a suite that runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from maestro_fabric.adapters.program.cases import case_of_suite
from maestro_fabric.adapters.program.environment import environment_of
from maestro_fabric.adapters.pytest.process import PytestProcess
from maestro_fabric.adapters.pytest.session import NativeTest, PytestSession
from maestro_fabric.adapters.pytest.stream import Collected, CollectionFailed, Said, StreamHealing, StreamSpec
from maestro_fabric.adapters.pytest.suite import PytestSuite
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Case
from maestro_fabric.ports import ADAPTER_API, Context, Deadline

__all__ = ["PytestAdapter"]

# The suite's own ini file may name a config or a store: this pytest must not start over with them.
_ALONE = ("-p", "maestro", "-o", "maestro_config=", "-o", "maestro_store=")
_NO_TEST = 5


class PytestAdapter:
    """Runs pytest suites."""

    name = "pytest"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = PytestSuite

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """Nothing: pytest is installed with this, and the paths were looked for when the file was loaded."""
        return ()

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """Its tests as pytest collects them; a module that cannot be collected is one case that will be an error.

        Raises:
            ConfigError: when pytest does not get as far as collecting.
        """
        config = _own(suite)
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--collect-only", "-q", *_ALONE, *config.args, *config.paths]
            log_path = Path(folder) / "collect.log"
            process = PytestProcess(
                arguments,
                cwd=context.root / config.cwd,
                env=environment_of(config.env, context),
                log_path=log_path,
                spec=_spec(config, context),
                start_child=context.start_child,
                asks=False,
            )
            try:
                cases = _cases(process.messages(Deadline.after(None, context.clock)), config, context)
                if not cases and process.exit_status not in (0, _NO_TEST):
                    raise ConfigError(f"suite {suite.name!r}: pytest could not collect its tests:\n{process.last_output()}")
            finally:
                process.kill()
        return cases

    def open(self, suite: SuiteConfig, context: Context) -> PytestSession:
        """A session; its process starts with the first case."""
        config = _own(suite)
        log_folder = context.artifacts / "pytest"

        def start(arguments: Sequence[str]) -> PytestProcess:
            return PytestProcess(
                ["--continue-on-collection-errors", *_ALONE, *config.args, *arguments],
                cwd=context.root / config.cwd,
                env=environment_of(config.env, context),
                log_path=log_folder / f"{suite.name}.log",
                spec=_spec(config, context),
                start_child=context.start_child,
                redact=context.redact,
            )

        return PytestSession(start, config.paths)


def _own(suite: SuiteConfig) -> PytestSuite:
    return cast("PytestSuite", suite)


def _spec(config: PytestSuite, context: Context) -> StreamSpec:
    return StreamSpec(project=context.config.project, suite=config.name, root=str(context.root.resolve()), healing=_healing(context))


def _healing(context: Context) -> StreamHealing | None:
    """What tests that ask for healing must know; a child has no config."""
    options = context.options
    if context.healer is None or options.store is None:
        return None
    return StreamHealing(
        settings=context.config.healing.model_dump(),
        store=str(options.store.absolute()),
        artifacts=str(context.artifacts.absolute()),
        mode=options.healing,
        fail_on_heal=options.fail_on_heal,
    )


def _cases(messages: Iterable[Said], config: PytestSuite, context: Context) -> list[Case]:
    found = {message.id: message for message in messages if isinstance(message, (Collected, CollectionFailed))}
    return [_case(message, len(found), config, context) for message in found.values()]


def _case(message: Collected | CollectionFailed, siblings: int, config: PytestSuite, context: Context) -> Case:
    if isinstance(message, Collected):
        body = NativeTest(nodeid=message.nodeid, path=message.path, siblings=siblings)
        return case_of_suite(
            message.id, body, config, context, location=message.location, tags=message.tags, policy=_known(message, context)
        )
    return case_of_suite(message.id, NativeTest(nodeid=message.nodeid, failure=message.message, siblings=siblings), config, context)


def _known(message: Collected, context: Context) -> str | None:
    """The policy that a test's mark names.

    Raises:
        ConfigError: when there is none of that name, or it has a fallback, which is a group of steps.
    """
    if not message.policy:
        return None
    policy = context.config.policies.get(message.policy)
    if policy is None:
        known = ", ".join(context.config.policies) or "none"
        hint = did_you_mean(message.policy, list(context.config.policies)) or f"known: {known}"
        raise ConfigError(f"{message.nodeid}: unknown policy {message.policy!r} ({hint})")
    if policy.fallback is not None:
        raise ConfigError(f"{message.nodeid}: the fallback of {message.policy!r} is a group of steps, and a Python test has none")
    return message.policy
