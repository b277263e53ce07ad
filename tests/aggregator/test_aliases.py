"""A case under a new name keeps its history, in whatever order stores are merged; what looks renamed is proposed only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import permutations

import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import UnknownName, open_history
from maestro_fabric.aggregator.aliases import Refused, add_alias, list_aliases, remove_alias
from maestro_fabric.aggregator.bodies import keep_bodies, likeness, sketch_of
from maestro_fabric.aggregator.merge import merge_stores
from maestro_fabric.cli import main
from maestro_fabric.model import Location, Status

P, F = Status.PASSED, Status.FAILED


@pytest.fixture
def recorded(make_driver, clock, tmp_path):
    """Runs in a store of that name: by run id the names of the cases, with their status."""

    def record(name, runs, **suite):
        path = tmp_path / name
        drive = make_driver(path)
        for run_id, results in runs.items():
            clock.advance(60)
            drive.start(run_id)
            for case, status in results.items():
                title, _, params = case.partition("[")
                drive.whole(title, status, params=params.removesuffix("]"), **suite)
            drive.end()
        drive.writer.close()
        return path

    return record


def history(path, case):
    with open_history(path) as opened:
        return [(row.run_id, row.title, row.status) for row in opened.case_history(case)]


def totals(path):
    with open_history(path) as opened:
        return {run.run_id: (run.counts["passed"], run.counts["failed"], run.total) for run in opened.runs()}


def test_the_history_goes_on_under_the_new_name_also_for_results_that_still_come_under_the_old_one(recorded):
    path = recorded("a.db", {"r1": {"old": F, "other": P}, "r2": {"new": P, "other": P}})
    before = totals(path)

    assert [(row.old, row.new) for row in add_alias(path, "shop::old", "new")] == [("shop::old", "shop::new")]
    recorded("a.db", {"r3": {"old": F, "other": P}})

    expected = [("r3", "shop::new", "failed"), ("r2", "shop::new", "passed"), ("r1", "shop::new", "failed")]
    assert history(path, "shop::new") == history(path, "shop::old") == expected
    assert totals(path) == {**before, "r3": (1, 1, 2)}
    with open_history(path) as opened:
        assert {row.title for row in opened.latest()} == {"shop::new", "shop::other"}


def test_all_parameters_go_on_with_their_names_and_names_can_change_again(recorded):
    path = recorded("a.db", {"r1": {"old[a]": P, "old[b]": F}, "r2": {"new[a]": P, "new[b]": P}, "r3": {"last[a]": P, "last[b]": P}})

    add_alias(path, "shop::old", "shop::new")
    add_alias(path, "shop::new", "shop::last")

    assert history(path, "shop::old[b]") == [
        ("r3", "shop::last[b]", "passed"),
        ("r2", "shop::last[b]", "passed"),
        ("r1", "shop::last[b]", "failed"),
    ]
    assert {(row.old, row.new) for row in list_aliases(path)} == {
        (f"shop::{name}[{params}]", f"shop::last[{params}]") for name in ("old", "new") for params in "ab"
    }


def test_a_case_that_moves_to_another_suite_takes_its_counts_along(recorded):
    path = recorded("a.db", {"r1": {"old": F}})
    recorded("a.db", {"r2": {"old": P}}, suite="web")

    add_alias(path, "shop::old", "web::old")

    with open_history(path) as opened:
        assert {(row.category, row.total) for row in opened.trends()} == {("web", 2)}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shop::a", "shop::b", "are two cases: both ran in run r1"),
        ("shop::a", "shop::a", "is shop::a already"),
        ("shop::p", "shop::q", "no parameters in common: name each case with its own, like shop::p"),
    ],
)
def test_what_is_two_cases_is_refused(recorded, old, new, message):
    path = recorded("a.db", {"r1": {"a": P, "b": P}, "r2": {"p[1]": P, "p[2]": P}, "r3": {"q[3]": P, "q[4]": P}})
    with pytest.raises(Refused, match=message):
        add_alias(path, old, new)
    with pytest.raises(UnknownName, match=r"no case 'shop::zebra'"):
        add_alias(path, "shop::zebra", new)


def test_an_alias_can_be_taken_back(recorded):
    path = recorded("a.db", {"r1": {"old": P}, "r2": {"new": P}})
    add_alias(path, "old", "new")
    with pytest.raises(Refused, match=r"'shop::odl' is no alias; there are 'shop::old'"):
        remove_alias(path, "shop::odl")
    remove_alias(path, "shop::old")
    recorded("a.db", {"r3": {"old": P}})
    assert history(path, "shop::old") == [("r3", "shop::old", "passed")]


def test_merging_in_any_order_and_twice_gives_one_history(recorded, tmp_path):
    renamed = recorded("renamed.db", {"r1": {"old": F, "x": P}, "r2": {"new": P, "x": P}})
    add_alias(renamed, "shop::old", "shop::new")
    late = recorded("late.db", {"r3": {"old": F, "x": P}})  # a branch that has not heard of it
    again = recorded("again.db", {"r4": {"new": P}, "r5": {"newest": P}})
    add_alias(again, "shop::new", "shop::newest")

    seen = []
    for number, order in enumerate(permutations([renamed, late, again])):
        target = tmp_path / f"merged-{number}.db"
        merge_stores(order, target)
        merge_stores(order, target)
        seen.append((sorted(history(target, "shop::old")), totals(target), sorted((row.old, row.new) for row in list_aliases(target))))

    statuses = {"r1": "failed", "r2": "passed", "r3": "failed", "r4": "passed", "r5": "passed"}
    assert seen[0] == (
        [(run, "shop::newest", status) for run, status in statuses.items()],
        {"r1": (1, 1, 2), "r2": (2, 0, 2), "r3": (1, 1, 2), "r4": (1, 0, 1), "r5": (1, 0, 1)},
        [("shop::new", "shop::newest"), ("shop::old", "shop::newest")],
    )
    assert all(each == seen[0] for each in seen)


BODIES = {
    "total": "    cart = Cart()\n    cart.add('tea', price=3)\n    assert cart.total() == 3\n    assert cart.is_open\n",
    "empty": "    cart = Cart()\n    assert cart.total() == 0, 'nothing costs nothing'\n    assert not cart.items\n",
    "fresh": "    with raises(ValueError):\n        Shop(name='').open(door=None, key=7)\n    log.clear()\n",
}


def write_tests(folder, **names):
    text = "".join(f"@mark.slow\ndef test_{name}(cart):\n{BODIES[body]}\n" for name, body in names.items())
    (folder / "test_cart.py").write_text(f"class TestOld:\n    def test_total(self): pass\n\n{text}def test_tiny(): pass\n")


def test_renames_are_proposed_by_name_and_body_and_nothing_is_changed(recorded, tmp_path, clock):
    write_tests(tmp_path, total="total", empty="empty")
    path = recorded("a.db", {"r1": {"test_cart.test_total": P, "test_cart.test_empty": P, "test_cart.test_tiny": P}})
    assert keep_bodies(path, "r1", [tmp_path], now=clock.now()) == 3
    write_tests(tmp_path, sums_up="total", empty="empty", opens="fresh")
    recorded("a.db", {"r2": {"test_cart.test_sums_up": P, "test_cart.test_empty": P, "test_cart.test_small": P, "test_cart.test_opens": P}})
    keep_bodies(path, "r2", [tmp_path], now=clock.now())

    with open_history(path) as opened:
        found = opened.renames()
    assert [(row.old, row.new, row.body_likeness) for row in found] == [("shop::test_cart.test_total", "shop::test_cart.test_sums_up", 1.0)]
    shown = CliRunner().invoke(main, ["renames", "--store", str(path)]).output
    assert "maestro alias shop::test_cart.test_total shop::test_cart.test_sums_up" in shown
    assert list_aliases(path) == []

    run = CliRunner().invoke(main, ["alias", "shop::test_cart.test_total", "shop::test_cart.test_sums_up", "--store", str(path)])
    assert run.output == "shop::test_cart.test_total goes on as shop::test_cart.test_sums_up\n"
    assert "no case looks like one that is gone" in CliRunner().invoke(main, ["renames", "--store", str(path)]).output
    assert "test_sums_up" in CliRunner().invoke(main, ["alias", "--store", str(path)]).output


def test_without_bodies_names_must_be_nearly_the_same_and_rivals_hold_a_proposal_back(recorded):
    path = recorded("a.db", {"r1": {"buy one item": P, "pay by card": P}, "r2": {"buy one items": P, "leave": P}})
    with open_history(path) as opened:
        assert [(row.old, row.new, row.body_likeness) for row in opened.renames()] == [("shop::buy one item", "shop::buy one items", None)]
    recorded("a.db", {"r3": {"buy one item!": P, "buy one items": P}})
    with open_history(path) as opened:
        assert opened.renames() == []


def test_the_body_of_a_journey_is_the_block_at_its_place(tmp_path, make_driver, clock):
    steps = "      - open: /\n      - click: '#buy'\n      - fill: {css: '#name', value: Bob}\n"
    (tmp_path / "qa.yaml").write_text(f"cases:\n  - name: buy tea\n    steps:\n{steps}  - name: leave\n    steps: [open: /]\n")
    drive = make_driver(tmp_path / "a.db").start("r1")
    case = drive.case("buy tea", location=Location("qa.yaml", 2))
    drive.attempt(case, P)
    drive.finish(case, P)
    drive.end()
    drive.writer.close()

    keep_bodies(tmp_path / "a.db", "r1", [tmp_path / "nowhere", tmp_path], now=clock.now())

    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        ((sketch,),) = connection.execute("SELECT sketch FROM body").fetchall()
    assert likeness(sketch, sketch_of(f"- name: pay\n    steps:\n{steps}", "pay")) == 1.0
    assert likeness(sketch, sketch_of("one two three four five six seven")) == 0.0
    assert likeness(sketch, b"") is None


def test_a_store_that_cannot_be_written_costs_no_sketch(tmp_path):
    (tmp_path / "a.db").write_text("no database")
    assert keep_bodies(tmp_path / "a.db", "r1", [tmp_path], now=0.0) == 0


@pytest.mark.parametrize(("arguments", "message"), [(["a"], "name both cases"), (["--remove"], "name the old case only")])
def test_the_command_says_what_is_missing(arguments, message, tmp_path):
    run = CliRunner().invoke(main, ["alias", *arguments, "--store", str(tmp_path / "a.db")])
    assert run.exit_code == 2
    assert message in run.output
