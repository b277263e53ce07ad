"""What a person reads when a file is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from maestro_fabric.errors import ConfigError
from maestro_fabric.qa_file import load
from qa_text import HEAD, SUITE, SUITE_MODELS, case_of, load_text, problems_of


def test_an_unknown_step_is_shown_with_its_line_and_the_nearest_spelling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = HEAD + (
        "suites:\n  - name: unit\n    adapter: pytest\n  - name: shop\n    adapter: playwright\n    cases:\n      - name: buy\n"
        '        steps:\n          - open: http://a\n          - hover: b\n          - clik: "#buy"\n'
    )

    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text)

    assert str(caught.value) == (
        "qa.yaml:13:13: unknown step 'clik'\n"
        '   13 |           - clik: "#buy"\n'
        "      |             ^^^^ did you mean 'click'?\n"
        "  at suites[1].cases[0].steps[2]"
    )


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = case_of('clik: "#buy"', "fill: {label: Email}", "use: log_in", 'log: "${saved.x}"') + "    policy: wbe\n    neds: [a]\n"

    assert problems_of(tmp_path, text) == [
        "10:13 unknown step 'clik' (did you mean 'click'?)",
        "11:13 'value' is missing: fill needs it ()",
        "12:18 unknown group 'log_in' (the file has no groups)",
        "13:18 unknown saved value 'x' (there is no saved value here)",
        "14:13 unknown policy 'wbe' (the file has no policies)",
        "15:5 unknown key 'neds' (did you mean 'needs'?)",
    ]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("open: 5", '10:19 5 is not a text (put it in quotes: "5")'),
        ("click: #buy", "10:19 'click' is empty (a # begins a comment: put the text in quotes)"),
        ("click: {role: button, nmae: Buy}", "10:35 unknown key 'nmae' (did you mean 'name'?)"),
        ("click: [a]", "10:20 'click' must be a mapping, not a list ()"),
        ("reload", "10:13 a step must be a mapping, not 'reload' (write `- reload:`)"),
        ("click", "10:13 a step must be a mapping, not 'click' (write `- click: …`)"),
        ("call: {function: nomod}", "10:30 'nomod' does not name a function (write package.module:function)"),
        ("relod", "10:13 a step must be a mapping, not 'relod' (did you mean 'reload'?)"),
        ("zzzzzz", "10:13 a step must be a mapping, not 'zzzzzz' (a step is an action and its value, like `- open: /`)"),
        ('fill: "#x"', "10:19 'value' is missing: fill needs it (write fill: {css: '#x', value: …})"),
        ("fill: {css: a, value: 7}", '10:35 7 is not a text (put it in quotes: "7")'),
        ("click: {css: a, within: 5}", "10:37 5 is not a duration (write a number and a unit, like 500ms, 30s, 5m or 1h)"),
        ("click: {css: a, optional: maybe}", "10:39 'maybe' is not true or false ()"),
        ("click: {css: a, nth: x}", "10:34 'x' is not a whole number ()"),
        (
            "open: {url: /, until: loaded}",
            "10:35 'loaded' is not one of 'commit', 'domcontentloaded', 'load', 'networkidle' (did you mean 'load'?)",
        ),
        ("upload: {css: a, files: {b: c}}", "10:37 'files' must be a text, not a mapping ()"),
        ("select: {css: a, option: [1]}", '10:39 1 is not a text (put it in quotes: "1")'),
        ("call: nothing", "10:19 'nothing' does not name a function (write package.module:function)"),
        ("request: {get: /, expect: {status: x}}", "10:48 'x' is not a whole number ()"),
    ],
)
def test_a_wrong_value_is_explained_in_plain_words(tmp_path: Path, step: str, problem: str) -> None:
    assert problems_of(tmp_path, case_of(step)) == [problem]


def test_a_step_of_two_keys_is_told_to_put_one_inside_the_other(tmp_path: Path) -> None:
    assert problems_of(tmp_path, case_of('click: "#a"\n            within: 3s')) == [
        "11:13 a step has one key; this one has click and within (put within inside click: click: {…, within: …})"
    ]


def test_two_actions_in_one_step_are_told_to_be_two_steps(tmp_path: Path) -> None:
    assert problems_of(tmp_path, case_of('click: "#a"\n            hover: b')) == [
        "11:13 a step has one key; this one has click and hover (write each as a step of its own: begin the line with '- hover')"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "qa.yaml: the file is empty ()"),
        ("# only a comment\n", "qa.yaml: the file is empty ()"),
        ("- a\n", "1:1 the file must be a mapping: key: value, one a line ()"),
        (
            "version: 1\n  project: p\n",
            "2:10 a key cannot stand here: its line is indented too far, or a text that holds ': ' needs quotes ()",
        ),
        ("version: 2\nproject: p\n", "1:10 'version' must be 1, not 2 ()"),
        ("project: p\n", "1:1 'version' is missing: the file needs it ()"),
        (HEAD + "healing: hael\n", "3:10 'hael' is not one of 'off', 'propose', 'heal' (did you mean 'heal'?)"),
        (HEAD + "healed: {mode: heal}\n", "3:1 unknown key 'healed' (did you mean 'healing'?)"),
        (HEAD + "polices: {}\n", "3:1 unknown key 'polices' (did you mean 'policies'?)"),
        (
            HEAD + "policies: {p: {braker: {}}}\n",
            "3:16 unknown key 'braker' (did you mean 'breaker'?)",
        ),
        (
            HEAD + "policies: {p: {breaker: {}}}\n",
            "3:16 the breaker of 'p' does not say for what (add dependency: a service or a host)",
        ),
        (HEAD + "policies: {p: {retry: {times: -1}}}\n", "3:31 -1 is too small (times must be at least 0)"),
        (HEAD + "policies: {p: {retry: {times: 99}}}\n", "3:31 99 is too large (times must be at most 20)"),
        (HEAD + "suites: {}\n", "3:9 'suites' must be a list, not a mapping ()"),
        (HEAD + "suites: [{name: s}]\n", "3:10 'adapter' is missing: a suite needs it (known: playwright, pytest)"),
        (HEAD + "suites: [{name: s, adaptor: pytest}]\n", "3:20 unknown key 'adaptor' (did you mean 'adapter'?)"),
        (
            HEAD + "suites: [{name: s, adapter: playwrite}]\n",
            "3:29 unknown adapter 'playwrite' (did you mean 'playwright'? known: playwright, pytest)",
        ),
        (
            HEAD + "suites: [{name: 'a::b', adapter: pytest}]\n",
            "3:17 'a::b' holds '::', which separates the parts of a test's id (use another separator)",
        ),
        (HEAD + "services: {s: {command: [a, 1]}}\n", '3:29 1 is not a text (put it in quotes: "1")'),
        (SUITE + "      - nam: c\n        steps: [{open: /}]\n", "8:9 unknown key 'nam' (did you mean 'name'?)"),
        (SUITE + "      - name: c\n        steps: []\n", "9:16 'steps' is empty (it needs at least 1 entry)"),
        (
            SUITE + "      - name: c\n        params: {a: b}\n        steps: [{open: /}]\n",
            "9:17 the values of 'a' are not a list (write a: [value, …])",
        ),
        (
            SUITE + "      - name: c\n        params: [a]\n        steps: [{open: /}]\n",
            "9:17 'a' is not a mapping (a list of params holds mappings, like [{item: tea}, {item: coffee}])",
        ),
        (
            SUITE + "      - name: c\n        params: {from: ../a.csv}\n        steps: [{open: /}]\n",
            "9:17 '../a.csv' is not below the folder of this file ()",
        ),
        (HEAD + "vars: {a: 1, a: 2}\n", "3:14 the key 'a' is written twice (it stands on line 3 too)"),
        (HEAD + "vars: [\n", "4:1 did not find expected node content while parsing a flow node ()"),
    ],
)
def test_a_wrong_file_is_explained_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str) -> None:
    monkeypatch.chdir(tmp_path)

    assert problems_of(tmp_path, text) == [problem]


def test_a_missing_file_is_named_and_the_nearest_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^qa\.yml: there is no such file$"):
        load(tmp_path / "qa.yml", suite_models=SUITE_MODELS, environ={})
    (tmp_path / "qa.yaml").touch()

    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "qa.yml", suite_models=SUITE_MODELS, environ={})

    assert caught.value.problems[0].hint == "did you mean 'qa.yaml'?"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"this is a folder; give the file in it"):
        load(tmp_path, suite_models=SUITE_MODELS, environ={})


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "qa.yaml").write_bytes("project: Käse".encode("latin-1"))

    with pytest.raises(ConfigError, match=r"this is not UTF-8 text \(byte 11\); save it as UTF-8"):
        load(tmp_path / "qa.yaml", suite_models=SUITE_MODELS, environ={})


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "qa.yaml").open("wb") as file:
        file.truncate(33 * 1024 * 1024)

    with pytest.raises(ConfigError, match=r"34,603,008 bytes are too many; a file may have 33,554,432: split it with include"):
        load(tmp_path / "qa.yaml", suite_models=SUITE_MODELS, environ={})


def test_windows_line_ends_and_a_byte_order_mark_do_not_move_places(tmp_path: Path) -> None:
    text = "\ufeff" + (HEAD + "helth: 1\n").replace("\n", "\r\n")
    (tmp_path / "qa.yaml").write_bytes(text.encode())

    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "qa.yaml", suite_models=SUITE_MODELS, environ={})

    (problem,) = caught.value.problems
    assert (problem.location.line, problem.location.column, problem.line_text, problem.width) == (3, 1, "helth: 1", 5)  # type: ignore[union-attr]
