"""What the engine asks of services: to be started for the cases that are run, and to be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from maestro_fabric.errors import ServiceError
from maestro_fabric.model import Case
from maestro_fabric.ports import Deadline

__all__ = ["ServiceStarter", "service_down", "start_services"]


class ServiceStarter(Protocol):
    """What the engine needs of services; see `maestro_fabric.system.services.Services`."""

    @property
    def failed(self) -> Mapping[str, str]:
        """Why services did not start, by name."""

    def start(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        """Start what is not running yet; raises `ServiceError`."""

    def is_alive(self, name: str) -> bool:
        """Whether a started service is still there."""

    def stop(self) -> None:
        """Stop all."""


def start_services(services: ServiceStarter, cases: Iterable[Case]) -> None:
    """Start what these cases need."""
    for name in dict.fromkeys(name for case in cases if case.skip is None for name in case.services):
        # One by one: a service that fails must not keep the others from starting. It has told why by an event, and
        # `failed` says it again for each case.
        with suppress(ServiceError):
            services.start([name])


def service_down(services: ServiceStarter, case: Case) -> str:
    """Why a case cannot run because of a service that it needs; empty when it can, or is to be skipped."""
    for name in () if case.skip else case.services:
        why = services.failed.get(name)
        if why is not None:
            first_line = why.splitlines()[0] if why else "it did not start"
            return first_line if name in first_line else f"the service {name!r} did not start: {first_line}"
        if not services.is_alive(name):
            return f"the service {name!r} ended during the run; its log is among the artifacts"
    return ""
