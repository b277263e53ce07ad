"""The tree against the models, then the checks; every error with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from maestro_fabric.config.checks import check_config
from maestro_fabric.config.models import Config, SuiteConfig, build_config_type
from maestro_fabric.config.references import check_references
from maestro_fabric.config.schema import json_schema
from maestro_fabric.errors import Problem
from maestro_fabric.qa_file.nodes import Path
from maestro_fabric.qa_file.paths import check_paths
from maestro_fabric.qa_file.repair import repaired
from maestro_fabric.qa_file.translate import Translation
from maestro_fabric.qa_file.tree import Tree

__all__ = ["validate"]


def validate(tree: Tree, suite_models: Mapping[str, type[SuiteConfig]], problems: list[Problem]) -> Config | None:
    """The config; ``None`` when its shape is wrong. Every problem found is added to ``problems``."""
    models = _models_named(tree.data, suite_models)
    config_type = _config_type(tuple(models.values()))
    try:
        config = config_type.model_validate(tree.data)
    except ValidationError as exc:
        translation = Translation(tree, json_schema(models), tuple(suite_models), has_tags=len(models) > 1)
        found = translation.problems(exc.errors(include_url=False))
        problems += found.problems
        # What has the right shape is checked all the same, so that a person sees everything at once.
        rest = repaired(tree.data, found.paths, config_type, models)
        if rest is not None:
            _check(tree, rest.config, problems, blind=rest.blind)
        return None
    _check(tree, config, problems)
    return config


def _models_named(data: Any, suite_models: Mapping[str, type[SuiteConfig]]) -> Mapping[str, type[SuiteConfig]]:
    """The models that a file names, so that no other adapter is imported or built; all of them when one of its suites names none."""
    suites = data.get("suites") if isinstance(data, dict) else None
    adapters = [suite.get("adapter") if isinstance(suite, dict) else None for suite in suites] if isinstance(suites, list) else []
    named = [name for name in suite_models if name in adapters]
    is_enough = bool(adapters) and all(adapter in named for adapter in adapters)
    return {name: suite_models[name] for name in named} if is_enough else suite_models


def _check(tree: Tree, config: Config, problems: list[Problem], *, blind: frozenset[Path] = frozenset()) -> None:
    texts = list(_texts(tree, blind))
    findings = [*check_config(config), *check_references(config, texts), *check_paths(config, tree.main.path.parent)]
    for finding in findings:
        if _is_below(finding.path, blind):
            continue
        problems.append(tree.problem(finding.message, finding.path, hint=finding.hint, at_key=finding.at_key))


def _texts(tree: Tree, blind: frozenset[Path]) -> Iterator[tuple[Path, str]]:
    """The texts that still hold ``${``, with their paths."""
    for path, container, key in tree.notes:
        text = container[key]
        if isinstance(text, str) and "${" in text and not (blind and _is_below(path, blind)):
            yield path, text


def _is_below(path: Path, others: frozenset[Path]) -> bool:
    return any(path[:length] in others for length in range(len(path) + 1))


@lru_cache(maxsize=8)
def _config_type(models: tuple[type[SuiteConfig], ...]) -> type[Config]:
    return build_config_type(models)
