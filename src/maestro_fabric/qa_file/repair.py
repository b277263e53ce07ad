"""What is left of a config when the parts that are wrong are taken out, so that the rest can be checked too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from maestro_fabric.config.models import Config, StepsSuite, SuiteConfig
from maestro_fabric.qa_file.nodes import Path, has_part

__all__ = ["Repaired", "repaired"]

_ROUNDS = 6
_STEP: dict[str, Any] = {"log": {"message": ""}}


@dataclass(frozen=True, slots=True)
class Repaired:
    """A config without its wrong parts, and the paths below which nothing can be said any more."""

    config: Config
    blind: frozenset[Path]


def repaired(data: Any, wrong: Iterable[Path], config_type: type[Config], suite_models: Mapping[str, type[SuiteConfig]]) -> Repaired | None:
    """Take wrong parts out until the rest is valid.

    What has a number or a name that others refer to (a step, a case, a suite, a service …) is replaced by something that
    does nothing, so that numbers and names stay; any other wrong part is removed.

    Args:
        data: The tree; it is not changed.
        wrong: The paths of what the validation refused.
        config_type: What the rest must be.
        suite_models: The shape of suites, by the adapter's name.

    Returns:
        ``None`` when nothing valid is left.
    """
    blind: set[Path] = set()
    for _ in range(_ROUNDS):
        cuts = {_cut(path) for path in wrong}
        if () in cuts:
            return None
        blind |= cuts
        data = _without(data, cuts, (), suite_models)
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
    while path and isinstance(path[-1], int) and path[-2] not in ("suites", "cases"):
        path = path[:-1]  # without one item, the numbers of the others would change: the list goes as a whole
    return path


def _without(value: Any, cuts: set[Path], path: Path, models: Mapping[str, type[SuiteConfig]]) -> Any:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            here = (*path, key)
            if here not in cuts:
                kept[key] = _without(item, cuts, here, models)
            elif len(here) == 2 and path[0] in _NAMED:
                kept[key] = _NAMED[str(path[0])]
        return kept
    if isinstance(value, list):
        return [
            _placeholder((*path, number), item, models) if (*path, number) in cuts else _without(item, cuts, (*path, number), models)
            for number, item in enumerate(value)
        ]
    return value


_NAMED: dict[str, Any] = {"services": {"command": ["-"]}, "groups": {"steps": [_STEP]}, "policies": {}, "environments": {}}


def _placeholder(path: Path, item: Any, models: Mapping[str, type[SuiteConfig]]) -> Any:
    """Something valid in the place of a step, a case or a suite; its name is kept."""
    name = item.get("name") if isinstance(item, dict) else None
    named = {"name": name if isinstance(name, str) and name else f"… {path[-1]}"}
    case = {**named, "steps": [_STEP]}
    if path[-2] == "cases":
        return case
    if path[-2] != "suites":
        return _STEP
    adapter, model = next(iter(models.items()))
    return {**named, "adapter": adapter, **({"cases": [case]} if issubclass(model, StepsSuite) else {})}


def _known_part(root: Any, loc: tuple[str | int, ...]) -> Path:
    """The part of a validation error's place that is in the data: names of union members are left out."""
    path: list[str | int] = []
    data: Any = root
    for key in loc:
        if has_part(data, key):
            data = data[key]
            path.append(key)
    return tuple(path)
