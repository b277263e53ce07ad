"""The ``args:`` of a native suite inside a session it shares with others: those that choose tests, and no others."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.mark import KeywordMatcher, MarkMatcher
from _pytest.mark.expression import Expression

from maestro_fabric.errors import ConfigError
from maestro_fabric.plan import PlannedSuite

__all__ = ["SuiteArgs", "read_suite_args"]

_ALLOWED = "-k, -m, --deselect and --ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteArgs:
    """Which of a suite's tests run.

    Attributes:
        keyword: ``-k``, compiled.
        mark: ``-m``, compiled.
        deselected: Beginnings of node ids.
        ignored: Files and folders, absolute.
    """

    keyword: Expression | None
    mark: Expression | None
    deselected: tuple[str, ...]
    ignored: tuple[Path, ...]

    def allow(self, item: pytest.Item) -> bool:
        """Whether the suite's own arguments let this test run."""
        if self.keyword is not None and not self.keyword.evaluate(KeywordMatcher.from_item(item)):
            return False
        if self.mark is not None and not self.mark.evaluate(MarkMatcher.from_markers(item.iter_markers())):
            return False
        if self.deselected and item.nodeid.startswith(self.deselected):
            return False
        return not any(item.path.is_relative_to(path) for path in self.ignored)


def read_suite_args(suite: PlannedSuite, config: pytest.Config, *, root: Path | None = None) -> SuiteArgs:
    """The arguments of a native suite.

    Raises:
        ConfigError: for arguments that would hold for the whole session.
    """
    parser = _Parser(suite.name)
    parser.add_argument("-k", dest="keyword", default="")
    parser.add_argument("-m", dest="mark", default="")
    parser.add_argument("--deselect", action="append", default=[])
    parser.add_argument("--ignore", action="append", default=[])
    written: Sequence[str] = getattr(suite.config, "args", ())
    chosen, others = parser.parse_known_args(list(written))
    if others:
        raise _refusal(suite.name, " ".join(others))
    folder = root or config.rootpath
    return SuiteArgs(
        keyword=_compiled(suite.name, "-k", chosen.keyword),
        mark=_compiled(suite.name, "-m", chosen.mark),
        deselected=tuple(chosen.deselect),
        ignored=tuple(Path(os.path.normpath(folder / path)) for path in chosen.ignore),
    )


class _Parser(argparse.ArgumentParser):
    def __init__(self, suite: str) -> None:
        super().__init__(add_help=False, allow_abbrev=False)
        self._suite = suite

    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"suite {self._suite!r}: args: {message}")


def _compiled(suite: str, option: str, text: str) -> Expression | None:
    if not text:
        return None
    try:
        return Expression.compile(text)
    except SyntaxError as exc:
        raise ConfigError(f"suite {suite!r}: args: {option} {text!r} is no expression: {exc}") from None


def _refusal(suite: str, others: str) -> ConfigError:
    return ConfigError(
        f"suite {suite!r}: args: {others!r} would hold for the whole pytest session, which this suite shares with others. "
        f"Inside pytest a suite's args may be {_ALLOWED}; give the others to pytest itself, or run the file with 'maestro run'"
    )
