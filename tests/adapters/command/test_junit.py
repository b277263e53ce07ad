"""JUnit XML as its many writers write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.adapters.command.junit import read_junit
from maestro_fabric.adapters.command.reported import Reported, ReportError
from maestro_fabric.model import Location, Status


def cases(text: str) -> dict[str, Reported]:
    return {case.name: case for case in read_junit(text.encode())}


def statuses(case: Reported) -> list[str]:
    return [str(each.outcome.status) for each in case.tries]


SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="example.CartTest" time="1,234.5" tests="4" errors="1" failures="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="fine" classname="example.CartTest" time="1,234.5"/>
  <testcase name="flaky" classname="example.CartTest" time="0.01">
    <flakyFailure message="first" type="java.lang.AssertionError"><stackTrace><![CDATA[java.lang.AssertionError: first
  at X]]></stackTrace><system-out>told</system-out></flakyFailure>
    <flakyError message="second" type="java.io.IOException" time="0.2"/>
  </testcase>
  <testcase name="never" classname="example.CartTest" time="0.02">
    <error message="one" type="java.io.IOException"><![CDATA[java.io.IOException: one
  at X]]></error>
    <rerunError message="two" type="java.io.IOException"/><rerunFailure message="three"/>
  </testcase>
  <testcase name="off" classname="example.CartTest"><skipped message="no bank"/></testcase>
</testsuite>"""


def test_reruns_of_surefire_are_tries_oldest_first() -> None:
    found = cases(SUREFIRE)

    assert statuses(found["example.CartTest > fine"]) == ["passed"]
    assert statuses(found["example.CartTest > flaky"]) == ["failed", "error", "passed"]
    assert statuses(found["example.CartTest > never"]) == ["error", "error", "failed"]
    assert [each.outcome.fault.message for each in found["example.CartTest > never"].tries if each.outcome.fault] == ["one", "two", "three"]
    first = found["example.CartTest > flaky"].tries[0].outcome
    assert first.fault is not None
    assert (first.fault.trace, first.output) == ("java.lang.AssertionError: first\n  at X", "told")
    assert found["example.CartTest > off"].tries[0].outcome.reason == "no bank"
    assert [each.duration_s for each in found["example.CartTest > flaky"].tries] == [0.0, 0.2, 0.01]


GOTESTSUM = """<testsuites tests="4" failures="2"><testsuite name="shop/cart" tests="4" failures="2">
  <properties><property name="go.version" value="go1.24 linux/amd64"/></properties>
  <testcase classname="shop/cart" name="TestSlow" time="0.5"><failure message="Failed" type="">cart_test.go:9: too late</failure></testcase>
  <testcase classname="shop/cart" name="TestSlow" time="0.4"><failure message="Failed" type="">cart_test.go:9: again</failure></testcase>
  <testcase classname="shop/cart" name="TestAdd" time="0.1"/>
  <testcase classname="shop/cart" name="TestSlow" time="0.2"/>
</testsuite></testsuites>"""


def test_a_test_of_go_that_is_told_again_was_tried_again_and_elsewhere_a_name_may_be_shared() -> None:
    found = cases(GOTESTSUM)

    assert {name: statuses(case) for name, case in found.items()} == {
        "shop/cart > TestSlow": ["failed", "failed", "passed"],
        "shop/cart > TestAdd": ["passed"],
    }
    assert len(read_junit(GOTESTSUM.replace("go.version", "java.version").encode())) == 4


def test_nested_suites_name_what_has_no_class() -> None:
    found = cases(
        "<testsuites><testsuite name='cart'><testsuite name='full'><testcase name='empties' classname='test'/></testsuite>"
        "<testcase name='adds'/></testsuite><testcase/></testsuites>"
    )

    assert list(found) == ["cart > full > empties", "cart > adds", "(without a name)"]


def test_gotestsum_robot_and_googletest_are_understood() -> None:
    found = cases(
        """<testsuites><testsuite name="shop/cart" timestamp="2026-01-02T03:04:05Z">
        <testcase classname="shop/cart" name="TestAdd/two" time="0.5" file="cart_test.go" line="12">
        <failure message="Failed" type="">cart_test.go:12: no</failure></testcase>
        <testcase classname="Root.Sub" name="A robot"><skipped>because</skipped>
        <properties><property name="k" value="v"/></properties></testcase>
        <testcase classname="GTest" name="Off" status="notrun"/>
        <testcase classname="GTest" name="Both"><failure message="a"/><error/>
        <system-out>out</system-out><system-err>err</system-err></testcase>
        </testsuite></testsuites>"""
    )

    add = found["shop/cart > TestAdd/two"]
    assert add.location == Location("cart_test.go", 12)
    assert add.tries[0].started_at == 1767323045.0
    assert add.tries[0].outcome.fault is not None
    assert add.tries[0].outcome.fault.type == "AssertionError"
    assert found["Root.Sub > A robot"].tries[0].outcome.reason == "because"
    assert found["Root.Sub > A robot"].tries[0].outcome.metadata == {"k": "v"}
    assert found["GTest > Off"].tries[0].outcome.status is Status.SKIPPED
    both = found["GTest > Both"].tries[0].outcome
    assert (both.status, both.output) == (Status.ERROR, "out\nerr")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1,234.5", 1234.5),
        ("0,5", 0.5),
        ("1,234", 1234.0),
        ("0,123", 0.123),
        ("12,3456", 12.3456),
        ("1.5s", 1.5),
        ("", 0.0),
        ("1.2.3", 0.0),
    ],
)
def test_durations_may_have_commas(text: str, seconds: float) -> None:
    (case,) = read_junit(f"<testsuite><testcase name='a' time='{text}'/></testsuite>".encode())

    assert case.tries[0].duration_s == seconds


def test_a_report_that_is_cut_off_gives_what_is_whole_and_says_where() -> None:
    with pytest.raises(ReportError, match=r"it is no whole XML: .* in line 6, column \d+") as caught:
        read_junit(SUREFIRE[:460].encode())

    assert [case.name for case in caught.value.cases] == ["example.CartTest > fine"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><testsuite>&b;</testsuite>', "it has a document type"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><testsuite/>', "it has a document type"),
        ("<html/>", "its root is <html>"),
        ("Build failed", "it is no whole XML: syntax error in line 1"),
        ("<testsuite>&undefined;</testsuite>", "it is no whole XML: undefined entity"),
    ],
)
def test_what_is_no_junit_is_refused(text: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_junit(text.encode())


@given(st.binary(max_size=200))
def test_rubbish_is_a_report_error_and_nothing_else(data: bytes) -> None:
    with pytest.raises(ReportError):
        read_junit(data)
