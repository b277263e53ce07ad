"""The shape of ``adapter: http`` suites, and the steps that they have."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from maestro_fabric.config.models import StepsSuite
from maestro_fabric.config.steps import Save
from maestro_fabric.config.types import FROZEN, LateBool, Seconds

__all__ = ["HttpConfig", "HttpSuite"]

_STEPS = frozenset({"request", "save", "set_cookie", "use", "call", "log"})
_OF_A_PAGE = ("text", "value", "attribute", "count", "url", "title")


class HttpConfig(BaseModel):
    """What every call of the suite has, unless its step says otherwise."""

    model_config = FROZEN

    headers: dict[str, str] = Field(default_factory=dict, description="Sent with every call to the host of base_url.")
    auth: tuple[str, str] | None = Field(default=None, description="Name and password, sent to the host of base_url (Basic).")
    verify: LateBool | str = Field(default=True, description="Check certificates; false does not, a path names a file of trusted ones.")
    within: Seconds = Field(default=10.0, description="How long a call may take unless its step says otherwise.")


class HttpSuite(StepsSuite):
    """Cases of HTTP calls; no browser is started."""

    adapter: Literal["http"]
    http: HttpConfig = Field(default_factory=HttpConfig, description="What every call has.")

    def refusal_of(self, action: str, value: Any) -> tuple[str, str] | None:
        """Steps that need a page are refused."""
        if action == "expect":
            return "'expect' looks at a page, and an http suite has none", "write it inside the request: expect: {status: 200}"
        if action not in _STEPS:
            return (
                f"{action!r} needs a browser, and an http suite has none",
                "use adapter: playwright or selenium",
            )
        if isinstance(value, Save) and (of_page := [key for key in _OF_A_PAGE if getattr(value, key) is not None]):
            return f"save: {of_page[0]} reads a page, and an http suite has none", "write json: with a path into the last answer"
        return None
