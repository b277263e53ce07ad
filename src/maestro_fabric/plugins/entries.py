"""The entry points of plugins, and whose they are; nothing is imported to find that out."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

__all__ = ["ENTRY_POINT_GROUP", "OUR_PACKAGE", "by_origin", "has_strangers", "installed"]

ENTRY_POINT_GROUP = "maestro_fabric"
OUR_PACKAGE = "pytest-maestro"


def installed() -> Iterable[EntryPoint]:
    """The entry points of every plugin that is installed here."""
    return entry_points(group=ENTRY_POINT_GROUP)


def has_strangers() -> bool:
    """Whether plugins of others are installed."""
    return bool(by_origin(installed())[1])


def by_origin(entries: Iterable[EntryPoint]) -> tuple[list[EntryPoint], list[EntryPoint]]:
    """Ours and others', each in the order of their names."""
    in_order = sorted(entries, key=lambda entry: (entry.name, entry.value))
    # A set, because a distribution reads its name from a file each time it is asked.
    our_origins = {origin for origin in {entry.dist for entry in in_order} if origin is not None and origin.name == OUR_PACKAGE}
    return [entry for entry in in_order if entry.dist in our_origins], [entry for entry in in_order if entry.dist not in our_origins]
