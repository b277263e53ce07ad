"""A broken gate fails the session, and says which one and why."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from maestro_fabric.cli import main

CONFIG = """
version: 1
project: shop
gates: {gates}
suites:
  - {{name: unit, adapter: pytest, paths: [tests]}}
"""


@pytest.fixture
def suite(pytester):
    def write(gates):
        pytester.makefile(".yaml", qa=CONFIG.format(gates=gates))
        pytester.path.joinpath("tests").mkdir()
        pytester.path.joinpath("tests", "test_it.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
        return pytester

    return write


def test_a_broken_gate_fails_a_session_in_which_everything_passed(suite):
    result = suite("{must_run: [smoke], pass_rate: 98%}").runpytest_subprocess("--maestro-config=qa.yaml", "-p", "no:randomly")
    assert result.ret == 1
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*gate must_run smoke is broken and fails the run: no case has the tag, allowed is all, and one at least*"]
    )


def test_a_gate_can_be_told_only(suite):
    result = suite("{must_run: [smoke]}").runpytest_subprocess("--maestro-config=qa.yaml", "--maestro-gate=warn")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*gate must_run smoke is broken*"])


def test_gates_that_hold_say_nothing(suite):
    result = suite("{pass_rate: 98%, blocked: 0}").runpytest_subprocess("--maestro-config=qa.yaml")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*is broken*")


def test_maestro_run_holds_the_same_gates(suite):
    suite("{must_run: [smoke]}")
    failed = CliRunner().invoke(main, ["run", "qa.yaml"])
    warned = CliRunner().invoke(main, ["run", "qa.yaml", "--gate", "warn"])
    assert (failed.exit_code, warned.exit_code) == (1, 0)
    assert "gate must_run smoke is broken" in warned.output
