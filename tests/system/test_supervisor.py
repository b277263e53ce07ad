"""A command of which nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.errors import ServiceError
from maestro_fabric.system.lifeline import program
from maestro_fabric.system.processes import descendants, find_process
from maestro_fabric.system.supervisor import Supervised
from support import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def test_the_output_and_the_exit_status_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    command = python("import os, sys; print(os.getcwd(), os.environ['WORD'], file=sys.stderr); sys.exit(7)")
    with Supervised(command, tmp_path, {"WORD": "hello"}, log) as supervised:
        assert supervised.wait(20) == 7
        assert not supervised.is_alive
    assert log.read_text() == f"before\n{tmp_path} hello\n"


def test_a_signal_is_a_negative_exit_status(tmp_path: Path) -> None:
    with Supervised(python("import os; os.abort()"), tmp_path, os.environ, tmp_path / "log") as supervised:
        assert supervised.wait(20) == -6


def test_a_command_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with Supervised(["no-such-program"], tmp_path, os.environ, tmp_path / "log") as supervised:
        assert supervised.wait(20) == 127
        assert "no-such-program" in supervised.refused
        assert supervised.pid is None


def test_a_log_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot start 'true'"):
        Supervised(["true"], tmp_path, os.environ, tmp_path / "no-folder" / "log")


def test_the_number_of_the_command_is_known(tmp_path: Path) -> None:
    with Supervised(python("import signal; signal.pause()"), tmp_path, os.environ, tmp_path / "log") as supervised:
        pid = wait_until(lambda: supervised.pid)
        found = find_process(pid)
        assert found is not None
        assert found.parent == supervised.supervisor_pid
    assert find_process(pid) is None


def test_waiting_ends_with_its_time(tmp_path: Path) -> None:
    with Supervised(python("import signal; signal.pause()"), tmp_path, os.environ, tmp_path / "log") as supervised:
        assert supervised.wait(0.05) is None
        assert supervised.is_alive


def test_what_a_command_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    leave = "import os, signal, sys\nif os.fork() == 0:\n    os.setsid(); signal.pause()"
    with Supervised(python(leave), tmp_path, os.environ, tmp_path / "log") as supervised:
        assert supervised.wait(20) == 0
        assert descendants(supervised.supervisor_pid) == ()


def test_an_inherited_descriptor_is_written_to_and_ends_with_the_command(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    code = "import os, sys; os.write(int(sys.argv[1]), b'an event')"
    with Supervised(python(code, str(writer)), tmp_path, os.environ, tmp_path / "log", pass_fds=(writer,)):
        os.close(writer)
        assert os.read(reader, 100) == b"an event"
        assert os.read(reader, 100) == b""
    os.close(reader)


def test_a_command_longer_than_a_pipe_holds_is_run(tmp_path: Path) -> None:
    with Supervised(
        python("import sys; sys.exit(len(sys.argv) == 4002)", *["x" * 40] * 4001), tmp_path, os.environ, tmp_path / "log"
    ) as supervised:
        assert supervised.wait(20) == 1


def test_only_the_three_standard_descriptors_are_open_in_the_command(tmp_path: Path) -> None:
    """One more could be the lifeline of another command, which would then never end."""
    kept = os.dup(0)
    log = tmp_path / "log"
    with Supervised(python("import os; print(sorted(os.listdir('/proc/self/fd'))[:-1])"), tmp_path, os.environ, log) as supervised:
        supervised.wait(20)
    os.close(kept)
    assert log.read_text() == "['0', '1', '2']\n"


def test_ctrl_c_and_hang_up_work_in_the_command_as_anywhere(tmp_path: Path) -> None:
    code = "from signal import *; print(getsignal(SIGHUP).name, getsignal(SIGINT).__name__)"
    log = tmp_path / "log"
    with Supervised(python(code), tmp_path, os.environ, log) as supervised:
        supervised.wait(20)
    assert log.read_text() == "SIG_DFL default_int_handler\n"


def test_a_fork_of_the_owner_does_not_stop_what_the_owner_started(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from maestro_fabric.system.supervisor import Supervised
folder = Path(sys.argv[1])
supervised = Supervised([sys.executable, "-c", "import signal; signal.pause()"], folder, os.environ, folder / "log")
child = os.fork()
if child == 0:
    supervised.stop()
    os._exit(0)
os.waitpid(child, 0)
print(supervised.is_alive)
supervised.stop()
supervised.stop()
print(supervised.is_alive)
"""
    done = subprocess.run(python(code, str(tmp_path)), capture_output=True, text=True, check=True)
    assert done.stdout == "True\nFalse\n"


def test_the_supervisor_imports_nothing_of_the_library_but_what_it_needs() -> None:
    """Times vary with the machine's load; what is imported does not, and decides how quickly a service starts."""
    specification = {"owner": os.getpid(), "command": ["true"], "cwd": "/", "pass_fds": [], "stop_within_s": 1, "keep_daemons": False}
    interpreter, *rest = program("supervise", "true")
    done = subprocess.run(
        [interpreter, "-X", "importtime", *rest], input=json.dumps(specification) + "\n", capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    ours = {name for name in imported if name.startswith("maestro_fabric.")}
    assert ours == {"maestro_fabric.system.lifeline", "maestro_fabric.system.processes"}
    assert imported.isdisjoint({"pydantic", "pluggy", "yaml"})
