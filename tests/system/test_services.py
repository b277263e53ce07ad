"""Services that behave."""

from __future__ import annotations

import json
import os
import socket
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.config.models import ServiceConfig
from maestro_fabric.errors import DeadlineExceeded, ServiceError
from maestro_fabric.events import Event, ServiceChanged
from maestro_fabric.ports import Deadline
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.system.services import Services
from support import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")

MakeServices = Callable[..., Services]
SERVER = ["python", "-m", "http.server", "--bind", "127.0.0.1", "{port}"]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def make_services(tmp_path: Path, events: list[Event]) -> Iterator[MakeServices]:
    made: list[Services] = []

    def make(*, external: frozenset[str] = frozenset(), redact: Callable[[str], str] = str, **configs: dict[str, Any]) -> Services:
        services = Services(
            {name: ServiceConfig.model_validate(config) for name, config in configs.items()},
            external=external,
            root=tmp_path,
            log_folder=tmp_path / "logs",
            environ={**os.environ, "GIVEN": "by the owner", "CHANGED": "before"},
            clock=SystemClock(),
            emit=events.append,
            redact=redact,
        )
        made.append(services)
        return services

    yield make
    for services in made:
        services.stop()


def changes(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.name, event.state) for event in events if isinstance(event, ServiceChanged)]


def telling(code: str, *arguments: str) -> dict[str, Any]:
    """A service that runs such code, which prints, says that it is up, and waits."""
    program = textwrap.dedent(code) + "\nprint('up', flush=True)\nimport signal; signal.pause()"
    return {"command": ["python", "-c", program, *arguments], "ready": {"log": "^up"}}


def log_of(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / "logs" / f"service-{name}.log").read_text().splitlines()


def test_a_service_is_started_once_and_its_address_known_until_it_is_stopped(make_services: MakeServices, events: list[Event]) -> None:
    services = make_services(shop={"command": SERVER, "ready": {"http": "/"}})
    assert services.urls == {}

    services.start(["shop"])
    services.start(["shop", "shop"])

    assert services.is_alive("shop")
    assert services.urls["shop"].startswith("http://127.0.0.1:")
    services.stop()
    services.stop()
    assert not services.is_alive("shop")
    assert services.urls == {}
    assert services.failed == {}
    assert changes(events) == [("shop", "started"), ("shop", "ready"), ("shop", "stopped")]


def test_threads_that_need_the_same_service_share_it(make_services: MakeServices, events: list[Event]) -> None:
    services = make_services(shop={"command": SERVER})
    threads = [threading.Thread(target=services.start, args=(["shop"],)) for _ in range(5)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert changes(events) == [("shop", "started"), ("shop", "ready")]


def test_services_start_side_by_side_on_ports_of_their_own(make_services: MakeServices, events: list[Event]) -> None:
    services = make_services(one={"command": SERVER}, two={"command": SERVER})
    services.start(["one", "two"])
    assert changes(events)[:2] == [("one", "started"), ("two", "started")]
    assert services.urls["one"] != services.urls["two"]


def test_the_port_goes_into_arguments_environment_and_address(make_services: MakeServices, tmp_path: Path) -> None:
    shown = telling("import os, sys; print(sys.argv[1], os.environ['ADDRESS'])", '{"port": {port}}')
    services = make_services(shop={**shown, "env": {"ADDRESS": "here:{port}"}, "url": "http://127.0.0.1:{port}/shop"})
    services.start(["shop"])
    (port,) = (url.split(":")[2].split("/")[0] for url in services.urls.values())
    services.stop()
    assert log_of(tmp_path, "shop")[0] == json.dumps({"port": int(port)}) + f" here:{port}"


def test_a_fixed_port_is_used(make_services: MakeServices) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    services = make_services(shop={"command": SERVER, "port": port})
    services.start(["shop"])
    assert services.urls == {"shop": f"http://127.0.0.1:{port}"}


def test_the_environment_is_laid_over_the_owners(make_services: MakeServices, tmp_path: Path) -> None:
    services = make_services(shop={**telling("import os; print(os.environ['GIVEN'], os.environ['CHANGED'])"), "env": {"CHANGED": "after"}})
    services.start(["shop"])
    assert log_of(tmp_path, "shop")[0] == "by the owner after"


def test_python_is_the_interpreter_that_runs_the_tests(make_services: MakeServices, tmp_path: Path) -> None:
    services = make_services(shop=telling("import sys; print(sys.executable)"))
    services.start(["shop"])
    assert log_of(tmp_path, "shop")[0] == sys.executable


def test_it_runs_in_its_folder_below_the_files(make_services: MakeServices, tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    services = make_services(shop={**telling("import os; print(os.getcwd())"), "cwd": "web"})
    services.start(["shop"])
    assert log_of(tmp_path, "shop")[0] == str(tmp_path / "web")


def test_a_program_of_the_service_folder_is_run(make_services: MakeServices, tmp_path: Path) -> None:
    program = tmp_path / "serve"
    program.write_text("#!/bin/sh\necho up\nexec sleep 600\n")
    program.chmod(0o755)
    services = make_services(shop={"command": ["./serve"], "ready": {"log": "up"}})
    services.start(["shop"])
    assert services.is_alive("shop")


@pytest.mark.parametrize("command", ["echo $GIVEN; echo up >&2; sleep 600", ["eval", "echo $GIVEN; echo up; sleep 600"]])
def test_a_shell_runs_the_command_only_when_asked(make_services: MakeServices, tmp_path: Path, command: Any) -> None:
    services = make_services(shop={"command": command, "shell": True, "ready": {"log": "^up"}})
    services.start(["shop"])
    assert log_of(tmp_path, "shop") == ["by the owner", "up"]


def test_without_a_shell_nothing_is_expanded(make_services: MakeServices, tmp_path: Path) -> None:
    services = make_services(shop=telling("import sys; print(sys.argv[1])", "$GIVEN; rm *"))
    services.start(["shop"])
    assert log_of(tmp_path, "shop")[0] == "$GIVEN; rm *"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"command": "serve --now"}, r"the command 'serve --now' is a text; write a list, or add `shell: true`"),
        ({"command": []}, "the command is empty"),
        ({"command": SERVER, "cwd": ".."}, r"cwd '\.\.' leads out of the folder"),
        ({"command": SERVER, "cwd": "nowhere"}, "cwd 'nowhere' is no folder below"),
        ({"command": ["no-such-program"]}, "could not be started: .*no-such-program"),
        ({"command": SERVER, "env": {"A=B": "c"}}, "illegal environment variable name"),
        ({"command": SERVER, "ready": {"log": "("}}, "'shop': ready.log is not a regular expression"),
    ],
)
def test_a_config_that_cannot_be_started_says_why(make_services: MakeServices, config: dict[str, Any], message: str) -> None:
    services = make_services(shop=config)
    with pytest.raises(ServiceError, match=message):
        services.start(["shop"])
    assert list(services.failed) == ["shop"]


