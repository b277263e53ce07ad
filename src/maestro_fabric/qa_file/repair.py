"""What is left of a config when the parts that are wrong are taken out, so that the rest can be checked too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from maestro_fabric.config.models import Config
from maestro_fabric.qa_file.nodes import Path

__all__ = ["Repaired", "repaired"]

_ROUNDS = 4
_PLACEHOLDER_STEP = {"log": {"message": ""}}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A config without its wrong parts, and the paths below which nothing can be said any more."""

    config: Config
    blind: frozenset[Path]


def repaired(data: Any, wrong: Iterable[Path], config_type: type[Config]) -> Repaired | None:
    """Take wrong parts out until the rest is valid.

    A wrong step becomes a step that does nothing, so that the numbers of the others stay; any other wrong part is removed.

    Args:
        data: The tree; it is not changed.
        wrong: The paths of what the validation refused.
        config_type: What the rest must be.

    Returns:
        ``None`` when nothing valid is left.
    """
    blind: set[Path] = set()
    for _ in range(_ROUNDS):
        cuts = {_cut(path) for path in wrong}
        if () in cuts:
            return None
        blind |= cuts
        data = _without(data, cuts, ())
        try:
            return Repaired(config_type.model_validate(data), frozenset(blind))
        except ValidationError as exc:
            wrong = [_known_part(data, error["loc"]) for error in exc.errors(include_url=False, include_context=False)]
            # Removing a part can make the one around it wrong, so that one goes next.
            wrong = [path[:-1] if path in blind else path for path in wrong]
    return None


def _cut(path: Path) -> Path:
    """The part to take out: the whole step that holds the path, or what the path leads to."""
    for depth, key in enumerate(path[:-1]):
        if key in ("steps", "setup") and isinstance(path[depth + 1], int):
            return path[: depth + 2]
    # Without a list's item, the numbers of the others would change: the list goes as a whole, but for suites and cases.
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _without(value: Any, cuts: set[Path], path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, cuts, (*path, key)) for key, item in value.items() if (*path, key) not in cuts}
    if isinstance(value, list):
        return [_PLACEHOLDER_STEP if (*path, number) in cuts else _without(item, cuts, (*path, number)) for number, item in enumerate(value)]
    return value


def _known_part(data: Any, loc: tuple[str | int, ...]) -> Path:
    """The part of a validation error's place that is in the data: names of union members are left out."""
    path: list[str | int] = []
    for key in loc:
        if (isinstance(data, dict) and key in data) or (isinstance(data, list) and isinstance(key, int) and key < len(data)):
            data = data[key]
        else:
            continue
        path.append(key)
    return tuple(path)
