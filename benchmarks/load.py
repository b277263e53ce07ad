"""What loading 10,000 cases of six steps costs, with a place for every part, against PyYAML's fastest constructor without places."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Literal

import yaml
from paired import Claim, parse_options, publish

from maestro_fabric.config.expand import expand_cases
from maestro_fabric.config.models import BrowserSuite
from maestro_fabric.qa_file import collector_paused, load
from maestro_fabric.qa_file.reader import read

HEAD = """version: 1
project: big
vars: {currency: EUR}
environments: {local: {base_url: "http://127.0.0.1:8000"}}
suites:
"""
SUITE = """  - name: suite {number}
    adapter: journey
    cases:
"""
CASE = """      - name: case {number} buys one item and leaves the shop
        tags: [generated, number-{number}]
        owner: team-{team}
        params: {{item: [tea]}}
        steps:
          - open: /products/{number}/a-rather-long-address?with=some&query=parameters
          - click: {{text: Accept cookies, optional: true, within: 1s}}
          - fill: {{placeholder: Search for products in this shop, value: "${{params.item}}"}}
          - click: {{role: button, name: Add item {number} to basket, exact: true}}
          - click: "#main > section.products > article:nth-of-type({number}) button.buy"
          - expect: {{css: "#main > section.basket > #total", text: "{number} ${{vars.currency}}", within: 5s}}
"""


class JourneySuite(BrowserSuite):
    """The browser suites of any adapter."""

    adapter: Literal["journey"]


def main() -> int:
    """Measure each way in a process of its own, in turn."""
    options = parse_options(__doc__ or "")
    cases = 100 if options.quick else 10_000
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "qa.yaml"
        path.write_text(_document(cases), encoding="utf-8")
        ways: list[Callable[[Path], float]] = [load_s, read_s, pyyaml_s, expand_s]
        samples: dict[str, list[float]] = {way.__name__: [] for way in ways}
        for number in range(options.rounds):
            for way in ways:
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                    samples[way.__name__].append(pool.submit(way, path).result())
            print(f"  round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
        megabytes = path.stat().st_size / 1e6
    times = median(ours / theirs for ours, theirs in zip(samples["load_s"], samples["pyyaml_s"], strict=True))
    detail = (
        f"{megabytes:.1f} MB; reading alone {median(samples['read_s']):.2f} s; "
        f"CSafeLoader, no places, no checks: {median(samples['pyyaml_s']):.2f} s; ratio {times:.2f}"
    )
    return publish(
        [
            Claim(name="10,000-case YAML: load, CPU", measured=median(samples["load_s"]), unit="s", bound=1.5, detail=detail),
            Claim(name="10,000-case YAML: cases expanded, CPU", measured=median(samples["expand_s"]), unit="s", bound=0.5),
        ],
        options,
    )


def load_s(path: Path) -> float:
    """CPU seconds of reading, filling in, validating and checking."""
    start = time.process_time()
    load(path, suite_models={"journey": JourneySuite}, environ={})
    return time.process_time() - start


def read_s(path: Path) -> float:
    """CPU seconds of reading alone."""
    text = path.read_text(encoding="utf-8")
    start = time.process_time()
    read(text)
    return time.process_time() - start


def pyyaml_s(path: Path) -> float:
    """CPU seconds of PyYAML's constructor on libyaml."""
    text = path.read_text(encoding="utf-8")
    start = time.process_time()
    yaml.load(text, yaml.CSafeLoader)
    return time.process_time() - start


def expand_s(path: Path) -> float:
    """CPU seconds of making cases of a loaded config, as `compose.prepare` does it."""
    loaded = load(path, suite_models={"journey": JourneySuite}, environ={})
    start = time.process_time()
    with collector_paused():
        for suite in loaded.config.suites:
            expand_cases(loaded.config, suite, locate=loaded.locate, rows_of=lambda _: [])
    return time.process_time() - start


def _document(cases: int) -> str:
    rows = [HEAD]
    for number in range(cases):
        if number % 100 == 0:
            rows.append(SUITE.format(number=number // 100))
        rows.append(CASE.format(number=number, team=number % 7))
    return "".join(rows)


if __name__ == "__main__":
    sys.exit(main())
