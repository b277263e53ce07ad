"""The adapter of Jest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from maestro_fabric.adapters.jest.suite import JestSuite
from maestro_fabric.adapters.node.adapter import FileAdapter
from maestro_fabric.adapters.node.find import Framework
from maestro_fabric.adapters.node.suite import FileSuite
from maestro_fabric.config.models import SuiteConfig

__all__ = ["JestAdapter"]

_REPORTER = Path(__file__).with_name("reporter.cjs")
# Watchman is a daemon that would outlive the run, and asks for a minute when it is ill.
_ALWAYS = ("--watchman=false",)


class JestAdapter(FileAdapter):
    """Runs Jest suites."""

    name = "jest"
    suite_model: type[SuiteConfig] = JestSuite
    # 28 is the first whose reporters are told of single tests from every worker.
    framework = Framework(title="Jest", package="jest", program="jest", oldest=28)

    def list_command(self, config: FileSuite, listing: Path) -> Sequence[str]:
        """The files as one line of JSON on standard output."""
        return ["--listTests", "--json", *_ALWAYS, *config.args, *config.paths]

    def read_listing(self, listing: Path, output: str) -> Sequence[str]:
        """The last line that is a list; a config may have printed something of its own.

        Raises:
            ValueError: when there is none.
        """
        for line in reversed(output.splitlines()):
            if line.startswith("["):
                files = json.loads(line)
                return [str(file) for file in files]
        raise ValueError("no listing")

    def run_command(self, config: FileSuite, files: Sequence[Path], *, one_by_one: bool) -> Sequence[str]:
        """With our reporter instead of the config's; those named in ``args`` run too."""
        chosen = ["--runTestsByPath", *map(str, files)] if files else config.paths
        args = _in_band(config.args) if one_by_one else config.args
        return ["--ci", "--testLocationInResults", f"--reporters={_REPORTER}", *_ALWAYS, *args, *chosen]


def _in_band(args: Sequence[str]) -> list[str]:
    """The arguments without a number of workers, which Jest takes only when it may have some."""
    kept = [
        arg
        for before, arg in zip(["", *args], args, strict=False)
        if not arg.startswith(("--maxWorkers", "-w=")) and arg != "-w" and before not in ("--maxWorkers", "-w")
    ]
    return kept if {"--runInBand", "-i"} & set(kept) else ["--runInBand", *kept]
