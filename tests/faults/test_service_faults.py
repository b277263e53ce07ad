"""Services whose owner, supervisor or own program is killed, or that misbehave: nothing may be left, and the message must help."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.config.models import ServiceConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.events import Event, ServiceChanged
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.system.services import Services
from support import check_that_none_is_left, processes_with, wait_until, wait_until_gone

pytestmark = [pytest.mark.fault, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]

MakeServices = Callable[..., Services]

CONTROLLER = textwrap.dedent("""
    import json, os, sys
    from pathlib import Path
    from maestro_fabric.config.models import ServiceConfig
    from maestro_fabric.system.clock import SystemClock
    from maestro_fabric.system.services import Services

    configs = {name: ServiceConfig.model_validate(data) for name, data in json.loads(sys.argv[1]).items()}
    folder = Path(sys.argv[2])
    around = dict(root=folder, log_folder=folder, environ=os.environ, clock=SystemClock(), emit=lambda event: None)
    services = Services(configs, external=frozenset(), **around)
    services.start(list(configs))
    try:
        exec(sys.argv[3])
    finally:
        services.stop()
""")

SERVER = ["python", "-m", "http.server", "--bind", "127.0.0.1", "{port}"]
SAY_READY_AND_WAIT = "print('ready', flush=True); sys.stdin.read()"


@pytest.fixture
def marker() -> Iterator[str]:
    """A word that every process started with it in its command line or environment is found by; whatever is left fails the test."""
    word = f"marker-{uuid.uuid4().hex}"
    yield word
    check_that_none_is_left(word)


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def make_services(tmp_path: Path, marker: str, events: list[Event]) -> Iterator[MakeServices]:
    made: list[Services] = []

    def make(**configs: dict[str, Any]) -> Services:
        services = Services(
            {name: ServiceConfig.model_validate(config) for name, config in configs.items()},
            external=frozenset(),
            root=tmp_path,
            log_folder=tmp_path / "logs",
            environ={**os.environ, "MARKER": marker},
            clock=SystemClock(),
            emit=events.append,
        )
        made.append(services)
        return services

    yield make
    for services in made:
        services.stop()


@pytest.fixture
def controller(tmp_path: Path, marker: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a program that owns services, and gives it when they are up."""
    started: list[subprocess.Popen[str]] = []

    def start(then: str = SAY_READY_AND_WAIT, **configs: dict[str, Any]) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CONTROLLER, json.dumps(configs), str(tmp_path), then]
        process = subprocess.Popen(
            command, env={**os.environ, "MARKER": marker}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        # Not communicate(), which would wait for a fork that holds the other end.
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def in_python(code: str) -> list[str]:
    """A command that runs such a program, with the free port as its argument."""
    return ["python", "-c", textwrap.dedent(code), "{port}"]


# A service with a daemon: a child in a session of its own, whose parent has ended.
WITH_A_DAEMON = {
    "command": in_python("""
        import os, signal, sys
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            print("daemon", os.getpid(), flush=True)
            signal.pause()
        os.wait()
        signal.pause()
    """),
    "ready": {"log": "daemon"},
}


def supervisors(marker: str) -> list[int]:
    return [int(line.split()[0]) for line in processes_with(marker) if "start.py supervise" in line]


def states(events: list[Event]) -> list[str]:
    return [event.state for event in events if isinstance(event, ServiceChanged)]


def test_nothing_is_left_when_the_owner_is_killed(controller: Callable[..., subprocess.Popen[str]], marker: str) -> None:
    owner = controller(shop={"command": SERVER, "ready": {"http": "/"}}, other=WITH_A_DAEMON)
    owner.kill()
    owner.wait()
    wait_until_gone(marker)


def test_nothing_is_left_when_the_owner_was_killed_and_a_fork_of_it_holds_the_lifeline(
    controller: Callable[..., subprocess.Popen[str]], marker: str
) -> None:
    fork = "child = os.fork()\nif child == 0:\n    import signal; signal.pause()\n"
    owner = controller(fork + SAY_READY_AND_WAIT, shop={"command": SERVER}, other=WITH_A_DAEMON)
    owner.kill()
    owner.wait()
    wait_until(lambda: not supervisors(marker))
    (left,) = processes_with(marker)
    os.kill(int(left.split()[0]), signal.SIGKILL)


def test_nothing_is_left_when_the_owner_hangs_in_c_code_and_is_killed(
    controller: Callable[..., subprocess.Popen[str]], marker: str
) -> None:
    hang = "import re; print('ready', flush=True); re.match('(a+)+$', 'a' * 60 + 'b')"
    owner = controller(hang, shop={"command": SERVER})
    owner.kill()
    owner.wait()
    wait_until_gone(marker)


def test_ctrl_c_stops_the_services_in_order(controller: Callable[..., subprocess.Popen[str]], marker: str, tmp_path: Path) -> None:
    polite = in_python("""
        import signal, sys
        def end(*_):
            print("asked to end", flush=True)
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
        print("up", flush=True)
        while True:
            signal.pause()
    """)
    owner = controller(polite={"command": polite, "ready": {"log": "up"}})
    os.killpg(owner.pid, signal.SIGINT)
    assert owner.wait(20) == -signal.SIGINT
    assert (tmp_path / "service-polite.log").read_text() == "up\nasked to end\n"
    wait_until_gone(marker)


def test_a_killed_service_is_noticed_and_its_last_lines_are_shown(make_services: MakeServices, marker: str, events: list[Event]) -> None:
    talker = in_python("import os, signal; print('pid', os.getpid(), flush=True); print('last words', flush=True); signal.pause()")
    services = make_services(shop={"command": talker, "ready": {"log": "last words"}})
    services.start(["shop"])
    (pid,) = (int(line.split()[0]) for line in processes_with(marker) if "start.py" not in line)

    os.kill(pid, signal.SIGKILL)

    wait_until(lambda: not services.is_alive("shop"))
    with pytest.raises(ServiceError, match=r"'shop' was ended by SIGKILL\n(.*\n)*.*last words"):
        services.start(["shop"])
    assert "SIGKILL" in services.failed["shop"]
    assert states(events) == ["started", "ready", "failed"]


def test_nothing_is_left_when_the_supervisor_is_killed(make_services: MakeServices, marker: str) -> None:
    services = make_services(shop={"command": SERVER, "ready": {"http": "/"}}, other=WITH_A_DAEMON)
    services.start(["shop", "other"])

    for pid in supervisors(marker):
        os.kill(pid, signal.SIGKILL)

    wait_until(lambda: not services.is_alive("shop"))
    services.stop()
    assert processes_with(marker) == []


def test_a_service_ends_when_its_supervisor_is_killed_and_the_owner_does_not_look(
    controller: Callable[..., subprocess.Popen[str]], marker: str
) -> None:
    owner = controller(shop={"command": SERVER, "ready": {"http": "/"}})
    for pid in supervisors(marker):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len([line for line in processes_with(marker) if line.split()[1:]]) == 1)
    owner.kill()
    owner.wait()


