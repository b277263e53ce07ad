"""A team's history in a real PostgreSQL: the same answers as the file, each run sent once, nothing lost when it is down."""

from __future__ import annotations

import random
from dataclasses import asdict, is_dataclass

import psycopg
import pytest
from click.testing import CliRunner

from maestro_fabric.aggregator import ResultStatus, TestResultAggregator, UnknownName, Window, open_history
from maestro_fabric.aggregator.merge import merge_stores
from maestro_fabric.aggregator.postgres import connect_to_database
from maestro_fabric.aggregator.prune import prune_store
from maestro_fabric.aggregator.push import Pusher, push_runs
from maestro_fabric.cli import main
from maestro_fabric.errors import StoreError
from maestro_fabric.model import Artifact, Mark, Status
from maestro_fabric.places import DatabaseUrl, place_of
from support import wait_until

DEAD = DatabaseUrl("postgresql://ada:hush-hush@127.0.0.1:1/team")
RUN = "0190aaaa-07"


@pytest.fixture
def filled(drive, store):
    """Thirty runs with what a history can hold: retries, flaky and slower cases, marks, evidence."""
    chance = random.Random(2)  # noqa: S311 - data
    for number in range(30):
        drive.clock.advance(3600)
        facts = {"git_commit": f"c{number // 2}", "git_branch": "main", "git_dirty": "false"}
        drive.start(f"0190aaaa-{number:02}", facts=facts, orchestration_id="nightly")
        for plain in range(20):
            drive.plain(f"test_{plain}")
        drive.whole("buy", Status.FAILED if chance.random() < 0.4 else Status.PASSED, params="tea")
        pay = drive.case("pay", tags=("smoke",), owner="ada", links=("https://example.org/1",))
        lasted_s = 0.1 + 0.5 * (number > 20) + chance.random() / 100
        drive.attempt(pay, Status.FAILED, is_last=False, worker="gw1", output="log", artifacts=(Artifact("log", "a.txt"),))
        drive.attempt(pay, Status.PASSED, number=2, metadata={"browser": "chromium"}, duration_s=lasted_s)
        drive.finish(pay, Status.PASSED, frozenset({Mark.FLAKY, Mark.HEALED}))
        drive.attempt(drive.case("log in"), Status.PASSED, duration_s=lasted_s)
        drive.finish(drive.case("no shop"), Status.BLOCKED, reason="the circuit breaker is closed")
        drive.end("failed")
    drive.writer.close()
    return store


QUESTIONS = {
    "runs": lambda history: history.runs(50),
    "run": lambda history: history.run(RUN.upper()),
    "results": lambda history: history.results(RUN),
    "attempts": lambda history: history.attempts(RUN),
    "history of a case": lambda history: history.case_history("pay"),
    "history of names": lambda history: history.case_history("shop::buy", limit=7),
    "part of a name": lambda history: history.find_cases("LOG I"),
    "latest": lambda history: history.latest(),
    "latest of a suite": lambda history: history.latest("shop"),
    "flaky": lambda history: history.flaky(),
    "slowest": lambda history: history.slowest(),
    "trends": lambda history: history.trends(),
    "trends of a window": lambda history: history.trends(Window(last=5, branch="main", suite="shop", since=1.0)),
    "levels": lambda history: history.levels(),
    "compare": lambda history: history.compare(RUN),
    "first failure": lambda history: history.first_failure("buy"),
    "clusters": lambda history: history.clusters(RUN),
    "run before": lambda history: history.run_before(history.run(), branch="main"),
    "cases": lambda history: sorted(map(str, history.case_ids())),
}


def plain(answer):
    """An answer without the numbers that cases have in one store only."""
    if isinstance(answer, list):
        return [plain(row) for row in answer]
    if is_dataclass(answer):
        return {name: value for name, value in asdict(answer).items() if name != "case_id"}
    return answer


