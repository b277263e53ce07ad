from __future__ import annotations

import subprocess
import threading
import time
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.errors import ConfigError
from maestro_fabric.run_ids import RunIds, new_run_id
from maestro_fabric.system.clock import SystemChance, SystemClock
from maestro_fabric.system.facts import ci_facts, gather_facts, git_facts
from maestro_fabric.system.secrets import Secrets, read_secret_file
from maestro_fabric.testing import FakeClock


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def test_the_systems_clock_is_the_machines() -> None:
    clock = SystemClock()

    assert abs(clock.now() - time.time()) < 1
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() - before >= 0.001


def test_the_systems_chance_stays_in_its_span() -> None:
    assert all(2.0 <= SystemChance().uniform(2.0, 3.0) <= 3.0 for _ in range(20))


def test_a_run_id_is_a_uuid_of_version_7_with_the_time_in_it() -> None:
    run_id = uuid.UUID(RunIds(FakeClock(now=1_700_000_000.123)).new())

    assert (run_id.version, run_id.variant) == (7, uuid.RFC_4122)
    assert run_id.int >> 80 == 1_700_000_000_123


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_each_run_id_is_greater_than_the_one_before_whatever_the_clock_does(jumps: list[float]) -> None:
    clock = FakeClock()
    ids = RunIds(clock, lambda count: b"\xff" * count)
    given_ids = []
    for jump in jumps:
        clock.advance(jump)
        given_ids.append(ids.new())

    assert given_ids == sorted(set(given_ids))


def test_run_ids_of_several_threads_are_all_different() -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.extend(new_run_id() for _ in range(200))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 800


def test_a_work_tree_tells_commit_branch_and_whether_it_was_changed(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "a.txt").write_text("1")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-q", "-m", "one")

    clean = git_facts(tmp_path)
    (tmp_path / "a.txt").write_text("2")

    assert len(clean["git_commit"]) == 40
    assert (clean["git_branch"], clean["git_dirty"]) == ("main", "false")
    assert git_facts(tmp_path)["git_dirty"] == "true"


def test_a_detached_head_has_a_commit_and_no_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    git(tmp_path, "checkout", "-q", "--detach")

    assert sorted(git_facts(tmp_path)) == ["git_commit", "git_dirty"]


def test_a_work_tree_without_a_commit_has_a_branch_only(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")

    assert git_facts(tmp_path) == {"git_branch": "main", "git_dirty": "false"}


def test_outside_a_work_tree_git_knows_nothing(tmp_path: Path) -> None:
    assert git_facts(tmp_path) == {}


def test_without_git_nothing_is_known_and_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    facts = gather_facts(tmp_path, {})

    assert sorted(facts) == ["host", "platform", "python"]


@pytest.mark.parametrize(
    ("environ", "facts"),
    [
        (
            {"GITHUB_ACTIONS": "true", "GITHUB_JOB": "test", "GITHUB_RUN_ID": "7"},
            {"ci_provider": "github-actions", "ci_job": "test", "ci_run": "7"},
        ),
        ({"GITLAB_CI": "true", "CI": "true", "CI_JOB_NAME": "e2e"}, {"ci_provider": "gitlab", "ci_job": "e2e"}),
        ({"JENKINS_URL": "http://j", "JOB_NAME": "shop", "BUILD_NUMBER": "9"}, {"ci_provider": "jenkins", "ci_job": "shop", "ci_run": "9"}),
        ({"CIRCLECI": "true", "CIRCLE_JOB": "e2e"}, {"ci_provider": "circleci", "ci_job": "e2e"}),
        ({"TF_BUILD": "True"}, {"ci_provider": "azure-pipelines"}),
        ({"BUILDKITE": "true", "BUILDKITE_LABEL": "e2e"}, {"ci_provider": "buildkite", "ci_job": "e2e"}),
        ({"CI": "1"}, {"ci_provider": "unknown"}),
        ({"CI": "false"}, {}),
        ({}, {}),
    ],
)
def test_the_environment_tells_the_ci_provider_and_job(environ: dict[str, str], facts: dict[str, str]) -> None:
    assert ci_facts(environ) == facts


def test_a_secret_is_redacted_once_it_was_given_out() -> None:
    secrets = Secrets({"A": "hunter2"}.get, source="set it")

    before = secrets.redact("hunter2")
    value = secrets.value("A")

    assert (before, value, secrets.redact("say hunter2!")) == ("hunter2", "hunter2", "say ***!")


def test_a_secret_is_redacted_in_urls_json_and_line_by_line() -> None:
    secrets = Secrets({"A": 'p&s "1"', "KEY": "-----BEGIN-----\nabcdef\n-----END-----"}.get, source="set it")
    secrets.value("A")
    secrets.value("KEY")

    assert secrets.redact("?p=p%26s%20%221%22") == "?p=***"
    assert secrets.redact('{"p": "p&s \\"1\\""}') == '{"p": "***"}'
    assert secrets.redact("> abcdef") == "> ***"


def test_learned_secrets_are_redacted_and_missing_ones_are_left_out() -> None:
    secrets = Secrets({"A": "hunter2"}.__getitem__, source="set it")

    secrets.learn(["NONE", "A"])

    assert secrets.redact("say hunter2!") == "say ***!"


def test_the_longer_of_two_secrets_leaves_no_rest() -> None:
    secrets = Secrets({"SHORT": "abc", "LONG": "abcdef"}.get, source="set it")
    secrets.value("SHORT")
    secrets.value("LONG")

    assert secrets.redact("abcdef abc") == "*** ***"


def test_an_empty_secret_replaces_nothing() -> None:
    secrets = Secrets({"A": ""}.get, source="set it")

    assert secrets.value("A") == ""
    assert secrets.redact("text") == "text"


def test_a_missing_secret_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="the secret 'A' is missing: set the variable"):
        Secrets({}.get, source="set the variable").value("A")


def test_a_secrets_file_holds_names_and_values(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("# ours\n\nA=1\nexport B = two words \nC='quoted = yes'\nD=\n")

    assert read_secret_file(path) == {"A": "1", "B": "two words", "C": "quoted = yes", "D": ""}


def test_a_line_that_is_none_is_told_by_its_number_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("A=1\nhunter2\n")

    with pytest.raises(ConfigError, match=r"s:2: this line of the secrets file is not NAME=value") as caught:
        read_secret_file(path)

    assert "hunter2" not in str(caught.value)


def test_a_secrets_file_that_is_absent_is_an_error_of_the_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_secret_file(tmp_path / "none")
