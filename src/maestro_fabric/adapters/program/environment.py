"""The environment variables of a suite's program; services' addresses are the same inside pytest and outside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from maestro_fabric.config.templates import Reference, resolve
from maestro_fabric.ports import Context

__all__ = ["environment_of", "service_variables"]


def environment_of(env: Mapping[str, str], context: Context) -> dict[str, str]:
    """The services' addresses and the suite's own variables.

    Args:
        env: The suite's ``env``; the address of a service that is not up, as while collecting, stays as it is written.
        context: Knows the services.
    """

    def lookup(reference: Reference) -> object:
        return context.service_urls.get(reference.name, reference.text)

    return {**service_variables(context.service_urls), **{name: str(resolve(value, lookup)) for name, value in env.items()}}


def service_variables(urls: Mapping[str, str]) -> dict[str, str]:
    """``MAESTRO_SERVICE_<NAME>_URL`` for each service with an address; what is no letter or digit in its name is ``_``."""
    return {f"MAESTRO_SERVICE_{re.sub('[^A-Z0-9]', '_', name.upper())}_URL": url for name, url in urls.items() if url}
