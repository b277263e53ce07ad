"""The services of a run: started when first needed, once for all, stopped at the end on every way out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from maestro_fabric.config.models import ServiceConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.events import ServiceChanged
from maestro_fabric.ports import Clock, Deadline, Emit
from maestro_fabric.system.service import Service, ServiceSurroundings

__all__ = ["Services"]


class Services:
    """The services that a config names. One object serves a whole run; the process that makes it owns what it starts.

    Args:
        configs: The services by name, their references resolved.
        external: Names of those that run elsewhere: they are never started.
        root: The config's folder.
        log_folder: Where ``service-<name>.log`` files go; made when needed.
        environ: The environment that each service's own is laid over.
        clock: Time.
        emit: Takes a `ServiceChanged` for each ``started``, ``ready``, ``failed`` and ``stopped``.
        redact: Replaces secrets by ``***``, in errors and, once a service has ended, in its log.
    """

    def __init__(
        self,
        configs: Mapping[str, ServiceConfig],
        *,
        external: frozenset[str],
        root: Path,
        log_folder: Path,
        environ: Mapping[str, str],
        clock: Clock,
        emit: Emit,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._stopping = threading.Event()
        around = ServiceSurroundings(
            root=root, log_folder=log_folder, environ=environ, clock=clock, redact=redact, is_stopping=self._stopping.is_set
        )
        self._configs = configs
        self._external = external
        self._own = {name: Service(name, config, around) for name, config in configs.items() if name not in external}
        self._failures: dict[str, ServiceError] = {}
        self._clock = clock
        self._emit = emit
        self._lock = threading.RLock()

    @property
    def urls(self) -> Mapping[str, str]:
        """The addresses by name: of each service that is up, and of the external ones (empty when the file does not say)."""
        own = {name: service.url for name, service in self._own.items() if service.is_ready}
        return {**own, **{name: self._external_url(name) for name in sorted(self._external)}}

    @property
    def failed(self) -> Mapping[str, str]:
        """Why, by name, for each service that could not be started or has ended by itself."""
        for name in self._own:
            self.is_alive(name)
        return {name: str(error) for name, error in dict(self._failures).items()}

    @property
    def supervisor_pids(self) -> Mapping[str, int]:
        """By name, for each service that was started and is up, the process that lives as long as it does."""
        pids = {name: service.supervisor_pid for name, service in self._own.items() if service.is_ready}
        return {name: pid for name, pid in pids.items() if pid is not None}

    def is_alive(self, name: str) -> bool:
        """Whether a service is up; an external one always counts as up, one that was not started does not.

        Raises:
            ServiceError: When no service has that name.
        """
        if name in self._external:
            return True
        service = self._service(name)
        if service.is_alive:
            return service.is_ready
        if service.is_ready and not self._stopping.is_set():
            self._note_failure(name, service.describe_end)
        return False

    def start(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        """Have these services up; those that are already stay as they are.

        They start side by side, and are then waited for. A service that has failed stays failed.

        Args:
            names: Names of services.
            deadline: When to have answered; a service that is not up by then goes on starting.

        Raises:
            ServiceError: When one is unknown, did not become ready, or has ended since; it says why, with its last lines and its log.
            DeadlineExceeded: When ``deadline`` is over first.
        """
        outer = deadline or Deadline.after(None, self._clock)
        wanted = [name for name in dict.fromkeys(names) if name not in self._external]
        with self._lock:
            for name in wanted:
                self._launch(name)
            for name in wanted:
                self._wait(name, outer)

    def stop(self) -> None:
        """Stop what was started, all at once, and return when nothing of it is left. A second call does nothing."""
        self._stopping.set()
        with self._lock:
            for service in self._own.values():
                service.let_go()
            for name, service in self._own.items():
                if service.stop():
                    service.is_ready = False
                    self._emit(ServiceChanged(name, "stopped"))

    def _launch(self, name: str) -> None:
        service = self._service(name)
        if self._stopping.is_set():
            raise ServiceError(f"service {name!r} is not started: the run is ending")
        if service.is_ready:
            self.is_alive(name)
        if name in self._failures:
            raise self._failures[name]
        if service.is_launched:
            return
        try:
            service.launch()
        except ServiceError as error:
            raise self._fail(name, error) from error.__cause__
        self._emit(ServiceChanged(name, "started", str(service.log_path)))

    def _wait(self, name: str, outer: Deadline) -> None:
        service = self._own[name]
        if service.is_ready:
            return
        try:
            service.wait_until_ready(outer)
        except ServiceError as error:
            raise self._fail(name, error) from error.__cause__
        self._emit(ServiceChanged(name, "ready", service.url))

    def _fail(self, name: str, error: ServiceError) -> ServiceError:
        self._own[name].stop()
        return self._note_failure(name, lambda: error)

    def _note_failure(self, name: str, describe: Callable[[], ServiceError]) -> ServiceError:
        with self._lock:
            if name not in self._failures:
                self._failures[name] = describe()
                self._emit(ServiceChanged(name, "failed", str(self._failures[name])))
            return self._failures[name]

    def _service(self, name: str) -> Service:
        try:
            return self._own[name]
        except KeyError:
            known = ", ".join(sorted(self._configs)) or "none"
            raise ServiceError(f"there is no service {name!r}; the file names: {known}") from None

    def _external_url(self, name: str) -> str:
        url = self._configs[name].url if name in self._configs else ""
        return "" if "{port}" in url else url
