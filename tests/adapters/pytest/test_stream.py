from __future__ import annotations

import os
from pathlib import Path

import pytest

from maestro_fabric.adapters.pytest.stream import SPEC_VARIABLE, Closed, Collected, CollectionFailed, StreamSpec, open_stream, read_lines
from maestro_fabric.events import CaseFinished, Warned
from maestro_fabric.model import Case, CaseId, Location, Status

SPEC = StreamSpec(project="shop", suite="unit", root="/p")


def finished() -> CaseFinished:
    return CaseFinished(Case(id=CaseId("shop", "unit", "c")), Status.PASSED, frozenset(), 1.0, 2.0)


def test_what_the_child_tells_comes_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    spec = StreamSpec(project="shop", suite="unit", root="/p", path=str(path))
    stream = open_stream(0, {SPEC_VARIABLE: spec.as_text()})
    stream.collected("t/test_a.py::test_x[1]", Path("/p/t/test_a.py"), tags=("slow",), location=Location("t/test_a.py", 3))
    stream.collection_failed("t/test_b.py", Path("/p/t/test_b.py"), "SyntaxError")
    stream.event(finished())
    stream.close()
    stream.close()

    case_id = CaseId("shop", "unit", "t.test_a.test_x", "1")
    assert list(read_lines(path.read_text().splitlines(keepends=True))) == [
        Collected(id=case_id, nodeid="t/test_a.py::test_x[1]", path="/p/t/test_a.py", tags=("slow",), location=Location("t/test_a.py", 3)),
        CollectionFailed(id=CaseId("shop", "unit", "t.test_b"), nodeid="t/test_b.py", message="SyntaxError"),
        finished(),
        Closed(),
    ]


def test_a_line_cut_off_by_death_is_left_out() -> None:
    assert list(read_lines(['{"event": "Warned", "message": "a"}\n', '{"event": "Warn'])) == [Warned("a")]


def test_after_a_finished_case_the_child_waits_for_permission_and_its_absence_is_an_interrupt() -> None:
    up_read, up_write = os.pipe()
    down_read, down_write = os.pipe()
    spec = StreamSpec(project="shop", suite="unit", root="/p", down=down_read)
    stream = open_stream(up_write, {SPEC_VARIABLE: spec.as_text()})
    os.write(down_write, b".")

    stream.event(finished())
    stream.event(Warned("needs no permission"))
    os.close(down_write)
    with pytest.raises(KeyboardInterrupt):
        stream.event(finished())

    assert (os.get_inheritable(up_write), os.get_inheritable(down_read)) == (False, False)
    stream.close()
    os.close(up_read)
    os.close(down_read)


def test_an_owner_that_went_away_does_not_matter_at_the_end() -> None:
    up_read, up_write = os.pipe()
    stream = open_stream(up_write, {SPEC_VARIABLE: SPEC.as_text()})
    os.close(up_read)

    stream.close()


def test_the_option_alone_is_not_enough() -> None:
    with pytest.raises(KeyError, match=SPEC_VARIABLE):
        open_stream(1, {})
