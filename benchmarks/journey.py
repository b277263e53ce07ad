"""A YAML journey of eight steps against the same journey as a pytest-playwright test, 50 cases, wall clock."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from by_hand import OURS, QuietHandler, arms_of, serve, show_walls
from paired import Arm, Claim, measure, parse_options, publish, ratio

from maestro_fabric.adapters.browser.find import browser_help, find_browser

PAGE = b"""<!doctype html><title>Shop</title>
<label>Search <input id=q></label> <button id=go>Find</button> <ul id=found></ul> <p id=basket>0 items</p>
<button id=buy disabled>Buy</button> <p id=thanks></p>
<script>
const at = id => document.getElementById(id);
at("go").onclick = () => { at("found").innerHTML = "<li>" + at("q").value + " <button class=add>Add</button></li>";
  document.querySelector(".add").onclick = () => { at("basket").textContent = "1 item"; at("buy").disabled = false; }; };
at("buy").onclick = () => { at("thanks").textContent = "Thank you for buying " + at("q").value; };
</script>"""

YAML = """version: 1
project: journeys
environments: {{local: {{base_url: "{url}"}}}}
suites:
  - name: shop
    adapter: playwright
    browser: {{executable: "{browser}"}}
    cases:
      - name: buy
        params: {{item: [{items}]}}
        steps:
          - open: /
          - fill: {{label: Search, value: "${{params.item}}"}}
          - click: {{role: button, name: Find}}
          - expect: {{css: "#found li", contains: "${{params.item}}"}}
          - click: {{css: ".add"}}
          - expect: {{css: "#basket", text: 1 item}}
          - click: "#buy"
          - expect: {{css: "#thanks", text: "Thank you for buying ${{params.item}}"}}
"""

TEST = """import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {{**browser_type_launch_args, "executable_path": "{browser}"}}


@pytest.mark.parametrize("item", [{items}])
def test_buy(page, item):
    page.goto("{url}/")
    page.get_by_label("Search").fill(item)
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#found li")).to_contain_text(item)
    page.locator(".add").click()
    expect(page.locator("#basket")).to_have_text("1 item")
    page.locator("#buy").click()
    expect(page.locator("#thanks")).to_have_text("Thank you for buying " + item)
"""


def main() -> int:
    """Run both against one small server in this process."""
    options = parse_options(__doc__ or "")
    cases = 3 if options.quick else 50
    with tempfile.TemporaryDirectory() as name, serve(Shop) as url:
        samples = measure(_arms(Path(name), url, cases), rounds=options.rounds)
    claims = [
        Claim(
            name="a YAML journey of 8 steps, 50 cases, wall clock against pytest-playwright",
            measured=ratio(samples[OURS], samples["pytest-playwright"], "wall_s"),
            unit="×",
            bound=1.0,
            detail=show_walls(samples),
        ),
        Claim(name="the same, CPU of pytest and the browser", measured=ratio(samples[OURS], samples["pytest-playwright"]), unit="×"),
    ]
    return publish(claims, options)


def _arms(folder: Path, url: str, cases: int) -> list[Arm]:
    found = find_browser("chromium", None, os.environ)
    if found is None:
        raise SystemExit(browser_help("chromium"))
    yaml, test = (text.format(url=url, browser=found.path, items="{items}") for text in (YAML, TEST))
    return arms_of(folder, "pytest-playwright", yaml, test, cases=cases, plugins=["playwright"])


class Shop(QuietHandler):
    """The shop's only page."""

    def do_GET(self) -> None:  # noqa: N802 - the name that the base class looks for
        """Answer with the one page there is."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)


if __name__ == "__main__":
    sys.exit(main())
