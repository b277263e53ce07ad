"""What the healer answers, without a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from maestro_fabric.errors import StoreError
from maestro_fabric.healing import Knowledge, LearntHealer
from maestro_fabric.healing.gates import destructive_word, destructive_word_of, obstacle_of
from maestro_fabric.model import CaseId
from maestro_fabric.ports import HealDecision, HealRequest

CASE = CaseId("shop", "web", "buys")
BUY = {
    "tag": "button", "role": "button", "accessible_name": "Add to basket", "text": "Add to basket", "id": "buy", "is_button": True,
    "xpath": "/html[1]/body[1]/main[1]/button[1]", "box": [10, 300, 140, 36],
}  # fmt: skip
FIND = {
    "tag": "button", "role": "button", "accessible_name": "Find", "text": "Find", "id": "find", "is_button": True,
    "xpath": "/html[1]/body[1]/form[1]/button[1]", "box": [320, 80, 60, 30],
}  # fmt: skip
SEEN = {"visible": True, "enabled": True}
PAGE = [{**FIND, **SEEN}, {**BUY, "id": "add", **SEEN}]


@dataclass
class Kept:
    """An element that somebody remembers."""

    element: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]]
    learnt_at: float


KNOWN = Kept(BUY, [FIND, BUY], 1000.0)


def healer(*, now: float = 1000.0, **kwargs: Any) -> LearntHealer:
    knowledge = Knowledge(
        elements={(CASE, "2", '{"css":"#buy"}'): KNOWN},
        by_locator={'{"css":"#buy"}': KNOWN},
    )
    rejected = {("web", '{"css":"#buy"}', '{"css":"#no"}')}
    return LearntHealer(
        lambda suite: knowledge if suite == "web" else Knowledge(),
        now=lambda: now,
        destructive=("delete", "submit order"),
        is_rejected=lambda *heal: heal in rejected,
        **kwargs,
    )


def request(**fields: Any) -> HealRequest:
    given: dict[str, Any] = {"case": CASE, "step": "2", "doing": "click", "locator": '{"css":"#buy"}', "old": BUY, "candidates": PAGE}
    return HealRequest(**(given | fields))


def test_an_element_that_is_known_is_found_again_with_its_locators() -> None:
    answer = healer().answer(request())

    assert (answer.decision.action, answer.decision.index) == ("heal", 1)
    assert answer.locators[0] == {"role": "button", "name": "Add to basket"}
    assert answer.runner_up == "button 'Find'"
    assert answer.margin > 0.2


def test_a_page_without_anything_like_it_gives_no_locator() -> None:
    answer = healer().answer(request(candidates=[{"tag": "hr", "xpath": "/html[1]/body[1]/hr[1]", **SEEN}]))

    assert answer.decision.action == "abstain"
    assert answer.locators == ()


@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        ({"visible": False}, "the best match is not visible"),
        ({"enabled": False}, "the best match is not enabled"),
        ({"test_id": "delete-all"}, "the best match may be destructive ('delete'), and the step does not say heal: true"),
    ],
)
def test_what_cannot_or_must_not_be_acted_on_is_proposed(candidate: dict[str, Any], why: str) -> None:
    answer = healer().answer(request(candidates=[PAGE[0], {**PAGE[1], **candidate}]))

    assert answer.decision.action == "propose"
    assert answer.decision.reason.startswith(why)


def test_a_step_that_says_so_may_destroy() -> None:
    page = [PAGE[0], {**PAGE[1], "test_id": "delete-all"}]

    assert healer().answer(request(candidates=page, may_destroy=True)).decision.action == "heal"


def test_where_nothing_may_be_healed_all_is_proposed() -> None:
    decision = healer(only_proposes="healing only proposes here").answer(request()).decision

    assert (decision.action, decision.reason[:26]) == ("propose", "healing only proposes here")


def test_a_plugin_goes_before_the_matcher_and_the_gates_after_it() -> None:
    to_find = healer(ask_plugins=lambda _: HealDecision(action="heal", index=0, reason="we know"))

    assert to_find.answer(request()).locators[0] == {"role": "button", "name": "Find"}
    assert to_find.answer(request(must_not_heal="the step says heal: propose")).decision.action == "propose"


def test_an_element_is_learnt_when_it_is_not_known_or_long_ago() -> None:
    assert not healer().wants(CASE, "2", '{"css":"#buy"}')
    assert healer().wants(CASE, "3", '{"css":"#buy"}')
    assert healer(now=1000.0 + 90_000).wants(CASE, "2", '{"css":"#buy"}')


def test_a_step_that_moved_is_known_by_its_locator() -> None:
    assert healer().knows(CASE, "7", '{"css":"#buy"}') == BUY
    assert healer().knows(CASE, "7", '{"css":"#else"}') is None


class Forgotten:
    """An element whose fingerprint cannot be read any more."""

    learnt_at = 1000.0

    @property
    def element(self) -> Mapping[str, Any]:
        raise StoreError("the disk has gone")

    @property
    def others(self) -> Sequence[Mapping[str, Any]]:
        raise StoreError("the disk has gone")


def test_where_the_store_cannot_be_read_nothing_is_known_and_no_step_fails_of_it() -> None:
    asked = []

    def read(suite: str) -> Knowledge:
        asked.append(suite)
        if suite == "broken":
            raise StoreError("no such table")
        return Knowledge(elements={(CASE, "2", "{}"): Forgotten()})

    made = LearntHealer(read, now=lambda: 1000.0)

    assert (made.wants(CASE, "2", "{}"), made.knows(CASE, "2", "{}")) == (False, None)
    assert all(made.wants(CaseId("shop", "broken", "x"), "1", "{}") for _ in range(2))
    assert asked == ["web", "broken"]
    assert made.answer(request(locator="{}")).decision.index == 1


def test_nothing_is_healed_while_nobody_can_read_what_a_person_has_rejected() -> None:
    def is_rejected(*heal: str) -> bool:
        raise StoreError("locked")

    assert LearntHealer(lambda suite: Knowledge(), now=lambda: 1000.0, is_rejected=is_rejected).is_rejected(CASE, "{}", "{}")


def test_a_rejected_heal_is_known_by_both_locators_in_the_whole_suite() -> None:
    other = CaseId("shop", "web", "sells")

    assert healer().is_rejected(other, '{"css":"#buy"}', '{"css":"#no"}')
    assert not healer().is_rejected(other, '{"css":"#buy"}', '{"css":"#yes"}')


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Delete account", "delete"),
        ("#deleteAll", "delete"),
        ("btn-delete", "delete"),
        ("Submit your order", ""),
        ("submit-order", "submit order"),
        ("undeleted", ""),
        ("Find", ""),
        ("", ""),
    ],
)
def test_destructive_words_are_found_in_any_spelling(text: str, word: str) -> None:
    assert destructive_word(text, ("delete", "submit order", "")) == word


def test_a_locators_values_count_and_not_its_keys() -> None:
    assert destructive_word_of('{"role":"button","name":"Delete"}', ("delete", "role")) == "delete"
    assert destructive_word_of('{"role":"button","name":"Find"}', ("role", "name")) == ""


def test_a_file_field_may_be_hidden() -> None:
    assert obstacle_of({"type": "file", "enabled": True}, (), may_destroy=False) == ""
