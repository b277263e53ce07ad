"""Secrets in the reports of native tests: replaced where the test ran, before anybody prints, sends or stores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace

import pytest

__all__ = ["redact_failure", "redact_report"]

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
    if report.user_properties:
        report.user_properties = [(name, redact(value) if isinstance(value, str) else value) for name, value in report.user_properties]
    redact_failure(report, redact)


def redact_failure(report: pytest.TestReport | pytest.CollectReport, redact: Redact) -> None:
    """Replace secrets in what a report shows of a failure."""
    if report.longrepr is None:
        return
    report.longrepr = _redacted(report.longrepr, redact)  # type: ignore[assignment]  # of the type that it was
    if not isinstance(report.longrepr, (str, tuple)):
        # Doctests, missing fixtures and other plugins have classes of their own, of which only the text is known.
        shown = str(report.longrepr)
        if redact(shown) != shown:
            report.longrepr = redact(shown)


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
