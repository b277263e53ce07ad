"""Secrets in the reports of native tests: replaced where the test ran, before anybody prints, sends or stores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace

import pytest

__all__ = ["redact_report"]

Redact = Callable[[str], str]


def redact_report(report: pytest.TestReport, redact: Redact) -> None:
    """Replace secrets in what a report shows of a failure, in its captured output, and in its reason."""
    if report.sections:
        report.sections = [(title, redact(text)) for title, text in report.sections]
    if hasattr(report, "wasxfail"):
        report.wasxfail = redact(report.wasxfail)
    if isinstance(report, pytest.SubtestReport):
        values = {name: redact(value) if isinstance(value, str) else value for name, value in report.context.kwargs.items()}
        report.context = replace(report.context, msg=report.context.msg and redact(report.context.msg), kwargs=values)
    if report.longrepr is not None:
        report.longrepr = _redacted(report.longrepr, redact)  # type: ignore[assignment]


def _redacted(part: object, redact: Redact) -> object:
    """A part of pytest's representation of a failure: a text, or lists, tuples and objects of such parts, which are changed in place."""
    if isinstance(part, str):
        return redact(part)
    if isinstance(part, list):
        part[:] = [_redacted(each, redact) for each in part]
    elif isinstance(part, tuple):
        return tuple(_redacted(each, redact) for each in part)
    elif is_dataclass(part):
        for each in fields(part):
            setattr(part, each.name, _redacted(getattr(part, each.name), redact))
    return part
