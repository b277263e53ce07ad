"""JSON Schema of an answer."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from maestro_fabric.adapters.browser.evidence import below_root
from maestro_fabric.errors import ConfigError, PluginError

__all__ = ["schema_errors"]

_SHOWN = 3


def schema_errors(schema: str | dict[str, Any], data: Any, root: Path) -> list[str]:
    """How data do not fit a schema, one text each, the most telling first and at most three; empty when they fit.

    Args:
        schema: A schema, or the path of a file below ``root`` that holds one.
        data: What a JSON text gives.
        root: The config's folder; a ``$ref`` may lead to other files below it, never to the network.

    Raises:
        ConfigError: when the schema cannot be read, or is none.
        PluginError: when the package that checks it is missing.

    Source:
        https://json-schema.org/draft/2020-12/json-schema-core (the default, when the schema names no other draft).
    """
    if isinstance(schema, str):
        path = below_root(root, schema)
        validator = _validator(path.read_text("utf-8"), path.as_uri(), root)
    else:
        validator = _validator(json.dumps(schema), (root.resolve() / "inline").as_uri(), root)
    try:
        found = sorted(validator.iter_errors(data), key=lambda error: (len(error.absolute_path), str(error.absolute_path)))
    except _unresolvable() as exc:
        raise ConfigError(f"the schema's $ref cannot be followed: {_first_cause(exc)}") from exc
    shown = [f"{error.json_path}: {error.message}" for error in found[:_SHOWN]]
    return [*shown, f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else shown


@lru_cache(maxsize=64)
def _validator(text: str, uri: str, root: Path) -> Any:
    """A validator, made once for a schema: making it costs more than using it."""
    try:
        # Imported late: only steps with a schema pay for it.
        from jsonschema.exceptions import SchemaError
        from jsonschema.validators import Draft202012Validator, validator_for
        from referencing import Registry, Resource
        from referencing.jsonschema import DRAFT202012
    except ImportError as exc:
        raise PluginError('schema: needs an extra: pip install "pytest-maestro[http]"') from exc

    def retrieve(address: str) -> Resource[Any]:
        parts = urlsplit(address)
        if parts.scheme != "file":
            raise ConfigError(f"the schema refers to {address}, and nothing is fetched for a schema: keep a copy below the config's folder")
        path = below_root(root, unquote(parts.path))
        return Resource.from_contents(_parsed(path.read_text("utf-8"), path.as_uri()), default_specification=DRAFT202012)

    contents = _parsed(text, uri)
    kind = validator_for(contents, default=Draft202012Validator)
    try:
        kind.check_schema(contents)
    except SchemaError as exc:
        raise ConfigError(f"{uri} is not a JSON Schema: {exc.json_path}: {exc.message}") from exc
    registry: Any = Registry(retrieve=retrieve)  # type: ignore[call-arg]  # attrs' alias of a private field
    resource = Resource.from_contents(contents, default_specification=DRAFT202012)
    # A schema without an $id gets the file's address, so that a relative $ref leads to the file beside it.
    based = contents if not isinstance(contents, dict) or "$id" in contents else {"$id": uri, **contents}
    return kind(based, registry=registry.with_resource(uri, resource), format_checker=kind.FORMAT_CHECKER)


def _unresolvable() -> type[Exception]:
    """What is raised when a ``$ref`` leads nowhere; why is told by its first cause."""
    from referencing.exceptions import Unresolvable

    return Unresolvable


def _first_cause(exc: BaseException) -> BaseException:
    while (cause := exc.__cause__ or exc.__context__) is not None:
        exc = cause
    return exc


def _parsed(text: str, uri: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as exc:
        raise ConfigError(f"{uri} is not JSON: {exc}") from exc
