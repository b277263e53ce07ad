"""TAP as its many writers write it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.adapters.command.reported import Reported, ReportError
from maestro_fabric.adapters.command.tap import TapReader, read_tap
from maestro_fabric.adapters.command.yaml_diagnostics import read_diagnostics
from maestro_fabric.model import Location, Mark, Status


def cases(text: str) -> dict[str, Reported]:
    return {case.name: case for case in read_tap(text.encode())}


def shown(text: str) -> dict[str, str]:
    return {name: " ".join([str(case.tries[-1].outcome.status), *case.tries[-1].outcome.marks]) for name, case in cases(text).items()}


def test_every_kind_of_line_has_its_status() -> None:
    text = (
        "TAP version 14\n1..8\npragma +strict\nok 1 - fine\nnot ok 2 - wrong\nok 3 - off # SKIP no bank\nok 4\n"
        "not ok 5 - later # TODO\nok 6 - sooner # todo we thought\nok 7 - a \\# is no directive\nok - # Skipped\n# the end\nnonsense\n"
    )

    assert shown(text) == {
        "fine": "passed",
        "wrong": "failed",
        "off": "skipped",
        "test 4": "passed",
        "later": f"skipped {Mark.XFAILED}",
        "sooner": f"passed {Mark.XPASSED}",
        "a # is no directive": "passed",
        "test 8": "skipped",
    }
    assert cases(text)["off"].tries[0].outcome.reason == "no bank"


def test_subtests_are_cases_and_their_summary_is_one_only_when_it_fails_by_itself() -> None:
    text = """TAP version 14
# Subtest: cart
    # Subtest: full
        ok 1 - empties
        not ok 2 - counts
        1..2
    not ok 1 - full
    1..1
not ok 1 - cart
# Subtest: torn down
    ok 1 - fine
    1..1
not ok 2 - torn down
  ---
  failureType: 'hookFailed'
  error: 'no database'
  ...
1..2
"""

    assert shown(text) == {
        "cart > full > empties": "passed",
        "cart > full > counts": "failed",
        "torn down > fine": "passed",
        "torn down": "error",
    }


def test_diagnostics_give_message_trace_duration_and_place() -> None:
    text = """1..2
not ok 1 - wrong
  ---
  duration_ms: 12.5
  location: 'a test.mjs:3:5'
  name: 'AssertionError'
  error: |-
    one is not
    two
  stack: >-
    at X
  data:
    got: 1
  ...
not ok 2 - old
# Failed test 'old'
# at line 4
"""
    wrong, old = read_tap(text.encode())

    assert wrong.tries[0].outcome.fault is not None
    fault = wrong.tries[0].outcome.fault
    assert (fault.type, fault.message, fault.trace) == ("AssertionError", "one is not\ntwo", "at X")
    assert (wrong.tries[0].duration_s, wrong.location) == (0.0125, Location("a test.mjs", 3))
    assert old.tries[0].outcome.fault is not None
    assert old.tries[0].outcome.fault.message == "Failed test 'old'\nat line 4"


def test_values_of_diagnostics_are_text() -> None:
    lines = ["  a: 'it''s'", '  b: "x\\ny"', "  c:", "    - 1", "    - 2", "  d: plain", "rubbish"]

    assert read_diagnostics(["stray", *lines[:1]]) == {}
    assert read_diagnostics(lines[:-1]) == {"a": "it's", "b": "x\ny", "c": "- 1\n- 2", "d": "plain"}


def test_a_plan_of_nothing_is_skipped_with_its_reason() -> None:
    (case,) = read_tap(b"1..0 # SKIP no compiler\n")

    assert (case.name, case.tries[0].outcome.status, case.tries[0].outcome.reason) == ("all tests", Status.SKIPPED, "no compiler")


@pytest.mark.parametrize(
    ("text", "message", "names"),
    [
        ("1..3\nok 1 - a\n", "it is cut off: 3 tests were planned and 1 told", ["a"]),
        ("ok 1 - a\n", "it has no plan", ["a"]),
        ("1..2\nok 1 - a\nBail out! no database\n", "it bails out: no database", ["a"]),
        ("Bail out!", "it bails out$", []),
        ("1..1\n    ok 1 - inside\n    ok 2 - inside too\n", "1 tests were planned and 0 told", ["inside", "inside too"]),
        ("", "no TAP at all", []),
    ],
)
def test_a_document_that_is_not_whole_is_told_with_what_it_holds(text: str, message: str, names: list[str]) -> None:
    with pytest.raises(ReportError, match=message) as caught:
        read_tap(text.encode())

    assert [case.name for case in caught.value.cases] == names


def test_a_case_is_told_before_the_next_one_has_ended() -> None:
    told: list[str] = []

    def lines() -> Iterator[str]:
        yield "1..2\n"
        yield "ok 1 - a\n"
        yield "ok 2 - b\n"
        told.append("end of the document")

    cases_told = TapReader().read(lines())

    told.append(next(cases_told).name)
    told += [case.name for case in cases_told]

    assert told == ["a", "end of the document", "b"]


@given(st.text(alphabet=" ok1.#-not\nSKIP:'TODO|", max_size=120))
def test_rubbish_is_read_to_its_end_and_never_breaks_the_reader(text: str) -> None:
    reader = TapReader()

    found = list(reader.read(text.splitlines()))

    assert all(case.name and case.tries for case in found)
    assert len(found) <= len(text.splitlines())
