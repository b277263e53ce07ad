from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from api_server import Api, serving
from maestro_fabric.adapters.http.adapter import HttpAdapter
from maestro_fabric.testing import AdapterContract


def cases(**steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"cases": [{"name": name, "steps": written} for name, written in steps.items()]}


@pytest.fixture(scope="module", autouse=True)
def api() -> Iterator[None]:
    with serving() as TestHttpAdapter.api:
        yield


class TestHttpAdapter(AdapterContract):
    adapter = HttpAdapter
    suite: ClassVar = cases(
        good=[{"request": {"get": "/orders", "expect": {"status": 200}}}],
        bad=[{"request": {"get": "/none", "expect": {"status": 200}}}],
        broken=[{"request": {"get": "http://127.0.0.1:9/"}}],
    )
    outcomes: ClassVar = {"good": "passed", "bad": "failed", "broken": "error"}
    slow_suite: ClassVar = cases(quick=[{"request": {"get": "/orders"}}], slow=[{"request": {"get": "/never", "within": "60s"}}])
    quick_case = "quick"
    slow_case = "slow"
    secret_suite: ClassVar = cases(
        shown=[
            {
                "request": {
                    "post": "/echo?key=${secret:CONTRACT_SECRET}",
                    "json": {"token": "${secret:CONTRACT_SECRET}"},
                    "headers": {"Authorization": "Bearer ${secret:CONTRACT_SECRET}"},
                    "expect": {"contains": "never"},
                }
            }
        ]
    )
    deadline_s = 0.5
    api: ClassVar[Api]

    @property
    def config(self) -> Mapping[str, Any]:
        return {"environments": {"local": {"base_url": self.api.url}}}
