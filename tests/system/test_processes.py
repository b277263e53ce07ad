"""Finding what descends from a process, and ending it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from maestro_fabric.system.processes import (
    Process,
    descendants,
    end_process_tree,
    end_processes,
    find_marked,
    find_process,
    is_running,
    open_descriptor,
)
from support import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")

TREE = textwrap.dedent("""
    import os, signal, sys
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            exec(sys.argv[1])
            print("grown", flush=True)
        signal.pause()
    signal.pause()
""")


@pytest.fixture
def tree(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process with a child in another session and a grandchild, which first runs the parameter."""
    root = subprocess.Popen([sys.executable, "-c", TREE, getattr(request, "param", "")], stdout=subprocess.PIPE, text=True)
    assert root.stdout is not None
    assert root.stdout.readline() == "grown\n"
    below = descendants(root.pid)
    yield root
    for process in below:
        end_process_tree(process.pid, grace_s=0)
    root.kill()
    root.communicate()


def test_descendants_come_parents_first_in_whatever_session(tree: subprocess.Popen[str]) -> None:
    child, grandchild = descendants(tree.pid)
    assert child.parent == tree.pid
    assert grandchild.parent == child.pid


def test_a_process_that_waits_to_be_reaped_does_not_run() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = find_process(child.pid)
    assert process is not None
    assert is_running(process)
    assert child.stdin is not None
    child.stdin.close()
    wait_until(lambda: not is_running(process))
    child.wait()


def test_a_tree_is_ended_with_its_root(tree: subprocess.Popen[str]) -> None:
    below = descendants(tree.pid)
    assert end_process_tree(tree.pid)
    assert not any(is_running(process) for process in below)
    assert tree.wait(10) == -signal.SIGTERM


def test_a_tree_is_ended_without_its_root(tree: subprocess.Popen[str]) -> None:
    assert end_process_tree(tree.pid, include_root=False)
    assert descendants(tree.pid) == ()
    assert tree.poll() is None


@pytest.mark.parametrize("tree", ["signal.signal(signal.SIGTERM, signal.SIG_IGN)"], indirect=True)
def test_what_does_not_listen_is_killed_though_its_parents_have_ended(tree: subprocess.Popen[str]) -> None:
    *_, stubborn = descendants(tree.pid)
    assert end_process_tree(tree.pid, grace_s=0.1)
    assert not is_running(stubborn)


def test_a_tree_that_ended_before_is_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert end_process_tree(child.pid)


def test_the_process_that_ends_others_spares_itself_and_not_its_children() -> None:
    # In a process of its own: the one that runs the tests has children that it needs.
    script = """
        import os, subprocess, sys
        from maestro_fabric.system.processes import end_processes, find_process
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        print(end_processes(lambda: [find_process(os.getpid())], grace_s=0), child.wait())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == f"True {-signal.SIGKILL}\n"


def test_a_later_process_with_the_same_number_is_spared(tree: subprocess.Popen[str]) -> None:
    before = Process(tree.pid, os.getpid(), "an earlier start")
    assert not is_running(before)
    assert end_processes(lambda: [before], grace_s=0)
    assert tree.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has descriptors of processes")
def test_no_descriptor_is_given_of_a_later_process_with_the_same_number() -> None:
    with pytest.raises(ProcessLookupError):
        open_descriptor(Process(os.getpid(), os.getppid(), "an earlier start"))


@pytest.mark.skipif(sys.platform != "linux", reason="Linux shows environments")
def test_processes_are_found_by_a_variable_of_their_environment() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={**os.environ, "SIGN": "of the times"})
    assert [process.pid for process in wait_until(lambda: find_marked("SIGN", "of the times"))] == [child.pid]
    assert find_marked("SIGN", "of the") == ()
    child.communicate(b"\n")
