"""What cases depend on, for their circuit breakers and bulkheads: where it is, whether it is back, and what processes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from maestro_fabric.config.models import Config, ReadyConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.model import Bulkhead
from maestro_fabric.ports import Clock
from maestro_fabric.resilience.books import BreakerStore
from maestro_fabric.resilience.places import Places
from maestro_fabric.resilience.shared import SharedBreakers, SharedPlaces
from maestro_fabric.system.readiness import build_probe

__all__ = ["SharedDependencies", "forget_shared"]

_FILE = "resilience.db"
_PROBE_S = 2.0
_ANY_NUMBER = 1_000_000
_PORTS = (443, 80)


class SharedDependencies:
    """The dependencies of a config, shared by all processes of a run through a file in the run's folder.

    Args:
        folder: The run's folder, the same in all its processes.
        config: The config.
        urls: Gives the addresses of the services that are up, by name.
        clock: Time.
    """

    def __init__(self, folder: Path, config: Config, urls: Callable[[], Mapping[str, str]], clock: Clock) -> None:
        self._path = folder / _FILE
        self._config = config
        self._urls = urls
        self._clock = clock
        self._breakers: SharedBreakers | None = None
        self._places: list[SharedPlaces] = []

    @property
    def breakers(self) -> BreakerStore:
        """Where all processes of the run keep their breakers."""
        if self._breakers is None:
            self._breakers = SharedBreakers(self._path)
        return self._breakers

    def places(self, wanted: Bulkhead) -> Places:
        """The places of a bulkhead; anybody may wait."""
        places = SharedPlaces(self._path, wanted.dependency, wanted.limit, _ANY_NUMBER, clock=self._clock)
        self._places.append(places)
        return places

    def address(self, dependency: str) -> str:
        """Where a service or a host is; empty when nobody knows."""
        if dependency not in self._config.services:
            return dependency
        url = self._urls().get(dependency, "")
        return url or _known(self._config.services[dependency].url)

    def probe(self, dependency: str) -> str:
        """Ask a service by its readiness check, a host by connecting to it; what was seen, empty when it is up."""
        address = self.address(dependency)
        service = self._config.services.get(dependency)
        if service is not None:
            # What a service has written does not tell whether it is back: one that is asked by its log is connected to.
            ready = service.ready if service.ready.log is None else ReadyConfig(tcp=True)
            return _ask(ready, address)
        url = urlsplit(address)
        if url.scheme in ("http", "https"):
            return _ask(ReadyConfig(http=url.path or "/"), f"{url.scheme}://{url.netloc}")
        if urlsplit(f"tcp://{address}").port is not None:
            return _ask(ReadyConfig(tcp=True), f"tcp://{address}")
        problems = [_ask(ReadyConfig(tcp=True), f"tcp://{address}:{port}") for port in _PORTS]
        return "" if "" in problems else problems[0]

    def close(self) -> None:
        """Close the file."""
        for shared in (self._breakers, *self._places):
            if shared is not None:
                shared.close()


def forget_shared(folder: Path) -> None:
    """Remove what the processes of a run shared; the run has ended."""
    for path in folder.glob(f"{_FILE}*"):
        with suppress(OSError):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()  # when nothing else is in it


def _ask(ready: ReadyConfig, url: str) -> str:
    try:
        return build_probe(ready, url)(_PROBE_S)
    except ServiceError as exc:
        return str(exc)


def _known(url: str) -> str:
    return "" if "{port}" in url else url
