"""pytest-playwright's own ``page``, wrapped: registered after that plugin, so that this one is found first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_maestro.fixtures import MENDERS

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["page"]


@pytest.fixture
def page(page: Page, request: pytest.FixtureRequest) -> Page:
    """Playwright's page, whose lost locators are found again."""
    return request.config.stash[MENDERS].mend_page(page, request)
