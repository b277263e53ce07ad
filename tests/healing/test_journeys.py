"""Journeys written for one release of a page, run against the next one, on both engines."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric import compose
from maestro_fabric.aggregator.heals import HealRow, heal_rows, remembered
from maestro_fabric.events import Event, Healed
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import CaseResult, Mark, Status
from maestro_fabric.plan import select_cases
from maestro_fabric.plugins import load_plugins
from maestro_fabric.ports import HealDecision, HealRequest, RunOptions
from maestro_fabric.testing import RecordingSink

pytestmark = pytest.mark.browser

SAYS = "document.querySelector('#out').textContent"
FRAME = '<iframe id="map" srcdoc="<button id={id} onclick=parent.{says}=`zoomed`>Zoom in</button>"></iframe>'
STARS = """<star-bar></star-bar><script>customElements.define('star-bar', class extends HTMLElement {{ connectedCallback() {{
  this.attachShadow({{mode: 'open'}}).innerHTML = '<button id="{id}">Four stars</button>';
  this.shadowRoot.querySelector('button').onclick = () => {{ {says} = 'rated'; }}; }} }})</script>"""
# A form answers to the names of its fields first: here `form.id` and so on are fields.
FIELDS = "".join(f"<input type=hidden name={name} value=7>" for name in ("id", "children", "attributes", "action"))
OLD = f"""<!doctype html><title>Tea</title><main><h1>Green tea</h1>
<nav><a href="#orders" id=orders>Orders</a> <a href="#help">Help</a></nav>
<form onsubmit="return false"><label>Search <input id=q name=q></label>
<label>Pin <input id=pin type=password value=4711></label>
<button class="btn find" id=find>Find</button>{FIELDS}</form>
<section aria-label="Buying"><p class=price>4.50 EUR</p>
<button id=buy class="btn primary" onclick="{SAYS}='bought'">Add to basket</button>
<button id=wish class="btn">Remember for later</button>
<button id=del class="btn danger" onclick="{SAYS}='deleted'">Delete account</button></section>
{FRAME.format(id="zoom", says=SAYS)}{STARS.format(id="four", says=SAYS)}<output id=out></output></main>"""
NEW = f"""<!doctype html><title>Tea</title><div class=app><header>
<nav><a href="#help">Help</a>
<a href="#orders" class=nav-orders>Orders</a></nav>
</header><main><h1>Green tea</h1><form onsubmit="return false"><div><label>Search <input data-testid=search name=query></label>
<label>Pin <input class=pin type=password value=4711></label><button class="chakra css-1x" id=go>Find</button>
<button type=reset class="chakra">Clear all</button></div>{FIELDS}</form>
<section aria-label="Buying"><div><p class=price>4.50 EUR</p><div>
<button class="chakra css-9 primary" onclick="{SAYS}='bought'">Add to your basket</button></div>
<button class="chakra danger" onclick="{SAYS}='deleted'">Delete account</button></div></section>
{FRAME.format(id="zoom2", says=SAYS)}{STARS.format(id="stars-4", says=SAYS)}<output id=out></output></main></div>"""
QA = """
version: 1
project: shop
environments: {{local: {{base_url: "{url}"}}}}
policies: {{again: {{retry: {{times: 1, on: [error]}}}}}}
healing: {{budget: 20}}
suites:
  - name: web
    adapter: {adapter}
    policy: again
    browser: {{within: 700ms, args: [--no-sandbox]}}
    cases:
      - name: buys
        steps:
          - open: /
          - fill: {{css: "#q", value: tea}}   # what is searched
          - click: form button
          - click: "#buy"
          - expect: {{css: "#out", text: bought}}
      - name: fills in a secret
        steps: [{{open: /}}, {{fill: {{css: "#pin", value: "1"}}}}]
      - name: wishes
        steps: [{{open: /}}, {{click: "#wish"}}]
      - name: deletes
        steps: [{{open: /}}, {{click: "#del"}}]
      - name: deletes all the same
        steps: [{{open: /}}, {{click: {{css: "#del", heal: true}}}}, {{expect: {{css: "#out", text: deleted}}}}]
      - name: is said to be destructive
        steps: [{{open: /}}, {{click: {{css: "#buy", destructive: true}}}}]
      - name: is only proposed
        steps: [{{open: /}}, {{click: {{css: "#buy", heal: propose}}}}]
      - name: is left alone
        steps: [{{open: /}}, {{click: {{css: "#buy", heal: false}}}}]
      - name: may be missing
        steps: [{{open: /}}, {{click: {{css: "#buy", optional: true}}}}]
      - name: checks
        steps: [{{open: /}}, {{expect: {{css: "#buy", text: Add to basket}}}}]
      - name: waits
        steps: [{{open: /}}, {{wait_for: "#buy"}}]
      - name: reads
        steps: [{{open: /}}, {{save: {{text: "#buy", as: words}}}}]
      - name: zooms
        steps: [{{open: /}}, {{click: {{css: "#zoom", frame: "#map"}}}}, {{expect: {{css: "#out", text: zoomed}}}}]
      - name: rates
        steps: [{{open: /}}, {{click: "#four"}}, {{expect: {{css: "#out", text: rated}}}}]
  - name: prepared
    adapter: {adapter}
    browser: {{within: 700ms, args: [--no-sandbox]}}
    setup: [{{open: /}}, {{click: "#find"}}]
    cases:
      - name: starts
        steps: [{{open: /}}]
      - name: starts again
        steps: [{{open: /}}]
