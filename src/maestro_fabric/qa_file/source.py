"""A file of the config: its text, and problems with places in it."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.errors import ConfigError, Problem
from maestro_fabric.model import Location
from maestro_fabric.qa_file.nodes import Mark

__all__ = ["MAX_BYTES", "Source", "read_source"]

MAX_BYTES = 32 * 1024 * 1024
"""How large one file may be: 10,000 cases of six steps are a fifth of it."""
_LINE = re.compile(r"[^\r\n]*")
_TOKEN = re.compile(
    r"""
    "(?:[^"\\]|\\.)*"            # double-quoted
  | '(?:[^']|'')*'               # single-quoted
  | [\[{|>]                      # the beginning of a list, a mapping or a block of text
  | (?:\$\{[^}]*\}|[^\s,\[\]{}:]|:(?=\S)|[ ](?![#\s]))+   # plain, to the next sign that ends it
""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Source:
    """A file as it was read; ``name`` is how messages call it."""

    path: Path
    name: str
    text: str = field(repr=False)

    @cached_property
    def _starts(self) -> list[int]:
        # Not `splitlines`: editors count neither form feeds nor U+2028 as ends of lines.
        return [0, *(match.end() for match in re.finditer(r"\r\n?|\n", self.text))]

    def location(self, mark: Mark | None) -> Location | None:
        """A place in this file."""
        if mark is None:
            return None
        line = bisect_right(self._starts, mark)
        return Location(self.name, line, mark - self._starts[line - 1] + 1)

    def problem(self, message: str, mark: Mark | None, *, width: int = 0, hint: str = "", path: str = "") -> Problem:
        """A problem at a place, or with the whole file; a ``width`` of 0 marks the word that stands there."""
        if mark is None:
            return Problem(message=f"{self.name}: {message}", hint=hint, path=path)
        start = self._starts[bisect_right(self._starts, mark) - 1]
        line = _LINE.match(self.text, start)[0].rstrip()  # type: ignore[index]  # the pattern matches everywhere
        shown = max(1, min(width or _width_at(line, mark - start), len(line) - (mark - start)))
        return Problem(message=message, location=self.location(mark), line_text=line, width=shown, hint=hint, path=path)


def read_source(path: Path) -> Source:
    """Read a file.

    Raises:
        ConfigError: when there is none, it cannot be read, is too large, or is not UTF-8.
    """
    name = shown_path(path)
    try:
        if path.is_dir():
            raise ConfigError(f"{name}: this is a folder; give the file in it, like {name}/qa.yaml")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(f"{name}: {size:,} bytes are too many; a file may have {MAX_BYTES:,}: split it with include")
        return Source(path, name, path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError([Problem(message=f"{name}: there is no such file", hint=did_you_mean(path.name, _files_beside(path)))]) from None
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{name}: this is not UTF-8 text (byte {exc.start + 1}); save it as UTF-8") from None
    except OSError as exc:
        raise ConfigError(f"{name}: cannot be read: {exc.strerror or exc}") from exc


def _files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.glob("*.y*ml") if file.is_file())


def shown_path(path: Path) -> str:
    """The path as messages show it: relative when it is below the current folder."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  not `resolve`: a link is shown as the name that was given
    current = Path.cwd()
    return str(absolute.relative_to(current)) if absolute.is_relative_to(current) else str(absolute)


def _width_at(line: str, column: int) -> int:
    match = _TOKEN.match(line, column)
    return len(match[0].rstrip()) if match else 1
