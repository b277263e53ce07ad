"""Includes, environments, variables and what a loaded file tells."""

from __future__ import annotations

import gc
from pathlib import Path

import jsonschema
import pytest
import yaml

from maestro_fabric.config.schema import json_schema
from maestro_fabric.model import Location
from maestro_fabric.qa_file import load
from maestro_fabric.qa_file.reader import read
from qa_text import HEAD, SUITE, SUITE_MODELS, case_of, load_text, problems_of

DATA = Path(__file__).parent / "data"


def test_the_whole_shape_of_the_file_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)

    loaded = load(Path("qa.yaml"), suite_models=SUITE_MODELS, environ={})

    assert [suite.name for suite in loaded.config.suites] == ["unit", "checkout", "office"]
    assert (loaded.environment, loaded.base_url, loaded.variables) == ("local", "${services.shop.url}", {"currency": "EUR"})
    assert loaded.config.services["shop"].env == {"SHOP_UI": "v1"}
    assert loaded.config.suites[1].cases[0].steps[8]["expect"].text == "${saved.total} EUR"
    assert loaded.root == DATA
    assert loaded.origins["vars.currency"] == "qa.yaml:7"
    assert loaded.origins["services.shop.env.SHOP_UI"] == "default of env SHOP_UI"
    assert len(loaded.digest) == 64


def test_every_part_has_its_place_also_in_included_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)

    loaded = load(Path("qa.yaml"), suite_models=SUITE_MODELS, environ={})

    assert loaded.locate(("suites", 1, "cases", 0, "steps", 1)) == Location("qa.yaml", 58, 13)
    assert loaded.locate(("suites", 2, "cases", 0, "steps", 1)) == Location("more/office.yaml", 13, 13)
    assert loaded.locate(("groups", "leave")) == Location("more/office.yaml", 2, 3)
    assert loaded.locate(("suites", 1, "policy")) == Location("qa.yaml", 47, 5)
    assert loaded.locate(("suites", 1, "nothing", "here")) == Location("qa.yaml", 43, 5)


def test_the_schema_accepts_the_example() -> None:
    schema = json_schema(SUITE_MODELS)

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read((DATA / "qa.yaml").read_text()).data, schema)


@pytest.mark.parametrize(
    "step",
    [
        "clik: a",
        "click: 5",
        "click: {csss: a}",
        "fill: {css: a}",
        "click: {css: a, within: 5}",
        "click: {css: a, within: soon}",
        "open: null",
    ],
)
def test_the_schema_refuses_what_loading_refuses(tmp_path: Path, step: str) -> None:
    text = case_of(step)

    assert not jsonschema.Draft202012Validator(json_schema(SUITE_MODELS)).is_valid(yaml.safe_load(text))
    assert problems_of(tmp_path, text)


def test_the_first_environment_is_the_default_and_maestro_env_and_the_argument_choose_another(tmp_path: Path) -> None:
    text = HEAD + "vars: {a: 1}\nenvironments:\n  one: {base_url: http://one}\n  two: {base_url: http://two, vars: {a: 2}}\n"

    assert load_text(tmp_path, text).base_url == "http://one"
    assert load_text(tmp_path, text, environ={"MAESTRO_ENV": "two"}).base_url == "http://two"
    chosen = load_text(tmp_path, text, environ={"MAESTRO_ENV": "one"}, environment="two")
    assert (chosen.base_url, chosen.variables, chosen.origins["vars.a"]) == ("http://two", {"a": 2}, "environment two")


def test_a_variable_of_the_caller_that_nothing_knows_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = HEAD + "vars: {currency: EUR}\nenvironments:\n  one: {}\n  two: {vars: {host: b}}\nstore: '${vars.db}.db'\n"

    known = load_text(tmp_path, text, variables={"currency": "USD", "host": "a", "db": "x"})
    problems = problems_of(tmp_path, text, variables={"curency": "USD", "db": "x"})

    assert known.variables == {"currency": "USD", "host": "a", "db": "x"}
    assert problems == ["qa.yaml: no `vars` declare 'curency', and nothing uses it (did you mean 'currency'?)"]
    assert problems_of(tmp_path, HEAD, variables={"x": "1"}) == ["qa.yaml: no `vars` declare 'x', and nothing uses it (known: none)"]


def test_an_unknown_environment_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = HEAD + "environments: {staging: {base_url: http://a}}\n"

    assert problems_of(tmp_path, text, environment="stagin") == ["qa.yaml: unknown environment 'stagin' (did you mean 'staging'?)"]
    assert problems_of(tmp_path, HEAD, environment="x") == ["qa.yaml: unknown environment 'x' (the file has no environments)"]


