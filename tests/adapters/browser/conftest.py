"""What both engines share is tested on both."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["playwright", "selenium"])
def adapter_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)
