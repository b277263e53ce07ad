from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from maestro_fabric.adapters.browser.candidates import Candidate, nearest, plural_of, read_candidates
from maestro_fabric.adapters.browser.json_paths import MISSING, value_at
from maestro_fabric.adapters.browser.responses import Response, check_response
from maestro_fabric.adapters.browser.text import fold, quote
from maestro_fabric.adapters.browser.titles import describe_step
from maestro_fabric.config.steps import ExpectResponse, Step, Target
from maestro_fabric.errors import ConfigError

BUY = Candidate(
    tag="button", role="button", name="Add to basket", text="Add to basket", id="buy", test_id="buy-button", classes="btn primary"
)
EMAIL = Candidate(tag="input", role="textbox", name="Email", label="Email", id="email", placeholder="you@example.org")
PLAIN = Candidate(tag="p", text="Thank you, Ada")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ({"click": {"role": "button", "name": "Buy"}}, 'click role=button "Buy"'),
        ({"click": {"css": "#a", "nth": 2, "frame": ["#f", "#g"]}}, "click css=#a nth=2 in frame #f > #g"),
        ({"open": "/"}, "open /"),
        ({"press": "Enter"}, "press Enter"),
        ({"select": {"css": "#a", "option": ["x", "y"]}}, 'select css=#a option="x, y"'),
        ({"upload": {"css": "#a", "files": "f.txt"}}, "upload css=#a files=f.txt"),
        ({"drag": {"from": "#a", "to": "#b"}}, "drag css=#a to css=#b"),
        ({"switch_tab": {"newest": True}}, "switch_tab newest"),
        ({"switch_tab": 2}, "switch_tab number=2"),
        ({"dialog": "accept"}, "dialog accept"),
        ({"wait_for": {"url": "/x"}}, "wait_for url=/x"),
        ({"wait_for": "#x"}, "wait_for css=#x visible"),
        ({"screenshot": "all"}, "screenshot as all"),
        ({"save": {"text": "#a", "as": "x"}}, "save text css=#a as x"),
        ({"save": {"attribute": "href", "of": "#a", "as": "x"}}, "save attribute href css=#a as x"),
        ({"save": {"json": "$.a", "as": "x"}}, "save json $.a as x"),
        ({"save": {"url": True, "as": "x"}}, "save url as x"),
        ({"request": {"post": "/api"}}, "request post /api"),
        ({"route": {"url": "**"}}, "route **"),
        ({"download": {"click": "#a"}}, "download click css=#a"),
        ({"call": "a.b:c"}, "call a.b:c"),
        ({"expect": {"css": "#a", "text": "x", "count": 1}}, 'expect css=#a text="x" count=1'),
        ({"expect": {"text": "Hi"}}, 'expect text="Hi"'),
        ({"go_back": {}}, "go_back"),
    ],
)
def test_step_is_told_in_one_line(written, title):
    ((action, step),) = TypeAdapter(Step).validate_python(written).items()

    assert describe_step(action, step) == title


@pytest.mark.parametrize(
    ("target", "locators"),
    [
        (Target(role="button", name="Add to bakset"), ["{role: button, name: Add to basket}"]),
        (Target(role="textbox"), ["{role: textbox, name: Email}"]),
        (Target(css="#bye"), ['"#buy"']),
        (Target(css=".primry"), ["{role: button, name: Add to basket}"]),
        (Target(label="E-Mail"), ["{label: Email}"]),
        (Target(test_id="buy-buton"), ["{test_id: buy-button}"]),
        (Target(placeholder="you@exmple.org"), ['{placeholder: "you@example.org"}']),
        (Target(text="Thanks you"), ['{text: "Thank you, Ada"}']),
        (Target(text="Nothing like this at all"), []),
        (Target(), []),
    ],
)
def test_nearest_elements_are_proposed_as_locators(target, locators):
    assert nearest(target, [BUY, EMAIL, PLAIN]) == locators


def test_candidate_is_named_by_the_best_thing_it_has():
    rows = [{"label": "L"}, {"test_id": "t"}, {"id": "i"}, {"text": "x: y"}, {"placeholder": "p"}, {"tag": "div"}]

    assert [one.locator() for one in read_candidates(rows)] == [
        "{label: L}", "{test_id: t}", '"#i"', '{text: "x: y"}', "{placeholder: p}", "div"
    ]  # fmt: skip


def test_matches_are_counted_in_a_persons_words():
    assert plural_of(Target(css="a"), [BUY, BUY]) == "buttons"
    assert plural_of(Target(css="a"), [BUY, EMAIL]) == "elements"
    assert plural_of(Target(role="textbox"), [EMAIL]) == "fields"


def test_long_texts_lose_their_middle():
    assert fold(" a \n b ") == "a b"
    assert len(quote("x" * 1000)) < 210


def test_json_path_gives_value_list_or_nothing():
    data = {"a": [{"b": 1}, {"b": None}]}

    assert value_at("$.a[0].b", data) == 1
    assert value_at("$.a[*].b", data) == [1, None]
    assert value_at("$.a[1].b", data) is None
    assert value_at("$.x", data) is MISSING
    with pytest.raises(ConfigError, match="is not a JSON path"):
        value_at("$.[", data)


def test_answer_is_checked_against_everything_expected():
    response = Response(200, {"x-a": "1"}, '{"ok": true, "n": 1}')

    assert check_response(ExpectResponse(status=200, headers={"X-A": "1"}, json={"$.ok": True}, contains='"n": 1'), response) == []
    unmet = check_response(ExpectResponse(status=[201, 204], headers={"x-b": "2", "x-a": "2"}, json={"$.n": True, "$.z": 1}), response)
    assert [one.expected for one in unmet] == ["status 201 or 204", "header x-b: 2", "header x-a: 2", "$.n = true", "$.z = 1"]
    assert Response(200, {}, "no json").json is None
