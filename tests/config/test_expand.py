"""Cases come out of params, matrix and groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.config.expand import expand_cases
from maestro_fabric.config.param_ids import make_unique
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import Case, Skip, Status, Xfail
from qa_text import load_text

HEAD = """version: 1
project: p
environments: {local: {base_url: http://a}}
policies:
  web: {deadline: 90s, retry: {times: 2, on: [failed], backoff: {kind: constant, first: 1s, max: 2s, jitter: none}}}
  fast: {attempt_timeout: 5s}
policy: fast
groups:
  log_in:
    params: [name, word]
    steps: [{open: /}, {fill: {css: a, value: "${params.name}"}}, {use: {group: deep, with: {x: "<${params.word}>"}}}]
  deep: {params: [x], steps: [{log: "${params.x}"}]}
suites:
  - name: s
    adapter: playwright
    tags: [t]
    owner: team
    links: [l]
    setup: [{use: {group: log_in, with: {name: ada, word: "${secret:W}"}}}]
    cases:
      - name: c
"""


def cases_of(folder: Path, body: str, rows: list[dict[str, Any]] | None = None) -> list[Case]:
    loaded = load_text(folder, HEAD + "".join(f"        {line}\n" for line in body.splitlines()))
    return expand_cases(loaded.config, loaded.config.suites[0], locate=loaded.locate, rows_of=lambda path: rows or [])


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ("params: {item: [tea, coffee]}", ["tea", "coffee"]),
        ("params: {item: [tea, coffee], n: [1, 2]}", ["tea-1", "tea-2", "coffee-1", "coffee-2"]),
        ("params: {item: [true, null, 1.5, '', 'a::b', [1], {a: b}]}", ["true", "null", "1.5", "item3", "item4", "item5", "item6"]),
        ("params: [{item: tea, n: 1}, {item: tea, n: 2}]", ["tea-1", "tea-2"]),
        ("params: [{id: first, item: tea}, {id: second, item: tea}]", ["first", "second"]),
        ("params: {item: [tea, tea]}", ["tea0", "tea1"]),
        ("params: {item: [tea]}\nmatrix: {w: [1, 2]}", ["tea-1", "tea-2"]),
        ("matrix: {w: [1], h: [2]}", ["1-2"]),
        ("params: {from: a.csv}", ["x-1", "y-2"]),
        ("tags: []", [""]),
    ],
)
def test_params_give_one_case_for_each_row(tmp_path: Path, params: str, ids: list[str]) -> None:
    cases = cases_of(tmp_path, f"{params}\nsteps: [{{open: /}}]", [{"item": "x", "n": "1"}, {"item": "y", "n": "2"}])

    assert [case.id.params for case in cases] == ids


@given(st.lists(st.sampled_from(["a", "a0", "a1", "b", ""])))
def test_unique_ids_are_unique_and_keep_what_was_unique(ids: list[str]) -> None:
    unique = make_unique(ids)

    assert len(set(unique)) == len(ids)
    assert all(after == before for before, after in zip(ids, unique, strict=True) if ids.count(before) == 1)


def test_a_file_without_rows_is_an_error_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'a\.csv' has no rows below its header"):
        cases_of(tmp_path, "params: {from: a.csv}\nsteps: [{open: /}]")


def test_rows_of_a_file_are_literal(tmp_path: Path) -> None:
    (case,) = cases_of(tmp_path, "params: {from: a.csv}\nsteps: [{open: /}]", [{"item": "${secret:X}"}])

    assert (case.body.params, case.id.params) == ({"item": "$${secret:X}"}, "${secret:X}")


def test_groups_unfold_with_their_own_scope_and_places(tmp_path: Path) -> None:
    (case,) = cases_of(
        tmp_path,
        "params: {who: [bob]}\nsteps:\n  - open: /\n  - use: {group: log_in, with: {name: '${params.who}', word: '${saved.w}'}}\n".replace(
            "open: /", "save: {url: true, as: w}"
        ),
    )

    assert [(step.number, step.action, dict(step.scope)) for step in case.body.steps] == [
        ("1", "save", {"who": "bob"}),
        ("2.1", "open", {"name": "bob", "word": "${saved.w}"}),
        ("2.2", "fill", {"name": "bob", "word": "${saved.w}"}),
        ("2.3.1", "log", {"x": "<${saved.w}>"}),
    ]
    assert [step.location.line for step in case.body.steps] == [24, 11, 11, 12]
    assert [step.number for step in case.body.setup] == ["1.1", "1.2", "1.3.1"]


def test_a_fresh_case_has_no_set_up(tmp_path: Path) -> None:
    (case,) = cases_of(tmp_path, "fresh: true\nsteps: [{open: /}]")

    assert (case.body.setup, case.body.fresh) == ((), True)


def test_a_case_inherits_from_its_suite_and_adds_its_own(tmp_path: Path) -> None:
    (case,) = cases_of(tmp_path, "tags: [u, t]\nlinks: [m]\npolicy: web\ntimeout: 60s\nsteps: [{open: /}]")

    assert (str(case.id), case.id.project, case.tags, case.owner, case.links) == ("s::c", "p", ("t", "u"), "team", ("l", "m"))
    assert (case.policy.name, case.policy.deadline_s, case.policy.retry.times, case.policy.retry.on) == ("web", 60.0, 2, {Status.FAILED})
    assert (case.policy.retry.backoff.kind, case.policy.retry.backoff.first_s, case.policy.retry.backoff.jitter) == (
        "constant",
        1.0,
        "none",
    )
    assert str(case.location).endswith("qa.yaml:21")


def test_a_case_without_policy_has_the_file_s_and_a_long_timeout_does_not_stretch_a_deadline(tmp_path: Path) -> None:
    (plain,) = cases_of(tmp_path, "owner: ''\nsteps: [{open: /}]")
    (capped,) = cases_of(tmp_path, "policy: web\ntimeout: 5m\nsteps: [{open: /}]")

    assert (plain.policy.name, plain.policy.attempt_timeout_s, plain.owner) == ("fast", 5.0, "")
    assert capped.policy.deadline_s == 90.0


def test_skip_and_xfail_depend_on_params(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path, "params: {no: ['off', why]}\nskip: {reason: 'x ${params.no}', if: '${params.no}'}\nxfail: later\nsteps: [{open: /}]"
    )

    assert [case.skip for case in cases] == [None, Skip("x why")]
    assert [case.xfail for case in cases] == [Xfail("later"), Xfail("later")]
