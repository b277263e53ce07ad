"""A project with an adapter whose cases do what the file says, so that most tests of the plugin need no browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

# pytester forgets the modules that a run inside this process imported: each run would import them, and build their models, anew; and
# C extensions like yaml's cannot be imported twice.
import scripted_adapter
from maestro_fabric.aggregator import open_history
from support import WITHOUT_STRANGERS


class Project:
    """A folder with a qa.yaml."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path

    def config(self, suites: str, *, head: str = "") -> Path:
        path = self.path / "qa.yaml"
        path.write_text(f"version: 1\nproject: shop\n{head}\nsuites:\n{suites}")
        return path

    def file(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *args: str) -> pytest.RunResult:
        """Run pytest in this process."""
        scripted_adapter.Session.tries.clear()
        return self.pytester.runpytest_inprocess(*args)

    def spawn(self, *args: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*args)

    def results(self, store: str = ".maestro/history.db") -> dict[str, str]:
        """What the last run's cases came to, by suite and title: the status, then the marks."""
        with open_history(self.path / store) as history:
            run = history.runs(limit=1)[0]
            rows = history.results(run.run_id)
        return {_title(row): " ".join([str(row.status), *sorted(map(str, row.marks))]) for row in rows}

    def ran(self) -> list[str]:
        """The cases that the adapter tried, in order."""
        log = self.path / "ran.log"
        return [line.rsplit(" ", 2)[0] for line in log.read_text().splitlines()] if log.exists() else []


def _title(row: Any) -> str:
    return f"{row.suite}::{row.name}[{row.params}]" if row.params else f"{row.suite}::{row.name}"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    plugins = pytester.path / "plugins"
    info = plugins / "scripted-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[maestro_fabric]\nscripted = scripted_adapter\n")
    shutil.copy(scripted_adapter.__file__, plugins)
    pytester.syspathinsert(plugins)
    monkeypatch.setenv("PYTHONPATH", str(plugins) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    monkeypatch.delenv("MAESTRO_ENV", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_STRANGERS)  # pytester has taken it away
    return Project(pytester)
