"""The services as one process sees them: its own, or those that the controller has started for all workers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

from maestro_fabric.adapters.program.environment import service_variables
from maestro_fabric.compose import Prepared
from maestro_fabric.config.models import Config
from maestro_fabric.errors import ServiceError
from maestro_fabric.events import Event
from maestro_fabric.ports import ProcessRef
from maestro_fabric.system.process_table import SystemProcesses
from maestro_fabric.system.services import Services
from pytest_maestro.board import SERVICES, Board

__all__ = ["LocalServices", "ServiceAccess", "TakenServices"]

_URLS, _FAILED, _WATCHED, _SUPERVISORS = "urls", "failed", "watched", "supervisors"
_CONNECT_WITHIN_S = 1.0


class ServiceAccess(Protocol):
    """What running cases needs of services."""

    @property
    def urls(self) -> Mapping[str, str]:
        """The addresses of those that are up, by name."""

    def problem(self, names: Iterable[str], wanted: Iterable[str]) -> str:
        """Why one of ``names`` is not there, after starting all that are ``wanted``; empty when all are."""

    def stop(self) -> None:
        """Stop what this process has started."""


class LocalServices:
    """Services that this process starts, when the first case needs them."""

    def __init__(self, prepared: Prepared) -> None:
        self.events: list[Event] = []
        self._services: Services = prepared.services(self._tell)
        self._listener: Any = None
        self._variables = Variables()
        loaded = prepared.loaded
        # Of one that has a circuit breaker, that decides whether it is down, and whether it is back.
        left_out = {*loaded.external_services, *_guarded(loaded.config)}
        self._watched = {name: config for name, config in loaded.config.services.items() if name not in left_out}

    def listen(self, emit: Any) -> None:
        """Tell this from now on, and what was told before."""
        self._listener = emit
        for event in self.events:
            emit(event)
        self.events.clear()

    @property
    def urls(self) -> Mapping[str, str]:
        """The addresses of those that are up, by name."""
        return self._services.urls

    def start(self, names: Iterable[str]) -> None:
        """Start services one by one: one that fails must not keep the others from starting. `problem` tells why it did."""
        for name in names:
            if name not in self._services.failed:
                try:
                    self._services.start([name])
                except ServiceError:
                    continue
        self._variables.show(self._services.urls)

    def problem(self, names: Iterable[str], wanted: Iterable[str]) -> str:
        """Why one of ``names`` is not there, after starting all that are ``wanted``; empty when all are."""
        names = tuple(names)
        self.start([*wanted, *names])
        for name in names:
            if name in self._services.failed:
                return _failure(name, self._services.failed[name])
            if not self._services.is_alive(name):
                return _ended(name)
        return ""

    def stop(self) -> None:
        """Stop all."""
        self._variables.hide()
        self._services.stop()

    def as_note(self) -> dict[str, Any]:
        """What a worker must know, as builtins."""
        pids = {name: pid for name, pid in self._services.supervisor_pids.items() if name in self._watched}
        return {
            _URLS: dict(self._services.urls),
            _FAILED: dict(self._services.failed),
            _WATCHED: [name for name, config in self._watched.items() if config.ready.log is None],
            _SUPERVISORS: {name: SystemProcesses().find(pid) for name, pid in pids.items()},
        }

    def _tell(self, event: Event) -> None:
        if self._listener is None:
            self.events.append(event)
        else:
            self._listener(event)


class TakenServices:
    """Services that the controller has started before it gives out the first test.

    Args:
        board: Where the controller tells of them.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._variables = Variables()
        self._processes = SystemProcesses()

    @property
    def urls(self) -> Mapping[str, str]:
        """The addresses of those that are up, by name."""
        urls: Mapping[str, str] = self._told.get(_URLS, {})
        return urls

    def problem(self, names: Iterable[str], wanted: Iterable[str]) -> str:
        """Why one of ``names`` is not there; empty when all are."""
        for name in names:
            failed = self._told.get(_FAILED, {})
            if name in failed:
                return _failure(name, failed[name])
            if self._has_ended(name):
                return _ended(name)
        return ""

    def stop(self) -> None:
        """Hide their addresses; the services themselves are the controller's."""
        self._variables.hide()

    @cached_property
    def _told(self) -> dict[str, Any]:
        """The controller's note. Read when the first test runs: it was written before that."""
        note = self._board.read(SERVICES)
        self._variables.show(note.get(_URLS, {}))
        return note

    def _has_ended(self, name: str) -> bool:
        # The supervisor is a moment behind a service that was killed; a port is not, where there is one to ask.
        supervisor = self._told.get(_SUPERVISORS, {}).get(name)
        if supervisor is not None and not self._processes.is_running(ProcessRef(*supervisor)):
            return True
        return name in self._told.get(_WATCHED, ()) and _refuses(self.urls.get(name, ""))


class Variables:
    """The addresses in this process's environment, where native tests find them."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def show(self, urls: Mapping[str, str]) -> None:
        """Set the variable of each service that is up."""
        for name, url in service_variables(urls).items():
            self._before.setdefault(name, os.environ.get(name))
            os.environ[name] = url

    def hide(self) -> None:
        """Have the environment as it was before."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before.clear()


def _guarded(config: Config) -> set[str]:
    """The services that some policy has a circuit breaker for."""
    breakers = {name: policy.breaker for name, policy in config.policies.items() if policy.breaker is not None}
    named = {breaker.dependency for breaker in breakers.values() if breaker.dependency is not None}
    return named | {name for name, service in config.services.items() if service.policy in breakers}


def _refuses(url: str) -> bool:
    """Whether nobody listens there any more. Being slow to answer is no sign of that."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 80), timeout=_CONNECT_WITHIN_S).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _ended(name: str) -> str:
    return f"the service {name!r} ended during the run; its log is among the artifacts"


def _failure(name: str, why: str) -> str:
    text = why or "it did not start"
    return text if name in text.splitlines()[0] else f"the service {name!r} did not start: {text}"
