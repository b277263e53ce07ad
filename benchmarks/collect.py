"""What collecting 10,000 YAML cases of six steps costs: pytest --collect-only, whole process."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from paired import Arm, Claim, measure, median_of, parse_options, publish

CASE = """      - name: buy item {number} and look at the order that comes of it
        tags: [generated, number-{number}]
        owner: team-{team}
        params: {{item: [tea]}}
        steps:
          - open: /items/{number}
          - fill: {{placeholder: Search, value: "a long enough text to look like a real one {number}", within: 5s}}
          - click: {{role: button, name: Add item {number} to basket, exact: true}}
          - click: {{css: "#checkout > div.row:nth-child({number}) button.buy", within: 10s}}
          - expect: {{text: Thank you for order {number} of today, within: 5s}}
          - expect: {{css: "#total-{number}", text: "{number} EUR", within: 5s}}
"""
HEAD = """version: 1
project: big
environments: {local: {base_url: "http://127.0.0.1:8000"}}
suites:
  - name: shop
    adapter: playwright
    cases:
"""


def main() -> int:
    """Collect, and for comparison start pytest with nothing to collect."""
    options = parse_options(__doc__ or "")
    cases = 100 if options.quick else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        (folder / "empty").mkdir()
        text = HEAD + "".join(CASE.format(number=number, team=number % 7) for number in range(cases))
        (folder / "qa.yaml").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "maestro", "--collect-only", "-q"]
        alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        arms = [
            Arm(name="collect", command=[*command, "--maestro-config=qa.yaml"], cwd=folder, environ=alone),
            Arm(name="empty", command=[*command, "empty"], cwd=folder, environ=alone, exit_status=5),
        ]
        samples = measure(arms, rounds=options.rounds)
    empty = f"{len(text) / 1e6:.1f} MB; pytest with nothing to collect: {median_of(samples['empty']):.2f} s"
    claim = Claim(name="10,000-case YAML: collect, CPU", measured=median_of(samples["collect"]), unit="s", bound=3.0, detail=empty)
    return publish([claim], options)


if __name__ == "__main__":
    sys.exit(main())