def test_an_unknown_service_is_an_error_that_lists_the_known(make_services: MakeServices) -> None:
    services = make_services(shop={"command": SERVER})
    with pytest.raises(ServiceError, match="there is no service 'shap'; the file names: shop"):
        services.start(["shap"])
    with pytest.raises(ServiceError, match="no service 'shap'"):
        services.is_alive("shap")


def test_an_external_service_is_never_started(make_services: MakeServices, events: list[Event]) -> None:
    external = frozenset({"shop", "bank"})
    services = make_services(external=external, shop={"command": SERVER}, bank={"command": SERVER, "url": "https://bank.example.org"})
    services.start(["shop", "bank"])
    assert services.is_alive("shop")
    assert services.urls == {"shop": "", "bank": "https://bank.example.org"}
    assert events == []


def test_a_service_goes_on_starting_when_the_callers_time_is_over(make_services: MakeServices, tmp_path: Path) -> None:
    slow = telling("import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)")
    services = make_services(shop=slow)
    with pytest.raises(DeadlineExceeded, match=r"waiting for service 'shop' took longer than 0\.1 s"):
        services.start(["shop"], Deadline.after(0.1, SystemClock()))
    assert not services.is_alive("shop")
    (tmp_path / "go").touch()
    services.start(["shop"])
    assert services.is_alive("shop")


def test_stopping_ends_the_wait_of_another_thread(make_services: MakeServices, events: list[Event]) -> None:
    services = make_services(shop={"command": ["sleep", "600"]})
    failures: list[str] = []

    def start() -> None:
        try:
            services.start(["shop"])
        except ServiceError as error:
            failures.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    wait_until(lambda: events)
    services.stop()
    thread.join(10)
    assert failures == ["service 'shop' was stopped before it was ready"]
    with pytest.raises(ServiceError, match="the run is ending"):
        services.start(["shop"])


def test_secrets_are_hidden_in_errors_events_and_the_log(make_services: MakeServices, events: list[Event], tmp_path: Path) -> None:
    leaky = {"command": ["python", "-c", "print('my password is hunter2'); raise SystemExit(1)"]}
    services = make_services(redact=lambda text: text.replace("hunter2", "***"), shop=leaky)
    with pytest.raises(ServiceError, match=r"my password is \*\*\*"):
        services.start(["shop"])
    assert "hunter2" not in repr(events)
    assert log_of(tmp_path, "shop") == ["my password is ***"]


def test_a_name_with_spaces_and_slashes_has_a_log_too(make_services: MakeServices, tmp_path: Path) -> None:
    services = make_services(**{"the shop/v2": telling("")})
    services.start(["the shop/v2"])
    assert log_of(tmp_path, "the-shop-v2") == ["up"]
