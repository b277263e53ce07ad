"""What the adapters of Jest and Vitest have in common: listing files, and starting the framework for some of them."""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from maestro_fabric.adapters.node.failures import plain
from maestro_fabric.adapters.node.find import Framework, NodeTool, Unavailable, find_tool
from maestro_fabric.adapters.node.framework import RunningFramework
from maestro_fabric.adapters.node.messages import Message, read_messages
from maestro_fabric.adapters.node.session import FileSession, TestFile
from maestro_fabric.adapters.node.suite import FileSuite
from maestro_fabric.adapters.program.cases import Trouble, case_of_suite
from maestro_fabric.adapters.program.channel import Channel
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.adapters.program.environment import environment_of
from maestro_fabric.adapters.program.process import Launch, Program, wait_for_end
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.model import Case, CaseId, Fault, Location, Outcome, Status
from maestro_fabric.ports import ADAPTER_API, Context, Deadline

__all__ = ["FileAdapter", "ListingFailed"]

STREAM_VARIABLE = "MAESTRO_STREAM"


class ListingFailed(Exception):
    """The framework did not list its files; the message says why."""


class FileAdapter(ABC):
    """Runs suites of a framework whose files hold tests."""

    name: str
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = FileSuite
    framework: Framework

    @abstractmethod
    def list_command(self, config: FileSuite, listing: Path) -> Sequence[str]:
        """The arguments that make the framework list its files, into the file ``listing`` or on standard output."""

    @abstractmethod
    def read_listing(self, listing: Path, output: str) -> Sequence[str]:
        """The files of a listing. Raises `ValueError` when there is none."""

    @abstractmethod
    def run_command(self, config: FileSuite, files: Sequence[Path], *, one_by_one: bool) -> Sequence[str]:
        """The arguments that make the framework run.

        Args:
            config: The suite.
            files: Those to run; empty for all of the suite.
            one_by_one: Without workers of the framework's own.
        """

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """Nothing: what this machine lacks blocks or breaks this suite alone."""
        return ()

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """Its files; when they cannot be listed, one case that says why."""
        config = _own(suite)
        cwd = (context.root / config.cwd).resolve()
        if not cwd.is_dir():
            return [self._trouble(config, context, f"the folder {config.cwd!r} (cwd) does not exist: make it, or mend the path")]
        try:
            files = self._list(config, context, cwd)
        except Unavailable as exc:
            return [_case(self.name, config, context, Trouble(Outcome(status=Status.BLOCKED, reason=str(exc))))]
        except ListingFailed as exc:
            return [self._trouble(config, context, str(exc))]
        if not files and "--passWithNoTests" not in config.args:
            return [self._trouble(config, context, f"{self.framework.title} found no test file in {str(cwd)!r}: mend paths or its config")]
        return [_file_case(path, cwd, config, context, siblings=len(files)) for path in files]

    def open(self, suite: SuiteConfig, context: Context) -> FileSession:
        """A session; its process starts with the first file."""
        config = _own(suite)
        cwd = (context.root / config.cwd).resolve()
        log_path = context.artifacts / self.name / f"{suite.name}.log"

        def start(files: Sequence[Path], *, one_by_one: bool) -> RunningFramework:
            return self._start(config, context, cwd, log_path, files, one_by_one=one_by_one)

        return FileSession(self.framework.title, start, context.root.resolve(), context.clock)

    def _start(
        self, config: FileSuite, context: Context, cwd: Path, log_path: Path, files: Sequence[Path], *, one_by_one: bool
    ) -> Program[Message]:
        env = environment_of(config.env, context)
        tool = self._tool(cwd, env)
        arguments = self.run_command(config, files, one_by_one=one_by_one)

        def launch(channel: Channel) -> Launch:
            return Launch(command=[*tool.command, *arguments], env={**env, STREAM_VARIABLE: channel.target})

        return Program(
            self.framework.title,
            launch,
            cwd=cwd,
            log_path=log_path,
            start_child=context.start_child,
            read=read_messages,
            redact=context.redact,
        )

    def _list(self, config: FileSuite, context: Context, cwd: Path) -> list[Path]:
        env = environment_of(config.env, context)
        command = self._tool(cwd, env).command
        with tempfile.TemporaryDirectory() as folder:
            listing, log = Path(folder) / "files.json", Path(folder) / "list.log"
            child = context.start_child([*command, *self.list_command(config, listing)], cwd, {**os.environ, **env}, log)
            try:
                status = wait_for_end(child, Deadline.after(None, context.clock), f"listing the files of {config.name!r}")
            finally:
                child.stop()
            output = log.read_text("utf-8", "replace") if log.exists() else ""
            try:
                files = self.read_listing(listing, output) if status == 0 else None
            except ValueError:
                files = None
        if files is None:
            why = f"{self.framework.title} could not list its files ({how_ended(status)})"
            raise ListingFailed(with_output(why, plain(output).strip()[-4000:]))
        return sorted({Path(file).resolve() for file in files})

    def _tool(self, cwd: Path, env: dict[str, str]) -> NodeTool:
        return find_tool(self.framework, cwd, {**os.environ, **env})

    def _trouble(self, config: FileSuite, context: Context, message: str) -> Case:
        fault = Fault(type="DiscoveryFailed", message=message)
        return _case(self.name, config, context, Trouble(Outcome(status=Status.ERROR, fault=fault, must_not_retry=True)))


def _own(suite: SuiteConfig) -> FileSuite:
    return cast("FileSuite", suite)


def _file_case(path: Path, cwd: Path, config: FileSuite, context: Context, *, siblings: int) -> Case:
    root = context.root.resolve()
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    name = Path(os.path.relpath(path, cwd)).as_posix().replace("::", ": ")
    return _case(name, config, context, TestFile(path=path, siblings=siblings), Location(shown, 1))


def _case(name: str, config: FileSuite, context: Context, body: TestFile | Trouble, location: Location | None = None) -> Case:
    id_ = CaseId(context.config.project, config.name, name)
    return case_of_suite(id_, body, config, context, location=location, container=True)
