"""Folders for feature suites."""

from __future__ import annotations

from pathlib import Path

import pytest

from feature_suites import Suite


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


@pytest.fixture
def node_suite(tmp_path: Path, node_packages: Path) -> Suite:
    """A folder in which Node finds cucumber-js."""
    (tmp_path / "node_modules").symlink_to(node_packages / "node_modules")
    return Suite(tmp_path)
