"""A log that is read while it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maestro_fabric.system.service_log import ServiceLog


@pytest.fixture
def log(tmp_path: Path) -> ServiceLog:
    return ServiceLog(tmp_path / "folder" / "log")


def append(log: ServiceLog, text: str) -> None:
    with log.path.open("a") as stream:
        stream.write(text)


def test_a_new_log_is_empty_though_an_older_one_was_there(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("of the run before\n")
    assert ServiceLog(tmp_path / "log").last_lines(20) == []


def test_the_last_lines_come_oldest_first_and_are_cut(log: ServiceLog) -> None:
    append(log, "one\ntwo\n" + "x" * 1000 + "\n")
    assert log.last_lines(2) == ["two", "x" * 500]


def test_bytes_that_are_no_text_do_no_harm(log: ServiceLog) -> None:
    log.path.write_bytes(b"\xff\xfe up\n")
    assert log.has_line(re.compile("up"))
    assert log.last_lines(1) == ["\ufffd\ufffd up"]


def test_a_line_without_an_end_counts(log: ServiceLog) -> None:
    append(log, "ready> ")
    assert log.has_line(re.compile("^ready>"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=st.lists(st.integers(min_value=0, max_value=24), max_size=6))
def test_a_line_is_found_however_it_is_written(log: ServiceLog, cuts: list[int]) -> None:
    text = "starting\nlistening now\nserving\n"
    log.start_again()
    found = False
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(text)], strict=True):
        append(log, text[start:end])
        found = log.has_line(re.compile("^listening now$")) or found
    assert found


def test_what_came_before_a_new_start_is_not_looked_at(log: ServiceLog) -> None:
    append(log, "listening\n")
    log.start_again()
    assert not log.has_line(re.compile("listening"))


def test_a_log_is_rewritten_line_by_line_whatever_its_bytes(log: ServiceLog) -> None:
    log.path.write_bytes(b"the password is hunter2\n\xff\n")
    log.rewrite(lambda line: line.replace("hunter2", "***"))
    assert log.path.read_bytes() == b"the password is ***\n\xff\n"
    assert list(log.path.parent.iterdir()) == [log.path]
