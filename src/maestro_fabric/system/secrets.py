"""Secrets by name, from where the config says, and their removal from every text that leaves."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from maestro_fabric.errors import ConfigError
from maestro_fabric.system.secret_shapes import shapes_of

__all__ = ["Secrets", "read_secret_file"]

_LEAST_LINE = 4


class _Form(NamedTuple):
    shapes: re.Pattern[str]
    core: str


class Secrets:
    """Gives secrets, and remembers them so that they can be replaced by ``***``.

    Args:
        lookup: Gives a secret's value by name, ``None`` when it does not know it.
        source: Where ``lookup`` looks, for the error message.
    """

    def __init__(self, lookup: Callable[[str], str | None], *, source: str) -> None:
        self._lookup = lookup
        self._source = source
        self._given: dict[str, _Form] = {}

    def value(self, name: str) -> str:
        """The secret's value; from now on it is redacted.

        Raises:
            ConfigError: when it is missing.
        """
        value = self._lookup(name)
        if value is None:
            raise ConfigError(f"the secret {name!r} is missing: {self._source}")
        self._remember(value)
        return value

    def learn(self, names: Iterable[str]) -> None:
        """Redact these from now on, though nobody has asked for them; those that are missing are left out."""
        for name in names:
            # A plugin's hook may raise anything. Who needs the secret is told when asking for it.
            with contextlib.suppress(Exception):
                value = self._lookup(name)
                if value is not None:
                    self._remember(value)

    def redact(self, text: str) -> str:
        """The text with every secret given out so far replaced by ``***``."""
        for form in self._given.values():
            if form.core in text:
                text = form.shapes.sub("***", text)
        return text

    def _remember(self, value: str) -> None:
        new = [form for form in _forms(value) if form not in self._given]
        if new:
            known = self._given | {form: _Form(shapes_of(form), _core(form)) for form in new}
            # The longest first: a secret that holds another one must not leave its rest behind.
            self._given = dict(sorted(known.items(), key=lambda item: len(item[0]), reverse=True))


def read_secret_file(path: Path) -> Mapping[str, str]:
    """The ``NAME=value`` lines of a file; empty lines and lines with ``#`` are left out, quotes around a value are removed.

    Raises:
        ConfigError: when the file cannot be read, or a line is no such line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"the secrets file {str(path)!r} cannot be read: {exc}") from exc
    secrets = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals:
            # The line itself is not shown: it may be a secret.
            raise ConfigError(f"{path}:{number}: this line of the secrets file is not NAME=value")
        secrets[name.strip()] = _unquoted(value.strip())
    return secrets


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _forms(value: str) -> list[str]:
    """What is looked for: the whole, the whole as terminals and addresses trim it, and line by line."""
    parts = [value.strip(), *value.splitlines()]
    return list(dict.fromkeys(form for form in (value, *(part for part in parts if len(part) >= _LEAST_LINE)) if form))


def _core(form: str) -> str:
    """The longest run of letters and digits: it is in the text too, however the rest of the secret is written."""
    return max(re.findall(r"[A-Za-z0-9]+", form), key=len, default="")
