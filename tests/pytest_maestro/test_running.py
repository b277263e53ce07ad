"""Cases of qa.yaml as pytest runs them."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from tests.pytest_maestro.conftest import Project

from maestro_fabric.aggregator import open_history

SUITES = """
  - name: checkout
    adapter: scripted
    owner: web
    cases:
      - {name: buy}
      - {name: pay, do: fail}
      - {name: late, do: flaky, retry: 1}
      - {name: gone, do: error}
      - {name: later, skip: not yet}
      - {name: known, do: fail, xfail: "#1"}
      - {name: better, xfail: "#2"}
      - {name: strict, xfail: "#3", strict: true}
  - name: after
    adapter: scripted
    needs: [checkout]
    cases: [{name: a}, {name: b, skip: not now}]
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.config(SUITES)
    return project


def test_every_outcome_is_pytests_and_the_historys(shop: Project) -> None:
    result = shop.run("qa.yaml")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*3 failed, 2 passed, 2 skipped, 1 xfailed, 1 xpassed, 1 blocked*"])
    assert shop.results() == {
        "checkout::buy": "passed",
        "checkout::pay": "failed",
        "checkout::late": "passed flaky",
        "checkout::gone": "error",
        "checkout::later": "skipped",
        "checkout::known": "skipped xfailed",
        "checkout::better": "passed xpassed",
        "checkout::strict": "failed",
        "after::a": "blocked",
        "after::b": "skipped",
    }


