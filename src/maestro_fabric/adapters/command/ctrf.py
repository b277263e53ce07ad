"""CTRF JSON.

Source:
    https://github.com/ctrf-io/ctrf (the specification and its JSON Schema).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from maestro_fabric.adapters.command.reported import Reported, ReportError, Try
from maestro_fabric.model import Fault, Location, Mark, Outcome, Status

__all__ = ["read_ctrf"]

_STATUSES = {"passed": Status.PASSED, "failed": Status.FAILED, "skipped": Status.SKIPPED, "pending": Status.SKIPPED}


def read_ctrf(data: bytes) -> tuple[Reported, ...]:
    """The cases of a report.

    Raises:
        ReportError: when it is no CTRF, or is cut off.
    """
    try:
        document = json.loads(data)
        tests = document["results"]["tests"]
        return tuple(_case(test) for test in tests)
    except ValueError as exc:
        raise ReportError(f"it is no whole JSON: {exc}") from None
    except (KeyError, TypeError, AttributeError) as exc:
        raise ReportError(f"it is no CTRF: results.tests with a name and a status each are wanted ({type(exc).__name__}: {exc})") from None


def _case(test: Mapping[str, Any]) -> Reported:
    suite = test.get("suite") or ()
    groups = [suite] if isinstance(suite, str) else [str(part) for part in suite]
    file, line = test.get("filePath") or "", test.get("line")
    return Reported(
        path=(*groups, str(test["name"])),
        tries=tuple(_tries(test)),
        location=Location(str(file), line if isinstance(line, int) and line > 0 else 1) if file else None,
        tags=tuple(str(tag) for tag in test.get("tags") or ()),
    )


def _tries(test: Mapping[str, Any]) -> Iterable[Try]:
    """Every attempt: writers differ in whether ``retryAttempts`` holds the last one too."""
    attempts = list(test.get("retryAttempts") or ())
    if len(attempts) > (test.get("retries") or 0) and attempts[-1].get("status") == test["status"]:
        attempts = attempts[:-1]
    earlier = [_try(attempt, marks=frozenset()) for attempt in attempts]
    is_flaky = bool(test.get("flaky")) and test["status"] == "passed" and not earlier
    return [*earlier, _try(test, marks=frozenset({Mark.FLAKY}) if is_flaky else frozenset())]


def _try(test: Mapping[str, Any], *, marks: frozenset[Mark]) -> Try:
    word = test["status"]
    status = _STATUSES.get(word, Status.ERROR)
    message = test.get("message") or f"status {test.get('rawStatus') or word}"
    fault = Fault(type="AssertionError" if word == "failed" else "Error", message=message, trace=test.get("trace") or "")
    start = test.get("start")
    return Try(
        outcome=Outcome(
            status=status,
            marks=marks,
            fault=fault if status.is_bad else None,
            reason=test.get("message") or str(word) if status is Status.SKIPPED else "",
            output="\n".join([*map(str, test.get("stdout") or ()), *map(str, test.get("stderr") or ())]),
        ),
        duration_s=float(test.get("duration") or 0) / 1000,
        started_at=start / 1000 if isinstance(start, int | float) and start > 1e11 else None,
    )
