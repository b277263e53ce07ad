"""What one pytest session does with the options: read before conftest files are looked for, registered when pytest is configured."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.garbage import collector_paused
from pytest_maestro.attachments import Attaching, Attachments
from pytest_maestro.names import Names, project_of
from pytest_maestro.options import Options, read_options

# What is imported in functions below is not needed to record a suite that has no config: with pydantic it would be half of
# what recording ten thousand tests costs.
if TYPE_CHECKING:
    from maestro_fabric.compose import Prepared
    from maestro_fabric.quarantine import Quarantine
    from pytest_maestro.running import Running
    from pytest_maestro.selection import Selection

__all__ = ["MaestroSession", "start_session"]

_LOOKS_LIKE_CONFIG = tuple(re.compile(rf"^{key}\s*:", re.MULTILINE) for key in ("version", "project", "suites"))
_ENOUGH_KEYS = 2
# What tests in Python are healed by: a history is enough.
_NEED_A_HISTORY = ("maestro_healing", "maestro_fail_on_heal")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaestroSession:
    """A session that uses maestro.

    Attributes:
        options: What was asked for.
        prepared: The config, planned; ``None`` without one.
        selection: The paths that are collected instead of those that were given; ``None`` without a config.
        quarantine: The failures that are known; ``None`` when nobody has named a file of them.
    """

    options: Options
    prepared: Prepared | None = None
    selection: Selection | None = None
    quarantine: Quarantine | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the plugins that this process needs."""
        given: Mapping[str, str] | None = getattr(config, "workerinput", None)
        if given is not None:
            # A worker whose controller was killed would work on until its test ends, or for ever.
            from maestro_fabric.system.lifeline import watch_parent

            watch_parent()
        session = self if given is None else replace(self, prepared=_of_run(self.prepared, given))
        session._register(config, is_worker=given is not None)

    def names(self, config: pytest.Config) -> Names:
        """The identities of this session's node ids."""
        rootdir = config.rootpath
        has_groups = config.getoption("dist", "no") == "loadgroup" or bool(getattr(config.option, "loadgroup", False))
        if self.prepared is None or self.selection is None:
            return Names(project=project_of(rootdir), rootdir=rootdir, root=rootdir, has_groups=has_groups)
        return Names(
            project=self.prepared.plan.project,
            rootdir=rootdir,
            root=self.prepared.loaded.root,
            config_path=self.prepared.loaded.path,
            plan=self.prepared.plan,
            natives=self.selection.natives,
            has_groups=has_groups,
        )

    def _register(self, config: pytest.Config, *, is_worker: bool) -> None:
        names = self.names(config)
        attachments = self._attachments(config, is_worker=is_worker)
        if self.quarantine is not None:
            from pytest_maestro.quarantining import register_quarantining

            register_quarantining(config, self.quarantine, names, is_worker=is_worker)
        if self.options.stream_fd is not None:
            if not is_worker:
                from pytest_maestro.streaming import register_stream

                register_stream(config, self.options.stream_fd, attachments, is_dry=self.options.is_dry)
            if not self.options.is_dry:
                from pytest_maestro.streaming import register_streamed_mending

                register_streamed_mending(config)
            return
        running: Running | None = None
        if self.prepared is not None and self.selection is not None:
            from pytest_maestro.collection import register_collection
            from pytest_maestro.configured import unheeded_policies

            # In place of what was given: pytest has read the options of all conftest files by now, but collected nothing.
            config.args = list(self.selection.paths)
            config.args_source = pytest.Config.ArgsSource.ARGS
            running = register_collection(config, self.prepared, self.selection, names, attachments, is_worker=is_worker)
            running.warn(unheeded_policies(self.prepared))
            if is_worker:
                from pytest_maestro.xdist import register_barrier

                register_barrier(config)
        if not self.options.is_dry and (self.prepared is not None or self.options.store is not None):
            from pytest_maestro.mending import register_recorded_mending

            register_recorded_mending(config, names, self.options, self.prepared)
        if not is_worker and not self.options.is_dry:
            from pytest_maestro.recording import register_recording

            register_recording(config, self.options, self.prepared, names, running, attachments, self.quarantine)

    def _attachments(self, config: pytest.Config, *, is_worker: bool) -> Attachments:
        """What completes reports, registered unless what records without a config does that when it knows how it hears of tests."""
        manager = config.pluginmanager
        is_needed = self.prepared is not None or self.options.stream_fd is not None
        if not is_worker:
            attachments = Attachments()
            if is_needed:
                manager.register(attachments, "maestro-attachments")
            return attachments

        def attach() -> None:
            manager.register(Attaching(attachments), "maestro-attaching")

        # Without a config there is nothing to attach until something is raised: a call a report less.
        attachments = Attachments(None if is_needed else attach)
        manager.register(attachments, "maestro-attachments")
        if is_needed:
            attach()
        return attachments