def test_a_database_gives_the_very_answers_of_the_file(filled, database):
    assert push_runs(filled, database).added == 30
    with open_history(filled) as file, open_history(database) as team:
        for name, ask in QUESTIONS.items():
            assert plain(ask(team)) == plain(ask(file)), name
        with pytest.raises(UnknownName, match="did you mean 'shop::pay'"):
            team.case_history("paay")
    with TestResultAggregator(filled) as one, TestResultAggregator(database) as other:
        assert one.generate_report("nightly") == other.generate_report("nightly")
        trends, of_file = other.analyze_trends("shop", 9999), one.analyze_trends("shop", 9999)
        assert plain(trends["slower"]) == plain(of_file["slower"]) != []
        assert trends["p95"] == of_file["p95"]
        assert "<b>postgresql://postgres:***@" in other._repr_html_()
        with pytest.raises(StoreError, match="is no file, so that sqlite-utils cannot read it"):
            _ = other.db


@pytest.mark.parametrize("kind", ["file", "database"])
def test_results_are_put_in_one_by_one(kind, tmp_path, request):
    place = tmp_path / "h.db" if kind == "file" else request.getfixturevalue("database").url
    with TestResultAggregator(db_path=place) as results:
        results.store_result("buy", "7", "shop", ResultStatus.PASSED, 1.5, {"browser": "chrome"})
        results.store_result("buy", "7", "shop", "failed", 2.5)
        results.store_result("pay", "7", "shop", "skipped", 0, {"note": "a\0b"})
        summary = results.get_summary("7")
        assert (summary["total"], summary["passed"], summary["failed"], summary["duration"]) == (3, 1, 1, 4.0)
        found = results.get_results_by_category("shop")
        assert [(row["test_id"], row["status"], row["duration"]) for row in found] == [
            ("pay", "skipped", 0.0),
            ("buy", "failed", 2.5),
            ("buy", "passed", 1.5),
        ]
        assert found[2]["metadata"] == {"browser": "chrome"}
        assert results.get_results_by_category("shop", limit=1) == found[:1]
    with TestResultAggregator(db_path=place) as again:
        again.store_result("buy", "7", "shop", "passed", 1.0)  # the case is known, and has one number
        assert [row.runs for row in again.slowest()] == [2]
        assert again.get_summary("none")["total"] == 0


def test_a_run_is_sent_once_and_again_when_more_of_it_has_come(filled, database, tmp_path):
    assert [push_runs(filled, database).added for _ in range(2)] == [30, 0]
    with TestResultAggregator(tmp_path / "one.db") as results:
        results.store_result("buy", "7", "shop", "passed", 1.0)
        assert merge_stores([tmp_path / "one.db"], database) == 1
        results.store_result("pay", "7", "shop", "failed", 1.0)
        assert [push_runs(tmp_path / "one.db", database).added for _ in range(2)] == [1, 0]
    with open_history(database) as team:
        assert (len(team.runs(99)), team.runs(1)[0].counts["attempts"], team.runs(1)[0].status) == (31, 2, "failed")


def test_shards_of_one_run_become_one_run(make_driver, tmp_path, database):
    shards = [tmp_path / "a.db", tmp_path / "b.db"]
    for shard, name in zip(shards, ("buy", "pay"), strict=True):
        driver = make_driver(shard).start("shared")
        driver.whole(name, Status.FAILED if name == "pay" else Status.PASSED)
        driver.end("failed" if name == "pay" else "passed")
        driver.writer.close()
    assert [push_runs(shard, database).added for shard in (*shards, *shards)] == [1, 1, 0, 0]
    with open_history(database) as team:
        (run,) = team.runs()
        assert (run.status, run.total, [row.name for row in team.results("shared")]) == ("failed", 2, ["buy", "pay"])


