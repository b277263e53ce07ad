"""Every step of the language on a real page, done and refused."""

from __future__ import annotations

import pytest

from maestro_fabric.model import Status

pytestmark = pytest.mark.browser

OPEN = {"open": "/"}


def log_is(text: str) -> dict:
    return {"expect": {"css": "#log", "text": text}}


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([{"click": "#buy"}, log_is("click")], id="click"),
        pytest.param([{"click": {"css": "#buy", "modifiers": ["Shift"], "position": [3, 3]}}, log_is("click shift")], id="modifier"),
        pytest.param([{"double_click": "#buy"}, log_is("dblclick")], id="double-click"),
        pytest.param([{"right_click": "#buy"}, log_is("contextmenu")], id="right-click"),
        pytest.param([{"hover": "#buy"}, log_is("mouseover")], id="hover"),
        pytest.param([{"fill": {"label": "Email", "value": "a@b"}}, {"expect": {"css": "#email", "value": "a@b"}}], id="fill"),
        pytest.param([{"type": {"css": "#email", "value": "xy"}}, {"expect": {"css": "#email", "value": "xy"}}], id="type"),
        pytest.param([{"click": "#email"}, {"type": "xy"}, {"expect": {"css": "#email", "value": "xy"}}], id="type-into-focus"),
        pytest.param([{"press": {"css": "#email", "key": "Enter"}}, log_is("entered")], id="press"),
        pytest.param([{"click": "#email"}, {"press": "Enter"}, log_is("entered")], id="press-on-focus"),
        pytest.param(
            [{"fill": {"css": "#email", "value": "x"}}, {"clear": "#email"}, {"expect": {"css": "#email", "value": ""}}], id="clear"
        ),
        pytest.param([{"select": {"label": "Size", "option": "Large"}}, {"expect": {"css": "#size", "value": "l"}}], id="select-by-label"),
        pytest.param([{"check": "#news"}, {"expect": {"css": "#news", "checked": True}}], id="check"),
        pytest.param([{"check": "#news"}, {"uncheck": "#news"}, {"expect": {"css": "#news", "checked": False}}], id="uncheck"),
        pytest.param([{"drag": {"from": "#drag", "to": "#drop"}}, log_is("dropped")], id="drag"),
        pytest.param(
            [{"scroll_to": "#bottom"}, {"run_js": {"script": "scrollY > 500", "as": "far"}}, {"log": "far ${saved.far}"}], id="scroll-to"
        ),
        pytest.param([{"click": "#late"}, {"wait_for": "#came"}], id="wait-for"),
        pytest.param([{"wait_for": {"css": "#hidden", "state": "hidden"}}], id="wait-for-hidden"),
        pytest.param([{"click": "#next"}, {"wait_for": {"url": "/second"}}], id="wait-for-url"),
        pytest.param([{"click": "#next"}, {"expect": {"title": "Second"}}, {"go_back": {}}, {"expect": {"title": "The shop"}}], id="back"),
        pytest.param([{"click": "#buy"}, {"reload": {}}, log_is("")], id="reload"),
        pytest.param([{"click": {"role": "button", "name": "Frame button", "frame": "#inner"}},
                      {"expect": {"text": "in frame", "frame": "#inner"}}], id="frame"),
        pytest.param([{"click": {"role": "button", "name": "Shadow button"}}, {"expect": {"text": "in shadow"}}], id="shadow-root"),
        pytest.param([{"click": {"test_id": "buy-button"}}, log_is("click")], id="test-id"),
        pytest.param([{"click": {"xpath": "//button[@id='buy']"}}, log_is("click")], id="xpath"),
        pytest.param([{"fill": {"placeholder": "you@example.org", "value": "x"}}], id="placeholder"),
        pytest.param([{"click": {"css": ".many", "nth": 2}}], id="nth"),
        pytest.param([{"click": {"text": "Accept cookies", "optional": True, "within": "20ms"}}], id="optional"),
        pytest.param([{"drag": {"from": "#none", "to": "#drop", "optional": True, "within": "20ms"}}], id="optional-drag"),
    ],
)  # fmt: skip
def test_step_does_what_it_says(play, steps):
    outcome = play(OPEN, *steps)

    assert outcome.status is Status.PASSED, outcome.fault