def test_a_service_that_never_becomes_ready_is_ended_and_says_what_was_seen(make_services: MakeServices, marker: str) -> None:
    services = make_services(slow={"command": in_python("import time; time.sleep(600)"), "ready": {"within": "400ms"}})
    with pytest.raises(ServiceError, match=r"(?s)'slow' was not ready within 0\.4 s: 127\.0\.0\.1:\d+ does not accept.*ready\.within"):
        services.start(["slow"])
    wait_until_gone(marker)


def test_a_service_that_ends_at_once_is_reported_at_once_and_never_started_again(make_services: MakeServices, events: list[Event]) -> None:
    services = make_services(broken={"command": in_python("print('no database'); raise SystemExit(3)"), "ready": {"within": "60s"}})
    for _ in range(2):
        with pytest.raises(ServiceError, match=r"'broken' ended with exit status 3 before it was ready\n(.*\n)+.*no database"):
            services.start(["broken"])
    assert states(events) == ["started", "failed"]


def test_a_service_that_puts_itself_into_the_background_stays_up_and_is_ended(make_services: MakeServices, marker: str) -> None:
    daemon = in_python("""
        import http.server, os, sys
        if os.fork():
            os._exit(0)
        os.setsid()
        http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
    """)
    services = make_services(daemon={"command": daemon, "ready": {"http": "/"}})
    services.start(["daemon"])
    assert services.is_alive("daemon")
    services.stop()
    assert processes_with(marker) == []


def test_a_service_that_does_not_listen_to_sigterm_is_killed(make_services: MakeServices, marker: str) -> None:
    stubborn = in_python(
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
    )
    services = make_services(stubborn={"command": stubborn, "ready": {"log": "up"}, "stop_within": "200ms"})
    services.start(["stubborn"])
    services.stop()
    assert processes_with(marker) == []


def test_a_service_that_floods_its_log_becomes_ready_and_is_ended(make_services: MakeServices, marker: str, tmp_path: Path) -> None:
    flood = in_python("""
        import sys
        sys.stdout.write("x" * 3_000_000 + "\\n" + "noise\\n" * 200_000 + "listening\\n")
        while True:
            sys.stdout.write("more noise " * 10 + "\\n")
    """)
    services = make_services(flood={"command": flood, "ready": {"log": "^listening"}})
    services.start(["flood"])
    services.stop()
    assert processes_with(marker) == []
    (tmp_path / "logs" / "service-flood.log").unlink()


def test_a_fixed_port_that_is_in_use_is_named_and_nothing_is_started(make_services: MakeServices, marker: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        services = make_services(shop={"command": SERVER, "port": port})
        with pytest.raises(ServiceError, match=f"'shop': port {port} is already in use.*leave `port` out"):
            services.start(["shop"])
    assert processes_with(marker) == []


def test_a_free_port_that_was_lost_to_another_program_is_replaced(make_services: MakeServices, tmp_path: Path) -> None:
    unlucky = in_python("""
        import http.server, os, pathlib, sys
        if not pathlib.Path("tried").exists():
            pathlib.Path("tried").touch()
            sys.exit("OSError: [Errno 98] Address already in use")
        http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
    """)
    services = make_services(shop={"command": unlucky, "ready": {"http": "/"}})
    services.start(["shop"])
    assert services.is_alive("shop")
    assert "Address already in use" in (tmp_path / "logs" / "service-shop.log").read_text()


def test_one_service_ends_though_another_was_started_after_it(make_services: MakeServices, marker: str) -> None:
    """The second service must not hold the lifeline of the first."""
    first, second = make_services(one={"command": SERVER}), make_services(two={"command": SERVER})
    first.start(["one"])
    second.start(["two"])
    first.stop()
    assert len(supervisors(marker)) == 1
    assert second.is_alive("two")
