"""What is wrong with options or config is a usage error: printed cleanly, with nothing run."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from tests.pytest_maestro.conftest import Project

# The first because pytester forgets the modules that a run imported, and a patch of one of them with it.
import maestro_fabric.adapters.http.adapter
from maestro_fabric.cli import main

ONE = "  - {name: a, adapter: scripted, cases: [{name: one}]}\n"


def test_all_problems_of_a_config_are_printed_without_a_traceback(project: Project) -> None:
    project.config("  - {name: a, adapter: scripted, casess: []}\n  - {name: b, adapter: scripted, needz: [a], cases: []}\n")

    result = project.run("--maestro-config=qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = str(result.stderr)
    assert "casess" in text
    assert "needz" in text
    assert "Traceback" not in text
    assert project.ran() == []


@pytest.mark.parametrize("options", [["--maestro-var", "currency"], ["--maestro-slow", "fast"], ["--maestro-config=missing.yaml"]])
def test_an_option_that_cannot_be_understood_is_a_usage_error(project: Project, options: list[str]) -> None:
    project.config(ONE)

    result = project.run("--maestro-config=qa.yaml", *options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in str(result.stderr)


def test_two_configs_in_one_session_are_refused(project: Project) -> None:
    path = project.config(ONE)
    project.file("other.yaml", path.read_text())

    result = project.run("qa.yaml", "other.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*two configs*"])


WRONG_PATH = """\
qa.yaml:5:43: the path 'tsts/test_untit.py' does not exist
    5 |   - {name: unit, adapter: pytest, paths: [tsts/test_untit.py::test_one, more]}
      |                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ did you mean 'tests/test_unit.py::test_one'?
  at suites[0].paths[0]

qa.yaml:5:73: the path 'more' does not exist
    5 |   - {name: unit, adapter: pytest, paths: [tsts/test_untit.py::test_one, more]}
      |                                                                         ^^^^ looked for it in """


def test_a_wrong_path_of_a_native_suite_is_told_alike_by_validate_plan_run_and_pytest(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.path)
    project.file("tests/test_unit.py", "def test_one(): pass\n")
    project.config("  - {name: unit, adapter: pytest, paths: [tsts/test_untit.py::test_one, more]}\n")

    inside = project.run("qa.yaml")
    outside = [CliRunner().invoke(main, [command, "qa.yaml"]) for command in ("validate", "plan", "run")]

    assert inside.ret == pytest.ExitCode.USAGE_ERROR
    assert WRONG_PATH in str(inside.stderr)
    assert [result.exit_code for result in outside] == [2, 2, 2]
    assert [WRONG_PATH in result.stderr for result in outside] == [True, True, True]


def test_a_wrong_folder_of_a_native_suite_is_told_with_the_nearest_one(project: Project) -> None:
    project.file("web/tests/test_unit.py", "def test_one(): pass\n")
    project.config("  - {name: unit, adapter: pytest, cwd: wbe, paths: [tests]}\n")

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*qa.yaml:5:*the folder 'wbe' does not exist", "*^^^ did you mean 'web'?*"])


def test_a_path_that_two_native_suites_name_is_told_with_its_place(project: Project) -> None:
    project.file("tests/test_unit.py", "def test_one(): pass\n")
    project.config("  - {name: a, adapter: pytest, paths: [tests]}\n  - {name: b, adapter: pytest, paths: [./tests]}\n")

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*qa.yaml:6:*suites 'a' and 'b' both have the path './tests'", "*each test belongs to one suite*"])


def test_an_environment_of_a_native_suite_is_refused_with_its_place(project: Project) -> None:
    project.config("  - {name: unit, adapter: pytest, env: {A: b}}\n")

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*qa.yaml:5:*its env would hold for the whole pytest session*", "*maestro run*"])


TWO = """\
  - {name: widget, adapter: scripted, cases: [{name: one}, {name: two, params: [tea]}]}
  - {name: unit, adapter: pytest, paths: [tests]}
