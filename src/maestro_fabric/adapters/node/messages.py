"""What our reporters inside Jest and Vitest say, one JSON object a line; ``kind`` names the message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Failure", "FileBegan", "FileEnded", "Message", "RunBegan", "RunEnded", "TestBegan", "TestRecord", "TestTried", "read_messages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error that a test threw: its text with the stack, and whether an assertion threw it."""

    text: str
    is_assertion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord:
    """One try of a test.

    Attributes:
        titles: Those of its ``describe`` blocks, and its own.
        status: What the framework says.
        project: The framework's project that it ran in; empty when there is but one.
        seconds: How long it took.
        started_at: Seconds since the epoch; ``None`` when that is not known.
        line: Where it is written, from 1; ``None`` when that is not known.
        column: From 1.
        number: Which try this is, from 1.
        failures: What it threw.
        earlier: What each of the tries before this one threw, when they were not told by themselves.
        reason: Why it is skipped.
    """

    # The name does not make it a test of pytest's.
    __test__ = False

    titles: tuple[str, ...]
    status: Literal["passed", "failed", "skipped", "todo"]
    project: str = ""
    seconds: float = 0.0
    started_at: float | None = None
    line: int | None = None
    column: int | None = None
    number: int = 1
    failures: tuple[Failure, ...] = ()
    earlier: tuple[Failure, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan:
    """Files are about to run; ``runs`` counts a file once for each project it belongs to."""

    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBegan:
    """A file begins; files are told by their absolute paths."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestBegan:
    """A test of a file begins."""

    __test__ = False

    file: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestTried:
    """A try of a test has ended; after one that failed there may be another."""

    __test__ = False

    file: str
    test: TestRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEnded:
    """A file has ended, with the last word on each of its tests in the order in which they are written.

    Attributes:
        file: The file.
        error: Why it could not be run, or what broke beside its tests; empty when nothing did.
        seconds: How long it took.
        output: What it wrote to the console.
        obsolete: The snapshots that no test asked for.
        tests: Its tests; empty when it could not be run.
    """

    file: str
    error: str = ""
    seconds: float = 0.0
    output: str = ""
    obsolete: tuple[str, ...] = ()
    tests: tuple[TestRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """No file follows; ``errors`` belong to none of them."""

    errors: tuple[str, ...] = ()


Message = RunBegan | FileBegan | TestBegan | TestTried | FileEnded | RunEnded
_KINDS: Mapping[str, type[Message]] = {kind.__name__: kind for kind in (RunBegan, FileBegan, TestBegan, TestTried, FileEnded, RunEnded)}


def read_messages(lines: Iterable[str]) -> Iterator[Message]:
    """What the reporter says, until it says nothing more; a line cut off by the program's death is left out."""
    for line in lines:
        if not line.endswith("\n"):
            return
        data = json.loads(line)
        kind = _KINDS[data.pop("kind")]
        yield kind(**{name: _value(name, value) for name, value in data.items()})


def _value(name: str, value: Any) -> Any:
    if name == "test":
        return _record(value)
    if name == "tests":
        return tuple(_record(each) for each in value)
    return tuple(value) if isinstance(value, list) else value


def _record(data: Mapping[str, Any]) -> TestRecord:
    failures = {name: tuple(Failure(**each) for each in data.get(name, ())) for name in ("failures", "earlier")}
    return TestRecord(**{**data, "titles": tuple(data["titles"]), **failures})
