"""The step ``expect`` on a real page."""

from __future__ import annotations

import pytest

from maestro_fabric.model import Status

pytestmark = pytest.mark.browser

OPEN = {"open": "/?a=1"}


def test_expectations_that_are_met_pass(play):
    met = [
        {"text": "Welcome"},
        {"css": "#buy", "visible": True},
        {"css": "#hidden", "hidden": True},
        {"css": "#never", "hidden": True},
        {"css": "#hidden", "visible": False},
        {"css": "#buy", "enabled": True},
        {"css": "#off", "disabled": True},
        {"css": "#news", "checked": False},
        {"css": "#total", "text": "12 EUR"},
        {"css": "#upper", "text": "Shout"},
        {"css": "#upper", "text": "SHOUT"},
        {"css": "#total", "contains": "12"},
        {"css": "#total", "matches": r"^\d+ EUR$"},
        {"css": "#size", "value": "s"},
        {"css": "#total", "attribute": {"title": "sum", "lang": None}},
        {"css": ".many", "count": 3},
        {"css": "#never", "count": 0},
        {"url": "/?a=1"},
        {"url": "/*"},
        {"title": "The shop"},
        {"css": "#never", "optional": True, "text": "x", "within": "20ms"},
    ]

    # One journey: a page and a context for each would cost ten seconds.
    outcome = play(OPEN, *({"expect": expect} for expect in met))

    assert outcome.status is Status.PASSED, outcome.fault
    assert len(outcome.steps) == 1 + len(met)


def test_the_value_of_a_component_that_the_page_defines_is_seen(play):
    script = "customElements.define('x-field', class extends HTMLElement { get value() { return 'seven'; } })"

    outcome = play(
        {"open": f"data:text/html,<x-field></x-field><script>{script}</script>"}, {"expect": {"css": "x-field", "value": "seven"}}
    )

    assert outcome.status is Status.PASSED, outcome.fault


def test_a_page_that_allows_no_scripts_is_read_all_the_same(play):
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"

    outcome = play({"open": f"data:text/html,{policy}<p>Fine</p>"}, {"expect": {"css": "p", "text": "Fine"}})

    assert outcome.status is Status.PASSED, outcome.fault


@pytest.mark.parametrize(
    ("expect", "expected", "seen"),
    [
        ({"text": "Wellcome"}, "visible", "no element matches"),
        ({"css": "#hidden"}, "visible", "it is there, but hidden"),
        ({"css": "#buy", "hidden": True}, "no visible element", '1 visible: "Add to basket"'),
        ({"css": "#off", "enabled": True}, "enabled", "disabled"),
        ({"css": "#buy", "disabled": True}, "disabled", "enabled"),
        ({"css": "#news", "checked": True}, "checked", "not checked"),
        ({"css": "#total", "text": "13 EUR"}, 'text "13 EUR"', 'text "12 EUR"'),
        ({"css": "#total", "contains": "USD"}, 'text that contains "USD"', 'text "12 EUR"'),
        ({"css": "#total", "matches": "^x"}, "text that matches /^x/", 'text "12 EUR"'),
        ({"css": "#email", "text": "a"}, 'text "a"', 'text "" (a field: use "value:")'),
        ({"css": "#email", "value": "a"}, 'value "a"', 'value ""'),
        ({"css": "#total", "value": "a"}, 'value "a"', "an element without a value"),
        ({"css": "#total", "attribute": {"title": "x"}}, 'attribute title="x"', 'attribute title="sum"'),
        ({"css": "#total", "attribute": {"title": None}}, "no attribute title", 'attribute title="sum"'),
        ({"css": ".many", "count": 2}, "2 elements", "3"),
        ({"url": "/other"}, "url /other", "http://"),
        ({"title": "Other"}, 'title "Other"', '"The shop"'),
    ],
)
def test_expectation_that_is_not_met_fails_with_both_sides(play, expect, expected, seen):
    outcome = play(OPEN, {"expect": {"within": "30ms", **expect}})

    assert (outcome.status, outcome.fault.type) == (Status.FAILED, "ExpectationFailed")
    assert f"expected: {expected}\n  seen:     {seen}" in outcome.fault.message


def test_expectation_waits_for_what_comes_later(play):
    assert play(OPEN, {"click": "#late"}, {"expect": {"css": "#came", "text": "It came", "within": "5s"}}).status is Status.PASSED


def test_expectation_survives_a_navigation(play):
    assert play(OPEN, {"click": "#next"}, {"expect": {"css": "h1", "text": "The second page"}}).status is Status.PASSED


def test_expectation_of_one_among_several_is_a_lost_locator(play):
    outcome = play(OPEN, {"expect": {"css": ".many", "text": "One more", "within": "20ms"}})

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, "LocatorError")
    assert "3 buttons match css=.many; did you mean" in outcome.fault.message


def test_pattern_that_cannot_be_read_is_a_config_error(play):
    assert "is not a regular expression" in play(OPEN, {"expect": {"css": "#buy", "matches": "("}}).fault.message


def test_soft_expectations_are_gathered_until_the_end(play):
    soft = [{"expect": {"css": "#total", "text": text, "soft": True, "within": "20ms"}} for text in ("1 EUR", "2 EUR")]
    outcome = play(OPEN, *soft, {"click": "#buy"})

    assert outcome.status is Status.FAILED
    assert [step.status for step in outcome.steps] == [Status.PASSED, Status.FAILED, Status.FAILED, Status.PASSED]
    assert 'text "1 EUR"' in outcome.fault.message
    assert 'text "2 EUR"' in outcome.fault.message
    assert outcome.fault.location.line == 2


def test_soft_expectations_stand_beside_a_later_failure(play):
    outcome = play(OPEN, {"expect": {"css": "#total", "text": "1", "soft": True, "within": "20ms"}}, {"click": "#never"})

    assert outcome.status is Status.ERROR
    assert "before that, softly:" in outcome.fault.message
