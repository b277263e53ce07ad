"""What the command line and the ini file ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.errors import StoreError
from maestro_fabric.places import DatabaseUrl, is_database_url, local_of, place_of

if TYPE_CHECKING:
    from maestro_fabric.ports import RunOptions

__all__ = ["Options", "read_options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The plugin's options, checked.

    Attributes:
        config: The qa.yaml, absolute; ``None`` when none is named by option or ini.
        store: The history's file, absolute; ``None`` when none is named.
        database: The team's database that it is pushed to; ``None`` for none.
        quarantine: The cases that may fail for a while, absolute; ``None`` when no file is named.
        environment: The environment's name; ``None`` for the default.
        variables: Values given as ``NAME=VALUE``.
        headed: Whether browsers are shown.
        update_visual: Whether pictures are stored instead of compared.
        healing: What to do with lost elements; empty for what the config says.
        fail_on_heal: Whether a healed case fails.
        slow_s: Seconds to wait after each step.
        pause: Whether to stop before a failing step.
        stream_fd: The descriptor that events are written to; ``None`` when nobody listens.
        is_dry: Whether tests are only listed.
    """

    config: Path | None
    store: Path | None
    database: DatabaseUrl | None
    quarantine: Path | None
    environment: str | None
    variables: Mapping[str, str]
    headed: bool
    update_visual: bool
    healing: str
    fail_on_heal: bool
    slow_s: float
    pause: bool
    stream_fd: int | None
    is_dry: bool

    @property
    def run(self) -> RunOptions:
        """How a person wants to watch."""
        from maestro_fabric.ports import RunOptions

        return RunOptions(
            headed=self.headed,
            slow_s=self.slow_s,
            pause=self.pause,
            update_visual=self.update_visual,
            healing=self.healing,
            fail_on_heal=self.fail_on_heal,
            store=self.store,
        )


def read_options(config: pytest.Config) -> Options:
    """The options; those of the command line win over the ini file's.

    Raises:
        UsageError: when one cannot be understood.
    """
    chosen = config.known_args_namespace
    store, database = _store(config, chosen.maestro_store)
    return Options(
        config=_path(config, chosen.maestro_config, "maestro_config"),
        store=store,
        database=database,
        quarantine=_path(config, chosen.maestro_quarantine, "maestro_quarantine"),
        environment=chosen.maestro_env or config.getini("maestro_env") or None,
        variables=_variables([*config.getini("maestro_var"), *chosen.maestro_var]),
        headed=chosen.maestro_headed,
        update_visual=chosen.maestro_update_visual,
        healing=chosen.maestro_healing or "",
        fail_on_heal=chosen.maestro_fail_on_heal,
        slow_s=_seconds(chosen.maestro_slow) if chosen.maestro_slow else 0.0,
        pause=chosen.maestro_pause,
        stream_fd=getattr(chosen, "maestro_stream", None),
        is_dry=bool(chosen.collectonly),
    )


def _path(config: pytest.Config, given: str | None, key: str) -> Path | None:
    if given:
        return config.invocation_params.dir / given
    written = config.getini(key)
    return config.rootpath / written if written else None


def _store(config: pytest.Config, given: str | None) -> tuple[Path | None, DatabaseUrl | None]:
    named = given or config.getini("maestro_store")
    if not is_database_url(named):
        return _path(config, given, "maestro_store"), None
    try:
        place = place_of(named)
    except StoreError as exc:
        raise pytest.UsageError(f"--maestro-store: {exc}") from exc
    return local_of(place, config.rootpath), place if isinstance(place, DatabaseUrl) else None


def _variables(pairs: Iterable[str]) -> Mapping[str, str]:
    variables = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise pytest.UsageError(f"--maestro-var {pair!r} is not NAME=VALUE, like currency=EUR")
        variables[name] = value
    return variables


def _seconds(text: str) -> float:
    from maestro_fabric.config.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as exc:
        raise pytest.UsageError(f"--maestro-slow: {exc}") from exc
