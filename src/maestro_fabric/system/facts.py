"""What surrounds a run, for the history: commit, branch, CI job, host, Python."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

__all__ = ["ci_facts", "gather_facts", "git_facts"]

_GIT_WITHIN_S = 2.0

# For each provider: the variable that gives it away, its name, and where it tells the job and the run.
_PROVIDERS = (
    ("GITHUB_ACTIONS", "github-actions", "GITHUB_JOB", "GITHUB_RUN_ID"),
    ("GITLAB_CI", "gitlab", "CI_JOB_NAME", "CI_PIPELINE_ID"),
    ("JENKINS_URL", "jenkins", "JOB_NAME", "BUILD_NUMBER"),
    ("CIRCLECI", "circleci", "CIRCLE_JOB", "CIRCLE_BUILD_NUM"),
    ("TF_BUILD", "azure-pipelines", "SYSTEM_JOBDISPLAYNAME", "BUILD_BUILDID"),
    ("BUILDKITE", "buildkite", "BUILDKITE_LABEL", "BUILDKITE_BUILD_NUMBER"),
    ("BITBUCKET_BUILD_NUMBER", "bitbucket", "BITBUCKET_STEP_UUID", "BITBUCKET_BUILD_NUMBER"),
    ("TEAMCITY_VERSION", "teamcity", "TEAMCITY_BUILDCONF_NAME", "BUILD_NUMBER"),
    ("TRAVIS", "travis", "TRAVIS_JOB_NAME", "TRAVIS_BUILD_NUMBER"),
    ("DRONE", "drone", "DRONE_STEP_NAME", "DRONE_BUILD_NUMBER"),
    ("APPVEYOR", "appveyor", "APPVEYOR_JOB_NAME", "APPVEYOR_BUILD_NUMBER"),
)


def gather_facts(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Everything known about where a run takes place; what is unknown is absent. Never fails.

    Args:
        root: A folder inside the work tree that is tested.
        environ: The environment variables.

    Returns:
        Text by ``git_commit``, ``git_branch``, ``git_dirty`` (``true`` or ``false``), ``ci_provider``, ``ci_job``, ``ci_run``,
        ``host``, ``python`` and ``platform``.
    """
    return {
        **git_facts(root),
        **ci_facts(environ),
        "host": socket.gethostname(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{platform.system()} {platform.machine()}",
    }


def git_facts(root: Path) -> dict[str, str]:
    """Commit, branch and whether tracked files were changed; empty without git or outside a work tree."""
    if not any((folder / ".git").exists() for folder in (root, *root.resolve().parents)) and "GIT_DIR" not in os.environ:
        return {}  # a process that says so costs as much as all that a short run has to do besides
    # One process instead of three; untracked files are left out because looking for them takes seconds in a large tree.
    command = ["git", "-C", str(root), "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_WITHIN_S, check=False)  # noqa: S603 - a fixed program
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if done.returncode:
        return {}
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# ") and " " in line[2:])
    facts = {"git_dirty": "true" if any(not line.startswith("#") for line in lines) else "false"}
    if heads.get("branch.oid", "(initial)") != "(initial)":
        facts["git_commit"] = heads["branch.oid"]
    if heads.get("branch.head", "(detached)") != "(detached)":
        facts["git_branch"] = heads["branch.head"]
    return facts


def ci_facts(environ: Mapping[str, str]) -> dict[str, str]:
    """The CI provider with its job and run; empty when there is none, ``unknown`` when only ``CI`` says so."""
    for sign, provider, job, run in _PROVIDERS:
        if environ.get(sign):
            known = {"ci_provider": provider, "ci_job": environ.get(job, ""), "ci_run": environ.get(run, "")}
            return {name: value for name, value in known.items() if value}
    return {"ci_provider": "unknown"} if environ.get("CI", "").lower() in ("1", "true", "yes") else {}
