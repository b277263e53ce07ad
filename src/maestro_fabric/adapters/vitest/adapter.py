"""The adapter of Vitest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from maestro_fabric.adapters.node.adapter import FileAdapter
from maestro_fabric.adapters.node.find import Framework
from maestro_fabric.adapters.node.suite import FileSuite
from maestro_fabric.adapters.vitest.suite import VitestSuite
from maestro_fabric.config.models import SuiteConfig

__all__ = ["VitestAdapter"]

_REPORTER = Path(__file__).with_name("reporter.mjs")


class VitestAdapter(FileAdapter):
    """Runs Vitest suites."""

    name = "vitest"
    suite_model: type[SuiteConfig] = VitestSuite
    # 3 brought the reporter's methods that are told of single tests.
    framework = Framework(title="Vitest", package="vitest", program="vitest", oldest=3)

    def list_command(self, config: FileSuite, listing: Path) -> Sequence[str]:
        """The files as JSON in a file; Vitest only looks for them, it does not load them."""
        return ["list", "--filesOnly", f"--json={listing}", *config.args, *config.paths]

    def read_listing(self, listing: Path, output: str) -> Sequence[str]:
        """One entry for each project that a file belongs to.

        Raises:
            ValueError: when no listing was written.
        """
        if not listing.exists():
            raise ValueError("no listing")
        return [str(entry["file"]) for entry in json.loads(listing.read_text("utf-8"))]

    def run_command(self, config: FileSuite, files: Sequence[Path], *, one_by_one: bool) -> Sequence[str]:
        """With our reporter instead of the config's; those named in ``args`` run too."""
        chosen = [str(file) for file in files] or config.paths
        in_turn = ["--no-file-parallelism"] if one_by_one else []
        return ["run", f"--reporter={_REPORTER}", "--includeTaskLocation", *in_turn, *config.args, *chosen]
