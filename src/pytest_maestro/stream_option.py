"""The option by which ``maestro run`` tells its child where to stream to.

A plugin of its own, loaded by ``-p`` in the child only: each option costs every pytest that never uses it half a million
instructions. Not an environment variable, which a pytest that a test starts would inherit.
"""

from __future__ import annotations

import argparse

import pytest

__all__: list[str] = []  # pytest finds the hook by its name


def pytest_addoption(parser: pytest.Parser) -> None:
    """The descriptor to write to."""
    parser.addoption("--maestro-stream", metavar="FD", type=int, help=argparse.SUPPRESS)
