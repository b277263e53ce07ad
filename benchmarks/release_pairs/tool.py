"""The real tool on a release: `maestro run` as a user calls it, and what it left in the history."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from releases import Pair
from walk import Told

from maestro_fabric.adapters.browser.find import browser_help, find_browser
from maestro_fabric.aggregator.heals import HealRow, heal_rows, remembered

__all__ = ["Ran", "browser_path", "known_elements", "prepare", "run_tool"]


_OF_THE_LAST_RUN = "run.run_id = (SELECT run_id FROM run ORDER BY id DESC LIMIT 1)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a run.

    Attributes:
        statuses: By case.
        errors: By case, the first line of what went wrong.
        heals: The healer's answers.
    """

    statuses: Mapping[str, str]
    errors: Mapping[str, str]
    heals: Sequence[HealRow]


def browser_path() -> str:
    """The Chromium of this machine.

    Raises:
        SystemExit: when there is none.
    """
    found = find_browser("chromium", None, os.environ)
    if found is None:
        raise SystemExit(browser_help("chromium"))
    return str(found.path)


def prepare(pair: Pair, adapter: str, folder: Path) -> Path:
    """The pair's journeys for one engine, in a folder of their own."""
    text = (pair.folder / "qa.yaml").read_text(encoding="utf-8").replace("adapter: playwright", f"adapter: {adapter}")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "qa.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def run_tool(file: Path, url: str, *, healing: str, store: str, learnt: Path | None = None, only: str = "") -> Ran:
    """Run the journeys of a file, or the cases with a text in their name.

    Args:
        file: The journeys.
        url: The release.
        healing: ``off`` or ``heal``.
        store: What the history is called; an older one of that name is removed.
        learnt: A history to start from; it is copied.
        only: A text in the names of the cases.

    Raises:
        SystemExit: when there was no run.
    """
    history = file.parent / store / "history.db"
    shutil.rmtree(history.parent, ignore_errors=True)
    history.parent.mkdir()
    if learnt is not None:
        shutil.copy(learnt, history)
    command = [sys.executable, "-m", "maestro_fabric", "run", str(file), "--var", f"url={url}", "--healing", healing, "--json"]
    command += ["--store", str(history), *(("--case", only) if only else ())]
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | {"MAESTRO_BROWSER": browser_path()}
    finished = subprocess.run(command, env=environ, cwd=file.parent, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if finished.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit status {finished.returncode}\n{(finished.stdout + finished.stderr)[-3000:]}")
    cases = json.loads(finished.stdout)["cases"]
    return Ran(
        statuses={case["name"]: case["status"] for case in cases},
        errors={case["name"]: " ".join(case["error"]["message"].split())[:160] for case in cases if case.get("error")},
        heals=heal_rows(history, where=_OF_THE_LAST_RUN),
    )


def known_elements(store: Path, project: str) -> dict[tuple[str, str], Told]:
    """What the old release's run has learnt, by case and step; the steps before a suite's cases by an empty case."""
    return {
        ("" if one.step.startswith("setup") else one.case.name, one.step): Told(element=one.element, others=one.others)
        for one in remembered(store, project)
    }
