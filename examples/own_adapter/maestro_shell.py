"""``adapter: shell``: each ``*.test.sh`` below ``path`` is a case. Exit status 0 is passed, 77 skipped, 99 an error, any other failed.

Source:
    https://www.gnu.org/software/automake/manual/html_node/Scripts_002dbased-Testsuites.html (the statuses).
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.config.policies import resolve_policy
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import Case, CaseId, Fault, Location, Outcome, Status
from maestro_fabric.ports import Context, Deadline, Emit

SUFFIX = ".test.sh"


class ShellSuite(SuiteConfig):
    adapter: Literal["shell"]
    path: str = "."


class ShellAdapter:
    name = "shell"
    api = 1
    suite_model = ShellSuite

    def check(self, suite: ShellSuite, context: Context) -> Sequence[str]:
        folder = context.root / suite.path
        missing = [] if shutil.which("sh") else ["adapter shell needs sh on the PATH"]
        return missing if folder.is_dir() else [*missing, f"suite {suite.name!r}: there is no folder {folder}: mend path"]

    def discover(self, suite: ShellSuite, context: Context) -> Sequence[Case]:
        folder = context.root / suite.path
        return [self._case(path, path.relative_to(folder), suite, context) for path in sorted(folder.rglob(f"*{SUFFIX}"))]

    def open(self, suite: ShellSuite, context: Context) -> "ShellSession":
        return ShellSession(context)

    def _case(self, path: Path, relative: Path, suite: ShellSuite, context: Context) -> Case:
        tags = re.findall(r"^# tags: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        return Case(
            id=CaseId(context.config.project, suite.name, relative.as_posix().removesuffix(SUFFIX)),
            location=Location(path.relative_to(context.root).as_posix(), 1),
            tags=(*suite.tags, *(tag for line in tags for tag in line.split())),
            owner=suite.owner,
            links=tuple(suite.links),
            policy=resolve_policy(context.config, suite.policy),
            services=tuple(suite.services),
            body=path,
        )


class ShellSession:
    def __init__(self, context: Context) -> None:
        self._context = context

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        # The script's output may hold secrets, so it is written apart, and only what was redacted is kept.
        with tempfile.TemporaryDirectory() as folder:
            log_path = Path(folder) / "output.txt"
            status = self._exit_status(Path(str(case.body)), log_path, deadline)
            output = self._context.redact(log_path.read_text("utf-8", "replace"))
        if status == 0:
            return Outcome(status=Status.PASSED, output=output)
        if status == 77:
            return Outcome(status=Status.SKIPPED, reason=_last_line(output) or "the script ended with status 77")
        message = f"the script ended with status {status}: {_last_line(output)}"
        fault = Fault(type="ScriptFailed", message=message, location=case.location)
        return Outcome(status=Status.ERROR if status == 99 or status < 0 else Status.FAILED, fault=fault, output=output)

    def close(self) -> None:
        """Nothing is open between two cases."""

    def _exit_status(self, script: Path, log_path: Path, deadline: Deadline) -> int:
        env = {**os.environ, "PYTHON": sys.executable} | {f"{name.upper()}_URL": url for name, url in self._context.service_urls.items()}
        # `start_child` sees to it that the script and all it starts end with this process, also after kill -9.
        child = self._context.start_child(["sh", "-eu", str(script)], script.parent, env, log_path)
        try:
            status = child.wait(None if deadline.left_s == float("inf") else deadline.left_s)
        finally:
            child.stop()
        if status is None:
            raise DeadlineExceeded(f"the script {script.name}", deadline.limit_s)
        return status


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


@hookimpl
def maestro_adapters() -> Sequence[ShellAdapter]:
    return [ShellAdapter()]
