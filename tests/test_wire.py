from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.events import AttemptStarted, CaseFinished, Event, RunFinished, Warned
from maestro_fabric.model import Case, CaseId, Mark, Status
from maestro_fabric.wire import from_wire, to_wire

texts = st.text(max_size=8)
finite = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = (str, int, float, bool, type(None))


def only_plain(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and only_plain(item) for key, item in value.items())
    if type(value) is list:
        return all(map(only_plain, value))
    return type(value) in PLAIN


st.register_type_strategy(float, finite)
st.register_type_strategy(str, texts)
# A body belongs to its adapter: it does not travel, so no case that is compared has one.
cases = st.builds(Case, body=st.none())
st.register_type_strategy(Case, cases)


@given(st.from_type(Event))
def test_any_event_comes_back_as_it_was(event: Event) -> None:
    data = json.loads(json.dumps(to_wire(event)))

    assert from_wire(data) == event


@given(st.from_type(Event))
def test_an_event_on_the_wire_is_made_of_builtins_only(event: Event) -> None:
    assert only_plain(to_wire(event))


def test_a_cases_body_stays_at_home() -> None:
    case = Case(id=CaseId("p", "s", "c"), body=object())

    event = from_wire(to_wire(AttemptStarted(case, 1, 0.0)))

    assert event == AttemptStarted(replace(case, body=None), 1, 0.0)


def test_defaults_are_left_out() -> None:
    assert to_wire(Warned("look")) == {"event": "Warned", "message": "look"}
    assert to_wire(AttemptStarted(Case(id=CaseId("p", "s", "c")), 1, 2.0)) == {
        "event": "AttemptStarted",
        "case": {"id": {"project": "p", "suite": "s", "name": "c"}},
        "number": 1,
        "started_at": 2.0,
    }


def test_an_unknown_event_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'Exploded' is not an event: one of RunStarted, "):
        from_wire({"event": "Exploded"})


def test_a_field_of_a_newer_version_is_left_out() -> None:
    assert from_wire({**to_wire(RunFinished("r", "passed", 1.0)), "mood": "good"}) == RunFinished("r", "passed", 1.0)


def test_a_set_travels_in_a_fixed_order() -> None:
    one = CaseFinished(Case(id=CaseId("p", "s", "c")), Status.PASSED, frozenset({Mark.HEALED, Mark.FLAKY}), 1.0, 2.0)

    assert to_wire(one)["marks"] == ["flaky", "healed"]
