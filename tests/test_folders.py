from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from maestro_fabric.aggregator import TestResultAggregator
from maestro_fabric.folders import make_folder


def test_a_new_folder_of_ours_is_left_alone_by_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    make_folder(tmp_path / "web" / ".maestro" / "artifacts" / "run-1")

    (tmp_path / "web" / ".maestro" / "artifacts" / "run-1" / "page.html").write_text("x")
    status = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_a_store_makes_it_too(tmp_path: Path) -> None:
    with TestResultAggregator(tmp_path / ".maestro" / "history.db"):
        pass

    assert (tmp_path / ".maestro" / ".gitignore").read_text() == "*\n"


def test_a_folder_that_somebody_made_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".maestro").mkdir()

    make_folder(tmp_path / ".maestro" / "artifacts")
    make_folder(tmp_path / "evidence")

    assert [path.name for path in (tmp_path / ".maestro").iterdir()] == ["artifacts"]
    assert list((tmp_path / "evidence").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match="file"):
        make_folder(tmp_path / "file" / ".maestro")
