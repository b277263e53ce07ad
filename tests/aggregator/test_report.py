"""A report is one page that asks nobody for anything, hides nothing that failed, and takes no name for HTML."""

from __future__ import annotations

import html.parser
import re

import pytest

from maestro_fabric.aggregator import TestResultAggregator, UnknownName
from maestro_fabric.aggregator.report.charts import seconds_text
from maestro_fabric.aggregator.report.markdown import sparkline
from maestro_fabric.model import Fault, Location, Mark, Status

HOSTILE = "<script>alert('x')</script>"
P, F = Status.PASSED, Status.FAILED


@pytest.fixture
def aggregator(drive, store):
    for number in range(30):
        drive.clock.advance(3600)
        facts = {"git_commit": f"{number:040x}" if number > 20 else "c" * 40, "git_branch": HOSTILE, "git_dirty": "false"}
        drive.start(f"run-{number:03}", orchestration_id=f"nightly {number}", facts=facts)
        for index in range(12):
            case = drive.case(f"case {index}", params=HOSTILE if index == 11 else "")
            fault = Fault(type="AssertionError", message=f"{HOSTILE} expected '{index}'", location=Location("qa.yaml", 7))
            is_bad = (index == 3 and number % 5 == 0) or (index > 1 and number == 29)
            outcome = {"fault": fault} if is_bad else {}
            drive.attempt(case, F if is_bad else P, duration_s=(2.0 if index == 1 and number > 20 else 1.0) + number / 100, **outcome)
            drive.finish(case, F if is_bad else P, frozenset({Mark.QUARANTINED}) if is_bad and index == 5 else frozenset())
        drive.end("failed" if number == 29 else "passed")
    drive.writer.close()
    with TestResultAggregator(db_path=store) as opened:
        add_heal(opened)
        yield opened


def add_heal(aggregator):
    row = {
        "run_id": 30, "case_id": 1, "number": 1, "action": "heal", "step": "2", "doing": "click", "location": "qa.yaml:9", "old": HOSTILE,
        "new": '{"role": "button"}', "confidence": 0.9, "reason": "same name", "runner_up": "", "margin": 0.3, "features": "{}",
        "artifacts": "{}", "engine": "1",
    }  # fmt: skip
    aggregator.db["heal"].insert(row)


class Reader(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_a_page_needs_nothing_else_and_runs_nothing(aggregator):
    page = aggregator.generate_report("nightly 29")
    tags = Reader(page).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "img", "iframe", "object"}
    assert not [attrs for _, attrs in tags if {"src", "href"} & attrs.keys()]
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    assert "url(" not in page
    assert "@import" not in page


def test_a_page_tells_what_became_of_the_run(aggregator):
    page = aggregator.generate_report("nightly 29")
    text = re.sub(r"<[^>]+>", " ", page)
    cause = "AssertionError: &lt;script&gt;alert(&lt;text&gt;)&lt;/script&gt;"
    for told in ("failed", "16.7%", cause, "qa.yaml:7", "and 2 more", "×1.", "same name"):
        assert told in page or told in text
    assert "prefers-color-scheme:dark" in page
    assert "shop::case 3" in page.split("<h2>Flaky</h2>")[1].split("<h2>")[0]
    assert "shop::case 1" in page.split("slowest</h2>")[1].split("<h2>")[0]
    assert f"{21:040x}"[:12] in page


def test_charts_are_drawn_on_demand(aggregator):
    with_charts, without = (aggregator.generate_report("nightly 29", include_charts=wanted) for wanted in (True, False))
    assert with_charts.count("<svg") == 2
    assert "<svg" not in without
    assert len(re.findall(r"<circle", with_charts)) == 60


def test_markdown_tells_the_same(aggregator):
    text = aggregator.generate_report("nightly 29", format="markdown")
    assert "**16.7%** passed of 12: 2 passed, 10 failed, 1 quarantined" in text
    assert "<script" not in text
    assert "| shop::case 3 | flaky |" in text
    assert "pass rate `▇███" in text
    assert "Last 30 runs" not in aggregator.generate_report("nightly 29", include_charts=False, format="markdown")


def test_a_good_pipeline_says_so(aggregator):
    page = aggregator.generate_report("nightly 3")
    assert "<title>nightly 3: passed</title>" in page
    assert "Everything passed." in page
    assert "No locator was lost." in page


def test_an_unknown_orchestration_names_the_nearest(aggregator):
    with pytest.raises(UnknownName, match="no orchestration 'nigthly 29'; did you mean 'nightly 29'"):
        aggregator.generate_report("nigthly 29")


def test_trends_of_a_category_are_summed_up(tmp_path):
    with TestResultAggregator(db_path=tmp_path / "h.db") as results:
        for number in range(4):
            results.store_result("t", f"o{number}", "auth", "failed" if number == 3 else "passed", 2.0, {})
        trends = results.analyze_trends("auth", 7)
        assert results.analyze_trends("nothing")["daily"] == []
    assert (trends["runs"], trends["total"], trends["pass_rate"], trends["pass_rate_change"]) == (4, 4, 0.75, 0.0)
    assert trends["p95"] == pytest.approx(2, rel=0.026)


def test_seconds_are_told_as_people_say_them():
    assert [seconds_text(value) for value in (0.0123, 1.5, 200)] == ["12.3 ms", "1.5 s", "3 min 20 s"]


def test_a_sparkline_has_a_bar_a_value():
    assert sparkline([1, 2, 3]) == "▁▅█"
    assert sparkline([5, 5]) == sparkline([0, 0]) == "▅▅"
    assert sparkline([0.998, 0.999]) == "▄▅"
    assert sparkline([1.00, 1.05]) == "▃▆"
    assert sparkline([]) == ""
