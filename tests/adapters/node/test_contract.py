"""What every adapter keeps, kept by Jest and by Vitest."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from maestro_fabric.adapters.jest.adapter import JestAdapter
from maestro_fabric.adapters.vitest.adapter import VitestAdapter
from maestro_fabric.testing import AdapterContract

KINDS = """
test('passes', () => {});
test('fails', () => { expect(1).toBe(2); });
test('breaks', () => { null.x; });
test.skip('is off', () => {});
"""
BROKEN = "test('never', ("
# Vitest tells in bundles, and holds one back that began less than 100 ms before a test that takes long (vitest#8108).
SLOW = """
const wait = (ms) => new Promise((go) => setTimeout(go, ms));
test('quick', () => wait(150));
test('slow', () => wait(60000), 90000);
"""
SHOWS = """
test('shows it', () => {
  console.log('secret ' + process.env.CONTRACT_SECRET);
  process.stdout.write('secret ' + process.env.CONTRACT_SECRET + '\\n');
  throw new Error('secret ' + process.env.CONTRACT_SECRET);
});
"""
FILES = {"kinds.test.js": KINDS, "broken.test.js": BROKEN, "slow.test.js": SLOW, "shows.test.js": SHOWS}


class OfTestFiles(AdapterContract):
    suite: ClassVar = {"paths": ["kinds", "broken"]}
    outcomes: ClassVar = {
        "kinds.test.js > passes": "passed",
        "kinds.test.js > fails": "failed",
        "kinds.test.js > breaks": "error",
        "kinds.test.js > is off": "skipped",
        "broken.test.js": "error",
    }
    deadline_s = 3.0
    slow_suite: ClassVar = {"paths": ["slow"]}
    quick_case = "slow.test.js > quick"
    slow_case = "slow.test.js > slow"
    # Jest looks for it in whole paths, and that of this test's folder holds the word secret.
    secret_suite: ClassVar = {"paths": ["shows"]}
    files: ClassVar = {"package.json": "{}", **FILES}
    config: ClassVar = {"vars": {"known": "${secret:CONTRACT_SECRET}"}}

    @pytest.fixture(autouse=True)
    def _packages(self, tmp_path: Path, node_packages: Path) -> None:
        (tmp_path / "node_modules").symlink_to(node_packages / "node_modules")
        (tmp_path / "another folder").mkdir()
        (tmp_path / "another folder" / "node_modules").symlink_to(node_packages / "node_modules")


@pytest.mark.needs_node
class TestJest(OfTestFiles):
    adapter = JestAdapter


@pytest.mark.needs_node
class TestVitest(OfTestFiles):
    adapter = VitestAdapter
    files: ClassVar = {"package.json": "{}", "vitest.config.js": "export default { test: { globals: true } };", **FILES}