@pytest.mark.parametrize(
    ("step", "fault", "message"),
    [
        ({"click": {"role": "button", "name": "Add to baskt"}}, "LocatorError", "did you mean {role: button, name: Add to basket}"),
        ({"click": "#by"}, "LocatorError", 'did you mean "#buy"'),
        ({"fill": {"label": "E-mail", "value": "x"}}, "LocatorError", "did you mean {label: Email}"),
        ({"click": ".many"}, "LocatorError", "3 buttons match css=.many; did you mean {role: button, name: One more}"),
        ({"click": {"css": ".many", "nth": 7}}, "LocatorError", "no element matches css=.many nth=7"),
        ({"click": {"css": "#x", "frame": "#inner"}}, "LocatorError", "css=#x in frame #inner"),
        ({"click": "[["}, "LocatorError", "the locator cannot be read"),
        ({"click": "#off"}, "ElementNotReady", "is there, but it is not enabled"),
        ({"click": "#under"}, "ElementNotReady", "covered by <div"),
        ({"select": {"css": "#size", "option": "Huge"}}, "ElementNotReady", "the list has no such option"),
        ({"wait_for": "#came"}, "LocatorError", "no element matches css=#came"),
        ({"wait_for": {"css": "#buy", "state": "hidden"}}, "LocatorError", "still there"),
        ({"wait_for": {"url": "/second"}}, "DeadlineExceeded", "waiting for the url /second"),
        ({"wait_for": {}}, "ConfigError", "needs a locator or a url"),
        ({"switch_tab": {"url": "/second"}}, "LocatorError", "no such tab; open are:\n    1. http"),
        ({"switch_tab": {}}, "ConfigError", "needs number, url, title or newest"),
        ({"close_tab": {}}, "LocatorError", "the only tab"),
        ({"open": {"url": "/never", "within": "150ms"}}, "TransportError", "did not reach 'load' within 150ms"),
        ({"open": "http://127.0.0.1:2/"}, "TransportError", "net::ERR"),
        ({"upload": {"css": "#file", "files": "../secret.txt"}}, "ConfigError", "not below the config's folder"),
        ({"upload": {"css": "#file", "files": "no.txt"}}, "ConfigError", "'no.txt' is not there"),
        ({"save": {"as": "x"}}, "ConfigError", "exactly one of text, value"),
        ({"save": {"as": "x", "attribute": "href", "of": "#buy"}}, "LocatorError", "no attribute 'href'"),
        ({"save": {"as": "x", "attribute": "href"}}, "ConfigError", "needs the element under of"),
        ({"save": {"as": "x", "json": "$.a"}}, "ConfigError", "no request was made before"),
        ({"log": "${saved.nothing}"}, "ConfigError", "no earlier step of this case saved it"),
        ({"run_js": "nowhere()"}, "MaestroError", "nowhere is not defined"),
        ({"call": "no_such_module:f"}, "ConfigError", "cannot be imported"),
        ({"request": {"get": "/", "post": "/"}}, "ConfigError", "exactly one of get"),
        ({"request": {"get": "http://127.0.0.1:2/"}}, "TransportError", "ECONNREFUSED"),
        ({"route": {"url": "**"}}, "ConfigError", "exactly one of block: true and answer"),
        ({"download": {"click": "#buy"}}, "TransportError", "no download began"),
        ({"expect": {}}, "ConfigError", "needs a locator, a url or a title"),
    ],
)
def test_step_that_cannot_be_done_says_why(play, step, fault, message):
    outcome = play(OPEN, step)

    assert (outcome.status, outcome.fault.type) == (Status.ERROR, fault)
    assert message in outcome.fault.message
    assert outcome.fault.message.startswith("step 2 (qa.yaml:2): ")


def test_upload_gives_files_of_the_config_folder(play):
    (play.root / "a.png").write_bytes(b"1")

    assert play(OPEN, {"upload": {"css": "#file", "files": ["a.png"]}}, log_is("a.png")).status is Status.PASSED


def test_tabs_are_opened_switched_and_closed(play):
    outcome = play(
        OPEN,
        {"click": "#tab"},
        {"switch_tab": {"newest": True}},
        {"expect": {"url": "/second"}},
        {"switch_tab": 1},
        {"expect": {"url": "/"}},
        {"switch_tab": {"title": "Second"}},
        {"close_tab": {}},
        {"expect": {"title": "The shop"}},
    )

    assert outcome.status is Status.PASSED, outcome.fault


def test_dialogs_are_answered_as_the_step_says(play):
    outcome = play(OPEN, {"dialog": {"answer": "accept", "text": "Ada", "message": "Your name?"}}, {"click": "#ask"}, log_is("asked: Ada"))

    assert outcome.status is Status.PASSED, outcome.fault


def test_dialog_with_another_message_fails(play):
    outcome = play(OPEN, {"dialog": {"answer": "dismiss", "message": "Sure?"}}, {"click": "#alert"})

    assert outcome.status is Status.FAILED
    assert 'expected: a dialog "Sure?"\n  seen:     a dialog "Sold out"' in outcome.fault.message


def test_expected_dialog_that_never_comes_fails(play):
    outcome = play(OPEN, {"dialog": {"answer": "accept", "message": "Sure?"}}, browser={"within": "500ms"})

    assert outcome.status is Status.FAILED
    assert "no dialog came" in outcome.fault.message


