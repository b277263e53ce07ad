from __future__ import annotations

import pytest

from maestro_fabric.adapters.browser.evidence import Evidence, below_root, slug
from maestro_fabric.adapters.browser.rows import read_rows
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import CaseId


def test_files_stand_below_suite_case_and_attempt(tmp_path):
    evidence = Evidence(tmp_path, CaseId("p", "web", "buy"), 2)
    evidence.keep_text("html", "page.html", "x")
    evidence.keep_text("html", "page.html", "y")
    evidence.keep("lost", "never written.txt")

    assert [artifact.path for artifact in evidence.written()] == ["web/buy/2/page.html", "web/buy/2/page-2.html"]


def test_names_from_outside_stay_inside_the_folder(tmp_path):
    path = Evidence(tmp_path, CaseId("p", "../..", "a/b"), 1).keep("download", "../../etc/pass wd")

    assert path.is_relative_to(tmp_path)
    assert path.name == "pass wd"


def test_different_titles_have_different_folders():
    assert slug("plain.name") == "plain.name"
    assert slug("buy one[tea]").startswith("buy-one-tea-")
    assert slug("a b") != slug("a-b") != slug("a/b")


def test_files_must_be_below_the_root(tmp_path):
    (tmp_path / "a.txt").write_text("x")

    assert below_root(tmp_path, "a.txt") == (tmp_path / "a.txt").resolve()
    with pytest.raises(ConfigError, match="not below the config's folder"):
        below_root(tmp_path / "sub", "../a.txt")
    with pytest.raises(ConfigError, match=r"'b\.txt' is not there"):
        below_root(tmp_path, "b.txt")


def test_rows_are_read_by_their_header(tmp_path):
    (tmp_path / "a.csv").write_text("id,n\nx,1\n", encoding="utf-8-sig")

    assert read_rows(tmp_path, "a.csv") == [{"id": "x", "n": "1"}]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"a,b\n1\n", "row 2 has not as many"), (b"a\n1,2\n", "row 2 has not as many"), (b"\xff\xfe\xff", "cannot be read")],
)
def test_rows_that_do_not_fit_are_refused(tmp_path, content, problem):
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(ConfigError, match=problem):
        read_rows(tmp_path, "a.csv")
