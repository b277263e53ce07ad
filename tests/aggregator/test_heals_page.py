"""The page of a run's lost elements."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maestro_fabric.aggregator.heals import HealRow
from maestro_fabric.aggregator.report.heals import picture_of, render_heals
from maestro_fabric.model import CaseId

ROW = HealRow(
    id=7, run_id="run-1", case=CaseId("shop", "web", "buys"), attempt=1, action="heal", step="2", doing="click", location="qa.yaml:9",
    old='{"css":"#buy"}', new='{"role":"button","name":"<b>Buy</b>"}', confidence=0.93, reason="confidence 93%", runner_up="", margin=0.0,
    features={f"feature_{number}": number / 10 for number in range(11)},
    artifacts=[{"kind": "heal", "path": "web/buys/1/heal-1-before.jpg"}, {"kind": "heal", "path": "web/buys/1/heal-1-found.png"}],
    engine="1", verdict="", evidence="",
)  # fmt: skip


def page_of(*rows: HealRow, pictures: bool = True, option: str = "") -> str:
    return render_heals(rows, run_id="run-1", picture=lambda _row, which: f"data:{which}" if pictures else "", option=option)


def test_what_a_page_can_name_is_escaped() -> None:
    page = page_of(replace(ROW, case=CaseId("shop", "web", "<i>case</i>")))

    assert "&lt;b&gt;Buy&lt;/b&gt;" in page
    assert "&lt;i&gt;case&lt;/i&gt;" in page
    assert "<b>Buy</b>" not in page


def test_the_same_answer_in_several_cases_is_one_card_with_both_pictures() -> None:
    others = [replace(ROW, id=8 + number, case=CaseId("shop", "web", f"case {number}")) for number in range(5)]

    page = page_of(ROW, *others, replace(ROW, id=20, action="propose", reason="the step is destructive"))

    assert page.count("<article") == 2
    assert "web::buys, web::case 0, web::case 1, web::case 2 and 2 more" in page
    assert page.count('src="data:before"') == page.count('src="data:found"') == 2
    assert "the step is destructive" in page
    assert "all 11 features" in page
    assert "6 healed, 1 proposed" in page


def test_an_element_without_pictures_or_with_a_verdict_says_so() -> None:
    page = page_of(replace(ROW, verdict="rejected"), pictures=False, option=" --store other.db")

    assert "<figure>" not in page
    assert "rejected by a person" in page
    assert "maestro heal apply 7 --store other.db" in page_of(ROW, option=" --store other.db")


def test_pictures_come_from_the_runs_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run-1" / "web" / "buys" / "1"
    folder.mkdir(parents=True)
    (folder / "heal-1-before.jpg").write_bytes(b"before")
    row = replace(ROW, evidence=str(tmp_path))

    assert picture_of(row, "before") == "data:image/jpeg;base64,YmVmb3Jl"
    assert picture_of(row, "found") == ""
    assert picture_of(replace(row, artifacts=[]), "before") == ""