def test_dialog_that_nobody_answers_is_dismissed_and_told(play):
    passed = play(OPEN, {"click": "#alert"}, log_is("alert closed"))
    failed = play(OPEN, {"click": "#alert"}, log_is("bought"))

    assert passed.status is Status.PASSED
    assert 'unexpected alert dialog was dismissed: "Sold out"' in passed.output
    assert 'unexpected alert dialog was dismissed: "Sold out"' in failed.fault.message


def test_saved_values_are_used_by_later_steps(play):
    outcome = play(
        OPEN,
        {"fill": {"css": "#email", "value": "a@b"}},
        {"save": {"text": "#total", "as": "total"}},
        {"save": {"value": "#email", "as": "email"}},
        {"save": {"attribute": "href", "of": "#next", "as": "href"}},
        {"save": {"count": ".many", "as": "many"}},
        {"save": {"url": True, "as": "url"}},
        {"save": {"title": True, "as": "title"}},
        {"request": {"get": "/api/orders", "as": "orders"}},
        {"save": {"json": "$.orders[1].item", "response": "orders", "as": "item"}},
        {"log": "${saved.total}|${saved.email}|${saved.href}|${saved.many}|${saved.title}|${saved.item}|${saved.orders.status}"},
        {"expect": {"css": ".many", "count": "${saved.many}"}},
        {"expect": {"url": "${saved.url}"}},
    )

    assert outcome.status is Status.PASSED, outcome.fault
    assert outcome.output == "12 EUR|a@b|/second|3|The shop|coffee|200"


def test_json_path_that_finds_nothing_is_an_error(play):
    outcome = play({"request": {"get": "/api/orders"}}, {"save": {"json": "$.orders[9]", "as": "x"}})

    assert "nothing at $.orders[9] in" in outcome.fault.message


def test_cookie_is_sent_with_requests_of_page_and_step(play):
    outcome = play(
        {"set_cookie": {"name": "seen", "value": "yes"}},
        {"request": {"get": "/api/echo", "query": {"q": "tea"}, "headers": {"x-test": "1"}, "expect": {
            "status": [200, 201], "headers": {"X-Shop": "yes"}, "json": {"$.cookie": "seen=yes", "$.query.q[0]": "tea", "$.x": "1"}}}},
        {"set_cookie": {"name": "b", "value": "2", "path": "/api", "same_site": "Lax"}},
        {"set_cookie": {"name": "c", "value": "3", "domain": "127.0.0.1", "http_only": True}},
    )  # fmt: skip

    assert outcome.status is Status.PASSED, outcome.fault


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [({"json": {"a": 1}}, "application/json", '{"a": 1}'), ({"form": {"a": "1"}}, "application/x-www-form-urlencoded", "a=1"),
     ({"body": "raw", "headers": {"content-type": "text/plain"}}, "text/plain", "raw")],
)  # fmt: skip
def test_request_sends_json_form_or_body(play, content, kind, body):
    outcome = play({"request": {"post": "/api/echo", **content, "expect": {"json": {"$.type": kind, "$.body": body}}}})

    assert outcome.status is Status.PASSED, outcome.fault


def test_request_follows_redirects_unless_told_not_to(play):
    followed = play({"request": {"get": "/redirect", "expect": {"status": 200, "contains": "Welcome"}}})
    stopped = play(
        {"request": {"get": "/redirect", "follow": False, "expect": {"status": 302, "headers": {"location": "/?from=redirect"}}}}
    )

    assert (followed.status, stopped.status) == (Status.PASSED, Status.PASSED)


def test_request_with_another_answer_fails_with_all_differences(play):
    outcome = play(
        {"request": {"get": "/api/orders", "expect": {"status": 404, "json": {"$.orders[0].item": "milk"}, "contains": "cocoa"}}}
    )

    assert outcome.status is Status.FAILED
    assert "expected: status 404\n  seen:     status 200" in outcome.fault.message
    assert 'expected: $.orders[0].item = "milk"\n  seen:     "tea"' in outcome.fault.message
    assert 'contains "cocoa"' in outcome.fault.message


def test_route_answers_and_blocks_the_pages_requests(play):
    (play.root / "fake.json").write_text('{"from": "file"}')
    fetch = "async (url) => { try { return await (await fetch(url)).text() } catch { return 'blocked' } }"
    outcome = play(
        OPEN,
        {"route": {"url": "/api/orders", "answer": {"json": {"orders": []}, "headers": {"x-a": "1"}}, "times": 1}},
        {"route": {"url": "**/ads/*", "block": True}},
        {"route": {"url": "/api/file", "answer": {"file": "fake.json"}}},
        {"route": {"url": "/api/echo", "method": "post", "answer": {"status": 500, "body": "no"}}},
        {"run_js": {"script": fetch, "arg": "/api/orders", "as": "first"}},
        {"run_js": {"script": fetch, "arg": "/api/orders", "as": "second"}},
        {"run_js": {"script": fetch, "arg": "/ads/1", "as": "ads"}},
        {"run_js": {"script": fetch, "arg": "/api/file", "as": "file"}},
        {"run_js": {"script": fetch, "arg": "/api/echo", "as": "get"}},
        {"log": "${saved.first}|${saved.ads}|${saved.file}"},
    )

    assert outcome.status is Status.PASSED, outcome.fault
    assert outcome.output == '{"orders":[]}|blocked|{"from": "file"}'


