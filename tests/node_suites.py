"""What tests of suites of test files in Node share: running one, and reading what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maestro_fabric import compose
from maestro_fabric.engine import RunResult
from maestro_fabric.model import CaseResult
from maestro_fabric.plan import select_cases

Run = Callable[..., RunResult]


def make_run(adapter: str, folder: Path, node_packages: Path) -> Run:
    """Runs a suite named ``widgets`` of that adapter, in the folder ``web`` of ``folder``."""

    def run(
        files: dict[str, str], *, suite: str = "", config: str = "", select: Any = None, package: Any = None, **arguments: Any
    ) -> RunResult:
        for name, text in {"web/package.json": json.dumps(package or {}), **files}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        if not (folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(node_packages / "node_modules")
        place = "" if "cwd:" in suite else ", cwd: web"
        text = f"version: 1\nproject: shop\n{config}\nsuites:\n  - {{name: widgets, adapter: {adapter}{place}{suite}}}\n"
        (folder / "qa.yaml").write_text(text)
        prepared = compose.prepare(folder / "qa.yaml")
        if select is not None:
            object.__setattr__(prepared, "plan", select_cases(prepared.plan, select))
        return compose.run(prepared, **arguments)

    return run


def inner(result: RunResult, file: str) -> dict[str, CaseResult]:
    """The cases inside a file, by the rest of their names."""
    return {case.case.id.title.removeprefix(f"{file} > "): case for case in result.cases if case.case.inside == file}


def files(result: RunResult) -> dict[str, CaseResult]:
    """The files that were no mere containers: those with trouble of their own."""
    return {case.case.id.name: case for case in result.cases if not case.case.inside}


def statuses(cases: dict[str, CaseResult]) -> dict[str, str]:
    return {name: " ".join([str(case.status), *sorted(case.marks)]) for name, case in cases.items()}


def message(case: CaseResult) -> str:
    fault = case.attempts[-1].outcome.fault if case.attempts else None
    return f"{fault.type}: {fault.message}" if fault else ""