def start_session(config: pytest.Config, *, need_a_config: Sequence[str] = ()) -> MaestroSession | None:
    """What this session does, ``None`` when a YAML file that was named is none of ours and nothing else was asked for.

    Args:
        config: pytest's, before conftest files are looked for.
        need_a_config: Names of options that were given on the command line and mean nothing without a config.

    Raises:
        UsageError: with everything that is wrong with the options or the config.
    """
    options = read_options(config)
    if options.stream_fd is not None:
        # Somebody's child for one suite: an ini file that names a config must not make it run all suites again.
        return MaestroSession(options=options)
    chosen = config.known_args_namespace
    named = _named_config(chosen.file_or_dir, config.invocation_params.dir)
    path = _config_path(options, named, is_explicit=bool(chosen.maestro_config))
    if path is None:
        _refuse_what_needs_a_config([name for name in need_a_config if options.store is None or name not in _NEED_A_HISTORY])
        return _without_config(options)
    # The plan of 10,000 cases is half a million objects. pytest looks for garbage twice before it ends, and Python once more: 0.7 s
    # each for objects that they would all keep. In the import, too, the collector took a fifth of a start.
    with collector_paused(for_good=True):
        from pytest_maestro.configured import prepare_selection

        prepared, selection = prepare_selection(path, options, chosen.file_or_dir, config.invocation_params.dir)
    # pytest looks here for the conftest files whose options it must know.
    chosen.file_or_dir = list(selection.paths)
    return MaestroSession(options=options, prepared=prepared, selection=selection, quarantine=prepared.quarantine)


def _without_config(options: Options) -> MaestroSession | None:
    if options.quarantine is None:
        return MaestroSession(options=options) if options.store is not None else None
    from maestro_fabric.clock import SystemClock
    from maestro_fabric.compose.quarantining import load_quarantine
    from maestro_fabric.errors import ConfigError

    try:
        return MaestroSession(options=options, quarantine=load_quarantine(options.quarantine, SystemClock(), must_exist=True))
    except ConfigError as exc:
        raise pytest.UsageError(str(exc)) from None


def _refuse_what_needs_a_config(names: Sequence[str]) -> None:
    # Only those of the command line: in ini the same keys may wait for a config.
    if names:
        used = " and ".join(f"--{name.replace('_', '-')}" for name in names)
        raise pytest.UsageError(f"{used} without a config: name one by --maestro-config=FILE, or by its path")


def _named_config(given: Sequence[str], folder: Path) -> Path | None:
    """The config among the paths of the command line; one with fewer than two of ``version``, ``project`` and ``suites`` is none."""
    files = dict.fromkeys(Path(os.path.normpath(folder / text.partition("::")[0])) for text in given)
    configs = [file for file in files if file.suffix in (".yaml", ".yml") and _is_config(file)]
    if len(configs) > 1:
        raise pytest.UsageError(f"{' and '.join(map(str, configs))} are two configs: a session has one")
    return configs[0] if configs else None


def _is_config(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8") as lines:
            text = lines.read(65_536)
    except (OSError, UnicodeDecodeError):
        return False
    # Two of the three: one that was forgotten is then an error with its name, and not a file that nobody knows.
    return sum(1 for key in _LOOKS_LIKE_CONFIG if key.search(text)) >= _ENOUGH_KEYS


def _config_path(options: Options, named: Path | None, *, is_explicit: bool) -> Path | None:
    chosen = options.config
    if named is None or chosen is None:
        return named or chosen
    if os.path.realpath(named) == os.path.realpath(chosen):
        return chosen
    if is_explicit:
        raise pytest.UsageError(f"--maestro-config names {chosen}, and {named} is another config: a session has one")
    return named


def _of_run(prepared: Prepared | None, given: Mapping[str, str]) -> Prepared | None:
    """The same config as a part of the run that the controller owns."""
    if prepared is None:
        return None
    from pytest_maestro.xdist import RUN_ID

    run_id = given[RUN_ID]
    return replace(prepared, run=replace(prepared.run, run_id=run_id), artifacts=prepared.artifacts.parent / run_id)
