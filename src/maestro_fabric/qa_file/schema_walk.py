"""Which keys a part of the file may have, looked up in the JSON Schema."""

from __future__ import annotations

from typing import Any

from maestro_fabric.qa_file.nodes import Path

__all__ = ["known_keys"]


def known_keys(schema: dict[str, Any], data: Any, path: Path) -> set[str]:
    """The keys that the mapping at a path may have; empty when any is allowed."""
    nodes = _members(schema, schema, data)
    for key in path:
        data = data[key]
        nodes = [member for node in nodes for inner in _below(node, key) for member in _members(schema, inner, data)]
    return {key for node in nodes for key in node.get("properties", {})}


def _below(node: dict[str, Any], key: str | int) -> list[dict[str, Any]]:
    is_index = isinstance(key, int)
    inner = node.get("items") if is_index else node.get("properties", {}).get(key, node.get("additionalProperties"))
    return [inner] if isinstance(inner, dict) else []


def _members(schema: dict[str, Any], node: dict[str, Any], data: Any) -> list[dict[str, Any]]:
    """The node itself with references followed, or the members of its union that can fit the data."""
    if "$ref" in node:
        return _members(schema, schema["$defs"][node["$ref"].rpartition("/")[2]], data)
    union = node.get("oneOf") or node.get("anyOf") or node.get("allOf")
    if not union:
        return [node]
    members = [member for inner in union for member in _members(schema, inner, data)]
    fitting = [member for member in members if _has_tag(member, data)]
    return fitting or members


def _has_tag(member: dict[str, Any], data: Any) -> bool:
    """Whether a suite's schema is that of the suite's adapter."""
    adapter = member.get("properties", {}).get("adapter", {})
    return not isinstance(data, dict) or "const" not in adapter or adapter["const"] == data.get("adapter")
