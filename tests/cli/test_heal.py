"""``maestro heal``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from maestro_fabric.aggregator import StoreWriter
from maestro_fabric.aggregator.heals import heal_rows, remembered
from maestro_fabric.cli import main
from maestro_fabric.events import AttemptFinished, Healed, RunFinished, RunStarted
from maestro_fabric.model import Artifact, Attempt, Case, CaseId, Heal, Learnt, Location, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

QA = """\
cases:
  - name: buys
    steps:
      - click: "#buy"    # the big one
      - click: {css: "#go", within: 2s}
      - click: "#${params.x}"
"""


def heal(line: int, old: str, new: str = "", action: str = "heal", reason: str = "sure") -> Heal:
    return Heal(
        action=action, step=str(line), doing="click", old=old, new=new, confidence=0.9, reason=reason,
        runner_up="link 'Help'" if new else "", margin=0.21, features='{"tag":1.0,"id_pairs":0.4}', location=Location("qa.yaml", line),
        engine="1", artifacts=(Artifact("heal", "web/buys/1/heal-1-found.png"),),
    )  # fmt: skip


BUY = heal(4, '{"css":"#buy"}', '{"role":"button","name":"Buy"}')


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a run in which four elements were lost."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qa.yaml").write_text(QA)
    record(
        "run-1",
        BUY,
        heal(5, '{"css":"#go"}', '{"text":"Go"}', "propose"),
        heal(6, '{"css":"#tea"}', '{"css":"#coffee"}', reason="confidence 90%"),
        heal(5, '{"css":"#wish"}', action="abstain"),
    )
    return tmp_path


def record(run_id: str, *heals: Heal) -> None:
    """A run of one case, with what its healer answered."""
    case = Case(id=CaseId("shop", "web", "buys"))
    writer = StoreWriter(Path(".maestro/history.db"), clock=FakeClock(), is_ticking=False)
    writer.receive(RunStarted(RunInfo(run_id=run_id, started_at=1000.0, facts={"artifacts": "/evidence"})))
    learnt = Learnt(step="4", locator='{"css":"#buy"}', element='{"tag":"button"}')
    outcome = Outcome(status=Status.PASSED, learnt=(learnt,))
    writer.receive(AttemptFinished(case, Attempt(number=1, outcome=outcome, started_at=1000.0, duration_s=1.0), is_last=True))
    for one in heals:
        writer.receive(Healed(case, 1, one))
    writer.receive(RunFinished(run_id, "passed", 1002.0))
    writer.close()


def call(*args: str) -> Result:
    return CliRunner().invoke(main, ["heal", *args])


def test_heals_that_nobody_has_looked_at_are_listed() -> None:
    lines = call("list").output.splitlines()

    assert lines == [
        '   3  healed  90%  qa.yaml:6  web::buys: click "#tea" → "#coffee"',
        '   2  proposed  90%  qa.yaml:5  web::buys: click "#go" → {text: Go}',
        '   1  healed  90%  qa.yaml:4  web::buys: click "#buy" → {role: button, name: Buy}',
    ]
    assert '   4  not found  90%  qa.yaml:5  web::buys: click "#wish"' in call("list", "--all").output
    assert [row["id"] for row in json.loads(call("list", "--json").output)] == [3, 2, 1]


def test_one_heal_is_shown_with_all_that_is_known() -> None:
    shown = call("show", "1").output

    assert "confidence 90.0% (sure)\n" in shown
    assert "confidence 90.0%\n" in call("show", "3").output
    assert "next best  link 'Help', 0.210 behind" in shown
    assert "alike in   tag 1.00, id_pairs 0.40" in shown
    assert "/evidence/run-1/web/buys/1/heal-1-found.png" in shown


def test_a_page_shows_what_was_lost_before_and_now(folder: Path) -> None:
    (folder / "elsewhere dir").mkdir()
    moved = folder / "elsewhere dir" / "history.db"
    moved.write_bytes((folder / ".maestro" / "history.db").read_bytes())
    call("report", "--store", str(moved), "-o", "moved.html")
    told = call("report")
    page = (folder / "heals.html").read_text()

    assert told.output == "heals.html: 4 answers of run run-1\n"
    assert "2 healed, 1 proposed, 1 not found" in page
    assert page.index("{role: button, name: Buy}") < page.index("#coffee") < page.index("{text: Go}") < page.index("#wish")
    assert "qa.yaml:4" in page
    assert "next best link &#x27;Help&#x27;, 0.21 behind" in page
    assert "maestro heal apply 1\nmaestro heal reject 1" in page
    assert "maestro heal show 4</pre>" in page
    assert "maestro heal show 4 --store &#x27;elsewhere dir/history.db&#x27;</pre>" in (folder / "moved.html").read_text()
    assert "<script" not in page


def test_a_page_of_a_run_without_lost_elements_is_not_written(folder: Path) -> None:
    refused = call("report", "no-run", "-o", "x.html")

    assert refused.exit_code == 2
    assert "knows of no lost element in run 'no-run': `maestro runs` lists the runs" in refused.output
    assert not (folder / "x.html").exists()


def test_the_patch_is_shown_first_and_written_when_asked_for(folder: Path) -> None:
    shown = call("apply", "1", "2")
    assert shown.exit_code == 0
    assert '-      - click: "#buy"    # the big one\n' in shown.output
    assert "+      - click: {role: button, name: Buy}    # the big one\n" in shown.output
    assert "--yes" in shown.output
    assert (folder / "qa.yaml").read_text() == QA

    written = call("apply", "1", "2", "--yes")

    assert "2 written" in written.output
    expected = QA.replace('click: "#buy"', "click: {role: button, name: Buy}").replace('css: "#go"', "text: Go")
    assert (folder / "qa.yaml").read_text() == expected
    assert [row.verdict for row in heal_rows(folder / ".maestro" / "history.db")] == ["", "", "applied", "applied"]
    assert "qa.yaml:4" not in call("list").output


def test_what_cannot_be_written_is_named_and_the_rest_is_written(folder: Path) -> None:
    result = call("apply", "--yes")

    assert result.exit_code == 1
    assert "heal 3: qa.yaml: line 6: the locator of 'click' holds ${…}" in result.output
    assert "2 written" in result.output


def test_a_file_that_has_gone_and_an_element_that_was_not_found_are_named(folder: Path) -> None:
    (folder / "qa.yaml").unlink()

    result = call("apply", "1", "4")

    assert result.exit_code == 1
    assert "heal 1: qa.yaml is not here" in result.output
    assert "heal 4 has no new locator: sure" in result.output


def test_a_rejected_heal_is_listed_no_more() -> None:
    assert call("reject", "1").output == '"#buy" is never healed to {role: button, name: Buy} again\n'
    assert "qa.yaml:4" not in call("list").output
    assert "healed, rejected" in call("list", "--all").output


def test_a_rejection_holds_for_the_same_heal_of_other_runs() -> None:
    record("run-2", BUY)
    call("reject", "5")

    assert "qa.yaml:4" not in call("list").output


def test_an_applied_locator_settles_what_was_answered_before_and_nothing_after() -> None:
    record("run-2", BUY)
    call("apply", "5", "--yes")
    assert "qa.yaml:4" not in call("list").output

    record("run-3", BUY)

    assert "   6  healed  90%  qa.yaml:4" in call("list").output


def test_what_was_learnt_last_can_be_forgotten(folder: Path) -> None:
    assert call("rollback", "web::buys", "--project", "shop").output == "1 forgotten\n"
    assert list(remembered(folder / ".maestro" / "history.db", "shop")) == []
    assert "nothing is known" in call("rollback", "web::buys", "--project", "shop").output
    assert "is not SUITE::CASE" in call("rollback", "buys", "--project", "shop").output


def test_an_unknown_heal_ends_with_what_to_do() -> None:
    result = call("show", "99")

    assert result.exit_code == 2
    assert "has no heal 99: `maestro heal list` shows them" in result.output


def test_a_project_without_heals_says_so(tmp_path: Path) -> None:
    store = str(tmp_path / "none.db")

    assert call("list", "--store", store).output == "no heal waits for a look\n"
    assert call("list", "--all", "--store", store).output == "no element was ever lost\n"
    assert call("apply", "--store", store).output == "no heal waits for a look\n"
