from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from maestro_fabric.adapters.browser.scope import Scope, as_bool, as_int, as_seconds, as_text
from maestro_fabric.config.steps import Step
from maestro_fabric.errors import ConfigError


def step_of(written: dict):
    ((_, step),) = TypeAdapter(Step).validate_python(written).items()
    return step


@pytest.fixture
def scope(play) -> Scope:
    play.variables = {"currency": "EUR", "shop": {"names": ["A", "B"]}}
    return Scope(play.context(None), saved={"n": 3, "order": {"id": 7}})


def test_every_kind_of_reference_is_resolved(scope, site_url):
    text = "${params.p} ${saved.order.id} ${vars.shop.names.1} ${services.shop.url} ${secret:PASSWORD}"

    assert scope.resolve(step_of({"log": text}), {"p": True}).message == f"true 7 B {site_url} s3cr3t-pw"
    assert scope.used_secret


def test_text_stays_text_and_other_things_keep_their_type(scope):
    assert scope.resolve(step_of({"fill": {"css": "#a", "value": "${saved.n}"}}), {}).value == "3"
    assert scope.resolve(step_of({"expect": {"css": "#a", "count": "${saved.n}"}}), {}).count == 3
    assert scope.resolve(step_of({"run_js": {"script": "x", "arg": "${saved.order}"}}), {}).arg == {"id": 7}
    assert scope.resolve(step_of({"drag": {"from": {"text": "${saved.n}"}, "to": "#b"}}), {}).source.text == "3"


def test_step_without_references_is_left_as_it_is(scope):
    step = step_of({"click": "#a"})

    assert scope.resolve(step, {}) is step
    assert not scope.used_secret


@pytest.mark.parametrize(
    ("text", "problem"),
    [("${saved.x}", "no earlier step"), ("${params.x}", "no such parameter"), ("${vars.x}", "no such variable"),
     ("${services.api.url}", "not running"), ("${env:X}", "not known while a case runs")],
)  # fmt: skip
def test_unknown_name_is_an_error_that_says_why(scope, text, problem):
    with pytest.raises(ConfigError, match=problem):
        scope.resolve(step_of({"log": text}), {})


def test_functions_get_the_variables_and_may_save(scope, site_url):
    variables = scope.for_calls({"p": 1})
    variables["saved"]["new"] = 1

    assert (variables["params"], variables["services"], scope.saved["new"]) == ({"p": 1}, {"shop": site_url}, 1)


def test_late_values_are_converted_or_refused():
    assert (as_seconds(2.5), as_seconds("500ms"), as_int("3"), as_bool("no"), as_text(None), as_text(True)) == (
        2.5,
        0.5,
        3,
        False,
        "",
        "true",
    )
    with pytest.raises(ConfigError, match="'x' is not a whole number"):
        as_int("x")
    with pytest.raises(ConfigError, match="'x' is not a duration"):
        as_seconds("x")
