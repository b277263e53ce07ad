"""A process ends with its owner, whatever it is busy with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Iterator

import pytest

from maestro_fabric.system.lifeline import wait_until_gone as wait_until_process_is_gone
from maestro_fabric.system.lifeline import watch_descriptor, watch_process
from maestro_fabric.system.processes import Process, find_process
from support import check_that_none_is_left, processes_with, wait_until, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

OWNER = textwrap.dedent("""
    import subprocess, sys
    worker = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
    print(worker.stdout.readline(), end="", flush=True)
    sys.stdin.read()
""")
WORKER = textwrap.dedent("""
    import re, signal, subprocess, sys
    from maestro_fabric.system.lifeline import watch_parent
    watch_parent()
    # Started in a session of its own, as browsers are.
    subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    print("watching", flush=True)
""")


@pytest.fixture
def marker() -> Iterator[str]:
    word = f"marker-{uuid.uuid4().hex}"
    yield word
    check_that_none_is_left(word)


def start_owner(marker: str, busy_with: str) -> subprocess.Popen[str]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, WORKER + busy_with],
        env={**os.environ, "MARKER": marker},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "watching\n"
    return owner


@pytest.mark.parametrize(
    "busy_with",
    [
        pytest.param("signal.pause()", id="waiting"),
        pytest.param("while True: pass", id="spinning in Python"),
        pytest.param("re.match('(a+)+$', 'a' * 60 + 'b')", id="spinning in C with the interpreter lock"),
        pytest.param("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()", id="deaf to SIGTERM"),
    ],
)
def test_a_worker_and_its_children_end_when_the_owner_is_killed(marker: str, busy_with: str) -> None:
    owner = start_owner(marker, busy_with)
    owner.kill()
    owner.communicate()
    wait_until_gone(marker)


def test_a_worker_that_ends_by_itself_leaves_no_watcher(marker: str) -> None:
    owner = start_owner(marker, "")
    assert owner.stdin is not None
    assert owner.stdout is not None
    wait_until(lambda: not [line for line in processes_with(marker) if "start.py" in line])
    for line in processes_with(marker):
        os.kill(int(line.split()[0]), signal.SIGKILL)
    owner.communicate()


def test_a_worker_whose_owner_is_gone_already_ends(marker: str) -> None:
    code = "from maestro_fabric.system.lifeline import watch_parent; import signal, sys; watch_parent(int(sys.argv[1])); signal.pause()"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker = subprocess.run([sys.executable, "-c", code, str(gone.pid)], env={**os.environ, "MARKER": marker}, check=False, timeout=20)
    assert worker.returncode == 1


def test_a_watched_process_that_ends_is_noticed() -> None:
    noticed = threading.Event()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watch_process(child.pid, noticed.set)
    assert not noticed.is_set()
    child.communicate(b"\n")
    assert noticed.wait(10)


def test_a_process_that_does_not_exist_counts_as_ended() -> None:
    noticed = threading.Event()
    watch_process(2**22 + 1, noticed.set)
    assert noticed.wait(10)


def test_a_later_process_with_the_same_number_is_not_waited_for() -> None:
    own = find_process(os.getpid())
    assert own is not None
    wait_until_process_is_gone(Process(own.pid, own.parent, "another start"))


def test_the_closed_end_of_a_pipe_is_noticed() -> None:
    noticed = threading.Event()
    reader, writer = os.pipe()
    thread = watch_descriptor(reader, noticed.set)
    os.write(writer, b"still here")
    assert not noticed.is_set()
    os.close(writer)
    assert noticed.wait(10)
    thread.join(10)
    os.close(reader)
