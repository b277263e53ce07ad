"""The history as notebooks and dashboards open it: the notebook is executed, and Datasette answers from the views."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK = EXAMPLES / "notebooks" / "history.ipynb"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "history.db"
    subprocess.run([sys.executable, str(EXAMPLES / "notebooks" / "make_history.py"), str(path)], check=True)
    return path


@pytest.mark.slow
def test_the_notebook_asks_five_questions_and_plots(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("MAESTRO_STORE", str(store))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")], "commit it without outputs"

    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}).execute()

    told = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in data for data in told) == 3
    tables = [data["text/html"] for data in told if "text/html" in data]
    assert "120 runs, 16 cases" in tables[0]
    assert "buy::pay with a saved card" in tables[1]
    assert "unit::" not in tables[1]
    assert "test_vat_is_rounded_once" in tables[2]
    assert "AssertionError" in tables[3]
    assert "ConnectionError" in tables[4]


@pytest.fixture
def leaky() -> Iterator[None]:
    """Datasette leaves connections open, of which Python 3.13 warns when they go: they go in the test that ignores that."""
    yield
    gc.collect()


@pytest.mark.usefixtures("leaky")
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning", "ignore:Exception ignored in. <sqlite3.Connection")
def test_datasette_shows_the_views_and_answers_the_questions(store: Path) -> None:
    app = pytest.importorskip("datasette.app")
    metadata = yaml.safe_load((EXAMPLES / "datasette" / "metadata.yaml").read_text())

    async def ask(*paths: str) -> list[dict[str, object]]:
        datasette = app.Datasette([str(store)], metadata=metadata)
        answers = [await datasette.client.get(f"/history{path}") for path in paths]
        assert [answer.status_code for answer in answers] == [200] * len(paths), answers
        datasette.executor.shutdown()
        return [answer.json() for answer in answers]

    case = urlencode({"name": "pay with a saved card", "params": "", "_shape": "objects"})
    front, runs, results, newest, often, one = asyncio.run(
        ask(
            ".json",
            "/runs.json?_shape=objects",
            "/results.json?status=error&_shape=objects",
            "/newest_failures.json?_shape=objects",
            "/often_failed.json?_shape=objects",
            f"/a_case.json?{case}",
        )
    )

    assert [view["name"] for view in front["views"]] == ["runs", "cases", "attempts", "results"]
    assert [table["name"] for table in front["tables"] if not table["hidden"]] == []
    assert runs["rows"][0]["orchestration_id"] == "nightly 119"
    assert {row["error_type"] for row in results["rows"]} == {"ConnectionError"}
    assert [row["name"] for row in newest["rows"]] == ["test_pricing.test_vat_is_rounded_once"]
    assert often["rows"][0]["times"] == 8
    assert {row["status"] for row in one["rows"]} == {"passed", "failed"}


def test_datasette_hides_every_private_table(store: Path) -> None:
    metadata = yaml.safe_load((EXAMPLES / "datasette" / "metadata.yaml").read_text())
    with closing(sqlite3.connect(store)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    assert {name for name, shown in metadata["databases"]["history"]["tables"].items() if shown.get("hidden")} == tables
