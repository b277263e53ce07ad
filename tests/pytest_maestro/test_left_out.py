"""What the selection leaves out of a needed suite counts as passed, and a person is told so."""

from __future__ import annotations

import pytest
from tests.pytest_maestro.conftest import Project

SUITES = """
  - {name: unit, adapter: pytest, paths: [tests]}
  - {name: checkout, adapter: scripted, needs: [unit], cases: [{name: buy}, {name: pay}, {name: look}]}
  - {name: after, adapter: scripted, needs: [checkout], cases: [{name: a}, {name: b}]}
"""
OF_CHECKOUT = "warning: after needs checkout, of which the selection leaves out 2 cases, which count as passed"
OF_UNIT = "warning: checkout needs unit, of which the selection leaves out 1 case, which counts as passed"
OF_ALL_UNIT = "warning: checkout needs unit, of which the selection leaves out everything, which counts as passed"


@pytest.fixture
def shop(project: Project) -> Project:
    project.config(SUITES)
    project.file("tests/test_unit.py", "def test_one(): pass\ndef test_buy(): pass\n")
    return project


def warnings(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("warning: ")]


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)])
def test_each_suite_is_named_once_whichever_process_collects(shop: Project, workers: list[str]) -> None:
    result = shop.spawn("qa.yaml", "-k", "buy or after", *workers)

    assert warnings(result) == [OF_UNIT, OF_CHECKOUT]


def test_suites_that_were_not_asked_for_are_left_out_as_a_whole(shop: Project) -> None:
    assert warnings(shop.run("qa.yaml::checkout::buy", "qa.yaml::after")) == [OF_ALL_UNIT, OF_CHECKOUT]


def test_a_whole_run_has_nothing_to_warn_of(shop: Project) -> None:
    assert warnings(shop.run("qa.yaml")) == []
