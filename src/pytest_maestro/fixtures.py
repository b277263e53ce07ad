"""Fixtures for tests in Python. Registered before the first module that may ask for them; imports nothing of the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from pytest_maestro.mending import Menders

__all__ = ["MENDERS", "maestro_driver", "maestro_page"]

MENDERS: pytest.StashKey[Menders] = pytest.StashKey()
"""What mends tests in this process; nothing where no history is kept."""


# Without a fixture `page`, pytest shows the line that begins with `def`.
@pytest.fixture
def maestro_page(page: Page, request: pytest.FixtureRequest) -> Page:  # `page` comes with pytest-playwright: pip install pytest-playwright
    """Playwright's ``page``, whose lost locators are found again; the page as it is where no history is kept."""
    menders = request.config.stash.get(MENDERS, None)
    return page if menders is None else menders.mend_page(page, request)


@pytest.fixture
def maestro_driver(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Selenium's driver, whose lost locators are found again: that of a fixture ``driver`` or ``selenium``, else a headless Chromium's."""
    from pytest_maestro.drivers import a_driver

    menders = request.config.stash.get(MENDERS, None)
    with a_driver(request) as driver:
        yield driver if menders is None else menders.mend_driver(driver, request)
