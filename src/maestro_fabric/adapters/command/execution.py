"""One run of a program: started, heard or waited for, and its exit status compared with its report."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from maestro_fabric.adapters.command.files import Left, ReportFiles
from maestro_fabric.adapters.command.reported import Reported
from maestro_fabric.adapters.command.suite import STDOUT, CommandSuite
from maestro_fabric.adapters.command.tap import TapReader
from maestro_fabric.adapters.program.channel import Channel
from maestro_fabric.adapters.program.ending import how_ended
from maestro_fabric.adapters.program.environment import environment_of
from maestro_fabric.adapters.program.log import Log
from maestro_fabric.adapters.program.process import Launch, Program, wait_for_end
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.folders import make_folder
from maestro_fabric.model import Fault, Status
from maestro_fabric.ports import Context, Deadline

__all__ = ["Executed", "command_line", "execute", "standard_output"]

T = TypeVar("T")

_KILL_AFTER_S = 0.5
_TAIL_LINES = 25
# Turns the program's standard output into lines for us: the shells that one can rely on know no two-digit descriptors.
_REDIRECT = (
    "import os, sys\n"
    "target = sys.argv[1]\n"
    "os.dup2(int(target) if target.isdigit() else os.open(target, os.O_WRONLY | os.O_APPEND), 1)\n"
    "os.execvp(sys.argv[2], sys.argv[2:])\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a run of the program came to.

    Attributes:
        cases: What its report says.
        fault: Why the run as a whole is not to be trusted; ``None`` when it is.
        notes: What a person should know, one line each.
    """

    cases: tuple[Reported, ...]
    fault: Fault | None
    notes: tuple[str, ...] = ()


def execute(config: CommandSuite, context: Context, extra: Sequence[str], hear: Callable[[Reported], None], deadline: Deadline) -> Executed:
    """Run the program to its end.

    Args:
        config: The suite.
        context: Starts programs and knows services.
        extra: Arguments after the suite's own.
        hear: Takes each case, as soon as it is known.
        deadline: When it must have ended; else it is killed, and that is the fault.
    """
    log_path = context.artifacts / "command" / f"{config.name}.log"
    make_folder(log_path.parent)
    command = [*command_line(config.command), *extra]
    run = _run_with_tap if config.report.path == STDOUT else _run_with_files
    return run(config, context, command, log_path, hear, deadline)


def command_line(command: Sequence[str] | str) -> list[str]:
    """The arguments to start; a text is given to the shell."""
    if not isinstance(command, str):
        return list(command)
    return ["cmd", "/c", command] if sys.platform == "win32" else ["/bin/sh", "-c", command]


def standard_output(
    name: str, command: Sequence[str], config: CommandSuite, context: Context, log_path: Path, deadline: Deadline
) -> tuple[str, int | None, str]:
    """What a program prints, its exit status, and the end of what it wrote to its error output.

    Raises:
        DeadlineExceeded: when the time is over first.
    """
    program = _start(name, command, config, context, log_path, lambda lines: iter(lines))
    try:
        text = "".join(program.messages(deadline))
        return text, program.exit_status, program.last_output()
    finally:
        program.kill()


def _run_with_files(
    config: CommandSuite, context: Context, command: Sequence[str], log_path: Path, hear: Callable[[Reported], None], deadline: Deadline
) -> Executed:
    cwd = context.root / config.cwd
    files = ReportFiles(config.report.format, cwd, config.report.path)
    log = Log(log_path)
    child = context.start_child(command, cwd, environment_of(config.env, context), log_path, stop_within_s=_KILL_AFTER_S)
    status, late = None, None
    try:
        status = wait_for_end(child, deadline, "the program")
    except DeadlineExceeded as exc:
        late = exc
    finally:
        child.stop()
    log.hide(context.redact)
    left = files.read()
    for case in left.cases:
        hear(case)
    return _executed(left, status, late, log.tail())


def _run_with_tap(
    config: CommandSuite, context: Context, command: Sequence[str], log_path: Path, hear: Callable[[Reported], None], deadline: Deadline
) -> Executed:
    reader = TapReader()
    shown: deque[str] = deque(maxlen=_TAIL_LINES)

    def kept(lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            shown.append(line.rstrip())
            yield line

    program = _start("the program", command, config, context, log_path, lambda lines: reader.read(kept(lines)))
    left, late, status = Left(), None, None
    try:
        for case in program.messages(deadline):
            left.cases.append(case)
            hear(case)
        status = program.exit_status
        left.problem = f"the TAP on its standard output cannot be used: {reader.problem}" if reader.problem else ""
    except DeadlineExceeded as exc:
        late = exc
    finally:
        program.kill()
    return _executed(left, status, late, "\n".join(filter(None, [*shown, program.last_output()])))


def _start(
    name: str,
    command: Sequence[str],
    config: CommandSuite,
    context: Context,
    log_path: Path,
    read: Callable[[Iterable[str]], Iterator[T]],
) -> Program[T]:
    def launch(channel: Channel) -> Launch:
        redirect = [sys.executable, "-S", "-E", "-c", _REDIRECT, channel.target]
        return Launch(command=[*redirect, *command], env=environment_of(config.env, context))

    return Program(
        name, launch, cwd=context.root / config.cwd, log_path=log_path, start_child=context.start_child, read=read, redact=context.redact
    )


def _executed(left: Left, status: int | None, late: DeadlineExceeded | None, tail: str) -> Executed:
    """Compare the exit status with the report."""
    bad = sum(case.tries[-1].outcome.status in (Status.FAILED, Status.ERROR) for case in left.cases)
    notes = list(left.notes)
    if status == 0 and bad:
        notes.append(f"exit status 0, although {bad} of its cases did not pass: they count")
    return Executed(cases=tuple(left.cases), fault=_fault(left, status, late, bad, tail), notes=tuple(notes))


def _fault(left: Left, status: int | None, late: DeadlineExceeded | None, bad: int, tail: str) -> Fault | None:
    end = f"; the end of its output:\n{tail}" if tail else "; it wrote nothing to its output"
    if late is not None:
        return Fault(type="DeadlineExceeded", message=f"{late} and was killed{end}")
    if left.problem:
        return Fault(type="ReportUnusable", message=f"{left.problem} ({how_ended(status)}){end}")
    if not left.cases:
        return Fault(type="NoCases", message=f"the report holds no case ({how_ended(status)}){end}")
    if status is None or status < 0:
        return Fault(type="ProgramDied", message=f"the program was ended ({how_ended(status)}){end}")
    if status and not bad:
        return Fault(type="ProgramFailed", message=f"exit status {status}, although every case in its report is fine{end}")
    return None