def test_given_variables_win_and_take_the_type_of_the_declared_one(tmp_path: Path) -> None:
    text = HEAD + "vars: {count: 3, name: tea, both: '${vars.name} x ${vars.count}'}\nstore: '${vars.used}'\n"

    loaded = load_text(tmp_path, text, variables={"count": "5", "name": "7", "used": "1"})

    assert loaded.variables == {"count": 5, "name": "7", "both": "7 x 5", "used": "1"}
    assert loaded.origins["vars.count"] == "--maestro-var"


def test_variables_are_filled_in_with_their_type_and_environment_values_are_literal(tmp_path: Path) -> None:
    text = HEAD + (
        "vars: {keep: 7, folder: '${env:FOLDER}/x', deep: {list: [a, b]}}\n"
        "artifacts: {keep_runs: '${vars.keep}', path: '${vars.folder}-${vars.deep.list.1}'}\nstore: '$${literal}'\n"
    )

    config = load_text(tmp_path, text, environ={"FOLDER": "${vars.keep}"}).config

    assert config.artifacts.keep_runs == 7
    assert config.artifacts.path == "${vars.keep}/x-b"
    assert config.store == "${literal}"


def test_a_word_from_the_environment_can_be_a_number_or_a_truth(tmp_path: Path) -> None:
    text = SUITE.replace("    cases", "    browser: {headless: '${env:HEADLESS}'}\n    cases") + (
        "      - name: c\n        steps:\n          - click: {css: a, nth: '${env:NTH}', within: '${env:WAIT:-2s}'}\n"
    )

    suite = load_text(tmp_path, text, environ={"HEADLESS": "false", "NTH": "2"}).config.suites[0]

    assert suite.browser.headless is False
    assert (suite.cases[0].steps[0]["click"].nth, suite.cases[0].steps[0]["click"].within) == (2, 2.0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("store: '${env:NOPE}'", "3:8 the environment variable 'NOPE' is not set (set it, or give a default: ${env:NOPE:-value})"),
        ("vars: {a: 1}\nstore: '${vars.b}'", "4:8 unknown variable 'b' (known: a)"),
        ("vars: {colour: 1}\nstore: '${vars.color}'", "4:8 unknown variable 'color' (did you mean 'colour'?)"),
        ("vars: {a: 1}\nstore: '${vars.a.b}'", "4:8 the variable 'a' has no part 'a.b' ()"),
        ("store: '${var.a}'", "3:8 unknown reference '${var.a}' (did you mean 'vars'?)"),
        ("store: '${env.A}'", "3:8 '${env.A}' is not a reference (write ${env:NAME} or ${env:NAME:-default})"),
        ("store: '${vars.a'", "3:8 '${' is not closed (write '$${' for a literal '${')"),
        (
            "artifacts: {path: '${secret:A}'}",
            (
                "3:19 a secret cannot be used here "
                "(only steps, params, the store, the http settings of a suite and the environment of services may hold one)"
            ),
        ),
        ("store: '${params.a}'", "3:8 params cannot be used here (only steps, skip and xfail may refer to them)"),
        ("store: '${saved.a}'", "3:8 saved values cannot be used here (they exist while steps run)"),
    ],
)
def test_a_reference_that_means_nothing_is_an_error_at_its_place(tmp_path: Path, text: str, problem: str) -> None:
    assert problems_of(tmp_path, HEAD + text + "\n") == [problem]


def test_a_loaded_file_tells_the_names_of_its_secrets(tmp_path: Path) -> None:
    head = "vars: {a: 'x ${secret:IN_VARS}'}\nservices: {web: {command: [x], env: {A: '${secret:IN_ENV}'}}}\n"

    assert load_text(tmp_path, HEAD + head + "suites: [{name: unit, adapter: pytest, paths: [.]}]\n").secret_names == {"IN_VARS", "IN_ENV"}


def test_variables_in_a_circle_are_told_once_for_each_beginning(tmp_path: Path) -> None:
    found = problems_of(tmp_path, HEAD + "vars: {a: '${vars.b}', b: '${vars.a}'}\n")

    assert found == ["3:11 variables refer to each other in a circle: a → b → a ()"]


def test_a_missing_variable_in_another_environment_does_not_matter(tmp_path: Path) -> None:
    text = HEAD + "environments: {one: {base_url: http://a}, two: {base_url: '${env:NOPE}', vars: {x: '${env:NOPE}'}}}\n"

    assert load_text(tmp_path, text).environment == "one"