def test_a_run_that_the_database_does_not_take_keeps_no_other_back(make_driver, store, database):
    driver = make_driver(store).start("bad")
    driver.whole("buy", suite="".join(random.Random(1).choices("0123456789abcdef", k=9_000)))  # noqa: S311
    driver.end()
    driver.start("good").whole("buy", params="te\0a")  # no text of PostgreSQL can hold the character 0
    driver.end()
    driver.writer.close()
    pushed = push_runs(store, database)
    assert pushed.added == 1
    assert "run bad: cannot use the store" in pushed.refused[0]
    with open_history(database) as team:
        assert [row.title for row in team.results("good")] == ["shop::buy[te\\x00a]"]
    (line,) = Pusher(store, database, mend="maestro push").finish("good")
    assert line.endswith("`maestro push` tries again")


def test_a_dead_database_loses_nothing_and_is_told_in_one_line(filled, database):
    pusher = Pusher(filled, DEAD, mend="maestro push qa.yaml")
    pusher.start()
    (line,) = pusher.finish(RUN)
    assert "cannot use the store postgresql://ada:***@127.0.0.1:1/team: check that the database runs" in line
    assert line.endswith(f"the run is safe in {filled}: `maestro push qa.yaml` sends it")
    assert "hush" not in line
    assert push_runs(filled, database).added == 30


def test_older_runs_are_sent_in_the_background(filled, database):
    pusher = Pusher(filled, database, mend="maestro push")
    pusher.start()
    connection = connect_to_database(database, to_write=True)
    wait_until(lambda: connection.execute("SELECT count(*) FROM pushed").fetchone() == (30,), what="all runs were sent")
    connection.close()
    assert pusher.finish(RUN) == []


def test_at_the_end_the_run_itself_goes_first_and_older_ones_while_there_is_time(filled, database):
    pushed = push_runs(filled, database, first=RUN, go_on=lambda: False)
    assert (pushed.added, pushed.left) == (1, 29)
    with open_history(database) as team:
        assert [run.run_id for run in team.runs()] == [RUN]


def test_nothing_to_send_needs_no_database(open_writer, store):
    open_writer(store)
    assert push_runs(store, DEAD).added == 0


