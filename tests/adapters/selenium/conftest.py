"""What the tests of Selenium alone share."""

from __future__ import annotations

import pytest


@pytest.fixture
def adapter_name() -> str:
    return "selenium"
