"""The closing section names what the healer answered."""

from __future__ import annotations

from maestro_fabric.events import Healed
from maestro_fabric.model import Case, CaseId, Heal, Location
from maestro_fabric.reports.closing import Closing, named_lines
from maestro_fabric.reports.tally import Tally

CASE = Case(id=CaseId("shop", "web", "buys"))


def lines(*heals: Heal) -> list[str]:
    tally = Tally()
    for heal in heals:
        tally.receive(Healed(CASE, 1, heal))
    return named_lines(Closing(tally=tally, run_id="1", store="s"))


def heal(action: str, **fields: object) -> Heal:
    given = {"step": "2", "doing": "click", "old": '{"css":"#buy"}', "new": '{"role":"button","name":"Buy"}', "confidence": 0.934}
    return Heal(action=action, **(given | fields))  # type: ignore[arg-type]


def test_each_answer_is_named_with_its_place_and_how_sure_it_is() -> None:
    told = lines(
        heal("heal", location=Location("qa.yaml", 7), runner_up="link 'Buy'", margin=0.21),
        heal("propose", reason="the step says heal: propose"),
        heal("abstain", new="", reason="nothing is like it"),
    )

    assert told == [
        "lost elements (maestro heal list shows them, maestro heal apply writes the new locators):",
        '  web::buys, step 2 (qa.yaml:7): click "#buy"',
        "    healed to {role: button, name: Buy}, confidence 93%; next best link 'Buy', 0.21 behind",
        '  web::buys, step 2: click "#buy"',
        "    proposed, not done: {role: button, name: Buy}, confidence 93%: the step says heal: propose",
        '  web::buys, step 2: click "#buy"',
        "    not healed: nothing is like it",
    ]


def test_a_run_without_lost_elements_says_nothing_of_them() -> None:
    assert lines() == []


def test_many_answers_are_cut() -> None:
    assert lines(*[heal("heal")] * 25)[-1] == "  and 5 more"
