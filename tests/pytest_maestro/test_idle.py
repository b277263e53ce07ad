"""Without an option of ours nothing happens, and nothing is imported."""

from __future__ import annotations

import sys

import pytest
from tests.pytest_maestro.conftest import Project

LOADED = (
    "import sys; print('LOADED', sorted(name for name in sys.modules if name.partition('.')[0] in ('maestro_fabric', 'pytest_maestro')))"
)


def test_no_module_of_the_library_is_imported_without_an_option(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"def test_it():\n    {LOADED}")

    result = pytester.runpytest_subprocess("-s", "-p", "no:randomly")

    assert "LOADED ['pytest_maestro', 'pytest_maestro.fixtures', 'pytest_maestro.plugin']" in str(result.stdout)


def test_recording_without_a_config_imports_neither_pydantic_nor_yaml(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import sys\ndef test_it(): assert not {'pydantic', 'yaml', 'pandas', 'sqlite_utils'} & set(sys.modules)")

    result = pytester.runpytest_subprocess("--maestro-store=h.db", "-p", "no:randomly", "-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)


def test_a_yaml_file_that_is_no_config_is_left_to_others(project: Project) -> None:
    project.file("other.yaml", "version: 1\nname: nothing of ours\n")

    result = project.run("other.yaml")

    result.stderr.fnmatch_lines(["*not found*other.yaml*"])
    assert not (project.path / ".maestro").exists()


def test_a_config_is_not_collected_unless_it_is_named(project: Project) -> None:
    project.config("  - {name: a, adapter: scripted, cases: [{name: one}]}\n")
    project.file("test_native.py", "def test_one(): pass\n")

    project.run().assert_outcomes(passed=1)


def test_help_works_with_a_broken_config(project: Project) -> None:
    project.config("  - {name: a, adapter: nobody}\n")

    assert project.run("--maestro-config=qa.yaml", "--help").ret == 0


def test_the_options_are_in_the_help(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--help", "-p", "no:asyncio")

    result.stdout.fnmatch_lines(["*--maestro-config=FILE*", "*--maestro-store=PLACE*", "*--maestro-var=NAME=VALUE*"])
    result.stdout.no_fnmatch_line("*--maestro-stream*")
    assert sys.modules["pytest_maestro.plugin"]