"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.server.page.encode())  # type: ignore[attr-defined]

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class Site:
    server: ThreadingHTTPServer
    folder: Path
    browser: Path
    adapter: str = "playwright"
    results: dict[str, CaseResult] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / ".maestro" / "history.db"

    @property
    def heals(self) -> dict[str, list[HealRow]]:
        """The last run's, by case."""
        found: dict[str, list[HealRow]] = {}
        for row in reversed(heal_rows(self.store, where="run.run_id = (SELECT run_id FROM run ORDER BY id DESC LIMIT 1)")):
            found.setdefault(row.case.name, []).append(row)
        return found

    def run(self, page: str, *cases: str, plugin: object = None, environ: dict[str, str] | None = None, **options: Any) -> None:
        self.server.page = page  # type: ignore[attr-defined]
        file = self.folder / "qa.yaml"
        if not file.exists():
            file.write_text(QA.format(url=f"http://127.0.0.1:{self.server.server_port}", adapter=self.adapter))
        plugins = load_plugins()
        if plugin is not None:
            plugins.register(plugin, "team")
        settings = {name: value for name, value in os.environ.items() if name != "CI"} | {"MAESTRO_BROWSER": str(self.browser)}
        prepared = compose.prepare(file, environ=settings | (environ or {}), options=RunOptions(**options), plugins=plugins)
        chosen = replace(prepared, plan=select_cases(prepared.plan, lambda case: not cases or case.id.name in cases))
        sink = RecordingSink()
        result = compose.run(chosen, sinks=[sink])
        self.results = {case.case.id.name: case for case in result.cases}
        self.events = sink.events

    def statuses(self) -> dict[str, tuple[str, bool, int]]:
        return {name: (str(one.status), Mark.HEALED in one.marks, len(one.attempts)) for name, one in self.results.items()}


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(scope="module", params=["playwright", "selenium"])
def redesigned(
    request: pytest.FixtureRequest, server: ThreadingHTTPServer, browser_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """A site whose journeys passed on the old page and were run once more on the new one."""
    site = Site(server, tmp_path_factory.mktemp(request.param), browser_path, request.param)
    site.run(OLD)
    assert {status for status, _, _ in site.statuses().values()} == {"passed"}
    site.run(NEW)
    return site


@pytest.fixture(scope="module")
def known(server: ThreadingHTTPServer, browser_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site whose journeys passed on the old page."""
    made = Site(server, tmp_path_factory.mktemp("known"), browser_path)
    made.run(OLD, "buys", "wishes", "rates")
    return made.folder


@pytest.fixture
def site(server: ThreadingHTTPServer, browser_path: Path, known: Path, tmp_path: Path) -> Site:
    return Site(server, Path(shutil.copytree(known, tmp_path / "site")), browser_path)


def test_journeys_that_make_sense_go_on_and_the_others_say_so(redesigned: Site) -> None:
    assert redesigned.statuses() == {
        "buys": ("passed", True, 1),
        "fills in a secret": ("passed", True, 1),
        "wishes": ("error", False, 1),
        "deletes": ("error", False, 1),
        "deletes all the same": ("passed", True, 1),
        "is said to be destructive": ("error", False, 1),
        "is only proposed": ("error", False, 1),
        "is left alone": ("error", False, 2),
        "may be missing": ("passed", False, 1),
        "checks": ("failed", False, 1),
        "waits": ("error", False, 2),
        "reads": ("error", False, 2),
        "zooms": ("passed", True, 1),
        "rates": ("passed", True, 1),
        "starts": ("passed", True, 1),
        "starts again": ("passed", False, 1),
    }
    assert [row.step for row in redesigned.heals["starts"]] == ["setup 2"]


def test_what_is_checked_waited_for_or_read_is_never_looked_for_elsewhere(redesigned: Site) -> None:
    assert not {"checks", "waits", "reads", "is left alone", "may be missing"} & set(redesigned.heals)


def test_new_locators_are_those_that_a_person_would_write(redesigned: Site) -> None:
    assert [json.loads(row.new) for row in redesigned.heals["buys"]] == [
        {"role": "textbox", "name": "Search"},
        {"role": "button", "name": "Find"},
        {"role": "button", "name": "Add to your basket"},
    ]
    assert [json.loads(row.new) for row in redesigned.heals["zooms"]] == [{"role": "button", "name": "Zoom in", "frame": "#map"}]
    assert [json.loads(row.new) for row in redesigned.heals["rates"]] == [{"role": "button", "name": "Four stars"}]
    assert [json.loads(row.new) for row in redesigned.heals["fills in a secret"]] == [{"role": "textbox", "name": "Pin"}]


def test_an_element_that_is_gone_is_not_replaced(redesigned: Site) -> None:
    (row,) = redesigned.heals["wishes"]

    assert (row.action, row.new) == ("abstain", "")
    assert "not healed: " in redesigned.results["wishes"].attempts[0].outcome.fault.message


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("deletes", "the step may be destructive ('delete') and does not say heal: true"),
        ("is said to be destructive", "the step is destructive and does not say heal: true"),
        ("is only proposed", "the step says heal: propose"),
    ],
)
def test_what_must_not_be_healed_is_proposed(redesigned: Site, case: str, why: str) -> None:
    (row,) = redesigned.heals[case]

    assert row.action == "propose"
    assert why in row.reason or "the best match may be destructive ('delete')" in row.reason
    assert "healing proposes {role: button, name: " in redesigned.results[case].attempts[0].outcome.fault.message


def test_each_answer_is_told_once_and_kept_with_its_reasons(redesigned: Site) -> None:
    told = [event for event in redesigned.events if isinstance(event, Healed)]
    row = redesigned.heals["buys"][2]

    assert len(told) == sum(map(len, redesigned.heals.values()))
    assert row.confidence > 0.8
    assert row.features["tag"] == 1.0
    assert row.runner_up
    assert row.margin > 0
    assert row.location.endswith("qa.yaml:18")
    pictures = [Path(row.evidence) / row.run_id / one["path"] for one in row.artifacts]
    assert [picture.name for picture in pictures] == ["heal-3-before.jpg", "heal-3-found.jpg"]
    assert all(picture.read_bytes().startswith(b"\xff\xd8") for picture in pictures)


def test_no_value_of_a_field_is_remembered(redesigned: Site) -> None:
    known = json.dumps([[one.element, one.others] for one in remembered(redesigned.store, "shop")], default=dict)

    assert "Search" in known
    assert "4711" not in known


def test_one_picture_of_a_page_serves_all_its_elements(redesigned: Site) -> None:
    looks = redesigned.folder / ".maestro" / "artifacts" / "looks"
    notes = [json.loads(note.read_text()) for note in looks.glob("*.json")]

    assert len({note["picture"] for note in notes}) == len(list(looks.glob("*.jpg")))
    assert len(notes) >= 8
    assert len(list(looks.glob("*.jpg"))) <= len(notes) / 2


def test_nothing_is_learnt_anew_while_it_is_known(site: Site) -> None:
    before = list(remembered(site.store, "shop"))
    site.run(OLD, "buys")

    assert site.results["buys"].attempts[0].outcome.learnt == ()
    assert list(remembered(site.store, "shop")) == before


def test_a_rejected_heal_never_comes_back(site: Site) -> None:
    from maestro_fabric.aggregator.heals import judge

    site.run(NEW, "rates")
    judge(site.store, site.heals["rates"][0].id, "rejected")
    site.run(NEW, "rates")

    assert site.results["rates"].status is Status.ERROR
    assert [row.action for row in site.heals["rates"]] == ["abstain"]
    assert "a person has rejected" in site.heals["rates"][0].reason


def test_a_budget_limits_the_heals_of_a_run(site: Site) -> None:
    file = site.folder / "qa.yaml"
    file.write_text(file.read_text().replace("budget: 20", "budget: 1"))
    site.run(NEW, "buys", "rates")

    assert [row.action for row in site.heals["buys"]] == ["heal", "propose"]
    assert "budget" in site.heals["buys"][1].reason


@pytest.mark.parametrize(
    ("options", "environ", "outcome"),
    [
        ({"healing": "off"}, {}, ("error", False, 2)),
        ({"healing": "propose"}, {}, ("error", False, 1)),
        ({}, {"CI": "true"}, ("error", False, 1)),
        ({"healing": "heal"}, {"CI": "true"}, ("passed", True, 1)),
        ({"fail_on_heal": True}, {}, ("failed", False, 1)),
    ],
    ids=["off", "propose", "CI", "heal in CI", "fail on heal"],
)
def test_a_person_says_what_may_be_healed(
    site: Site, options: dict[str, Any], environ: dict[str, str], outcome: tuple[str, bool, int]
) -> None:
    site.run(NEW, "rates", environ=environ, **options)

    assert site.statuses() == {"rates": outcome}


class Team:
    """A team's own strategy: the element whose text is longest."""

    def __init__(self, decide: Callable[[HealRequest], HealDecision | None]) -> None:
        self.decide = decide
        self.heard: list[Healed] = []

    @hookimpl
    def maestro_heal(self, request: HealRequest) -> HealDecision | None:
        return self.decide(request)

    @hookimpl
    def maestro_healed(self, event: Healed) -> None:
        self.heard.append(event)


def test_a_page_that_cannot_be_looked_at_is_told(site: Site) -> None:
    site.run(f"{NEW}<script>document.querySelectorAll = () => {{ throw new Error('no looking'); }}</script>", "wishes")

    message = site.results["wishes"].attempts[0].outcome.fault.message
    assert "no element matches css=#wish" in message
    assert "not healed: the page could not be looked at: Page.evaluate: Error: no looking" in message


def test_a_plugin_may_decide(site: Site) -> None:
    def to_help(request: HealRequest) -> HealDecision:
        return HealDecision(action="heal", index=[one.get("text") for one in request.candidates].index("Help"), reason="we know")

    team = Team(to_help)
    site.run(NEW, "wishes", plugin=team)

    assert site.results["wishes"].status is Status.PASSED
    assert [json.loads(event.heal.new) for event in team.heard] == [{"role": "link", "name": "Help"}]


@pytest.mark.parametrize(("index", "action"), [(10_000, "abstain"), (None, "abstain")])
def test_a_plugin_cannot_choose_what_is_not_there(site: Site, index: int | None, action: str) -> None:
    site.run(NEW, "wishes", plugin=Team(lambda request: HealDecision(action="heal", index=index)))

    assert [row.action for row in site.heals["wishes"]] == [action]


def test_a_plugin_cannot_have_destroyed_what_must_not_be(site: Site) -> None:
    def to_delete(request: HealRequest) -> HealDecision:
        return HealDecision(action="heal", index=[one.get("text") for one in request.candidates].index("Delete account"))

    site.run(NEW, "wishes", plugin=Team(to_delete))

    assert [row.action for row in site.heals["wishes"]] == ["propose"]


def test_a_plugin_without_an_answer_leaves_it_to_the_matcher(site: Site) -> None:
    def breaks(request: HealRequest) -> HealDecision | None:
        raise ValueError(request.step)

    site.run(NEW, "rates", plugin=Team(breaks))

    assert site.statuses() == {"rates": ("passed", True, 1)}
