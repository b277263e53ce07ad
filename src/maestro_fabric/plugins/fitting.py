"""Whether an adapter is one: its parts, its version, the model of its suites."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.plugins.entries import OUR_PACKAGE
from maestro_fabric.ports import ADAPTER_API, OLDEST_ADAPTER_API

__all__ = ["problem_of"]

_PARTS = ("name", "api", "suite_model", "check", "discover", "open")


def problem_of(adapter: Any) -> str:
    """Why an adapter does not fit the interface; empty when it does. One that cannot be asked raises what it raises."""
    missing = [part for part in _PARTS if not hasattr(adapter, part)]
    if missing:
        return f"{type(adapter).__name__} has no {', '.join(missing)}"
    if not isinstance(adapter.api, int) or adapter.api < OLDEST_ADAPTER_API:
        return f"{adapter.name!r} was written for version {adapter.api} of the adapter interface, this is version {ADAPTER_API}: update it"
    if adapter.api > ADAPTER_API:
        return f"{adapter.name!r} needs version {adapter.api} of the adapter interface, this is version {ADAPTER_API}: update {OUR_PACKAGE}"
    if not isinstance(adapter.suite_model, type) or not issubclass(adapter.suite_model, SuiteConfig):
        return f"the suite_model of {adapter.name!r} is no subclass of maestro_fabric.config.models.SuiteConfig"
    # Without it, pydantic cannot tell the suites of a file apart, and no config at all could be read.
    named = adapter.suite_model.model_fields["adapter"].annotation
    if get_origin(named) is not Literal or get_args(named) != (adapter.name,):
        return f"the suite_model of {adapter.name!r} must say adapter: Literal[{adapter.name!r}]"
    uncallable = [part for part in ("check", "discover", "open") if not callable(getattr(adapter, part))]
    return f"{', '.join(uncallable)} of {adapter.name!r} cannot be called" if uncallable else ""
