"""A session with a config: the config planned, and what of it is collected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from maestro_fabric.compose import Prepared, prepare
from maestro_fabric.config.policies import resolve_policy
from maestro_fabric.errors import ConfigError, PluginError
from pytest_maestro.names import NATIVE_ADAPTER
from pytest_maestro.options import Options
from pytest_maestro.selection import Selection, native_paths, select, suites_given

__all__ = ["prepare_selection", "unheeded_policies"]


def prepare_selection(path: Path, options: Options, given: Sequence[str], folder: Path) -> tuple[Prepared, Selection]:
    """The config, and what to collect of it.

    Args:
        path: The config.
        options: What was asked for.
        given: The paths of the command line.
        folder: What they are relative to.

    Raises:
        UsageError: with everything that is wrong with the config.
    """
    try:
        prepared = prepare(
            path,
            environment=options.environment,
            variables=options.variables,
            options=options.run,
            leave_out=frozenset({NATIVE_ADAPTER}),
            may_run=suites_given(given, path, folder),
            quarantine=options.quarantine,
        )
        _refuse_what_would_be_ignored(prepared)
        return prepared, select(given, prepared, native_paths(prepared), folder)
    except (ConfigError, PluginError) as exc:
        raise pytest.UsageError(str(exc)) from None


def unheeded_policies(prepared: Prepared) -> list[str]:
    """A line for each pytest suite for which the file's default policy has a fallback: Python tests have no steps."""
    config = prepared.loaded.config
    if not resolve_policy(config).fallback:
        return []
    native = [suite.name for suite in prepared.plan.suites if suite.adapter == NATIVE_ADAPTER and suite.config.policy is None]
    return [
        f"{name}: the fallback of the default policy {config.policy!r} is a group of steps, and Python tests have none" for name in native
    ]


def _refuse_what_would_be_ignored(prepared: Prepared) -> None:
    """Say so instead of ignoring it."""
    for suite in prepared.plan.suites:
        if suite.adapter != NATIVE_ADAPTER:
            continue
        if getattr(suite.config, "env", None):
            message = f"suite {suite.name!r}: its env would hold for the whole pytest session, which it shares with others"
            hint = "set the variables outside, or run the file with 'maestro run'"
            raise ConfigError([prepared.loaded.problem(message, ("suites", suite.index, "env"), hint=hint)])
