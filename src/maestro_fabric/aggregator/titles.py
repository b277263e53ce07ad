"""How the tables say a case's title, ``suite::name[params]``, in SQL."""

from __future__ import annotations

__all__ = ["CASE_TITLE", "CASE_TITLES", "TITLE"]

TITLE = "suite.name || '::' || CASE WHEN params = '' THEN test_case.name ELSE test_case.name || '[' || params || ']' END"
"""The title, where ``test_case`` and ``suite`` are joined."""

_FROM = f"SELECT test_case.id, suite.name, {TITLE} FROM test_case JOIN suite ON suite.id = test_case.suite_id"  # noqa: S608 - a constant

CASE_TITLES = f"{_FROM} WHERE :suite IS NULL OR suite.name = :suite"
"""Number, suite and title of all cases, or of those of a suite."""

CASE_TITLE = f"{_FROM} WHERE test_case.id = ?"
"""The same of one case."""
