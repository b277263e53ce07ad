"""Steps that call a server, or stand between the page and one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from maestro_fabric.config.steps.targets import CSS, Target
from maestro_fabric.config.types import STRICT_KEYS, LateBool, LateInt, LateSeconds

__all__ = ["Answer", "Download", "ExpectResponse", "Request", "Route", "SetCookie"]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class ExpectResponse:
    """What an answer must be: status, headers, values at JSON paths, its text, its JSON Schema, its size and time."""

    status: LateInt | list[int] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    json: dict[str, Any] = Field(default_factory=dict)
    schema: str | dict[str, Any] | None = None
    text: str | None = None
    contains: str | None = None
    matches: str | None = None
    min_bytes: LateInt | None = None
    within: LateSeconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Request:
    """An HTTP call with the case's cookies: exactly one of the methods, with its address.

    ``json``, ``form``, ``body``, ``file`` (a file's content) or ``files`` (by field, with ``form`` beside them) is sent. The
    answer is kept as ``saved.<as>`` (status, headers, json, text), its body among the artifacts as ``keep``. With ``until``
    the call is repeated, ``every`` so long, until the answer is so, at the latest until ``within``.
    """

    get: str | None = None
    post: str | None = None
    put: str | None = None
    patch: str | None = None
    delete: str | None = None
    head: str | None = None
    query: dict[str, str | int | float | bool] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    json: Any = None
    form: dict[str, str] | None = None
    body: str | None = None
    file: str | None = None
    files: dict[str, str | list[str]] = Field(default_factory=dict)
    auth: tuple[str, str] | None = None
    follow: LateBool = True
    expect: ExpectResponse | None = None
    until: ExpectResponse | None = None
    every: LateSeconds | None = None
    keep: str | None = None
    as_: str | None = Field(alias="as", default=None)
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Answer:
    """What a routed request gets instead of the server's answer."""

    status: LateInt = 200
    headers: dict[str, str] = Field(default_factory=dict)
    json: Any = None
    body: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Route:
    """Answer or block the page's requests whose address matches the glob ``url``, ``times`` times at most."""

    url: str
    method: str | None = None
    block: LateBool = False
    answer: Answer | None = None
    times: LateInt | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class Download:
    """Click something that starts a download, wait for the file, and check it.

    ``name`` is the expected file name, ``contains`` a text in it, ``min_bytes`` its least size. The file is kept with
    the run's artifacts; its path goes into ``saved.<as>``.
    """

    click: Annotated[Target, CSS]
    name: str | None = None
    contains: str | None = None
    min_bytes: LateInt | None = None
    as_: str | None = Field(alias="as", default=None)
    within: LateSeconds | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT_KEYS)
class SetCookie:
    """Set a cookie; for the current page's address unless ``url`` or ``domain`` says otherwise."""

    name: str
    value: str
    url: str | None = None
    domain: str | None = None
    path: str | None = None
    http_only: LateBool = False
    secure: LateBool = False
    same_site: Literal["Strict", "Lax", "None"] | None = None
