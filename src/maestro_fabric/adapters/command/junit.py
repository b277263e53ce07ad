"""JUnit XML in the dialects that are met: Ant, Maven Surefire, gotestsum, Robot Framework, node, pytest, GoogleTest.

Source:
    https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd and
    https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html (flaky and rerun elements);
    https://github.com/gotestyourself/gotestsum (--rerun-fails); there is no standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from maestro_fabric.adapters.command.reported import Reported, ReportError, Try
from maestro_fabric.model import Fault, Location, Outcome, Status

__all__ = ["read_junit"]

_BAD = {"failure": Status.FAILED, "error": Status.ERROR}
_FLAKY = {"flakyFailure": Status.FAILED, "flakyError": Status.ERROR}
_RERUN = {"rerunFailure": Status.FAILED, "rerunError": Status.ERROR}
# Writers that have no classes put these there.
_NO_CLASS = frozenset({"", "test"})
_NOT_RUN = frozenset({"notrun", "disabled", "skipped"})


def read_junit(data: bytes) -> tuple[Reported, ...]:
    """The cases of a report.

    Raises:
        ReportError: when it is no JUnit XML, or is cut off; with the cases up to there.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)  # noqa: FBT003 - its only form
    except expat.ExpatError as exc:
        why = expat.ErrorString(exc.code)
        raise ReportError(f"it is no whole XML: {why} in line {exc.lineno}, column {exc.offset + 1}", reader.found()) from None
    if reader.root not in ("testsuites", "testsuite"):
        raise ReportError(f"it is no JUnit XML: its root is <{reader.root}>, not <testsuites> or <testsuite>")
    return reader.found()


class _Reader:
    """Reads case by case, so that a big report, or one that is cut off, gives what it holds."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.root = ""
        self.cases: list[Reported] = []
        self._suites: list[dict[str, str]] = []
        self._case: TreeBuilder | None = None
        self._is_of_go = False

    def found(self) -> tuple[Reported, ...]:
        """The cases so far."""
        # Go has no two tests of one name: the second is a further try of the first (--rerun-fails, -count). Elsewhere rows of data
        # often share a name, and one that failed must not be hidden by another that passed.
        return tuple(_tries_joined(self.cases) if self._is_of_go else self.cases)

    def _refuse(self, *_: object) -> NoReturn:
        raise ReportError("it has a document type, which no JUnit XML needs; entities are not read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _plain(tag)
        self.root = self.root or name
        if name == "testcase" and self._case is None:
            self._case = TreeBuilder()
        if self._case is not None:
            self._case.start(name, attributes)
        elif name == "testsuite":
            self._suites.append(attributes)
        elif name == "property" and attributes.get("name") == "go.version":
            self._is_of_go = True

    def _end(self, tag: str) -> None:
        name = _plain(tag)
        if self._case is not None:
            element = self._case.end(name)
            if name == "testcase":
                self._case = None
                self.cases.append(_case(element, self._suites))
        elif name == "testsuite":
            self._suites.pop()

    def _text(self, text: str) -> None:
        if self._case is not None:
            self._case.data(text)


def _plain(tag: str) -> str:
    return tag.rpartition(":")[2]


def _tries_joined(cases: Iterable[Reported]) -> Iterable[Reported]:
    joined: dict[tuple[str, ...], Reported] = {}
    for case in cases:
        first = joined.get(case.path)
        joined[case.path] = case if first is None else replace(first, tries=(*first.tries, *case.tries))
    return joined.values()


def _case(element: Element, suites: list[dict[str, str]]) -> Reported:
    name = element.get("name") or "(without a name)"
    group = element.get("classname", "")
    outer = [suite["name"] for suite in suites if suite.get("name")]
    # Without a class the suites say where it belongs; the outermost is then mostly the file or the tool.
    path = [*outer, name] if group in _NO_CLASS or group == name else [group, name]
    file = element.get("file") or next((suite["file"] for suite in reversed(suites) if suite.get("file")), "")
    line = element.get("line", "")
    return Reported(
        path=tuple(path),
        tries=tuple(_tries(element, _moment(suites))),
        location=Location(file, int(line) if line.isdigit() and int(line) else 1) if file else None,
    )


def _tries(element: Element, started_at: float | None) -> Iterator[Try]:
    """The tries: those that were repeated stand in elements of their own, before (flaky) or after (rerun) the first word."""
    duration_s = _seconds(element.get("time", ""))
    for child in element:
        if child.tag in _FLAKY:
            yield Try(outcome=_bad(child, _FLAKY[child.tag]), duration_s=_seconds(child.get("time", "")), started_at=started_at)
    yield Try(outcome=_first(element), duration_s=duration_s, started_at=started_at)
    for child in element:
        if child.tag in _RERUN:
            yield Try(outcome=_bad(child, _RERUN[child.tag]), duration_s=_seconds(child.get("time", "")), started_at=started_at)


def _first(element: Element) -> Outcome:
    output, metadata = _output(element), _properties(element)
    bad = [child for child in element if child.tag in _BAD]
    if bad:
        # An error says that it could not be judged, whatever failed before or after.
        worst = next((child for child in bad if child.tag == "error"), bad[0])
        found = _bad(worst, _BAD[worst.tag])
        return Outcome(status=found.status, fault=found.fault, output=output, metadata=metadata)
    skipped = element.find("skipped")
    if skipped is not None:
        return Outcome(status=Status.SKIPPED, reason=skipped.get("message") or _text_of(skipped) or "skipped", metadata=metadata)
    if element.get("status", "").lower() in _NOT_RUN:
        return Outcome(status=Status.SKIPPED, reason=f"status {element.get('status')}", metadata=metadata)
    return Outcome(status=Status.PASSED, output=output, metadata=metadata)


def _bad(element: Element, status: Status) -> Outcome:
    trace = _text_of(element.find("stackTrace")) or _text_of(element)
    message = element.get("message") or trace.partition("\n")[0] or str(status)
    type_ = element.get("type") or ("AssertionError" if status is Status.FAILED else "Error")
    return Outcome(status=status, fault=Fault(type=type_, message=message, trace=trace), output=_output(element))


def _output(element: Element) -> str:
    texts = (_text_of(child) for child in element if child.tag in ("system-out", "system-err"))
    return "\n".join(filter(None, texts))


def _properties(element: Element) -> dict[str, str]:
    found = element.iterfind("properties/property")
    return {each.get("name", ""): each.get("value") or _text_of(each) for each in found if each.get("name")}


def _text_of(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _moment(suites: list[dict[str, str]]) -> float | None:
    """When the innermost suite that says so began, in seconds since the epoch."""
    text = next((suite["timestamp"] for suite in reversed(suites) if suite.get("timestamp")), "")
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def _seconds(text: str) -> float:
    """A duration in seconds; Surefire writes ``1,234.5``, some locales ``0,5``."""
    plain = re.sub(r"[^\d.,]", "", text)
    whole, comma, rest = plain.rpartition(",")
    if comma and "." not in rest:
        is_decimal = len(rest) != 3 or whole in ("", "0")
        plain = f"{whole.replace(',', '')}.{rest}" if is_decimal else whole + rest
    try:
        return float(plain.replace(",", ""))
    except ValueError:
        return 0.0
