"""The services as one process sees them: its own, or those that the controller has started for all workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from maestro_fabric.compose import Prepared
from maestro_fabric.errors import ServiceError
from maestro_fabric.events import Event
from maestro_fabric.system.services import Services

__all__ = ["LocalServices", "ServiceAccess", "TakenServices"]

_URLS, _FAILED = "maestro_service_urls", "maestro_service_failures"


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

    def problem(self, names: Iterable[str], wanted: Iterable[str]) -> str:
        """Why one of ``names`` is not there, after starting all that are ``wanted``; empty when all are."""
        names = tuple(names)
        self.start([*wanted, *names])
        for name in names:
            if name in self._services.failed:
                return _failure(name, self._services.failed[name])
            if not self._services.is_alive(name):
                return f"the service {name!r} ended during the run; its log is among the artifacts"
        return ""

    def stop(self) -> None:
        """Stop all."""
        self._services.stop()

    def as_input(self) -> dict[str, Any]:
        """What a worker must know, as builtins."""
        return {_URLS: dict(self._services.urls), _FAILED: dict(self._services.failed)}

    def _tell(self, event: Event) -> None:
        if self._listener is None:
            self.events.append(event)
        else:
            self._listener(event)


class TakenServices:
    """Services that the controller has started before the workers."""

    def __init__(self, urls: Mapping[str, str], failed: Mapping[str, str]) -> None:
        self.urls = urls
        self._failed = failed

    @classmethod
    def from_input(cls, given: Mapping[str, Any]) -> TakenServices:
        """The services that xdist's worker input tells of."""
        return cls(given.get(_URLS, {}), given.get(_FAILED, {}))

    def problem(self, names: Iterable[str], wanted: Iterable[str]) -> str:
        """Why one of ``names`` is not there; empty when all are. One that dies in mid-run shows in the cases that use it."""
        return next((_failure(name, self._failed[name]) for name in names if name in self._failed), "")

    def stop(self) -> None:
        """Nothing: they are the controller's."""


def _failure(name: str, why: str) -> str:
    first_line = why.splitlines()[0] if why else "it did not start"
    return first_line if name in first_line else f"the service {name!r} did not start: {first_line}"
