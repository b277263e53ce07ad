"""The child's part of ``maestro run``: this pytest tells the process that started it what it collects and what comes of it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.adapters.pytest.stream import SPEC_VARIABLE, Stream, StreamSpec, open_stream
from maestro_fabric.model import Location, Status
from pytest_maestro.attachments import Attachments
from pytest_maestro.hearing import Hearing
from pytest_maestro.marks import marked_policy, tags_of
from pytest_maestro.mending import Ground, Reports, plain_healer, register_mending
from pytest_maestro.names import Names
from pytest_maestro.recorder import Recorder

if TYPE_CHECKING:
    from maestro_fabric.plugins import Plugins

__all__ = ["register_stream", "register_streamed_mending"]


class Streaming:
    """The hooks that tell of collecting."""

    def __init__(self, stream: Stream, recorder: Recorder, hearing: Hearing, rootdir: Path, *, is_dry: bool) -> None:
        self._stream = stream
        self._hearing = hearing
        self._rootdir = rootdir
        self._recorder = recorder
        self._is_dry = is_dry

    def pytest_sessionstart(self) -> None:
        """Begin to tell of tests that take long."""
        if not self._is_dry:
            self._recorder.start(self._hearing)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a module that cannot be collected."""
        if report.failed and report.nodeid:
            self._stream.collection_failed(report.nodeid, self._rootdir / report.nodeid.partition("::")[0], report.longreprtext)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell of what will run."""
        for item in session.items:
            file, line, _ = item.location
            place = None if line is None else Location(file, line + 1)
            self._stream.collected(item.nodeid, item.path, tags=tags_of(item), location=place, policy=marked_policy(item) or "")

    def pytest_sessionfinish(self) -> None:
        """Tell of tests that were cut off."""
        if not self._is_dry:
            self._recorder.stop()

    def pytest_unconfigure(self) -> None:
        """Say nothing more."""
        self._stream.close()


def register_stream(config: pytest.Config, descriptor: int, attachments: Attachments, *, is_dry: bool) -> None:
    """Register what tells of this session."""
    stream = open_stream(descriptor)
    names = _names(stream.spec, config)
    attachments.classify = _classify
    recorder = Recorder(names, stream.event, None)
    hearing = Hearing(recorder, attachments)
    config.pluginmanager.register(hearing, "maestro-hearing")
    config.pluginmanager.register(Streaming(stream, recorder, hearing, config.rootpath, is_dry=is_dry), "maestro-streaming")


def register_streamed_mending(config: pytest.Config) -> None:
    """Have tests healed as the owner heals: also in the workers of a child that spreads its tests."""
    spec = StreamSpec.from_text(os.environ[SPEC_VARIABLE])
    healing = spec.healing
    if healing is None:
        return
    names = _names(spec, config)
    artifacts = Path(healing.artifacts)

    def ground() -> Ground:
        from maestro_fabric.ports import RunOptions

        options = RunOptions(healing=healing.mode, store=Path(healing.store))
        return Ground(plain_healer(names.project, options, artifacts, healing.settings), artifacts)

    # What is a secret here is known to the owner, who replaces it.
    register_mending(config, ground, Reports(names, config.rootpath, str, fail_on_heal=healing.fail_on_heal))


def _names(spec: StreamSpec, config: pytest.Config) -> Names:
    return Names(project=spec.project, suite=spec.suite, rootdir=config.rootpath, root=Path(spec.root))


def _classify(raised: BaseException) -> Status | None:
    """What an exception means by the plugins of others; where there are none, nothing is loaded to ask them."""
    plugins = _strangers()
    return None if plugins is None else plugins.classify(raised)


@cache
def _strangers() -> Plugins | None:
    from maestro_fabric.plugins import has_strangers, load_plugins

    return load_plugins() if has_strangers() else None
