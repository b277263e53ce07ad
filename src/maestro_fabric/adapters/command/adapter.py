"""The adapter of programs that leave a report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from maestro_fabric.adapters.command.execution import command_line, execute, standard_output
from maestro_fabric.adapters.command.listing import names_in
from maestro_fabric.adapters.command.reported import ReportError
from maestro_fabric.adapters.command.session import CommandSession, Listed, Whole
from maestro_fabric.adapters.command.suite import CommandSuite
from maestro_fabric.adapters.program.cases import Trouble, case_of_suite, plain_name
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.model import Case, CaseId, Fault, Outcome, Status
from maestro_fabric.ports import ADAPTER_API, Context, Deadline

__all__ = ["CommandAdapter"]

_LIST_WITHIN_S = 120.0


class CommandAdapter:
    """Runs any program that leaves JUnit XML, TAP or CTRF."""

    name = "command"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = CommandSuite

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """Nothing: what this machine lacks blocks or breaks this suite alone."""
        return ()

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """The program as a container, then the cases that its list names."""
        config = _own(suite)
        title = _title(config)
        if not (context.root / config.cwd).is_dir():
            message = f"the folder {config.cwd!r} (cwd) does not exist: make it, or mend the path"
            outcome = Outcome(status=Status.ERROR, fault=Fault(type="DiscoveryFailed", message=message), must_not_retry=True)
            return [_case(title, Trouble(outcome), config, context)]
        missing = [_missing(command, config, context) for command in (config.command, config.listing) if command is not None]
        reason = next(filter(None, missing), "")
        if reason:
            return [_case(title, Trouble(Outcome(status=Status.BLOCKED, reason=reason)), config, context)]
        try:
            names = frozenset(listed := _listed(config, context))
        except (ReportError, DeadlineExceeded) as exc:
            fault = Fault(type="ListUnusable", message=f"the list of cases cannot be used: {exc}")
            return [_case(title, Trouble(Outcome(status=Status.ERROR, fault=fault)), config, context)]
        whole = _case(title, Whole(names), config, context)
        return [whole, *(_case(name, Listed(names, name), config, context) for name in listed)]

    def open(self, suite: SuiteConfig, context: Context) -> CommandSession:
        """A session; the program starts with the first case."""
        config = _own(suite)
        return CommandSession(
            lambda chosen, hear, deadline: execute(config, context, _arguments(config, chosen), hear, deadline), context.clock
        )


def _own(suite: SuiteConfig) -> CommandSuite:
    return cast("CommandSuite", suite)


def _title(config: CommandSuite) -> str:
    """The container's name: what is started, without its folder."""
    words = config.command.split() if isinstance(config.command, str) else config.command
    return plain_name(Path(words[0]).name)


def _arguments(config: CommandSuite, chosen: Sequence[str]) -> list[str]:
    select: Sequence[str] = config.select or ()
    return [part.replace("{case}", name) for name in chosen for part in select]


def _missing(command: Sequence[str] | str, config: CommandSuite, context: Context) -> str:
    if isinstance(command, str):
        return ""
    cwd = context.root / config.cwd
    program = command[0]
    is_path = "/" in program or "\\" in program
    if shutil.which(str(cwd / program) if is_path else program):
        return ""
    where = f"in {str(cwd)!r}" if is_path else "on the PATH"
    return f"the program {program!r} was not found {where}: install it, or mend the command"


def _listed(config: CommandSuite, context: Context) -> list[str]:
    """The names that the list gives; none without a list.

    Raises:
        ReportError: when it fails, or gives nothing.
        DeadlineExceeded: when it takes too long.
    """
    if config.listing is None:
        return []
    deadline = Deadline.after(_LIST_WITHIN_S, context.clock)
    with tempfile.TemporaryDirectory() as folder:
        log_path = Path(folder) / "list.log"
        text, status, errors = standard_output("the list", command_line(config.listing), config, context, log_path, deadline)
    if status:
        raise ReportError(with_output(f"the command ended badly ({how_ended(status)})", errors or text))
    names = names_in(text, config.report.format)
    if not names:
        raise ReportError(f"the command printed no name{':' if errors else ''}\n{errors}".strip())
    return names


def _case(name: str, body: object, config: CommandSuite, context: Context) -> Case:
    id_ = CaseId(context.config.project, config.name, plain_name(name))
    return case_of_suite(id_, body, config, context, container=not isinstance(body, Listed))
