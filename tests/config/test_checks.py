"""What the types cannot say is checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qa_text import HEAD, SUITE, case_of, load_text, problems_of

ONE_CASE = "      - name: c\n        steps: [{click: a}]\n"


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            "click: {css: a, text: b}",
            "10:29 a locator has one of css, role, label, text, placeholder, test_id, xpath; this one has css and text (keep one)",
        ),
        ("click: {optional: true}", "10:13 the element is missing (write one of css, role, label, text, placeholder, test_id, xpath)"),
        ("click: {css: a, name: b}", "10:29 'name' goes with 'role' (write role: button, or use text: or label:)"),
        ("click: {css: a, nth: 0}", "10:29 nth counts from 1, so 0 is no element ()"),
        (
            "press: {key: Enter, css: a, text: b}",
            "10:41 a locator has one of css, role, label, text, placeholder, test_id, xpath; this one has css and text (keep one)",
        ),
        (
            "expect: {soft: true}",
            "10:13 nothing is expected (write one of css, role, label, text, placeholder, test_id, xpath, or url or title)",
        ),
        ("expect: {visible: true}", "10:13 visible of which element? (write one of css, role, label, text, placeholder, test_id, xpath)"),
        (
            "expect: {url: /, value: b}",
            "10:30 'value' of which element? (write one of css, role, label, text, placeholder, test_id, xpath)",
        ),
        ("expect: {css: a, xpath: b}", "10:30 a locator has one key; this one has css and xpath (keep one)"),
        ("expect: {css: a, name: b}", "10:30 'name' goes with 'role' (write role: button, or use text: or label:)"),
        (
            "request: {json: 1}",
            "10:13 request needs exactly one of get, post, put, patch, delete, head; this one has none (write get: /path)",
        ),
        (
            "request: {get: /, post: /}",
            "10:13 request needs exactly one of get, post, put, patch, delete, head; this one has get and post (write get: /path)",
        ),
        ("request: {post: /, json: 1, body: x}", "10:41 a request sends one of json, form, body and file; this one has json and body ()"),
        (
            "expect: {css: a, heal: true}",
            "10:30 'heal' is for steps that act: what is checked, read or waited for is never looked for anywhere else (take it away)",
        ),
        (
            "save: {text: {css: a, destructive: true}, as: x}",
            (
                "10:35 'destructive' is for steps that act: what is checked, read or waited for is never looked for anywhere else"
                " (take it away)"
            ),
        ),
        (
            "wait_for: {css: a, heal: propose}",
            "10:32 'heal' is for steps that act: what is checked, read or waited for is never looked for anywhere else (take it away)",
        ),
        ("save: {as: x}", "10:13 save needs exactly one of text, value, attribute, count, url, title, json; this one has none ()"),
        ("save: {as: x, attribute: href}", '10:13 attribute and of go together (write attribute: href, of: "a.next")'),
        ("save: {as: x, url: true, response: r}", "10:38 'response' goes with 'json' ()"),
        (
            "save: {as: x, text: {optional: true}}",
            "10:27 the element is missing (write one of css, role, label, text, placeholder, test_id, xpath)",
        ),
        ("route: {url: a}", "10:13 a route blocks or answers (write block: true, or answer: {…})"),
        ("route: {url: a, block: true, answer: {}}", "10:29 a route blocks or answers, not both ()"),
        ("route: {url: a, answer: {json: 1, body: x}}", "10:47 an answer has one of json, body and file; this one has json and body ()"),
        (
            "switch_tab: {newest: true, number: 1}",
            "10:13 switch_tab needs exactly one of number, url, title and newest; this one has number and newest ()",
        ),
        ("switch_tab: {}", "10:13 switch_tab needs exactly one of number, url, title and newest; this one has none ()"),
        ("wait_for: {css: a, url: b}", "10:32 wait_for waits for an element or for a url, not both ()"),
        ("wait_for: {state: hidden}", "10:13 the element is missing (write one of css, role, label, text, placeholder, test_id, xpath)"),
        (
            "drag: {from: {text: a, css: b}, to: c}",
            "10:27 a locator has one of css, role, label, text, placeholder, test_id, xpath; this one has css and text (keep one)",
        ),
        ("download: {click: {name: a}}", "10:24 the element is missing (write one of css, role, label, text, placeholder, test_id, xpath)"),
        (
            'expect: {css: a, matches: "(["}',
            r"10:30 '([' is not a regular expression: unterminated character set at position 1 (write \( for a literal ()",
        ),
        ("expect: {css: a, count: -1}", "10:30 count is -1, but there is no less than no element (write 0 for none)"),
        (
            "upload: {css: a, files: ../../etc/passwd}",
            "10:30 '../../etc/passwd' is not below the config's folder (put the file below the folder of the config)",
        ),
        (
            "upload: {css: a, files: [fine.png, a/../../b]}",
            "10:30 'a/../../b' is not below the config's folder (put the file below the folder of the config)",
        ),
        (
            "route: {url: a, answer: {file: ../x}}",
            "10:38 '../x' is not below the config's folder (put the file below the folder of the config)",
        ),
        ('save: {as: x, json: "$["}', "10:27 '$[' is not a JSON path: unexpected end of query (write one like $.items[0].name)"),
        (
            'request: {get: /, expect: {json: {"$[": 1}}}',
            "10:47 '$[' is not a JSON path: unexpected end of query (write one like $.items[0].name)",
        ),
        ("{}", "10:13 the step is empty: a step has one key, its action ()"),
        ("log: '${params.x}'", "10:18 unknown parameter 'x' (there is no parameter here)"),
        ("log: '${services.shop.url}'", "10:18 unknown service 'shop' (there is no service here)"),
    ],
)
def test_a_step_that_cannot_work_is_refused(tmp_path: Path, step: str, problem: str) -> None:
    assert problem in problems_of(tmp_path, case_of(step))


def test_texts_that_wait_for_their_values_are_not_judged(tmp_path: Path) -> None:
    steps = (
        "save: {as: x, url: true}",
        'expect: {css: a, matches: "([${saved.x}", count: "${saved.x}"}',
        'upload: {css: a, files: "../${saved.x}"}',
        'request: {get: /, expect: {json: {"$.a": 1}}}',
        'save: {as: y, json: "$[${saved.x}"}',
    )

    assert load_text(tmp_path, case_of(*steps)).config.project == "p"


def test_json_paths_are_imported_only_for_files_that_have_some(tmp_path: Path) -> None:
    (tmp_path / "qa.yaml").write_text(case_of("click: a"), encoding="utf-8")
    code = "import sys\nfrom maestro_fabric.cli import main\ntry: main(['validate'])\nfinally: print('jsonpath' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.endswith("no problems\nFalse\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            HEAD + "services: {s: {command: run it}}\n",
            "3:25 a command is a list of arguments (write [program, argument, …], or add shell: true)",
        ),
        (
            HEAD + "services: {s: {command: [a], shell: true}}\n",
            "3:25 with shell: true the command is one text (write it as one text, or take shell: true away)",
        ),
        (HEAD + "services: {s: {command: []}}\n", "3:25 the command is empty ()"),
        (HEAD + "suites: []\n", "3:9 'suites' is empty ()"),
        (HEAD + "suites:\n", "3:8 'suites' is empty ()"),
        (
            HEAD + "services: {s: {command: [a], ready: {http: /, tcp: true}}}\n",
            "3:30 ready needs exactly one of http, tcp and log; this one has http and tcp ()",
        ),
        (
            HEAD + "services: {s: {command: [a], ready: {within: 1s}}}\n",
            "3:30 ready needs exactly one of http, tcp and log; this one has none ()",
        ),
        (HEAD + "environments: {e: {services: {shop: external}}}\n", "3:31 unknown service 'shop' (the file has no services)"),
        (HEAD + "secrets: {source: file}\n", "3:1 'path' is missing: source: file needs it ()"),
        (HEAD + "secrets: {path: a}\n", "3:11 source: env has no path (take it away, or write source: file)"),
        (HEAD + "policy: web\n", "3:9 unknown policy 'web' (the file has no policies)"),
        (HEAD + "groups: {g: {params: [a, a], steps: [{log: x}]}}\n", "3:26 the parameter 'a' is named twice ()"),
        (HEAD + "groups: {g: {steps: [{use: h}]}, h: {steps: [{use: g}]}}\n", "3:10 groups use each other in a circle: g → h → g ()"),
        (HEAD + "groups: {g: {params: [a], steps: [{log: '${params.b}'}]}}\n", "3:41 unknown parameter 'b' (known here: a)"),
        (SUITE + ONE_CASE + ONE_CASE, "10:15 two cases of this suite are called 'c' (the other is cases[0])"),
        (SUITE + ONE_CASE + "    needs: [s]\n", "10:5 a suite needs itself ()"),
        (SUITE + ONE_CASE + "    needs: [unit]\n", "10:13 unknown suite 'unit' (known: s)"),
        (SUITE + ONE_CASE + "    services: [shop]\n", "10:16 unknown service 'shop' (the file has no services)"),
        (SUITE + ONE_CASE + "    setup: [{log: '${params.x}'}]\n", "10:19 a set-up has no params (it runs once a worker, before any case)"),
        (SUITE + ONE_CASE + "        params: {a: []}\n", "10:18 'a' has no values, so there would be no case ()"),
        (SUITE + ONE_CASE + "        params: []\n", "10:9 params has no rows, so there would be no case ()"),
        (SUITE + ONE_CASE + "        params: [{a: 1, b: 2}, {a: 3}]\n", "10:32 'b' is missing: other rows have it ()"),
        (SUITE + ONE_CASE + "        params: {a: [1]}\n        matrix: {a: [1]}\n", "11:18 'a' is under params too ()"),
        (
            HEAD + "suites:\n  - name: s\n    adapter: playwright\n    cases:\n" + ONE_CASE.replace("click: a", "open: /x"),
            "8:24 a relative address needs a base_url (add environments: {local: {base_url: …}})",
        ),
    ],
)
def test_a_config_that_cannot_work_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in problems_of(tmp_path, text)


def test_suites_of_one_name_and_in_a_circle_are_refused(tmp_path: Path) -> None:
    text = (
        HEAD
        + "suites:\n"
        + "".join(
            f"  - {{name: {name}, adapter: pytest, needs: [{need}]}}\n" for name, need in (("a", "b"), ("b", "c"), ("c", "a"), ("a", "b"))
        )
    )

    assert problems_of(tmp_path, text) == [
        "4:32 suites need each other in a circle: a → b → c → a ()",
        "7:12 two suites are called 'a' (the other is suites[0])",
    ]


def test_a_group_is_used_with_its_parameters(tmp_path: Path) -> None:
    text = case_of("use: {group: g, with: {nam: x}}").replace("suites:", "groups: {g: {params: [name], steps: [{log: x}]}}\nsuites:")

    assert problems_of(tmp_path, text) == [
        "11:13 'name' is missing: the group 'g' needs it (write with: {name: …})",
        "11:36 unknown parameter 'nam' of the group 'g' (did you mean 'name'?)",
    ]


def test_a_saved_value_must_be_saved_before_but_a_called_function_may_save_anything(tmp_path: Path) -> None:
    text = case_of(
        "log: '${saved.total}'", "save: {url: true, as: total}", "log: '${saved.total} ${saved.totl}'", "call: a:b", "log: '${saved.any}'"
    )

    assert problems_of(tmp_path, text) == [
        "10:18 unknown saved value 'total' (there is no saved value here)",
        "12:18 unknown saved value 'totl' (did you mean 'total'?)",
    ]


def test_the_service_behind_base_url_must_be_started(tmp_path: Path) -> None:
    text = (
        case_of("open: /")
        .replace("http://127.0.0.1", '"${services.shop.url}"')
        .replace("suites:", "services: {shop: {command: [a]}}\nsuites:")
    )

    assert problems_of(tmp_path, text) == [
        "6:11 base_url is the address of the service 'shop', which this suite does not start (add services: [shop])"
    ]


def test_valid_parts_are_checked_although_others_are_wrong(tmp_path: Path) -> None:
    text = (
        case_of("clik: a", "click: {css: a, text: b}")
        + "    policy: nope\n  - adapter: nothing\n    name: x\n  - {name: y, adapter: pytest, needs: [x, z]}\n"
    )

    assert [problem.split(" (")[0] for problem in problems_of(tmp_path, text)] == [
        "10:13 unknown step 'clik'",
        "11:29 a locator has one of css, role, label, text, placeholder, test_id, xpath; this one has css and text",
        "12:13 unknown policy 'nope'",
        "13:14 unknown adapter 'nothing'",
        "15:43 unknown suite 'z'",
    ]
