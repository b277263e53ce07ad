"""Secrets by name, from where the config says, and their removal from every text that leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from maestro_fabric.errors import ConfigError

__all__ = ["Secrets", "read_secret_file"]

_LEAST_LINE = 4


class Secrets:
    """Gives secrets, and remembers them so that they can be replaced by ``***``.

    Args:
        lookup: Gives a secret's value by name, ``None`` when it does not know it.
        source: Where ``lookup`` looks, for the error message.
    """

    def __init__(self, lookup: Callable[[str], str | None], *, source: str) -> None:
        self._lookup = lookup
        self._source = source
        self._given: dict[str, None] = {}

    def value(self, name: str) -> str:
        """The secret's value; from now on it is redacted.

        Raises:
            ConfigError: when it is missing.
        """
        value = self._lookup(name)
        if value is None:
            raise ConfigError(f"the secret {name!r} is missing: {self._source}")
        for form in _forms(value):
            self._given[form] = None
        # The longest first: a secret that holds another one must not leave its rest behind.
        self._given = dict.fromkeys(sorted(self._given, key=len, reverse=True))
        return value

    def redact(self, text: str) -> str:
        """The text with every secret given out so far replaced by ``***``."""
        for form in self._given:
            text = text.replace(form, "***")
        return text


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
    """The shapes in which a secret shows up: as it is, in a URL, in JSON, and line by line."""
    lines = [line for line in value.splitlines() if len(line) >= _LEAST_LINE]
    forms = [value, quote(value, safe=""), quote(value), json.dumps(value)[1:-1], *lines]
    return [form for form in forms if form]
