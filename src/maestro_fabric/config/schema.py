"""The JSON Schema of qa.yaml, from the same models that validate it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maestro_fabric.config.models import SuiteConfig, build_config_type

__all__ = ["json_schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(suite_models: Mapping[str, type[SuiteConfig]]) -> dict[str, Any]:
    """The schema (draft 2020-12), for editors and for ``maestro schema``.

    Args:
        suite_models: The shape of suites, by the adapter's name.
    """
    schema = build_config_type(suite_models.values()).model_json_schema(by_alias=True, mode="validation")
    return {"$schema": _DRAFT, "title": "qa.yaml", **{key: value for key, value in schema.items() if key != "title"}}
