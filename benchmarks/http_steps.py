"""HTTP cases of eight calls against the same calls written with httpx in pytest tests, 400 cases."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from by_hand import OURS, QuietHandler, arms_of, serve, show_walls
from paired import Arm, Claim, measure, parse_options, publish, ratio

YAML = """version: 1
project: calls
environments: {{local: {{base_url: "{url}"}}}}
suites:
  - name: shop
    adapter: http
    cases:
      - name: order
        params: {{item: [{items}]}}
        steps:
          - request: {{post: /login, json: {{user: ada}}, expect: {{status: 200}}, as: login}}
          - request: {{get: /items, query: {{q: "${{params.item}}"}}, expect: {{status: 200, json: {{"$.query": "q=${{params.item}}"}}}}}}
          - request: {{post: /basket, json: {{item: "${{params.item}}"}}, expect: {{json: {{"$.body.item": "${{params.item}}"}}}}}}
          - request: {{get: /basket, expect: {{status: 200, headers: {{content-type: application/json}}}}}}
          - request: {{put: /basket, form: {{amount: "2"}}, expect: {{status: 200, contains: amount=2}}}}
          - request: {{post: /orders, headers: {{x-token: "${{saved.login.json.token}}"}}, json: {{}}, expect: {{status: 200}}}}
          - request: {{get: /orders, expect: {{status: 200, json: {{"$.path": /orders}}}}}}
          - request: {{delete: /login, expect: {{status: 200}}}}
"""

TEST = """import httpx
import pytest


@pytest.fixture(scope="session")
def transport():
    with httpx.HTTPTransport() as transport:
        yield transport


@pytest.fixture
def client(transport):
    return httpx.Client(transport=transport, base_url="{url}")


@pytest.mark.parametrize("item", [{items}])
def test_order(client, item):
    login = client.post("/login", json={{"user": "ada"}})
    assert login.status_code == 200
    found = client.get("/items", params={{"q": item}})
    assert found.status_code == 200
    assert found.json()["query"] == "q=" + item
    added = client.post("/basket", json={{"item": item}})
    assert added.status_code == 200
    assert added.json()["body"]["item"] == item
    basket = client.get("/basket")
    assert basket.status_code == 200
    assert basket.headers["content-type"] == "application/json"
    changed = client.put("/basket", data={{"amount": "2"}})
    assert changed.status_code == 200
    assert "amount=2" in changed.text
    assert client.post("/orders", headers={{"x-token": login.json()["token"]}}, json={{}}).status_code == 200
    orders = client.get("/orders")
    assert orders.status_code == 200
    assert orders.json()["path"] == "/orders"
    assert client.delete("/login").status_code == 200
"""


def main() -> int:
    """Run both against one small server in this process."""
    options = parse_options(__doc__ or "")
    cases = 3 if options.quick else 400
    with tempfile.TemporaryDirectory() as name, serve(_Shop) as url:
        samples = measure(_arms(Path(name), url, cases), rounds=options.rounds)
    claims = [
        Claim(
            name="HTTP cases of 8 calls, 400 cases, wall clock against httpx by hand",
            measured=ratio(samples[OURS], samples["httpx"], "wall_s"),
            unit="×",
            bound=1.1,
            detail=show_walls(samples),
        ),
        Claim(name="the same, CPU", measured=ratio(samples[OURS], samples["httpx"]), unit="×"),
    ]
    return publish(claims, options)


def _arms(folder: Path, url: str, cases: int) -> list[Arm]:
    return arms_of(folder, "httpx", YAML.format(url=url, items="{items}"), TEST.format(url=url, items="{items}"), cases=cases)


class _Shop(QuietHandler):
    def do_GET(self) -> None:  # noqa: N802 - the name that the base class looks for
        """Answer with what was asked."""
        sent = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path, _, query = self.path.partition("?")
        body = (sent if sent.startswith("{") else f'"{sent}"').encode()
        answer = b'{"token": "t", "path": "%s", "query": "%s", "body": %s}' % (path.encode(), query.encode(), body)
        # In one piece: two small packets would wait for each other (Nagle's algorithm and delayed acknowledgement).
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
        self.wfile.write(head.encode() + answer)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that the base class looks for


if __name__ == "__main__":
    sys.exit(main())
