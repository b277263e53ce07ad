"""One service: its command made ready, started, waited for, watched and ended."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maestro_fabric.config.models import ServiceConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.ports import Clock, Deadline
from maestro_fabric.system.readiness import build_probe
from maestro_fabric.system.service_log import ServiceLog
from maestro_fabric.system.supervisor import Supervised

__all__ = ["Service", "ServiceSurroundings"]

_HOST = "127.0.0.1"
_PORT_MARK = "{port}"
_LAUNCHES = 3
_SHOWN_LINES = 20
_FIRST_WAIT_S = 0.02
_LONGEST_WAIT_S = 0.25
_LONGEST_PROBE_S = 5.0
# Linux, macOS and Windows say it with these words or numbers.
_TAKEN = re.compile(r"address (is )?already in use|EADDRINUSE|only one usage of each socket address|\bErrno (48|98|10048)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSurroundings:
    """What all services of a run share.

    Attributes:
        root: The config's folder; a service runs in it or below.
        log_folder: Where their output is kept.
        environ: The environment that theirs is laid over.
        clock: Time.
        redact: Replaces secrets by ``***``.
        is_stopping: Whether waiting shall end.
    """

    root: Path
    log_folder: Path
    environ: Mapping[str, str]
    clock: Clock
    redact: Callable[[str], str]
    is_stopping: Callable[[], bool]


@dataclass(slots=True)
class Service:
    """A service that was started, or is to be."""

    name: str
    config: ServiceConfig
    around: ServiceSurroundings
    url: str = ""
    is_ready: bool = False
    _launches: int = 0
    _port: int | None = None
    _log: ServiceLog | None = None
    _process: Supervised | None = None
    _deadline: Deadline | None = field(default=None)

    @property
    def log_path(self) -> Path:
        """The file that holds its output."""
        return self.around.log_folder / f"service-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.name)}.log"

    @property
    def is_launched(self) -> bool:
        """Whether its command was started."""
        return self._process is not None

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.is_alive

    @property
    def supervisor_pid(self) -> int | None:
        """The process that lives as long as the service does; ``None`` before it was started."""
        return None if self._process is None else self._process.supervisor_pid

    def launch(self) -> None:
        """Start the command.

        Raises:
            ServiceError: When it cannot be started.
        """
        self._deadline = Deadline.after(self.config.ready.within, self.around.clock)
        self._launch()

    def wait_until_ready(self, outer: Deadline) -> None:
        """Return when it is up.

        Args:
            outer: Ends the waiting too, but not the service: another call goes on waiting.

        Raises:
            ServiceError: When it ended, or its time is over.
            DeadlineExceeded: When ``outer`` is over.
        """
        seen, wait_s = "", _FIRST_WAIT_S
        while not self.is_ready:
            deadline = self._deadline_of_launch()
            if not self.is_alive:
                self._launch_again_or_raise()
                continue
            seen = self._probe(min(_LONGEST_PROBE_S, max(_FIRST_WAIT_S, min(deadline.left_s, outer.left_s)))) or ""
            # Alive after the answer, too: else a stranger on the same port may have given it.
            if not seen and self.is_alive:
                self.is_ready = True
                return
            if self.around.is_stopping():
                raise ServiceError(f"service {self.name!r} was stopped before it was ready")
            if deadline.is_over:
                raise self._error(
                    f"was not ready within {deadline.limit_s:g} s: {seen}", "Give it longer with ready.within, or mend ready."
                )
            outer.check(f"waiting for service {self.name!r}")
            self.around.clock.sleep(min(wait_s, deadline.left_s, outer.left_s))
            wait_s = min(_LONGEST_WAIT_S, wait_s * 1.5)

    def describe_end(self) -> ServiceError:
        """The error that says how it ended, with its last lines."""
        when = "" if self.is_ready else " before it was ready"
        return self._error(f"{_how(self._process.exit_status if self._process else None)}{when}")

    def let_go(self) -> None:
        """Have it ended, without waiting."""
        if self._process is not None:
            self._process.let_go()

    def stop(self) -> bool:
        """End it and all it started.

        Returns:
            Whether there was something to stop.
        """
        if self._process is None:
            return False
        self._process.stop()
        self._process = None
        if self._log is not None:
            self._log.rewrite(self.around.redact)
        return True

    def _launch(self) -> None:
        config = self.config
        self._launches += 1
        self._port = self._choose_port()
        self.url = self._fill(config.url)
        cwd = (self.around.root / config.cwd).resolve()
        if not cwd.is_relative_to(self.around.root.resolve()):
            raise ServiceError(f"service {self.name!r}: cwd {config.cwd!r} leads out of the folder {self.around.root}")
        if not cwd.is_dir():
            raise ServiceError(f"service {self.name!r}: cwd {config.cwd!r} is no folder below {self.around.root}")
        if self._log is None:
            self._log = ServiceLog(self.log_path)
        else:
            self._log.start_again()
        env = self._environment()
        try:
            self._process = Supervised(self._command(env), cwd, env, self.log_path, stop_within_s=config.stop_within, keep_daemons=True)
        except ServiceError as error:
            raise ServiceError(f"service {self.name!r}: {error}") from error

    def _choose_port(self) -> int:
        fixed = self.config.port
        if fixed is None:
            return _free_port()
        if not _is_free(fixed):
            raise ServiceError(
                f"service {self.name!r}: port {fixed} is already in use by another program."
                " End that, or leave `port` out: {port} is then a free one."
            )
        return fixed

    def _environment(self) -> dict[str, str]:
        # Unbuffered, since `ready: {log: …}` and the last lines need what Python programs would hold back in a file.
        env = {"PYTHONUNBUFFERED": "1", **self.around.environ}
        if sys.prefix != sys.base_prefix:
            # Programs of this virtual environment are found also when it is not activated.
            env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
        return {**env, **{name: self._fill(value) for name, value in self.config.env.items()}}

    def _command(self, env: Mapping[str, str]) -> list[str]:
        command = self.config.command
        if self.config.shell:
            text = command if isinstance(command, str) else shlex.join(command)
            return (
                [env.get("COMSPEC", "cmd.exe"), "/c", self._fill(text)] if sys.platform == "win32" else ["/bin/sh", "-c", self._fill(text)]
            )
        if isinstance(command, str):
            raise ServiceError(f"service {self.name!r}: the command {command!r} is a text; write a list, or add `shell: true`")
        if not command:
            raise ServiceError(f"service {self.name!r}: the command is empty")
        first, *rest = (self._fill(word) for word in command)
        if first in ("python", "python3"):
            return [sys.executable, *rest]
        # Searched here, as the supervisor's own PATH would be used otherwise.
        return [first if os.sep in first else shutil.which(first, path=env.get("PATH")) or first, *rest]

    def _fill(self, text: str) -> str:
        # Not str.format: commands hold other braces (JSON).
        return text.replace(_PORT_MARK, str(self._port))

    def _probe(self, timeout_s: float) -> str:
        if self._log is None:
            raise AssertionError("launched before")
        try:
            return build_probe(self.config.ready, self.url, self._log)(timeout_s)
        except ServiceError as error:
            raise ServiceError(f"service {self.name!r}: {error}") from error

    def _launch_again_or_raise(self) -> None:
        """The port was free when it was chosen; another program may have been quicker."""
        is_chosen = self.config.port is None
        if not (is_chosen and self._launches < _LAUNCHES and self._lost_its_port()):
            raise self.describe_end()
        if self._process is not None:
            self._process.stop()
        self._launch()

    def _lost_its_port(self) -> bool:
        lines = self._log.last_lines(_SHOWN_LINES) if self._log else []
        return self._port is not None and (any(_TAKEN.search(line) for line in lines) or not _is_free(self._port))

    def _deadline_of_launch(self) -> Deadline:
        if self._deadline is None:
            raise AssertionError("launched before")
        return self._deadline

    def _error(self, what: str, hint: str = "") -> ServiceError:
        refused = self._process.refused if self._process else ""
        if refused:
            return ServiceError(self.around.redact(f"service {self.name!r} could not be started: {refused}"))
        lines = self._log.last_lines(_SHOWN_LINES) if self._log else []
        shown = "\n".join(f"    {line}" for line in lines) if lines else "    (nothing)"
        text = f"service {self.name!r} {what}\n  the last it wrote to {_short(self.log_path)}:\n{shown}"
        return ServiceError(self.around.redact(f"{text}\n  {hint}" if hint else text))


def _how(status: int | None) -> str:
    if status is None:
        return "ended"
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As servers do it: a port whose last connections linger is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            return error.errno not in (errno.EADDRINUSE, errno.EACCES)
        return True
