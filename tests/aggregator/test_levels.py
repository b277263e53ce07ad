"""The commit with which durations changed is told wherever they are shown: terminal, JSON, page and Markdown."""

from __future__ import annotations

import json
import random
import re

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import TestResultAggregator, Window, open_history
from maestro_fabric.cli import main
from maestro_fabric.model import Status

COMMITS = [f"{number:02}{'abcdef0123' * 4}"[:40] for number in range(30)]
SINCE = COMMITS[14][:12]


@pytest.fixture
def changed(drive, store):
    """The shop takes three times as long from the commit of run 14 on; the account never changes."""
    chance = random.Random(3)  # noqa: S311 - data
    for number, commit in enumerate(COMMITS):
        drive.clock.advance(3600)
        drive.start(f"run-{number:02}", facts={"git_commit": commit, "git_branch": "main"})
        for suite in ("shop", "account"):
            for name in ("buy", "pay", "look"):
                factor = 3 if suite == "shop" and number >= 14 else 1
                drive.attempt(drive.case(name, suite=suite), Status.PASSED, duration_s=0.1 * factor * chance.uniform(1.05, 1.15))
        drive.end()
    drive.writer.close()
    return store


def test_a_category_that_changed_its_level_is_named_with_its_commit(changed):
    with open_history(changed) as history:
        (level,) = history.levels()
        assert (level.category, level.changed_run_id, level.changed_commit, level.since) == ("shop", "run-14", COMMITS[14], SINCE)
        assert (level.before_s, level.after_s) == (pytest.approx(0.11, rel=0.1), pytest.approx(0.33, rel=0.1))
        assert level.changed_at.startswith("2023-11-15T")
        assert history.levels(Window(suite="account")) == history.levels(Window(last=10)) == []


def test_nothing_changed_in_a_history_without_runs(open_writer, store):
    open_writer(store)
    with TestResultAggregator(store) as aggregator:
        assert aggregator.levels() == []


def test_trends_tell_it_on_the_screen_and_for_programs(changed):
    runner = CliRunner()
    shown = runner.invoke(main, ["trends", "--store", str(changed)])
    assert re.search(rf"shop changed with {SINCE} on 2023-11-15: 0.1\d s to 0.3\d s", shown.output.replace("\n", " "))
    data = json.loads(runner.invoke(main, ["trends", "--json", "--store", str(changed)]).output)
    assert [(row["category"], row["changed_commit"]) for row in data["levels"]] == [("shop", COMMITS[14])]


def test_a_report_marks_it_in_the_chart_and_lists_it(changed, tmp_path):
    runner = CliRunner()
    page = tmp_path / "report.html"
    assert runner.invoke(main, ["report", "--store", str(changed), "-o", str(page)]).exit_code == 0
    text = page.read_text(encoding="utf-8")
    chart = text[text.index("How long cases took") : text.index("</svg>", text.index("How long cases took"))]
    assert chart.count('<line class="change"') == 1
    assert f"<title>changed with {SINCE}: shop: " in chart
    assert re.search(rf"<td>shop</td><td>1\d\d ms</td><td>3\d\d ms <b>×[23]\.\d\d</b></td><td>{SINCE} <small>2023-11-15", text)
    markdown = runner.invoke(main, ["report", "--store", str(changed)]).output
    assert re.search(rf"## Durations that changed\n\n\| category .*\n\|---.*\n\| shop \| .* to .* \| ×[23]\.\d\d \| {SINCE} \|", markdown)


def test_the_chart_of_old_runs_has_no_mark_of_later_ones(changed):
    with TestResultAggregator(changed) as aggregator:
        data = aggregator.report_data(run="run-05")
    assert (len(data.past), list(data.levels)) == (6, [])
