from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from maestro_fabric.cli import main
from maestro_fabric.cli.terminal import TerminalSink, print_summary
from maestro_fabric.engine import RunResult
from maestro_fabric.events import ServiceChanged
from maestro_fabric.model import Attempt, Case, CaseId, CaseResult, Fault, Outcome, Status
from maestro_fabric.reports.closing import Closing
from maestro_fabric.reports.tally import Tally
from support import wait_until

Maestro = Callable[..., Result]

CONFIG = """\
version: 1
project: shop
vars: {colour: blue}
environments:
  local: {base_url: "http://localhost", vars: {colour: green}}
  staging: {base_url: "https://staging.example.org"}
policies:
  web: {deadline: 90s, attempt_timeout: 30s, retry: {times: 1, backoff: {kind: constant, first: 1s, jitter: none}}}
suites:
  - {name: unit, adapter: pytest, paths: [tests/test_unit.py], tags: [fast]}
  - {name: more, adapter: pytest, paths: [tests/test_more.py], needs: [unit], policy: web, env: {COLOUR: "${vars.colour}"}}
"""
JOURNEYS = """\
version: 1
project: shop
vars: {colour: blue}
environments: {local: {base_url: "http://localhost"}}
groups:
  buy: {params: [what], steps: [{click: {role: button, name: "${params.what}"}}, {fill: {label: P, value: "${secret:PW}"}}]}
suites:
  - name: web
    adapter: playwright
    setup: [{open: "/?${env:NOT_SET:-}"}]
    cases:
      - name: buy
        params: {tea: [green, black]}
        skip: {if: "${env:NOT_SET:-}", reason: never}
        steps: [{open: "/${vars.colour}"}, {use: {group: buy, with: {what: "${params.tea}"}}}, {reload: }]
"""
UNIT = """
import pytest
def test_fine(): pass
@pytest.mark.parametrize("item", ["tea"])
def test_item(item): pass
"""
MORE = """
import os, pathlib
def test_colour(): assert os.environ["COLOUR"] == "green"
def test_at_first():
    if not pathlib.Path("tried").exists():
        pathlib.Path("tried").touch()
        raise OSError("not yet")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_unit.py").write_text(UNIT)
    (tmp_path / "tests" / "test_more.py").write_text(MORE)
    (tmp_path / "qa.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def maestro(project: Path) -> Maestro:
    return lambda *arguments: CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def test_help_lists_every_command_without_importing_any() -> None:
    code = "import sys\nfrom maestro_fabric.cli import main\ntry: main(['--help'])\nfinally: print({'pydantic', 'rich'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert all(
        f"\n  {name} " in done.stdout for name in ("run", "plan", "validate", "schema", "runs", "show", "history", "doctor", "plugins")
    )
    assert done.stdout.endswith("set()\n")


@pytest.mark.parametrize("name", ["run", "plan", "validate", "schema", "runs", "show", "history", "doctor", "plugins"])
def test_every_listed_command_is_there(maestro: Maestro, name: str) -> None:
    assert maestro(name, "--help").exit_code == 0


def test_an_unknown_command_is_told_with_the_nearest(maestro: Maestro) -> None:
    result = maestro("vaildate")

    assert result.exit_code == 2
    assert "did you mean 'validate'?" in result.stderr


def test_the_version_is_told(maestro: Maestro) -> None:
    assert maestro("--version").stdout.startswith("maestro ")


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "maestro_fabric", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("maestro ")


def test_a_good_file_is_valid(maestro: Maestro) -> None:
    result = maestro("validate", "qa.yaml")

    assert (result.exit_code, result.stdout) == (0, "qa.yaml: 2 suites, no problems\n")


def test_what_the_machine_lacks_for_a_good_file_is_a_warning(maestro: Maestro, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "qa.yaml").write_text(JOURNEYS)
    monkeypatch.setattr("maestro_fabric.adapters.playwright.adapter.is_installed", lambda package: False)

    result = maestro("validate")

    assert (result.exit_code, result.stdout) == (0, "qa.yaml: 1 suite, no problems\n")
    extra = 'adapter playwright needs an extra: pip install "pytest-maestro[playwright]"'
    assert result.stderr == f"warning: this machine cannot run it: {extra}\n"


def test_the_problems_of_a_file_are_printed_as_they_are_and_nothing_else(maestro: Maestro, project: Path) -> None:
    (project / "qa.yaml").write_text(CONFIG.replace("adapter: pytest, paths: [tests/test_unit.py]", "adapter: pytest, path: [x]"))

    result = maestro("validate")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("qa.yaml:10:35: ")
    assert "did you mean 'paths'?" in result.stderr
    assert maestro("plan").stderr == maestro("run").stderr == result.stderr


def test_a_file_that_is_absent_is_told(maestro: Maestro) -> None:
    result = maestro("validate", "none.yaml")

    assert result.exit_code == 2
    assert "none.yaml" in result.stderr


def test_a_variable_without_a_value_is_refused(maestro: Maestro) -> None:
    result = maestro("validate", "--var", "colour")

    assert result.exit_code == 2
    assert "'colour' is not NAME=VALUE" in result.stderr


def test_the_schema_is_a_schema_and_can_be_written(maestro: Maestro, project: Path) -> None:
    printed = json.loads(maestro("schema").stdout)
    maestro("schema", "--output", "maestro.schema.json")

    jsonschema.Draft202012Validator.check_schema(printed)
    assert json.loads((project / "maestro.schema.json").read_text()) == printed


def test_the_plan_as_json_has_cases_values_policies_and_the_worst_case(maestro: Maestro) -> None:
    plan = json.loads(maestro("plan", "--json", "--var", "colour=red").stdout)

    assert [case["id"] for suite in plan["suites"] for case in suite["cases"]] == [
        "unit::tests.test_unit.test_fine",
        "unit::tests.test_unit.test_item[tea]",
        "more::tests.test_more.test_colour",
        "more::tests.test_more.test_at_first",
    ]
    assert plan["environment"] == "local"
    assert {"name": "vars.colour", "value": "red", "from": "--maestro-var"} in plan["values"]
    assert plan["policies"][1] == {
        "name": "web",
        "chosen_by": "suite",
        "added": [],
        "order": ["deadline(1.5m)", "retry(1 on error; constant 1s)", "attempt timeout(30s)"],
        "attempts": 2,
        "seconds": 61.0,
    }
    assert plan["worst_case"] == {"attempts": 6, "seconds": None}


def test_the_plan_for_people_shows_the_same(maestro: Maestro) -> None:
    text = maestro("plan", "--env", "staging").stdout

    assert "shop, environment staging" in text
    assert "tests.test_unit.test_item[tea]" in text
    assert "https://staging.example.org" in text
    assert "more (pytest, needs unit)" in text
    assert "4 cases; worst case: 6 attempts, no limit" in text


def test_the_plan_says_when_an_address_of_a_service_is_known(maestro: Maestro, project: Path) -> None:
    served = CONFIG.replace('"http://localhost"', '"${services.web.url}/shop"').replace(
        "{colour: green}", '{colour: green, price: "$${services}"}'
    )
    (project / "qa.yaml").write_text(f"{served}services: {{web: {{command: [python, -m, http.server]}}}}\n")

    result = maestro("plan")
    assert result.exit_code == 0, result.stderr
    (table, *_) = result.stdout.split("Policies")
    values = json.loads(maestro("plan", "--json").stdout)["values"]

    note = "known when the service is up"
    assert [line.split(maxsplit=3) for line in table.splitlines() if "base_url" in line] == [
        ["base_url", "${services.web.url}/shop", "qa.yaml:5", note]
    ]
    assert [value["name"] for value in values if value.get("note") == note] == ["base_url"]


@pytest.mark.needs_playwright
def test_the_plan_has_what_each_case_does_and_where_its_values_came_from(maestro: Maestro, project: Path) -> None:
    (project / "qa.yaml").write_text(JOURNEYS)

    plan = json.loads(maestro("plan", "--json").stdout)
    text = maestro("plan", "--steps").stdout

    assert plan["values"][1:] == [
        {"name": "vars.colour", "value": "blue", "from": "qa.yaml:3"},
        {"name": "suites[0].setup[0].open", "value": "/?", "from": "default of env NOT_SET"},
        {"name": "suites[0].cases[0].skip.if", "value": "", "from": "default of env NOT_SET"},
        {"name": "suites[0].cases[0].steps[0].open", "value": "/blue", "from": "vars.colour"},
    ]
    (suite,) = plan["suites"]
    assert suite["setup"] == [{"number": "1", "action": "open", "value": {"url": "/?"}, "location": "qa.yaml:10"}]
    assert suite["cases"][1]["param_values"] == {"tea": "black"}
    assert [(step["number"], step["value"]) for step in suite["cases"][1]["steps"]] == [
        ("1", {"url": "/blue"}),
        ("2.1", {"role": "button", "name": "black"}),
        ("2.2", {"label": "P", "value": "${secret:PW}"}),
        ("3", {}),
    ]
    assert 'suites[0].cases[0].skip.if        ""' in text
    assert '  2.2. fill {label: "P", value: "${secret:PW}"}  qa.yaml:6\n' in text
    assert 'buy[black]  tea="black"\n' in text
    assert "2.2" not in maestro("plan").stdout


def test_a_plan_in_a_pipe_breaks_no_name(maestro: Maestro, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    name = "test_" + "long_" * 40
    (project / "tests" / "test_unit.py").write_text(f"def {name}(): pass\n")

    assert f"tests.test_unit.{name} " in maestro("plan").stdout


def test_a_run_shows_each_case_and_a_summary(maestro: Maestro, project: Path) -> None:
    result = maestro("run")

    assert result.exit_code == 0
    assert "passed  tests.test_unit.test_item[tea]" in result.stdout
    assert "error   tests.test_more.test_at_first" in result.stdout
    assert "attempt 1, is tried again" in result.stdout
    assert "flaky (passed after another attempt did not):\n  more::tests.test_more.test_at_first\n" in result.stdout
    assert f" in {project / '.maestro' / 'history.db'}\n" in result.stdout
    assert "\n4 passed, 1 flaky in " in result.stdout


def test_a_run_with_failures_tells_why_and_what_they_block(maestro: Maestro, project: Path) -> None:
    (project / "tests" / "test_unit.py").write_text("def test_bad():\n    assert 1 == 2\n")

    result = maestro("run", "--store", "h.db")

    assert result.exit_code == 1
    assert "failed: unit::tests.test_unit.test_bad" in result.stdout
    assert "assert 1 == 2" in result.stdout
    assert "blocked: needs unit, which did not pass (1 failed):\n  more::tests.test_more.test_colour\n" in result.stdout
    assert "\n1 failed, 2 blocked in " in result.stdout
    assert (project / "h.db").exists()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--suite", "unit"], ["test_fine", "test_item"]),
        (["-k", "ITEM[t"], ["test_item"]),
        (["--case", "fine", "--case", "colour"], ["test_fine", "test_colour"]),
        (["--tag", "fast"], ["test_fine", "test_item"]),
        (["--tag", "fast", "-k", "fine"], ["test_fine"]),
    ],
)
def test_a_run_can_be_of_some_cases_only(maestro: Maestro, arguments: list[str], names: list[str]) -> None:
    data = json.loads(maestro("run", "--json", *arguments).stdout)

    assert [case["name"].rpartition(".")[2] for case in data["cases"]] == names


def test_a_run_as_json_has_the_counts_and_the_reasons(maestro: Maestro, project: Path) -> None:
    (project / "tests" / "test_unit.py").write_text("def test_bad():\n    raise OSError('no disk')\n")

    result = maestro("run", "--json", "--suite", "unit")

    data = json.loads(result.stdout)
    assert (result.exit_code, data["exit_status"], data["status"], data["counts"]) == (1, 1, "failed", {"error": 1})
    assert data["cases"][0]["error"] == {"type": "OSError", "message": "no disk"}


def test_a_path_in_a_narrow_terminal_stays_in_one_piece() -> None:
    console = Console(file=io.StringIO(), width=20)
    path = "/home/ada/shop/.maestro/artifacts/service-shop.log"

    TerminalSink(console, 1).receive(ServiceChanged("shop", "started", path))

    assert path in console.file.getvalue()


def test_a_long_name_of_a_failed_case_stays_in_one_piece() -> None:
    console = Console(file=io.StringIO(), width=20)
    case = Case(id=CaseId("", "shop", "a name longer than the line"))
    attempt = Attempt(number=1, outcome=Outcome(status=Status.ERROR, fault=Fault(type="X", message="m")), started_at=0.0, duration_s=1.0)
    result = CaseResult(case=case, status=Status.ERROR, marks=frozenset(), attempts=(attempt,))

    run = RunResult(run_id="r", status="failed", exit_status=1, cases=(result,))
    print_summary(console, run, Closing(tally=Tally(), run_id="r", store="s"), duration_s=1.0)

    assert "error: shop::a name longer than the line\nm\n" in console.file.getvalue()


def test_an_unknown_suite_is_told_with_the_nearest(maestro: Maestro) -> None:
    result = maestro("run", "--suite", "unti")

    assert (result.exit_code, result.stderr) == (2, "--suite 'unti' is no suite of this file: did you mean 'unit'?\n")


def test_a_run_of_nothing_exits_with_5_and_is_not_in_the_history(maestro: Maestro, project: Path) -> None:
    result = maestro("run", "-k", "no such case")

    assert result.exit_code == 5
    assert "--suite, --case and --tag choose none of the cases (4)" in result.stdout
    assert "no cases in" in result.stdout
    assert not (project / ".maestro").exists()


def test_the_first_failure_can_end_the_run(maestro: Maestro, project: Path) -> None:
    (project / "tests" / "test_unit.py").write_text("def test_a(): assert 0\ndef test_b(): assert 0\n")

    assert json.loads(maestro("run", "--json", "-x").stdout)["counts"] == {"failed": 1}


def test_a_wait_that_is_no_time_is_refused(maestro: Maestro) -> None:
    result = maestro("run", "--slow", "fast")

    assert result.exit_code == 2
    assert "'fast' is not a duration" in result.stderr


def test_the_plugins_are_listed(maestro: Maestro) -> None:
    data = json.loads(maestro("plugins", "--json").stdout)

    assert {adapter for plugin in data["plugins"] for adapter in plugin["adapters"]} >= {"playwright", "pytest"}
    assert "adapter pytest" in maestro("plugins").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_run_with_its_summary(project: Path, number: signal.Signals) -> None:
    (project / "tests" / "test_unit.py").write_text(
        "import pathlib, pytest, time\n"
        "@pytest.fixture\ndef house():\n    yield\n    pathlib.Path('tidied').touch()\n"
        "def test_a(house):\n    pathlib.Path('in it').touch()\n    time.sleep(600)\n"
    )
    child = subprocess.Popen([sys.executable, "-m", "maestro_fabric", "run"], cwd=project, stdout=subprocess.PIPE, text=True)
    wait_until((project / "in it").exists, within_s=30)

    child.send_signal(number)
    text, _ = child.communicate(timeout=30)
    assert "cut off by the end of the run:\n  unit::tests.test_unit.test_a\n" in text

    assert child.returncode == 2
    assert "interrupted: no cases in " in text
    assert (project / "tidied").exists()
