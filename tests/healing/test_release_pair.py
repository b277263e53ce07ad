"""A real redesign: journeys through Swagger UI 3, which `benchmarks/release_pairs` has with their labels, run against Swagger UI 5."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from maestro_fabric import compose
from maestro_fabric.aggregator.heals import HealRow, heal_rows
from maestro_fabric.model import Mark
from maestro_fabric.plan import select_cases
from maestro_fabric.plugins import load_plugins
from maestro_fabric.ports import RunOptions

pytestmark = [pytest.mark.browser, pytest.mark.needs_node]

PAIR = Path(__file__).parents[2] / "benchmarks" / "release_pairs" / "pairs" / "swagger_ui"
CASES = ("looks at the schema of a request", "folds the schemas", "reads the terms of service", "shows one group")


class _Release(SimpleHTTPRequestHandler):
    """The benchmark's page, with the files of one release of the package."""

    package = Path()

    def translate_path(self, path: str) -> str:
        name = path.partition("?")[0]
        if name.startswith("/pkg/swagger-ui-dist/"):
            return str(self.package / name.removeprefix("/pkg/swagger-ui-dist/"))
        return str(PAIR / ("page.html" if name == "/" else name.strip("/")))

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class Upgraded:
    """What came of the journeys on the newer release."""

    statuses: dict[str, tuple[str, bool]]
    heals: dict[str, HealRow]


@contextmanager
def served(package: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(type("Release", (_Release,), {"package": package})))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def played(file: Path, url: str, browser: Path) -> dict[str, tuple[str, bool]]:
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | {"MAESTRO_BROWSER": str(browser)}
    prepared = compose.prepare(file, environ=environ, variables={"url": url}, options=RunOptions(), plugins=load_plugins())
    chosen = compose.run(_only(prepared), sinks=[])
    return {case.case.id.name: (str(case.status), Mark.HEALED in case.marks) for case in chosen.cases}


def _only(prepared: compose.Prepared) -> compose.Prepared:
    return replace(prepared, plan=select_cases(prepared.plan, lambda case: case.id.name in CASES))


@pytest.fixture(scope="module")
def upgraded(browser_path: Path, node_packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    file = tmp_path_factory.mktemp("upgrade") / "qa.yaml"
    journeys = (PAIR / "qa.yaml").read_text(encoding="utf-8")
    file.write_text(journeys.replace("within: 3s", "within: 10s"), encoding="utf-8")
    with served(node_packages / "node_modules" / "swagger-ui-3") as url:
        assert played(file, url, browser_path) == dict.fromkeys(CASES, ("passed", False))
    file.write_text(journeys, encoding="utf-8")
    with served(node_packages / "node_modules" / "swagger-ui-5") as url:
        statuses = played(file, url, browser_path)
    rows = heal_rows(file.parent / ".maestro" / "history.db")
    return Upgraded(statuses, {row.case.name: row for row in rows})


def test_journeys_through_a_real_program_go_on_after_its_redesign(upgraded: Upgraded) -> None:
    assert upgraded.statuses["looks at the schema of a request"] == ("passed", True)
    assert upgraded.statuses["folds the schemas"] == ("passed", True)
    assert upgraded.statuses["shows one group"] == ("passed", False)


def test_what_was_a_link_in_a_tab_and_is_a_button_now_gets_the_locator_of_a_tab(upgraded: Upgraded) -> None:
    assert json.loads(upgraded.heals["looks at the schema of a request"].new) == {"role": "tab", "name": "Schema"}


def test_a_link_that_the_new_release_does_not_show_any_more_is_not_replaced(upgraded: Upgraded) -> None:
    assert upgraded.statuses["reads the terms of service"] == ("error", False)
    assert upgraded.heals["reads the terms of service"].action != "heal"
