"""Plain scalars to values, by PyYAML's own tables and its safe constructor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

__all__ = ["CORE_TAGS", "ScalarReader"]

_PREFIX = "tag:yaml.org,2002:"
CORE_TAGS = frozenset(_PREFIX + name for name in ("str", "int", "float", "bool", "null", "seq", "map"))
"""The tags that may stand in a file; any other is refused."""
_READ = {
    _PREFIX + "int": SafeConstructor.construct_yaml_int,
    _PREFIX + "float": SafeConstructor.construct_yaml_float,
    _PREFIX + "bool": SafeConstructor.construct_yaml_bool,
    _PREFIX + "null": SafeConstructor.construct_yaml_null,
}


class ScalarReader:
    """Reads plain scalars as ``yaml.safe_load`` does, but dates stay texts."""

    def __init__(self) -> None:
        # Only what begins with one of these characters can be anything but a text.
        self.starters: dict[str, Any] = Resolver.yaml_implicit_resolvers
        self._constructor = SafeConstructor()

    def read(self, text: str) -> Any:
        """The value of a plain scalar."""
        for tag, pattern in self.starters.get(text[:1], ()):
            if pattern.match(text):
                return self.read_tagged(text, tag)
        return text

    def read_tagged(self, text: str, tag: str) -> Any:
        """The value of a scalar under a core tag; a text for every other tag.

        Raises:
            ValueError: when the text does not fit the tag.
        """
        read: Callable[[SafeConstructor, yaml.ScalarNode], Any] | None = _READ.get(tag)
        if read is None:
            return text
        try:
            return read(self._constructor, yaml.ScalarNode(tag, text))
        except (KeyError, IndexError, ValueError, ConstructorError) as exc:
            raise ValueError(f"{text!r} does not fit !!{tag.removeprefix(_PREFIX)}") from exc