def test_download_is_kept_and_checked(play):
    good = play(
        OPEN, {"download": {"click": "#get", "name": "list.csv", "contains": "1,2", "min_bytes": 8, "as": "list"}}, {"log": "${saved.list}"}
    )
    bad = play(OPEN, {"download": {"click": "#get", "name": "other.csv", "contains": "9,9", "min_bytes": 99}})

    assert good.status is Status.PASSED, good.fault
    assert play.files(good)["download"].read_text() == "a,b\n1,2\n"
    assert bad.status is Status.FAILED
    assert 'a file "other.csv"' in bad.fault.message
    assert "at least 99 bytes" in bad.fault.message


def test_call_runs_a_function_with_page_and_variables(play):
    (play.root / "my_calls_one.py").write_text(
        # Playwright's page has a method, Selenium's driver a property.
        "def title_of(page):\n    return page.title() if callable(page.title) else page.title\n"
        "def price(page, variables, *, factor):\n"
        "    variables['saved']['seen'] = title_of(page)\n"
        "    return int(variables['params']['n']) * factor\n"
        "def refuse(page, variables):\n    assert title_of(page) == 'x', 'wrong title'\n"
        "def crash(page, variables):\n    raise KeyError('gone')\n"
    )
    steps = [
        OPEN,
        {"call": {"function": "my_calls_one:price", "with": {"factor": 2}, "as": "price"}},
        {"log": "${saved.seen} ${saved.price}"},
    ]

    assert play(*steps, params={"n": [21]}).output == "The shop 42"
    refused = play(OPEN, {"call": "my_calls_one:refuse"})
    crashed = play(OPEN, {"call": "my_calls_one:crash"})
    assert (refused.status, refused.fault.type) == (Status.FAILED, "AssertionError")
    assert (crashed.status, crashed.fault.type) == (Status.ERROR, "KeyError")
    assert "my_calls_one.py" in crashed.fault.trace


def test_what_a_called_function_prints_is_the_attempts_output_and_redacted(play, capsys):
    (play.root / "my_calls_two.py").write_text(
        "import sys, threading\n"
        "def say(page, variables, *, word):\n"
        "    print('printed', word)\n"
        "    print('told', word, file=sys.stderr)\n"
        "    other = threading.Thread(target=print, args=('of another thread',))\n"
        "    other.start()\n"
        "    other.join()\n"
        "    assert word == 'x', 'another word'\n"
    )

    outcome = play(OPEN, {"log": "before"}, {"call": {"function": "my_calls_two:say", "with": {"word": "${secret:PASSWORD}"}}})

    assert outcome.status is Status.FAILED
    assert outcome.output == "before\nprinted ***\ntold ***"
    assert tuple(capsys.readouterr()) == ("of another thread\n", "")


def test_screenshot_is_kept_of_page_and_element(play):
    outcome = play(OPEN, {"screenshot": "page"}, {"screenshot": {"css": "#buy", "as": "button"}})

    assert outcome.status is Status.PASSED
    assert [artifact.path.rsplit("/", 1)[-1] for artifact in outcome.artifacts] == ["page.png", "button.png"]
    assert play.files(outcome)["screenshot"].read_bytes().startswith(b"\x89PNG")


def test_params_keep_their_meaning_inside_groups(play):
    group = {"fill_in": {"params": ["who"], "steps": [{"fill": {"css": "#email", "value": "${params.who}"}}]}}
    outcome = play(
        OPEN, {"use": {"group": "fill_in", "with": {"who": "${params.n}"}}}, {"expect": {"css": "#email", "value": "7"}},
        params={"n": [7]}, groups=group,
    )  # fmt: skip

    assert outcome.status is Status.PASSED, outcome.fault
    assert [step.title for step in outcome.steps][1] == 'fill css=#email value="7"'


def test_the_steps_of_a_group_have_the_number_that_the_message_names(play):
    group = {"begin": {"steps": [OPEN, {"click": "#buy"}]}}
    outcome = play({"use": "begin"}, {"expect": {"css": "#email", "value": "nobody", "within": "50ms"}}, groups=group)

    assert [(step.number, step.shown_number) for step in outcome.steps] == [(1, "1.1"), (2, "1.2"), (3, "2")]
    assert outcome.fault.message.startswith("step 2 (")
