"""When a service counts as up."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.config.models import ReadyConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.system.readiness import build_probe
from maestro_fabric.system.service_log import ServiceLog

QUICKLY_S = 2.0


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers ``/204`` with that status, ``/away`` with a redirect to another host."""

    def do_GET(self) -> None:
        away = self.path == "/away"
        self.send_response(302 if away else int(self.path.split("?")[0].strip("/")))
        if away:
            self.send_header("Location", "http://192.0.2.1/")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def log(tmp_path: Path) -> ServiceLog:
    return ServiceLog(tmp_path / "log")


def ready(**how: Any) -> ReadyConfig:
    return ReadyConfig.model_validate(how)


@pytest.mark.parametrize("path", ["/200", "/204?deep=1", "/399", "/away", "200"])
def test_an_answer_below_400_is_ready_and_no_redirect_is_followed(url: str, log: ServiceLog, path: str) -> None:
    assert build_probe(ready(http=path), url, log)(QUICKLY_S) == ""


def test_an_answer_from_400_on_is_not_ready_and_is_shown(url: str, log: ServiceLog) -> None:
    assert build_probe(ready(http="/503"), url, log)(QUICKLY_S) == f"GET {url}/503 answered 503"


def test_an_http_service_that_does_not_answer_is_not_ready(closed_url: str, log: ServiceLog) -> None:
    assert build_probe(ready(http="/"), closed_url, log)(QUICKLY_S) == f"GET {closed_url}/ was not answered: Connection refused"


def test_a_service_that_accepts_and_says_nothing_is_not_ready(log: ServiceLog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert build_probe(ready(http="/"), url, log)(0.05) == f"GET {url}/ was not answered: timed out"


def test_a_service_that_speaks_something_else_is_not_ready(log: ServiceLog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example.org ESMTP\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        assert "was not answered: 220 mail" in build_probe(ready(http="/"), url, log)(QUICKLY_S)
        thread.join()


def test_an_accepted_connection_is_ready(url: str, log: ServiceLog) -> None:
    assert build_probe(ready(tcp=True), url, log)(QUICKLY_S) == ""
    assert build_probe(ready(), url, log)(QUICKLY_S) == ""


def test_a_refused_connection_is_not_ready(closed_url: str, log: ServiceLog) -> None:
    assert "does not accept connections: Connection refused" in build_probe(ready(tcp=True), closed_url, log)(QUICKLY_S)


def test_a_line_of_the_output_is_ready(closed_url: str, log: ServiceLog) -> None:
    probe = build_probe(ready(log=r"^listening on \d+$"), closed_url, log)
    assert probe(QUICKLY_S) == "no line of its output matches '^listening on \\\\d+$'"
    log.path.write_text("starting\nlistening on 80\n")
    assert probe(QUICKLY_S) == ""


@pytest.mark.parametrize(
    ("how", "address", "message"),
    [
        ({"log": "("}, "http://127.0.0.1:1", r"ready\.log is not a regular expression: '\('"),
        ({"http": "http://192.0.2.1/"}, "http://127.0.0.1:1", "must be a path on the service itself"),
        ({"http": "//192.0.2.1/x"}, "http://127.0.0.1:1", "must be a path on the service itself"),
        ({"tcp": True}, "somewhere", "the url 'somewhere' names no host"),
        ({"tcp": True}, "http://127.0.0.1:99999", "has no valid port"),
    ],
)
def test_what_cannot_be_probed_is_an_error(log: ServiceLog, how: dict[str, Any], address: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        build_probe(ready(**how), address, log)
