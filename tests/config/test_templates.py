"""References are found, refused and replaced."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.config.steps import Click, Drag, Fill, Target
from maestro_fabric.config.templates import KEEP, Reference, TemplateError, escape, part_of, references, resolve, resolve_partly, truth

VALUES = st.recursive(
    st.text() | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PIECES = st.lists(st.sampled_from(["${vars.a}", "${params.b}", "$${", "text", "$ ", "{", "}", " "]), max_size=6)


def look_up(reference: Reference) -> object:
    return {"vars.a": "A", "params.b": "${saved.c}", "saved.c": 3, "secret.S": "s3", "vars.list": [1], "vars.no": None, "vars.yes": True}[
        f"{reference.kind}.{reference.name}"
    ]


@given(VALUES)
def test_an_escaped_value_resolves_to_itself(value: Any) -> None:
    assert resolve(escape(value), look_up) == value


@given(PIECES)
def test_resolving_in_two_passes_gives_what_one_pass_gives(pieces: list[str]) -> None:
    text = "x" + "".join(pieces)

    partly = resolve_partly(text, lambda reference: escape(look_up(reference)) if reference.kind == "vars" else KEEP)

    assert resolve(partly, look_up) == resolve(text, look_up)


@given(PIECES)
def test_references_stand_where_they_say(pieces: list[str]) -> None:
    text = "".join(pieces)

    assert all(text[reference.start : reference.end] == reference.text for reference in references(text))


def test_every_kind_is_read() -> None:
    text = "${env:A} ${env:B:-x y} ${env:C:-} ${secret:D} ${vars.e.f} ${params.g} ${saved.h-i} ${services.shop.url} $${no}"

    assert [(reference.kind, reference.name, reference.default) for reference in references(text)] == [
        ("env", "A", None),
        ("env", "B", "x y"),
        ("env", "C", ""),
        ("secret", "D", None),
        ("vars", "e.f", None),
        ("params", "g", None),
        ("saved", "h-i", None),
        ("services", "shop", None),
    ]


@pytest.mark.parametrize(
    "text", ["${", "${vars.}", "${params}", "${saved x}", "${services.shop}", "${secret:A:-b}", "${i + 1}", "${}", "a ${env:B:-${env:C}}"]
)
def test_what_looks_like_a_reference_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(TemplateError) as caught:
        references(text)

    assert caught.value.hint
    assert text[caught.value.offset :].startswith("${")


def test_a_text_that_is_one_reference_keeps_the_type_and_a_longer_one_is_text() -> None:
    assert resolve("${vars.list}", look_up) == [1]
    assert resolve("${vars.list}${vars.no}${vars.yes}${saved.c}", look_up) == "[1]true3"


def test_what_params_hold_is_a_template_itself() -> None:
    assert resolve("${params.b}", look_up) == 3


def test_steps_are_resolved_without_changing_what_needs_no_change() -> None:
    step = Drag(**{"from": Target(css="${vars.a}"), "to": Target(css="b", within="2s")})

    resolved = resolve(step, look_up)

    assert (resolved.source.css, resolved.to) == ("A", step.to)
    assert resolved.to is step.to
    assert step.source.css == "${vars.a}"


def test_a_step_without_references_stays_the_same_object() -> None:
    step = Click(css="#a", position=(1.0, 2.0))

    assert resolve(step, look_up) is step


def test_a_secret_is_found_inside_a_step() -> None:
    assert resolve(Fill(css="a", value="<${secret:S}>"), look_up).value == "<s3>"


def test_a_dotted_name_goes_into_mappings_and_lists() -> None:
    assert part_of({"a": {"b": [{"c": 1}]}, "x.y": 2}, "a.b.0.c") == 1
    assert part_of({"x.y": 2}, "x.y") == 2


@pytest.mark.parametrize(
    ("value", "says_yes"),
    [
        ("", False),
        ("0", False),
        ("False", False),
        ("off", False),
        (" no ", False),
        (None, False),
        (0, False),
        ("1", True),
        ("x", True),
        (True, True),
    ],
)
def test_truth_reads_the_usual_words(value: object, says_yes: bool) -> None:
    assert truth(value) is says_yes