def test_a_failure_shows_steps_and_evidence_and_no_traceback(shop: Project) -> None:
    result = shop.run("qa.yaml::checkout::pay")

    result.stdout.fnmatch_lines(
        [
            "expected Thank you, saw Sorry",
            "steps:",
            "  1.3. click '#buy': failed*qa.yaml:7",
            "evidence in *",
            "*screenshot: buy/shot.png",
            "FAILED*expected Thank you*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("failed")


def test_a_failure_after_another_attempt_says_so(project: Project) -> None:
    project.config("  - {name: a, adapter: scripted, cases: [{name: gone, do: error, retry: 1}]}\n")

    result = project.run("qa.yaml")

    result.stdout.fnmatch_lines(["error: the case could not be judged, attempt 2 of 2", "attempt 1 was error:"])


def test_an_error_shows_the_adapters_frames_only(shop: Project) -> None:
    result = shop.run("qa.yaml::checkout::gone")

    result.stdout.fnmatch_lines(["error: the case could not be judged", "the wire is cut", "*scripted_adapter.py*"])
    result.stdout.no_fnmatch_line("*maestro_fabric/engine*")


def test_the_closing_section_says_what_a_person_must_know(shop: Project) -> None:
    result = shop.run("qa.yaml")

    result.stdout.fnmatch_lines(
        [
            "maestro: qa.yaml, store .maestro/history.db",
            "*= maestro =*",
            "3 passed, 2 failed, 1 error, 3 skipped, 1 blocked",
            "marks: 1 flaky, 1 xfailed, 1 xpassed",
            "flaky*",
            "  checkout::late",
            "xpassed*",
            "  checkout::better",
            "error (could not be judged):",
            "  checkout::gone",
            "blocked: needs checkout, which did not pass*",
            "  after::a",
            "run *-*-7* in .maestro/history.db",
        ]
    )


def test_quiet_runs_have_a_closing_section_only_when_there_is_something_to_look_at(shop: Project) -> None:
    shop.run("qa.yaml::checkout::buy", "-q").stdout.no_fnmatch_line("*= maestro =*")
    shop.run("qa.yaml::checkout::late", "-q").stdout.fnmatch_lines(["*= maestro =*", "flaky*"])
    shop.run("qa.yaml::checkout::pay", "-q").stdout.fnmatch_lines(["*= maestro =*", "1 failed"])


def test_runxfail_means_what_it_means_for_python_tests(shop: Project) -> None:
    shop.run("qa.yaml::checkout::known", "qa.yaml::checkout::strict", "--runxfail").assert_outcomes(failed=1, passed=1)


def test_a_blocked_case_fails_the_run_and_is_skipped_in_junit(project: Project) -> None:
    project.config(
        "  - {name: a, adapter: scripted, cases: [{name: bad, do: fail}]}\n"
        "  - {name: b, adapter: scripted, needs: [a], cases: [{name: one}]}\n"
    )

    result = project.run("qa.yaml", "-v", "--junitxml=x.xml")

    result.stdout.fnmatch_lines(["qa.yaml::b::one BLOCKED*", "*1 failed, 1 blocked*"])
    cases = {case.get("name"): [child.tag for child in case] for case in ElementTree.parse(project.path / "x.xml").iter("testcase")}  # noqa: S314
    assert cases == {"bad": ["failure"], "one": ["skipped"]}
    assert project.ran() == ["a::bad"]


def test_a_case_whose_dependency_is_down_stays_blocked_when_its_fallback_fails(project: Project) -> None:
    head = """environments: {local: {base_url: "http://localhost:9"}}
groups: {cached: {steps: [{request: {get: /cached}}]}}
policies: {web: {breaker: {dependency: "localhost:9", failures: 2, open_for: 60s}, fallback: cached}}
"""
    cases = ", ".join(f"{{name: {name}, steps: [{{request: {{get: /tea}}}}]}}" for name in "abcd")
    project.config(f"  - {{name: api, adapter: http, policy: web, cases: [{cases}]}}\n", head=head)

    result = project.run("qa.yaml", "-p", "no:randomly")

    result.stdout.fnmatch_lines(["FAILED qa.yaml::api::a - step 1 *: request get /tea", "*2 failed, 2 blocked*"])
    assert project.results() == {"api::a": "error", "api::b": "error", "api::c": "blocked", "api::d": "blocked"}


def test_a_service_that_does_not_start_blocks_its_cases_and_makes_the_exit_status_1(project: Project) -> None:
    service = "services: {shop: {command: [python, -c, 'raise SystemExit(chr(98) * 3)'], ready: {tcp: true, within: 5s}}}"
    project.config("  - {name: a, adapter: scripted, services: [shop], cases: [{name: one}, {name: two}]}\n", head=service)

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.results() == {"a::one": "blocked", "a::two": "blocked"}
    result.stdout.fnmatch_lines(
        ["blocked: *shop*", "  a::one", "  a::two", "  the last it wrote to *service-shop.log:", "    bbb", "run *"], consecutive=True
    )


def test_a_blocked_case_runs_again_with_lf_and_does_not_count_for_maxfail(project: Project) -> None:
    suites = "  - {name: a, adapter: scripted, cases: [{name: bad, do: fail}]}\n"
    suites += "  - {name: b, adapter: scripted, needs: [a], cases: [{name: one}, {name: two}]}\n"
    suites += "  - {name: c, adapter: scripted, cases: [{name: good}]}\n"
    project.config(suites)
    project.run("qa.yaml", "--maxfail=2").assert_outcomes(failed=1, passed=1)
    assert set(json.loads((project.path / ".pytest_cache/v/cache/lastfailed").read_text())) == {
        "qa.yaml::a::bad",
        "qa.yaml::b::one",
        "qa.yaml::b::two",
    }

    project.config(suites.replace("do: fail", "do: pass"))
    project.run("qa.yaml", "--lf").assert_outcomes(passed=3, deselected=1)


def test_a_case_with_a_parameter_runs_again_with_lf(project: Project) -> None:
    project.config("  - {name: a, adapter: scripted, cases: [{name: buy, params: [tea], do: fail}, {name: buy, params: [mug]}]}\n")
    project.run("qa.yaml").assert_outcomes(failed=1, passed=1)

    project.run("qa.yaml", "--lf").assert_outcomes(failed=1, deselected=1)


def test_failed_first_reorders_inside_suites_only(project: Project) -> None:
    project.config(
        "  - {name: a, adapter: scripted, cases: [{name: one}]}\n"
        "  - {name: b, adapter: scripted, needs: [a], cases: [{name: two}, {name: bad, do: fail}]}\n"
    )
    project.run("qa.yaml")
    (project.path / "ran.log").unlink()

    project.run("qa.yaml", "--ff")

    assert project.ran() == ["a::one", "b::bad", "b::two"]


def test_x_stops_at_the_first_failure(shop: Project) -> None:
    result = shop.run("qa.yaml", "-x")

    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    assert shop.ran() == ["checkout::buy", "checkout::pay"]
    with open_history(shop.path / ".maestro/history.db") as history:
        assert history.runs(limit=1)[0].status == "failed"


def test_durations_and_summary_letters_name_the_cases(shop: Project) -> None:
    result = shop.run("qa.yaml", "--durations=5", "--durations-min=0", "-rA", "-k", "buy or later")

    result.stdout.fnmatch_lines(
        ["*slowest 5 durations*", "*call*qa.yaml::checkout::buy", "PASSED qa.yaml::checkout::buy", "SKIPPED*qa.yaml*not yet"]
    )


def test_pdb_stops_at_a_failing_case(shop: Project) -> None:
    # Not `spawn_pytest`, which needs pexpect and skips the test without it.
    command = [sys.executable, "-m", "pytest", "--pdb", "-p", "no:randomly", "qa.yaml::checkout::pay"]

    result = shop.pytester.run(*command, stdin=b"p 6 * 7\nc\n")

    result.stdout.fnmatch_lines(["*expected Thank you*", "*(Pdb) 42", "*1 failed*"])
    assert shop.results() == {"checkout::pay": "failed"}


def test_one_session_serves_a_suite_and_is_closed(shop: Project) -> None:
    shop.run("qa.yaml", "-k", "buy or known or better")

    assert [line.split()[0] for line in (shop.path / "sessions.log").read_text().splitlines()] == ["open", "close"]


def test_variables_and_environment_are_taken_from_ini_and_overridden_on_the_command_line(project: Project) -> None:
    project.config(
        '  - {name: a, adapter: scripted, cases: [{name: "${vars.currency}"}]}\n',
        head="vars: {currency: EUR}\nenvironments: {local: {}, staging: {vars: {currency: USD}}}",
    )
    project.file("pytest.ini", "[pytest]\nmaestro_config = qa.yaml\nmaestro_env = staging\nmaestro_store = other.db\n")

    result = project.run()
    assert set(project.results("other.db")) == {"a::USD"}
    result.stdout.fnmatch_lines(["maestro: qa.yaml, environment staging, store other.db"])

    project.run("--maestro-var", "currency=GBP")
    assert set(project.results("other.db")) == {"a::GBP"}


def test_rerunfailures_repeats_a_case_and_every_attempt_is_kept(shop: Project) -> None:
    result = shop.run("qa.yaml::checkout::pay", "--reruns=2")

    result.stdout.fnmatch_lines(["*1 failed, 2 rerun*"])
    with open_history(shop.path / ".maestro/history.db") as history:
        run = history.runs(limit=1)[0]
        assert [(row.attempt, str(row.status)) for row in history.attempts(run.run_id)] == [(1, "failed"), (2, "failed"), (3, "failed")]


def test_randomly_shuffles_inside_suites_and_keeps_their_order(project: Project) -> None:
    cases = [f"{{name: {letter}}}" for letter in "abcdefgh"]
    project.config(
        f"  - {{name: second, adapter: scripted, needs: [first], cases: [{', '.join(cases)}]}}\n"
        f"  - {{name: first, adapter: scripted, cases: [{', '.join(cases)}]}}\n"
    )

    project.pytester.runpytest_subprocess("qa.yaml", "-p", "no:asyncio", "-p", "randomly", "--randomly-seed=7").assert_outcomes(passed=16)

    titles = project.ran()
    assert [title.partition("::")[0] for title in titles] == ["first"] * 8 + ["second"] * 8
    assert titles[:8] != sorted(titles[:8])


def test_a_time_limit_of_pytest_timeout_ends_a_case(project: Project) -> None:
    project.config("  - {name: a, adapter: scripted, cases: [{name: stuck, do: hang}, {name: next}]}\n")

    result = project.spawn("qa.yaml", "--timeout=1")

    result.assert_outcomes(failed=1, passed=1)
    assert project.results() == {"a::stuck": "failed", "a::next": "passed"}


def test_asyncio_tests_and_cases_live_in_one_session(project: Project) -> None:
    project.config("  - {name: unit, adapter: pytest, paths: [tests]}\n  - {name: a, adapter: scripted, cases: [{name: one}]}\n")
    project.file("tests/test_async.py", "import asyncio, pytest\n@pytest.mark.asyncio\nasync def test_it(): await asyncio.sleep(0)\n")

    project.spawn("qa.yaml", "-p", "pytest_asyncio.plugin", "-W", "ignore").assert_outcomes(passed=2)
