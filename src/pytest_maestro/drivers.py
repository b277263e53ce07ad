"""Where ``maestro_driver`` has its driver from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

__all__ = ["a_driver"]

# A conftest's usual name first: pytest-selenium has both.
_FIXTURES = ("driver", "selenium")


@contextmanager
def a_driver(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The driver of the first of these fixtures that there is, else one that is started here and ended."""
    for name in _FIXTURES:
        try:
            driver = request.getfixturevalue(name)
        except pytest.FixtureLookupError as exc:
            if exc.argname != name:
                raise
            continue
        yield driver
        return
    driver = _started()
    try:
        yield driver
    finally:
        driver.quit()


def _started() -> Any:
    from maestro_fabric.adapters import SeleniumAdapter
    from maestro_fabric.errors import PluginError

    try:
        return SeleniumAdapter().create_driver()
    except PluginError as exc:
        raise pytest.fail.Exception(f"maestro_driver: {exc}", pytrace=False) from None
