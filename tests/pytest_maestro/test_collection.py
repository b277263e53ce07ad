"""Which cases run: paths, node ids, and pytest's own ways to choose."""

from __future__ import annotations

import pytest
from tests.pytest_maestro.conftest import Project

SUITES = """
  - {name: unit, adapter: pytest, paths: [tests], tags: [quick], args: [-m, not slow]}
  - {name: api, adapter: pytest, paths: [tests/api]}
  - name: checkout
    adapter: scripted
    needs: [unit]
    tags: [smoke]
    cases:
      - {name: buy one item, params: [tea, "a::b", "x[1]"]}
      - {name: pay, tags: [money]}
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.config(SUITES)
    project.file("tests/test_unit.py", "import pytest\ndef test_one(): pass\n@pytest.mark.slow\ndef test_slow(): pass\n")
    project.file("tests/api/test_api.py", "def test_get(): pass\n")
    project.file("other/test_other.py", "def test_other(): pass\n")
    project.file("pytest.ini", "[pytest]\naddopts = --strict-markers\nmarkers = slow\n")
    return project


ALL = {
    "unit::tests.test_unit.test_one",
    "api::tests.api.test_api.test_get",
    "checkout::buy one item[tea]",
    "checkout::buy one item[a::b]",
    "checkout::buy one item[x[1]]",
    "checkout::pay",
}


@pytest.mark.parametrize("arguments", [["--maestro-config=qa.yaml"], ["qa.yaml"], ["-o", "maestro_config=qa.yaml"]])
def test_a_config_collects_exactly_its_suites_each_case_once(shop: Project, arguments: list[str]) -> None:
    result = shop.run(*arguments)

    result.assert_outcomes(passed=6, deselected=1)
    assert set(shop.results()) == ALL


@pytest.mark.parametrize(
    ("node_id", "expected"),
    [
        ("qa.yaml::checkout", {"checkout::pay", *(title for title in ALL if "buy" in title)}),
        ("qa.yaml::checkout::buy one item", {title for title in ALL if "buy" in title}),
        ("qa.yaml::checkout::buy one item[tea]", {"checkout::buy one item[tea]"}),
        ("qa.yaml::checkout::buy one item[a::b]", {"checkout::buy one item[a::b]"}),
        ("qa.yaml::checkout::buy one item[x[1]]", {"checkout::buy one item[x[1]]"}),
        ("qa.yaml::unit", {"unit::tests.test_unit.test_one"}),
        ("qa.yaml::api", {"api::tests.api.test_api.test_get"}),
        ("tests/test_unit.py::test_one", {"tests::tests.test_unit.test_one"}),
    ],
)
def test_node_ids_choose(shop: Project, node_id: str, expected: set[str]) -> None:
    shop.run(node_id, "--maestro-store=.maestro/history.db")

    assert set(shop.results()) == expected


def test_a_native_path_beside_a_config_keeps_its_suite(shop: Project) -> None:
    shop.run("--maestro-config=qa.yaml", "tests/test_unit.py::test_one", "other")

    assert set(shop.results()) == {"unit::tests.test_unit.test_one", "tests::other.test_other.test_other"}


def test_a_wrong_node_id_is_a_usage_error(shop: Project) -> None:
    result = shop.run("qa.yaml::checkout::sell")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*has no case 'checkout::sell'*"])
    assert not (shop.path / ".maestro/history.db").exists()


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (["-k", "pay"], {"checkout::pay"}),
        (["-k", "buy and tea"], {"checkout::buy one item[tea]"}),
        (["-k", "api and get"], {"api::tests.api.test_api.test_get"}),
        (["-k", "checkout and pay or unit and one"], {"checkout::pay", "unit::tests.test_unit.test_one"}),
        (["-m", "money"], {"checkout::pay"}),
        (["-m", "quick"], {"unit::tests.test_unit.test_one"}),
        (["--deselect", "qa.yaml::checkout::buy one item", "-m", "smoke"], {"checkout::pay"}),
    ],
)
def test_keywords_and_markers_choose(shop: Project, choice: list[str], expected: set[str]) -> None:
    shop.run("qa.yaml", *choice)

    assert set(shop.results()) == expected


def test_collect_only_lists_node_ids_and_leaves_no_history(shop: Project) -> None:
    result = shop.run("qa.yaml", "--co", "-q")

    result.stdout.fnmatch_lines(["tests/test_unit.py::test_one", "tests/api/test_api.py::test_get", "qa.yaml::checkout::buy one item?tea?"])
    assert not (shop.path / ".maestro").exists()


def test_suites_come_in_the_order_of_their_needs(project: Project) -> None:
    project.config(
        "  - {name: last, adapter: scripted, needs: [native], cases: [{name: z}]}\n"
        "  - {name: native, adapter: pytest, paths: [tests], needs: [first]}\n"
        "  - {name: first, adapter: scripted, cases: [{name: a}]}\n"
    )
    project.file("tests/test_unit.py", "def test_one(): pass\n")

    result = project.run("qa.yaml", "-v")

    result.stdout.fnmatch_lines(["qa.yaml::first::a PASSED*", "tests/test_unit.py::test_one PASSED*", "qa.yaml::last::z PASSED*"])


def test_options_of_a_native_suites_conftest_are_known(project: Project) -> None:
    project.config("  - {name: unit, adapter: pytest, paths: [tests]}\n")
    project.file("tests/conftest.py", "def pytest_addoption(parser): parser.addoption('--colour')\n")
    project.file("tests/test_unit.py", "def test_one(request): assert request.config.getoption('colour') == 'red'\n")

    project.run("--maestro-config=qa.yaml", "--colour=red").assert_outcomes(passed=1)


def test_a_config_in_a_native_suites_folder_is_still_collected(project: Project) -> None:
    project.config("  - {name: unit, adapter: pytest}\n  - {name: a, adapter: scripted, cases: [{name: one}]}\n")
    project.file("test_unit.py", "def test_one(): pass\n")

    project.run("qa.yaml").assert_outcomes(passed=2)


def test_identities_do_not_depend_on_where_pytest_is_started(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("shop/qa.yaml", (project.config(SUITES)).read_text())
    project.file("shop/tests/test_unit.py", "def test_one(): pass\n")
    project.file("shop/tests/api/test_api.py", "def test_get(): pass\n")
    project.run("shop/qa.yaml", "-o", "markers=slow")
    from_above = project.results("shop/.maestro/history.db")

    monkeypatch.chdir(project.path / "shop")
    project.run("qa.yaml", "--rootdir=.", "-o", "markers=slow")

    assert from_above == project.results("shop/.maestro/history.db")
    assert set(from_above) == ALL


def test_the_plan_is_not_looked_through_for_garbage(shop: Project) -> None:
    shop.file("conftest.py", "import gc\ndef pytest_unconfigure():\n    print('frozen:', gc.get_freeze_count() > 0)\n")

    result = shop.spawn("--maestro-config=qa.yaml", "--collect-only")

    result.stdout.fnmatch_lines(["*frozen: True"])
