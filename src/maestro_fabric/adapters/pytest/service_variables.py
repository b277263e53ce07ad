"""The environment variables that tell native tests where services are, the same inside pytest and outside it."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["service_variables"]


def service_variables(urls: Mapping[str, str]) -> dict[str, str]:
    """``MAESTRO_SERVICE_<NAME>_URL`` for each service with an address; what is no letter or digit in its name is ``_``."""
    return {f"MAESTRO_SERVICE_{re.sub('[^A-Z0-9]', '_', name.upper())}_URL": url for name, url in urls.items() if url}
