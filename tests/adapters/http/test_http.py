"""Suites of HTTP calls: what is sent, what is kept, what is said when an answer is not as expected."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import Api, serving
from maestro_fabric.adapters.http.adapter import HttpAdapter
from maestro_fabric.compose import Prepared, prepare
from maestro_fabric.engine import run_case
from maestro_fabric.errors import ConfigError
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import CaseResult, Outcome, Status
from maestro_fabric.plugins import Plugins
from maestro_fabric.ports import Adapter, Deadline


class OnlyHttp:
    @hookimpl
    def maestro_adapters(self) -> list[Adapter]:
        return [HttpAdapter()]


class Suite:
    """Runs suites written as the file has them."""

    def __init__(self, root: Path, api: Api) -> None:
        self.root, self.api = root, api
        self.artifacts = root

    def prepare(self, suite: dict[str, Any], **config: Any) -> Prepared:
        plugins = Plugins([])
        plugins.register(OnlyHttp(), "http")
        whole = {
            "version": 1,
            "project": "p",
            "environments": {"local": {"base_url": self.api.url}},
            **config,
            "suites": [{"name": "api", "adapter": "http", **suite}],
        }
        path = self.root / "qa.yaml"
        path.write_text(json.dumps(whole), encoding="utf-8")
        return prepare(path, plugins=plugins, environ={"TOKEN": "s3cr3t/T0ken", "PASSWORD": "pa55 w0rd"})

    def run(self, suite: dict[str, Any], *, deadline_s: float = 20.0, **config: Any) -> list[CaseResult]:
        prepared = self.prepare(suite, **config)
        self.artifacts = prepared.artifacts
        sessions = prepared.sessions(prepared.plan.suites[0], prepared.context())
        deadline = Deadline.after(deadline_s, prepared.clock)
        try:
            return [
                run_case(case, sessions, lambda event: None, clock=prepared.clock, chance=prepared.chance, deadline=deadline)
                for case in prepared.plan.suites[0].cases
            ]
        finally:
            sessions.close()

    def __call__(self, *steps: Any, deadline_s: float = 20.0, **suite: Any) -> Outcome:
        """The outcome of one case."""
        (result,) = self.run({"cases": [{"name": "c", "steps": list(steps)}], **suite}, deadline_s=deadline_s)
        return result.attempts[-1].outcome

    def artifact(self, outcome: Outcome, kind: str) -> Path:
        return next(self.artifacts / artifact.path for artifact in outcome.artifacts if artifact.kind == kind)


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with serving() as api:
        yield api


@pytest.fixture
def api(server: Api) -> Api:
    server.asked.clear()
    server.jobs = 0
    return server


@pytest.fixture
def call(tmp_path: Path, api: Api) -> Suite:
    return Suite(tmp_path, api)


def echoes(**wanted: Any) -> dict[str, Any]:
    return {"status": 200, "json": {f"$.{path.replace('__', '.')}": value for path, value in wanted.items()}}


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(
            {"get": "/echo", "query": {"a": "x y", "n": 3, "yes": True}, "expect": echoes(query={"a": "x y", "n": "3", "yes": "true"})},
            id="query",
        ),
        pytest.param({"get": "/echo?a=1#top", "query": {"b": 2}, "expect": echoes(query={"a": "1", "b": "2"})}, id="query-added"),
        pytest.param({"post": "/echo", "json": {"a": [1]}, "expect": echoes(method="POST", body='{"a": [1]}')}, id="json"),
        pytest.param({"put": "/echo", "form": {"a": "x&y"}, "expect": echoes(method="PUT", body="a=x%26y")}, id="form"),
        pytest.param({"patch": "/echo", "body": "tée", "headers": {"Content-Type": "text/plain"}, "expect": echoes(body="tée")}, id="body"),
        pytest.param({"delete": "/echo", "expect": echoes(method="DELETE")}, id="delete"),
        pytest.param(
            {"head": "/echo", "expect": {"status": [200, 204], "headers": {"Content-Type": "application/json"}, "text": ""}}, id="head"
        ),
        pytest.param({"post": "/echo", "file": "data/order.json", "expect": {"contains": "application/json"}}, id="file"),
        pytest.param({"get": "/echo", "auth": ["ada", "x"], "expect": echoes(headers__authorization="Basic YWRhOng=")}, id="auth"),
        pytest.param(
            {"get": "/csv", "expect": {"contains": "tée;3", "matches": "^item;price\n", "min_bytes": 17, "within": "5s"}}, id="charset"
        ),
        pytest.param(
            {"get": "/orders", "expect": {"schema": {"properties": {"orders": {"minItems": 2}}, "required": ["orders"]}}}, id="schema"
        ),
        pytest.param({"get": "/orders", "expect": {"schema": "data/orders.schema.json"}}, id="schema-of-files"),
        pytest.param({"get": "/moved", "expect": {"status": 200, "json": {"$.cookie": "step=1"}}}, id="redirect"),
        pytest.param(
            {"post": "/moved?status=307&to=/echo", "body": "kept", "expect": echoes(method="POST", body="kept")}, id="redirect-kept"
        ),
        pytest.param({"post": "/moved?to=/echo", "json": {}, "expect": echoes(method="GET", body="")}, id="redirect-to-get"),
        pytest.param({"get": "/moved", "follow": False, "expect": {"status": 302, "headers": {"location": "/me"}}}, id="no-redirect"),
    ],
)
def test_a_call_does_what_its_step_says(call: Suite, step: dict[str, Any]) -> None:
    data = call.root / "data"
    data.mkdir()
    (data / "order.json").write_text('{"item": "tea"}')
    (data / "orders.schema.json").write_text('{"properties": {"orders": {"items": {"$ref": "order.schema.json"}}}}')
    (data / "order.schema.json").write_text('{"required": ["item", "price"]}')

    outcome = call({"request": step})

    assert outcome.status is Status.PASSED, outcome.fault


def test_files_are_sent_as_a_form(call: Suite, api: Api) -> None:
    (call.root / "a.csv").write_text("x")
    (call.root / 'b".bin').write_bytes(b"\xff\x00")

    outcome = call({"request": {"post": "/echo", "form": {"note": "hello"}, "files": {"one": "a.csv", "two": ["a.csv", 'b".bin']}}})
    _, _, headers, body = api.asked[0]

    assert outcome.status is Status.PASSED
    boundary = headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert body.count(boundary.encode()) == 5
    assert b'name="note"\r\n\r\nhello\r\n' in body
    assert b'name="one"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\nx\r\n' in body
    assert b'filename="b%22.bin"\r\nContent-Type: application/octet-stream\r\n\r\n\xff\x00\r\n' in body


def test_a_call_is_repeated_until_its_answer_is_as_wanted(call: Suite, api: Api) -> None:
    outcome = call(
        {"request": {"get": "/job", "until": {"json": {"$.state": "done"}}, "every": "5ms", "expect": {"json": {"$.asked": 3}}}},
    )

    assert outcome.status is Status.PASSED, outcome.fault
    assert len(api.asked) == 3


def test_a_call_that_never_becomes_as_wanted_tells_the_last_answer(call: Suite) -> None:
    outcome = call({"request": {"get": "/orders", "until": {"json": {"$.orders[0].item": "cake"}}, "every": "20ms", "within": "80ms"}})

    assert outcome.status is Status.FAILED
    assert 'expected: $.orders[0].item = "cake"\n  seen:     "tea"' in outcome.fault.message
    assert re.search(r"\(GET http://\S+/orders answered 200 in ", outcome.fault.message)


def test_what_does_not_listen_yet_is_asked_again(call: Suite) -> None:
    waiting = {"get": "http://127.0.0.1:9/x", "until": {"status": 200}, "every": "10ms", "within": "50ms"}

    outcome = call({"request": waiting})

    assert "nothing listens there" in outcome.fault.message
    assert call.artifact(outcome, "requests").read_text().count("no answer came") > 2


def test_values_are_saved_and_given_to_functions(call: Suite) -> None:
    (call.root / "helpers.py").write_text(
        "from maestro_fabric.adapters.browser.engine import HttpCall\n"
        "def ask(surface, variables, path):\n"
        "    url = surface.base_url + path\n"
        "    call = HttpCall(method='GET', url=url, headers={}, query={}, body=None, form=None, follow=True, timeout=900)\n"
        "    print('asked', variables['saved']['item'])\n"
        "    return surface.engine.fetch(call).status\n"
    )

    outcome = call(
        {"request": {"get": "/orders", "as": "first"}},
        {"save": {"json": "$.orders[0].item", "as": "item"}},
        {"save": {"json": "$.orders[1].price", "response": "first", "as": "price"}},
        {"call": {"function": "helpers:ask", "with": {"path": "/orders"}, "as": "status"}},
        {"log": "${saved.item} ${saved.price} ${saved.first.status} ${saved.status}"},
        {"request": {"post": "/echo", "json": {"n": "${saved.first.json.orders.0.price}"}, "expect": {"contains": 'n\\": 3'}}},
    )

    assert outcome.status is Status.PASSED, outcome.fault
    assert outcome.output == "asked tea\ntea dear 200 200"


def test_each_case_has_the_cookies_and_values_of_the_set_up_and_none_of_another_case(call: Suite, api: Api) -> None:
    me = {"get": "/me", "expect": {"json": {"$.cookie": "user=ada; theme=dark"}}}
    results = call.run(
        {
            "setup": [{"request": {"get": "/login"}}, {"save": {"json": "$.token", "as": "token"}}],
            "cases": [
                {"name": "one", "steps": [{"request": me}, {"request": {"get": "/login?user=eve"}}]},
                {"name": "two", "steps": [{"request": {**me, "headers": {"X-Token": "${saved.token}"}}}]},
                {"name": "fresh", "fresh": True, "steps": [{"request": {"get": "/me", "expect": {"json": {"$.cookie": ""}}}}]},
                {
                    "name": "own",
                    "fresh": True,
                    "steps": [
                        {"set_cookie": {"name": "a", "value": "1"}},
                        {"set_cookie": {"name": "b", "value": "2", "path": "/orders"}},
                        {"set_cookie": {"name": "c", "value": "3", "domain": "example.org"}},
                        {"request": {"get": "/me", "expect": {"json": {"$.cookie": "a=1"}}}},
                    ],
                },
            ],
        }
    )

    assert [result.status for result in results] == [Status.PASSED] * 4, results
    assert [path for _, path, _, _ in api.asked].count("/login") == 1
    assert ("x-token", "t-1") in api.asked[3][2].items()


def test_a_set_up_that_does_not_pass_is_the_error_of_each_case_and_tried_three_times(call: Suite, api: Api) -> None:
    cases = [{"name": f"c{number}", "steps": [{"log": "x"}]} for number in range(5)]

    results = call.run({"setup": [{"request": {"get": "/none", "expect": {"status": 200}}}], "cases": cases})
    faults = [result.attempts[0].outcome.fault for result in results]

    assert {result.status for result in results} == {Status.ERROR}
    assert faults[0].message.startswith("the suite's set-up did not pass\nstep 1")
    assert "it failed 3 times and is not tried again" in faults[4].message
    assert len(api.asked) == 3


def test_params_groups_and_defaults_of_the_suite_reach_every_call(call: Suite, api: Api) -> None:
    results = call.run(
        {
            "http": {"headers": {"X-Key": "${secret:TOKEN}"}, "auth": ["ada", "${secret:PASSWORD}"]},
            "cases": [
                {
                    "name": "buy",
                    "params": {"item": ["tea", "cake"]},
                    "steps": [{"use": {"group": "order", "with": {"what": "${params.item}"}}}],
                },
                {"name": "own", "steps": [{"request": {"get": "/me", "headers": {"Authorization": "Bearer x"}}}]},
            ],
        },
        groups={
            "order": {"params": ["what"], "steps": [{"request": {"post": "/echo", "json": "${params.what}", "expect": {"status": 200}}}]}
        },
    )
    sent = [(headers["x-key"], headers["authorization"], body) for _, _, headers, body in api.asked]

    assert [result.case.id.title for result in results] == ["buy[tea]", "buy[cake]", "own"]
    assert sent == [
        ("s3cr3t/T0ken", "Basic YWRhOnBhNTUgdzByZA==", b'"tea"'),
        ("s3cr3t/T0ken", "Basic YWRhOnBhNTUgdzByZA==", b'"cake"'),
        ("s3cr3t/T0ken", "Bearer x", b""),
    ]


def test_a_stranger_gets_neither_the_suites_headers_nor_a_steps_authorization(call: Suite, api: Api) -> None:
    with serving() as other:
        goal = f"/moved?to={other.url}/me"
        call(
            {"request": {"get": goal, "headers": {"Authorization": "Bearer x", "X-Step": "1"}}},
            {"request": {"get": f"{other.url}/me"}},
            http={"headers": {"X-Key": "k"}, "auth": ["a", "b"]},
        )

    assert [set(headers) & {"x-key", "authorization", "x-step"} for _, _, headers, _ in other.asked] == [{"x-step"}, set()]


def test_an_answer_that_is_not_as_expected_is_told_with_line_status_body_and_evidence(call: Suite) -> None:
    outcome = call(
        {
            "request": {
                "get": "/missing",
                "headers": {"Authorization": "Bearer ${secret:TOKEN}"},
                "expect": {"status": 200, "headers": {"X-Id": "7"}, "text": "fine", "matches": "^ok", "min_bytes": 1000, "within": "0ms"},
            }
        },
        {"log": "not reached"},
    )
    message = outcome.fault.message
    kept = call.artifact(outcome, "requests").read_text()

    assert outcome.status is Status.FAILED
    assert outcome.fault.location.line == 1
    assert message.startswith("step 1 (")
    assert 'request get /missing\n  expected: status 200\n  seen:     status 404: "{"error": "no such thing"}"' in message
    assert "expected: header X-Id: 7\n  seen:     no such header" in message
    assert 'expected: text "fine"' in message
    assert "expected: a text that matches /^ok/" in message
    assert "expected: at least 1000 bytes\n  seen:     26 bytes" in message
    assert "expected: an answer within 0ms" in message
    assert [step.status for step in outcome.steps] == [Status.FAILED]
    assert re.search(r"^GET http://\S+/missing$", kept, re.MULTILINE)
    assert "Authorization: Bearer ***" in kept
    assert "404 http://" in kept
    assert "no such thing" in kept


@pytest.mark.parametrize(
    ("schema", "seen"),
    [
        (
            {"properties": {"orders": {"items": {"properties": {"price": {"type": "number"}}}}}},
            "$.orders[1].price: 'dear' is not of type 'number'",
        ),
        ({"type": "array", "maxItems": 0}, "is not of type 'array'"),
        ({"required": ["a", "b", "c", "d"]}, "; and 1 more"),
    ],
)
def test_json_that_does_not_fit_its_schema_is_told_by_its_path(call: Suite, schema: dict[str, Any], seen: str) -> None:
    outcome = call({"request": {"get": "/orders", "expect": {"schema": schema}}})

    assert outcome.status is Status.FAILED
    assert "expected: JSON that fits the schema" in outcome.fault.message
    assert seen in outcome.fault.message


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"get": "/orders", "expect": {"schema": {"type": "nothing"}}}, "is not a JSON Schema: $.type: 'nothing' is not valid"),
        ({"get": "/orders", "expect": {"schema": "none.json"}}, "'none.json' is not there"),
        ({"get": "/orders", "expect": {"schema": "bad.json"}}, "bad.json is not JSON"),
        ({"get": "/orders", "expect": {"schema": {"$ref": "http://example.org/x"}}}, "nothing is fetched for a schema"),
        ({"get": "/orders", "expect": {"schema": {"$ref": "file:///etc/passwd"}}}, "is not below the config's folder"),
        ({"post": "/echo", "file": "none.bin"}, "'none.bin' is not there"),
        ({"get": "http://127.0.0.1:9/x"}, "nothing listens there: is the service running?"),
        ({"get": "http://no-such-host.invalid/x"}, "the host's name is unknown"),
        ({"get": "http://[::1/x"}, "http://[::1/x"),
        ({"get": "/never", "within": "60ms"}, "the answer did not come in time"),
        ({"get": "/dripping", "within": "100ms"}, "the answer did not come in time"),
        ({"get": "/hanging-up"}, "the server ended the connection before its answer"),
        ({"get": "/circle"}, "redirected more than 20 times"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(list(value.values())),
)
def test_what_cannot_be_judged_is_an_error_with_what_to_do(call: Suite, step: dict[str, Any], message: str) -> None:
    (call.root / "bad.json").write_text("{")

    outcome = call({"request": step})

    assert outcome.status is Status.ERROR
    assert message in outcome.fault.message


def test_a_pattern_that_is_known_only_while_the_case_runs_may_be_none(call: Suite) -> None:
    save = [{"request": {"get": "/echo?x=("}}, {"save": {"json": "$.query.x", "as": "open"}}]

    outcome = call(*save, {"request": {"get": "/orders", "expect": {"matches": "${saved.open}"}}})

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "ConfigError")
    assert "'(' is not a regular expression" in outcome.fault.message


def test_an_answer_without_json_does_not_fit_a_schema(call: Suite) -> None:
    outcome = call({"request": {"get": "/csv", "expect": {"schema": {}}}})

    assert "seen:     no JSON: " in outcome.fault.message


def test_the_deadline_ends_a_call_that_would_wait_longer(call: Suite) -> None:
    outcome = call({"request": {"get": "/never", "within": "30s"}}, deadline_s=0.2)

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "DeadlineExceeded")


def test_an_answer_is_kept_as_a_file_and_its_path_saved(call: Suite) -> None:
    outcome = call({"request": {"get": "/csv", "keep": "stock.csv", "as": "stock"}}, {"log": "${saved.stock.path}"})

    path = call.artifact(outcome, "response")
    assert path.read_bytes() == "item;price\ntée;3\n".encode("latin-1")
    assert outcome.output == str(path)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that nobody trusts, with its key."""
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    arguments = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run([*command.split(), *arguments], check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


@pytest.mark.parametrize(
    ("verify", "status", "message"),
    [
        (lambda path: True, Status.ERROR, "the certificate is not trusted: http.verify names a file"),
        (lambda path: "${vars.check}", Status.PASSED, ""),
        (lambda path: "own.crt", Status.PASSED, ""),
        (lambda path: "none.crt", Status.ERROR, "http: 'none.crt' is not there"),
    ],
    ids=["true", "false", "file", "absent"],
)
def test_certificates_are_checked_unless_the_suite_says_otherwise(
    tmp_path: Path, certificate: Path, verify: Callable[[Path], Any], status: Status, message: str
) -> None:
    (tmp_path / "own.crt").write_bytes(certificate.with_suffix(".crt").read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as api:
        (result,) = Suite(tmp_path, api).run(
            {"http": {"verify": verify(tmp_path)}, "cases": [{"name": "c", "steps": [{"request": {"get": "/me"}}]}]},
            vars={"check": "false"},
        )

    assert result.status is status
    assert message in (result.attempts[0].outcome.fault.message if result.attempts[0].outcome.fault else "")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"click": "#buy"}, "'click' needs a browser, and an http suite has none"),
        ({"expect": {"text": "hello"}}, "'expect' looks at a page, and an http suite has none"),
        ({"save": {"text": "#total", "as": "total"}}, "save: text reads a page, and an http suite has none"),
        ({"use": "outer"}, "the group 'outer' cannot be used here: the group 'inner' cannot be used here: 'open' needs a browser"),
        ({"request": {"get": "/x", "every": "1s"}}, "'every' goes with 'until'"),
        (
            {"request": {"get": "/x", "json": {}, "file": "a"}},
            "a request sends one of json, form, body and file; this one has",
        ),
        ({"request": {"get": "/x", "files": {"a": "../a"}}}, "'../a' is not below the config's folder"),
        ({"request": {"get": "/x", "until": {"matches": "("}}}, "'(' is not a regular expression"),
        ({"request": {"get": "/x", "expect": {"schema": "../x.json"}}}, "'../x.json' is not below the config's folder"),
    ],
)
def test_what_an_http_suite_cannot_do_is_refused_when_the_config_is_loaded(call: Suite, step: dict[str, Any], message: str) -> None:
    groups = {"outer": {"steps": [{"use": "inner"}]}, "inner": {"steps": [{"open": "/"}]}}

    with pytest.raises(ConfigError) as caught:
        call.prepare({"cases": [{"name": "c", "steps": [step]}]}, groups=groups)

    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert problem.location is not None


def test_a_secret_in_the_settings_that_is_missing_is_the_error_of_the_case(call: Suite) -> None:
    outcome = call({"request": {"get": "/me"}}, http={"headers": {"X": "${secret:NOT_THERE}"}})

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "ConfigError")
    assert outcome.fault.message.startswith("http: the secret 'NOT_THERE' is missing")
