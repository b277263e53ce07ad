"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The browser that this machine has. Without one the tests that need it fail: a skipped test would look like a passed one."""
    from maestro_fabric.adapters.browser.find import browser_help, find_browser

    found = find_browser("chromium", None, os.environ)
    if found is None:
        pytest.fail(browser_help("chromium"), pytrace=False)
    return Path(found.path)