def test_a_condition_on_an_unset_variable_is_no(tmp_path: Path) -> None:
    text = SUITE + "      - name: c\n        skip: {reason: r, if: '${env:CI}'}\n        steps: [{open: /}]\n"

    assert load_text(tmp_path, text).config.suites[0].cases[0].skip.if_ == ""
    assert load_text(tmp_path, text, environ={"CI": "1"}).config.suites[0].cases[0].skip.if_ == "1"


def test_a_text_behind_an_alias_and_a_merge_is_filled_in_once(tmp_path: Path) -> None:
    text = case_of('click: &x {css: "${vars.v}"}', "hover: *x", "fill: {<<: *x, value: '${vars.v}'}").replace(
        "suites:", "vars: {v: '$${x} #a'}\nsuites:"
    )

    steps = load_text(tmp_path, text).config.suites[0].cases[0].steps

    assert [step[action].css for step, action in zip(steps, ("click", "hover", "fill"), strict=True)] == ["$${x} #a"] * 3


def test_included_files_bring_what_they_may_and_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("vars: {v: 1}\nproject: q\ninclude: [b.yaml]\n")
    (tmp_path / "b.yml").write_text("vars: []\n")

    assert problems_of(tmp_path, HEAD + "vars: {v: 2}\ninclude: [a.yaml, b.yml]\n") == [
        "1:8 vars.v is written twice (it stands at qa.yaml:3 too)",
        "2:1 unknown key 'project' in an included file (an included file has groups, policies, services, vars and suites)",
        "3:1 unknown key 'include' in an included file (an included file has groups, policies, services, vars and suites)",
        "1:7 'vars' must be a mapping ()",
    ]


@pytest.mark.parametrize("pattern", ["../x.yaml", "/etc/passwd", "a/../../x.yaml"])
def test_an_include_outside_the_folder_is_refused(tmp_path: Path, pattern: str) -> None:
    assert problems_of(tmp_path, HEAD + f"include: [{pattern}]\n") == [f"3:11 {pattern!r} is not below the folder of this file ()"]


def test_a_link_to_outside_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "out.yaml").write_text("vars: {v: 1}\n")
    (inside / "link.yaml").symlink_to(tmp_path / "out.yaml")

    assert problems_of(inside, HEAD + "include: [link.yaml]\n") == [
        "3:11 'link.yaml' finds 'link.yaml', a link to outside the folder of this file ()"
    ]


def test_an_include_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    assert problems_of(tmp_path, HEAD + "include: ['more/*.yaml']\n") == ["3:11 'more/*.yaml' matches no file ()"]


def test_empty_steps_and_short_forms_work(tmp_path: Path) -> None:
    steps = (
        load_text(
            tmp_path,
            case_of("reload:", "go_back:", "close_tab:", "screenshot:", "reload: commit", "switch_tab: 2", "use: g").replace(
                "suites:", "groups: {g: {steps: [{log: hi}]}}\nsuites:"
            ),
        )
        .config.suites[0]
        .cases[0]
        .steps
    )

    assert [next(iter(step)) for step in steps] == ["reload", "go_back", "close_tab", "screenshot", "reload", "switch_tab", "use"]
    assert (steps[4]["reload"].until, steps[5]["switch_tab"].number, steps[6]["use"].group) == ("commit", 2, "g")


def test_the_word_off_is_understood_without_quotes(tmp_path: Path) -> None:
    text = (
        SUITE.replace("    cases", "    browser: {trace: off, screenshot: off}\n    cases")
        + "      - name: c\n        steps: [{open: /}]\n"
    )

    browser = load_text(tmp_path, text).config.suites[0].browser

    assert (browser.trace, browser.screenshot) == ("off", "off")


@pytest.mark.parametrize("mode", ["off", "propose", "heal"])
def test_a_word_alone_says_how_lost_elements_are_found_again(tmp_path: Path, mode: str) -> None:
    healing = load_text(tmp_path, f"healing: {mode}\n" + SUITE + "      - name: c\n        steps: [{open: /}]\n").config.healing

    assert (healing.mode, healing.budget) == (mode, 5)


def test_loading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    load_text(tmp_path, HEAD)
    assert gc.isenabled()


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("vars: {v: 1}\n")
    before = load_text(tmp_path, HEAD + "include: [more.yaml]\n").digest
    (tmp_path / "more.yaml").write_text("vars: {v: 2}\n")

    assert load_text(tmp_path, HEAD + "include: [more.yaml]\n").digest != before