def test_old_results_go_and_runs_stay(filled, database):
    push_runs(filled, database)
    assert prune_store(database, keep_s=1, keep_failures_s=1, now=2e9) > 600
    with open_history(database) as team:
        assert (team.attempts(RUN), team.run(RUN).total) == ([], 24)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("DROP SCHEMA maestro CASCADE", r"is empty: a run with it, or `maestro push`, fills it"),
        ("UPDATE maestro.store SET version = 99", r"has schema 99, .* upgrade it"),
        ("DROP TABLE maestro.run CASCADE", r"cannot use the store .*runs.* does not exist"),
    ],
)
def test_a_database_that_cannot_be_read_says_why(filled, database, change, message):
    push_runs(filled, database)
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(change.encode())
    with pytest.raises(StoreError, match=message) as caught, open_history(database) as team:
        team.runs()
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://postgres:hush-hush@/nothing?{query}", "make the database: createdb NAME"),
        ("postgresql://ada:hush-hush@127.0.0.1:1/team", "check that the database runs"),
        ("postgresql://ada:hush-hush@127.0.0.1:1/team?password=hush-too&sslmode=nonsense", "cannot use the store"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(url, message, postgres_server):
    with pytest.raises(StoreError, match=message) as caught:
        open_history(url.format(query=postgres_server.partition("?")[2]))
    assert "hush" not in str(caught.value)


def test_a_place_is_a_file_or_an_address_however_it_is_wrapped(tmp_path):
    assert place_of(tmp_path / "h.db") == tmp_path / "h.db"
    for text in ("postgres://ada@db/team", "postgresql:/ada@db/team", "POSTGRESQL://ada@db/team"):
        assert place_of(text) == DatabaseUrl("postgresql://ada@db/team")
    assert "hush" not in f"{DEAD!r} {DEAD} {DatabaseUrl('postgresql:///team?password=hush&host=db')}"
    with pytest.raises(StoreError, match=r"^mysql:// is no history: name a file, or postgresql://"):
        place_of("mysql://ada:hush@db/team")
    with pytest.raises(StoreError, match="is no address of a database") as caught:
        place_of("postgresql://ada:hush@[db/team")
    assert "hush" not in str(caught.value)


@pytest.fixture
def project(pytester, database):
    """A config whose history is the database, with the password kept out of it."""
    pytester.makepyfile(test_shop="def test_buy(): assert False\n\ndef test_pay(): pass")
    url = database.url.replace("hush-hush", "${secret:TEAM_PASSWORD}")
    pytester.makefile(
        ".yaml",
        qa=f"version: 1\nproject: shop\nstore: {url}\ngates: {{new_failures: 0}}\n"
        "suites: [{name: unit, adapter: pytest, paths: [test_shop.py]}]\n",
    )
    return pytester


def test_a_session_is_written_here_and_sent_at_its_end(project, database, monkeypatch):
    runner = CliRunner()
    result = project.runpytest_inprocess("--maestro-config=qa.yaml")
    result.stderr.fnmatch_lines(["*the secret 'TEAM_PASSWORD' is missing*"])
    monkeypatch.setenv("TEAM_PASSWORD", "hush-hush")
    with psycopg.connect(database.url) as connection:
        name = connection.info.dbname
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "1")
    config = project.path / "qa.yaml"
    alive = config.read_text(encoding="utf-8")
    config.write_text(alive.replace(f"/{name}?", "/dead?"), encoding="utf-8")
    result = project.runpytest_inprocess("--maestro-config=qa.yaml")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["warning: cannot use the store postgresql://postgres:[*][*][*]@/dead?*: `maestro push *qa.yaml` sends it"])
    config.write_text(alive, encoding="utf-8")
    result = project.runpytest_inprocess("--maestro-config=qa.yaml", "-k", "pay")
    assert result.ret == 0
    assert "hush" not in result.stdout.str()
    sent = runner.invoke(main, ["push", "qa.yaml", "--json"])
    assert (sent.exit_code, '"pushed_runs": 0' in sent.output) == (0, True), sent.output
    runs = runner.invoke(main, ["runs", "--store", database.url])
    assert runs.output.count("unit") == 0
    assert runs.output.count("01") >= 2
    assert runner.invoke(main, ["gate"]).output.count("new_failures") == 1
    assert "nothing is in quarantine" in runner.invoke(main, ["quarantine", "list"]).output
    plan = runner.invoke(main, ["plan"])
    assert f"store postgresql://postgres:***@/{name}" in plan.output
    assert "hush" not in plan.output
    assert "hush-hush" not in "".join(path.read_text("utf-8", "replace") for path in project.path.rglob("*") if path.is_file())


def test_maestro_run_sends_its_run_too(project, database, monkeypatch):
    monkeypatch.setenv("TEAM_PASSWORD", "hush-hush")
    result = CliRunner().invoke(main, ["run", "--gate", "warn"])
    assert result.exit_code == 1, result.output
    with open_history(database) as team:
        assert [(run.status, run.total) for run in team.runs()] == [("failed", 2)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["push", "--store", "history.db"], "history.db is no database: name one by --store or store:"),
        (["push", "--store", "postgresql://ada:hush@127.0.0.1:1/x"], "there is no store"),
        (["runs", "--store", "postgresql://ada:hush@127.0.0.1:1/x"], "check that the database runs"),
        (["runs", "--store", "mysql://ada:hush@db/x"], "mysql:// is no history"),
        (["heal", "list", "--store", "postgresql://ada:hush@127.0.0.1:1/x"], "has no heals: they wait in the local history"),
        (["runs", "--store", "."], "is a folder: name the file in it"),
    ],
)
def test_a_store_that_is_typed_wrong_is_told(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "hush" not in result.output
