"""A secret that was given out shows up in no report of a native test."""

from __future__ import annotations

import pytest
from tests.pytest_maestro.conftest import Project

GIVEN_OUT = "s3cr3t-p4ssw0rd"
TESTS = '''
import os, pytest
@pytest.fixture
def broken(): raise LookupError(os.environ["PASSWORD"])
def test_says_it():
    password = os.environ["PASSWORD"]
    print("printed", password)
    assert password == "another"
def test_chain():
    try: raise ValueError(os.environ["PASSWORD"])
    except ValueError as exc: raise RuntimeError("then " + os.environ["PASSWORD"]) from exc
def test_set_up(broken): pass
def test_skips(): pytest.skip(os.environ["PASSWORD"])
def test_expected(request):
    request.applymarker(pytest.mark.xfail(reason=os.environ["PASSWORD"]))
    assert 0, os.environ["PASSWORD"]
def test_property(record_property): record_property("word", os.environ["PASSWORD"])
def documented():
    """
    >>> os.environ["PASSWORD"]
    "another"
    """
def test_sub(subtests):
    with subtests.test(os.environ["PASSWORD"], word=os.environ["PASSWORD"]): assert 0, os.environ["PASSWORD"]
'''
SERVICE = """
services:
  web: {command: [python, -m, http.server, "{port}"], env: {WORD: "${secret:PASSWORD}"}, ready: {http: /, within: 20s}}
"""


@pytest.mark.parametrize("options", [[], pytest.param(["-n1"], marks=pytest.mark.needs_xdist), ["--showlocals"]])
def test_a_secret_is_in_no_report(project: Project, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    monkeypatch.setenv("PASSWORD", GIVEN_OUT)
    project.file("tests/test_it.py", TESTS)
    project.config("  - {name: unit, adapter: pytest, paths: [tests], services: [web]}\n", head=SERVICE)

    result = project.spawn("qa.yaml", "-rA", "--junitxml=x.xml", *options)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "printed ***" in result.stdout.str()
    assert GIVEN_OUT not in result.stdout.str()
    assert GIVEN_OUT not in (project.path / "x.xml").read_text()
    kept = b"".join(path.read_bytes() for path in (project.path / ".maestro").glob("history.db*"))
    assert kept
    assert GIVEN_OUT.encode() not in kept


@pytest.mark.parametrize("options", [[], pytest.param(["-n1"], marks=pytest.mark.needs_xdist)])
def test_secrets_that_nobody_has_asked_for_yet_are_in_no_report(
    project: Project, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("PASSWORD", GIVEN_OUT)
    project.file("tests/test_it.py", TESTS)
    project.file("tests/test_import.py", 'import os\nassert os.environ["PASSWORD"] == ""')
    project.config(
        "  - {name: unit, adapter: pytest, paths: [tests]}\n", head='vars: {WORD: "${secret:PASSWORD}", MORE: "${secret:NOT_THERE}"}'
    )

    result = project.spawn(
        "qa.yaml", "-rA", "--junitxml=x.xml", "--doctest-modules", "--continue-on-collection-errors", "--import-mode=importlib", *options
    )

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["ERROR tests/test_import.py - *'[*][*][*]'*", "FAILED *documented*"])
    assert "printed ***" in result.stdout.str()
    assert GIVEN_OUT not in result.stdout.str() + result.stderr.str()
    assert GIVEN_OUT not in (project.path / "x.xml").read_text()
    kept = b"".join(path.read_bytes() for path in (project.path / ".maestro").glob("history.db*"))
    assert kept
    assert GIVEN_OUT.encode() not in kept
