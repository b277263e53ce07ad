"""What a circuit breaker's probe asks, and what the processes of a run share."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import Api, serving
from maestro_fabric.compose.dependencies import SharedDependencies, forget_shared
from maestro_fabric.config.models import Config, ServiceConfig
from maestro_fabric.model import Bulkhead
from maestro_fabric.resilience.ledger import Rules
from maestro_fabric.testing import FakeClock


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


def dependencies(folder: Path, url: str, **ready: object) -> SharedDependencies:
    service = ServiceConfig.model_validate({"command": ["x"], "ready": ready or {"tcp": True}})
    config = Config.model_validate({"version": 1, "project": "p", "services": {"shop": service, "mail": service}})
    return SharedDependencies(folder, config, lambda: {"shop": url}, FakeClock())


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_service_is_asked_by_its_own_readiness_check(tmp_path: Path, api: Api) -> None:
    assert dependencies(tmp_path, api.url, http="/orders").probe("shop") == ""
    assert dependencies(tmp_path, api.url, http="/missing").probe("shop").endswith("/missing answered 404")


def test_a_service_that_tells_by_its_log_is_connected_to(tmp_path: Path, api: Api) -> None:
    assert dependencies(tmp_path, api.url, log="listening").probe("shop") == ""


def test_a_host_is_connected_to_and_an_address_is_asked(tmp_path: Path, api: Api) -> None:
    shared = dependencies(tmp_path, api.url)

    assert shared.probe(api.url.removeprefix("http://")) == ""
    assert shared.probe(f"{api.url}/orders") == ""
    assert shared.probe(f"{api.url}/missing").endswith("answered 404")
    assert "does not accept connections" in shared.probe(f"127.0.0.1:{closed_port()}")


def test_a_host_without_a_port_is_asked_on_those_of_the_web(tmp_path: Path) -> None:
    assert "127.0.0.99:443 does not accept connections" in dependencies(tmp_path, "").probe("127.0.0.99")


def test_an_address_that_is_not_known_cannot_be_probed(tmp_path: Path) -> None:
    shared = dependencies(tmp_path, "http://localhost:1")

    assert shared.address("mail") == ""
    assert "names no host" in shared.probe("mail")
    assert shared.address("shop") == "http://localhost:1"


def test_nothing_that_was_shared_is_left_when_the_run_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    one, other = (dependencies(folder, "http://localhost:1") for _ in range(2))
    book = one.breakers.open_book("shop", Rules())
    with book.lock:
        book.ledger.force(book.ledger.state.OPEN, "by hand")
    place = one.places(Bulkhead(dependency="shop", limit=1)).take()

    assert other.breakers.open_book("shop", Rules()).read().state == "open"
    assert place is not None
    assert other.places(Bulkhead(dependency="shop", limit=1)).take() is None

    one.close()
    other.close()
    forget_shared(folder)
    assert not folder.exists()