"""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("widgetz", "qa.yaml has no suite 'widgetz': did you mean 'qa.yaml::widget'?"),
        ("widget::oen", "qa.yaml has no case 'widget::oen': did you mean 'qa.yaml::widget::one'?"),
        ("wigdet::two[tea]", "qa.yaml has no case 'wigdet::two[tea]': did you mean 'qa.yaml::widget::two[tea]'?"),
        ("zzz", "qa.yaml has no suite 'zzz': its suites are widget, unit; maestro plan lists the cases"),
        ("unit::test_one", "'unit' is a suite of pytest: name its tests by their files, or all of it as qa.yaml::unit"),
    ],
)
def test_a_node_id_that_names_nothing_is_told_with_the_nearest_one(project: Project, wrong: str, said: str) -> None:
    project.file("tests/test_unit.py", "def test_one(): pass\n")
    project.config(TWO)

    result = project.run(f"qa.yaml::{wrong}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in str(result.stderr)
    assert project.ran() == []


@pytest.mark.parametrize("args", ["[-x]", "[--maxfail, '1']", pytest.param("[-n, '2']", marks=pytest.mark.needs_xdist)])
def test_arguments_that_would_hold_for_the_whole_session_are_refused(project: Project, args: str) -> None:
    project.config(f"  - {{name: unit, adapter: pytest, paths: [tests], args: {args}}}\n")
    project.file("tests/test_unit.py", "def test_one(): pass\n")

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*qa.yaml:5:*whole pytest session*-k, -m, --deselect and --ignore*"])


@pytest.mark.parametrize("options", [[], pytest.param(["-n1"], marks=pytest.mark.needs_xdist)], ids=["alone", "workers"])
def test_a_default_fallback_that_python_tests_cannot_have_is_warned_of_once(project: Project, options: list[str]) -> None:
    head = "policies: {web: {fallback: spare}}\npolicy: web\ngroups: {spare: {steps: [{log: spare}]}}"
    project.config("  - {name: unit, adapter: pytest, paths: [tests]}\n", head=head)
    project.file("tests/test_unit.py", "def test_one(): pass\n")

    result = project.run("qa.yaml", *options)

    assert result.ret == 0
    warning = "warning: unit: the fallback of the default policy 'web' is a group of steps, and Python tests have none"
    assert result.outlines.count(warning) == 1


def test_a_fallback_of_a_python_suite_is_refused_with_its_line(project: Project) -> None:
    head = "policies: {web: {fallback: spare}}\ngroups: {spare: {steps: [{log: spare}]}}"
    project.config("  - {name: unit, adapter: pytest, paths: [tests], policy: web}\n", head=head)

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*qa.yaml:6:*the fallback of 'web' is a group of steps, and a suite of pytest has no steps*"])


def test_a_store_that_cannot_be_opened_is_a_usage_error(project: Project) -> None:
    project.file("test_it.py", "def test_one(): print('RAN')\n")
    project.file("h.db", "this is no database, and long enough to be read as a header of one" * 20)

    result = project.run("--maestro-store=h.db", "-s")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.no_fnmatch_line("*RAN*")


@pytest.mark.parametrize(
    "options", [["--maestro-env=local"], ["--maestro-var", "a=1"], ["--maestro-headed"], ["--maestro-slow=1s"], ["--maestro-pause"]]
)
def test_an_option_that_means_nothing_without_a_config_is_a_usage_error(project: Project, options: list[str]) -> None:
    project.file("test_it.py", "def test_it(): pass\n")

    result = project.run(*options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{options[0].partition('=')[0]} without a config" in str(result.stderr)


@pytest.mark.parametrize("forgotten", ["project", "version"])
def test_a_named_config_that_forgets_a_key_is_told_which(project: Project, forgotten: str) -> None:
    path = project.config(ONE)
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith(f"{forgotten}:")))

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"'{forgotten}' is missing" in str(result.stderr)


EXTRA = 'adapter http needs an extra: pip install "pytest-maestro[http]"'


@pytest.fixture
def lacking(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on a machine without an extra that one of its three suites needs."""
    monkeypatch.setattr(maestro_fabric.adapters.http.adapter, "is_installed", lambda package: False)
    monkeypatch.chdir(project.path)
    project.file("tests/test_unit.py", "def test_one(): pass\n")
    project.config(
        "  - {name: a, adapter: scripted, cases: [{name: one}]}\n"
        "  - {name: web, adapter: http, cases: [{name: two, steps: [{log: hi}]}]}\n"
        "  - {name: unit, adapter: pytest, paths: [tests]}\n"
    )
    return project


@pytest.mark.parametrize(
    "chosen", [["qa.yaml"], ["qa.yaml", "-k", "one"], ["--maestro-config=qa.yaml"], ["qa.yaml::a", "qa.yaml::web::two"]]
)
def test_an_absent_extra_of_a_suite_that_may_run_is_one_line_and_nothing_runs(lacking: Project, chosen: list[str]) -> None:
    result = lacking.run(*chosen)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {EXTRA}"]
    assert lacking.ran() == []


@pytest.mark.parametrize("chosen", ["qa.yaml::a", "qa.yaml::a::one", "qa.yaml::unit", "tests"])
def test_suites_that_need_no_absent_extra_run_when_they_are_named(lacking: Project, chosen: str) -> None:
    lacking.run("--maestro-config=qa.yaml", chosen).assert_outcomes(passed=1)


def test_maestro_run_needs_only_what_its_chosen_suites_need(lacking: Project) -> None:
    chosen, whole = (CliRunner().invoke(main, ["run", "qa.yaml", *options]) for options in (["--suite", "a"], []))

    assert (chosen.exit_code, whole.exit_code) == (0, 2)
    assert whole.stderr.strip() == EXTRA
