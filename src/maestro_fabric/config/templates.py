"""``${…}`` in texts: found, checked and replaced. Where the values come from is the caller's business."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from maestro_fabric.config.nearest import did_you_mean

__all__ = [
    "KEEP",
    "Lookup",
    "Reference",
    "TemplateError",
    "escape",
    "part_of",
    "references",
    "resolve",
    "resolve_partly",
    "truth",
    "unescape",
]

KINDS = ("env", "secret", "vars", "params", "saved", "services")
# `$${` stands for a literal `${`; the last alternative catches a reference that is never closed.
_TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_NAMED = re.compile(r"(env|secret):([A-Za-z_][\w.-]*)(?::-(.*))?", re.DOTALL)
_DOTTED = re.compile(r"(vars|params|saved)\.([\w-]+(?:\.[\w-]+)*)")
_SERVICE = re.compile(r"(services)\.([\w-]+)\.url")
_FALSE_WORDS = frozenset({"", "0", "false", "no", "off", "null", "none"})


class TemplateError(ValueError):
    """A text holds something that looks like a reference and is none.

    Attributes:
        hint: What to do about it.
        offset: Where in the text it stands, from 0.
        width: Its length.
    """

    def __init__(self, message: str, *, hint: str, offset: int, width: int) -> None:
        super().__init__(message)
        self.hint = hint
        self.offset = offset
        self.width = width


@dataclass(frozen=True, slots=True)
class Reference:
    """One ``${…}``.

    Attributes:
        kind: ``env``, ``secret``, ``vars``, ``params``, ``saved`` or ``services``.
        name: What is referred to; dotted for a part of it (``order.json.id``); the service's name for ``services``.
        default: What follows ``:-`` in ``${env:NAME:-default}``; ``None`` without.
        start: Where it begins in the text.
        end: Where it ends.
        text: The whole of it, as written.
    """

    kind: str
    name: str
    default: str | None
    start: int
    end: int
    text: str = ""

    @property
    def head(self) -> str:
        """The first part of a dotted name."""
        return self.name.partition(".")[0]


Lookup = Callable[[Reference], object]


class _Keep:
    """The type of `KEEP`."""


KEEP = _Keep()
"""What a lookup answers for a reference that is to stay as it is (`resolve_partly` only)."""


def references(text: str) -> list[Reference]:
    """The references in a text, in order; ``$${`` is not one.

    Raises:
        TemplateError: for an unknown kind, a malformed reference, or one that is not closed.
    """
    return [_parse(match) for match in _TOKEN.finditer(text) if match[0] != "$${"]


def resolve(value: Any, lookup: Lookup) -> Any:
    """The value with every reference replaced, also inside lists, mappings and dataclasses, and ``$${`` made ``${``.

    A text that is exactly one reference becomes what was looked up, with its type. Inside a longer text the value is
    written as YAML would: ``true``, ``3``, nothing for null. What a ``params`` reference gives is a template itself.

    Args:
        value: Anything that the config holds.
        lookup: Gives the value of a reference, or raises.

    Raises:
        TemplateError: for something malformed.
    """

    def follow(reference: Reference) -> object:
        found = lookup(reference)
        return resolve(found, lookup) if reference.kind == "params" else found

    return _map_texts(value, lambda text: _replace(text, follow, keep_escapes=False))


def resolve_partly(value: Any, lookup: Lookup) -> Any:
    """The value with some references replaced: those for which the lookup does not answer `KEEP`.

    The result is still a template, so looked-up values must be templates too (see `escape`) and ``$${`` stays.

    Raises:
        TemplateError: for something malformed.
    """
    return _map_texts(value, lambda text: _replace(text, lookup, keep_escapes=True))


def escape(value: Any) -> Any:
    """The value as a template that means exactly it: ``${`` becomes ``$${``."""
    return _map_texts(value, lambda text: text.replace("${", "$${"))


def unescape(text: str) -> str:
    """A text that holds no reference, as it is meant: ``$${`` becomes ``${``."""
    return text.replace("$${", "${")


def part_of(values: Mapping[str, Any], name: str) -> object:
    """The value that a dotted name means; the parts after the first go into mappings and lists.

    Raises:
        KeyError: when there is no such value.
    """
    if name in values:
        return values[name]
    value: Any = values
    for part in name.split("."):
        value = value[int(part)] if isinstance(value, list) and part.isdigit() else value[part]
    return value


def truth(value: object) -> bool:
    """Whether a value says yes: it is not empty, and not 0, false, no, off, null or none."""
    return bool(value) if not isinstance(value, str) else value.strip().lower() not in _FALSE_WORDS


def _parse(match: re.Match[str]) -> Reference:
    body = match[1]
    if body is None:
        raise _error(match, "'${' is not closed", "write '$${' for a literal '${'")
    parsed = _NAMED.fullmatch(body)
    if parsed is not None and not (parsed[1] == "secret" and parsed[3] is not None):
        return Reference(parsed[1], parsed[2], parsed[3], match.start(), match.end(), match[0])
    parsed = _DOTTED.fullmatch(body) or _SERVICE.fullmatch(body)
    if parsed is not None:
        return Reference(parsed[1], parsed[2], None, match.start(), match.end(), match[0])
    raise _malformed(match, body)


_FORMS = {
    "env": "${env:NAME} or ${env:NAME:-default}",
    "secret": "${secret:NAME}",
    "vars": "${vars.NAME}",
    "params": "${params.NAME}",
    "saved": "${saved.NAME}",
    "services": "${services.NAME.url}",
}


def _malformed(match: re.Match[str], body: str) -> TemplateError:
    kind = re.split(r"[.:]", body, maxsplit=1)[0].strip()
    if kind in _FORMS:
        return _error(match, f"{match[0]!r} is not a reference", f"write {_FORMS[kind]}")
    hint = did_you_mean(kind, KINDS) or f"known are {', '.join(KINDS)}; write '$${{' for a literal '${{'"
    return _error(match, f"unknown reference {match[0]!r}", hint)


def _error(match: re.Match[str], message: str, hint: str) -> TemplateError:
    return TemplateError(message, hint=hint, offset=match.start(), width=match.end() - match.start())


def _replace(text: str, lookup: Lookup, *, keep_escapes: bool) -> Any:
    whole = _TOKEN.fullmatch(text)
    if whole is not None and whole[0] != "$${":
        found = lookup(_parse(whole))
        return text if found is KEEP else found

    def one(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "$${" if keep_escapes else "${"
        found = lookup(_parse(match))
        return match[0] if found is KEEP else _as_text(found)

    return _TOKEN.sub(one, text)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)


_PLAIN = frozenset((type(None), bool, int, float))


def _map_texts(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value) if "${" in value else value
    if value.__class__ in _PLAIN:  # most fields; asking whether they are a mapping would cost more than all else here
        return value
    if isinstance(value, Mapping):
        return {key: _map_texts(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return (
            type(value)([_map_texts(item, change) for item in value])
            if type(value) in (list, tuple)
            else [_map_texts(i, change) for i in value]
        )
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _map_fields(value, change)
    return value


def _map_fields(value: Any, change: Callable[[str], Any]) -> Any:
    # Not `dataclasses.replace`: a step's constructor validates, knows fields by their alias only (`as`, `with`), and
    # would refuse durations that are seconds already.
    old = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    new = {name: _map_texts(item, change) for name, item in old.items()}
    if all(new[name] is item or new[name] == item for name, item in old.items()):
        return value
    copy = object.__new__(type(value))
    for name, item in new.items():
        object.__setattr__(copy, name, item)
    return copy
