"""Real programs that stream lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from maestro_fabric.adapters.program.channel import Channel, open_channel
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.adapters.program.log import Log
from maestro_fabric.adapters.program.process import Launch, Program, wait_for_end
from maestro_fabric.errors import DeadlineExceeded, ServiceError
from maestro_fabric.ports import Deadline
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.system.supervisor import Supervised
from maestro_fabric.testing import FakeClock
from support import check_that_none_is_left

FOREVER = Deadline.after(None, SystemClock())


def read(lines: Iterable[str]) -> Iterator[str]:
    return (line.strip() for line in lines)


def program(
    folder: Path,
    script: str,
    *,
    answers: bool = False,
    command: str = sys.executable,
    redact: Callable[[str], str] | None = None,
) -> Program[str]:
    def launch(channel: Channel) -> Launch:
        env = {"UP": channel.target, "DOWN": str(channel.down), "MARK": str(folder)}
        return Launch(command=[command, "-c", f"import os, sys, time\nup = os.fdopen(int(os.environ['UP']), 'w')\n{script}"], env=env)

    log = folder / "logs" / "it.log"
    return Program("it", launch, cwd=folder, log_path=log, start_child=Supervised, read=read, answers=answers, redact=redact)


def test_what_it_says_comes_apart_from_what_it_prints(tmp_path: Path) -> None:
    running = program(tmp_path, "print('rubbish', flush=True)\nprint('one', file=up)\nprint('two', file=up)\nup.close()\nsys.exit(3)")

    assert list(running.messages(FOREVER)) == ["one", "two"]
    assert (running.exit_status, running.last_output()) == (3, "rubbish")
    running.kill()


def test_it_goes_on_when_it_is_answered_and_ends_when_it_is_not(tmp_path: Path) -> None:
    script = "while os.read(int(os.environ['DOWN']), 1):\n    print('again', file=up, flush=True)\nprint('bye', file=up)"
    running = program(tmp_path, script, answers=True)

    running.answer()
    assert running.hear(FOREVER) == "again"
    running.interrupt(is_busy=False)
    assert list(running.messages(FOREVER)) == ["bye"]


def test_in_the_middle_of_something_it_is_cut_off_as_by_ctrl_c_and_tidies_up(tmp_path: Path) -> None:
    script = "try:\n    print('up', file=up, flush=True)\n    time.sleep(600)\nfinally:\n    print('tidy', file=up)"
    running = program(tmp_path, script, answers=True)
    assert running.hear(FOREVER) == "up"

    running.interrupt(is_busy=True)

    assert list(running.messages(FOREVER)) == ["tidy"]
    assert running.exit_status != 0
    check_that_none_is_left(str(tmp_path))


def test_secrets_are_hidden_in_each_log_of_a_program_that_is_asked_for_more(tmp_path: Path) -> None:
    script = """
print('hunter2', flush=True); print('ready', file=up, flush=True)
while path := os.read(int(os.environ['DOWN']), 999).decode().strip():
    os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 1)
    print('hunter2 again', flush=True); print('done', file=up, flush=True)
"""
    running = program(tmp_path, script, answers=True, redact=lambda text: text.replace("hunter2", "***"))
    assert running.hear(FOREVER) == "ready"

    running.ask(str(tmp_path / "more" / "it.log"), tmp_path / "more" / "it.log")
    first = (tmp_path / "logs" / "it.log").read_text()
    assert running.hear(FOREVER) == "done"
    running.interrupt(is_busy=False)

    assert (first, (tmp_path / "more" / "it.log").read_text()) == ("***\n", "*** again\n")


def test_a_deadline_is_kept_and_a_kill_leaves_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    running = program(tmp_path, "print('up', file=up, flush=True)\ntime.sleep(60)")
    assert running.hear(FOREVER) == "up"
    assert running.exit_status is None
    deadline = Deadline.after(5.0, clock)
    clock.sleep(5.0)

    with pytest.raises(DeadlineExceeded, match="it"):
        running.hear(deadline)
    running.kill()

    check_that_none_is_left(str(tmp_path))


def test_a_program_that_cannot_be_started_leaves_no_descriptor_open(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are all that is needed

    with pytest.raises(ServiceError, match="cannot start"):
        program(tmp_path, "", command="no\0program", answers=True)

    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_growing_file_takes_the_lines_where_descriptors_are_not_inherited(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("one\ntwo\ncut off")
    alive = iter([True, True, True, False])
    channel = Channel(path=path)

    assert list(channel.lines(lambda: next(alive, False))) == ["one\n", "two\n"]
    assert (channel.target, channel.inherited, path.exists()) == (str(path), (), False)


def test_a_channel_of_a_program_that_never_started_is_closed(tmp_path: Path) -> None:
    channel = open_channel(answers=True)
    channel.close()
    assert channel.inherited
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(channel.inherited[0])

    (tmp_path / "lines").touch()
    Channel(path=tmp_path / "lines").close()
    assert not (tmp_path / "lines").exists()


def test_a_log_shows_its_last_lines_from_its_own_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert Log(path).tail() == ""
    path.write_text("older\n")
    log = Log(path)
    with path.open("a") as file:
        file.writelines(f"{number}\n" for number in range(30))

    assert log.tail().splitlines() == [str(number) for number in range(5, 30)]


def test_the_end_of_a_child_is_waited_for_within_a_deadline(tmp_path: Path) -> None:
    clock = FakeClock()
    with Supervised([sys.executable, "-c", "raise SystemExit(4)"], tmp_path, dict(os.environ), tmp_path / "log") as child:
        assert wait_for_end(child, FOREVER, "it") == 4
    deadline = Deadline.after(1.0, clock)
    clock.sleep(1.0)
    with pytest.raises(DeadlineExceeded, match="it"):
        wait_for_end(_StillRunning(), deadline, "it")


class _StillRunning:
    is_alive = True

    def wait(self, timeout_s: float | None = None) -> int | None:
        return None

    def interrupt(self) -> None:
        """Nothing runs."""

    def stop(self) -> None:
        """Nothing runs."""


@pytest.mark.parametrize(
    ("status", "words"), [(0, "exit status 0"), (3, "exit status 3"), (-9, "killed by SIGKILL"), (-60, "killed by signal 60")]
)
def test_the_end_of_a_program_is_told_in_words_and_with_its_output_if_there_is_any(status: int, words: str) -> None:
    assert how_ended(status) == words
    assert with_output(f"it died ({words})", "last words") == f"it died ({words}):\nlast words"
    assert with_output(f"it died ({words})", "\n") == f"it died ({words})"
