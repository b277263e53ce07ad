"""Test files being run by one process of their framework, and by a fresh one for the rest when that has died or hangs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from maestro_fabric.adapters.node.failures import plain
from maestro_fabric.adapters.node.file_state import FileState
from maestro_fabric.adapters.node.framework import RunningFramework, StartFramework
from maestro_fabric.adapters.node.inner import Teller
from maestro_fabric.adapters.node.messages import FileBegan, FileEnded, Message, RunBegan, RunEnded, TestBegan
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.model import Fault, Outcome, Status
from maestro_fabric.ports import Clock, Deadline

__all__ = ["FileRun"]

_END_WITHIN_S = 5.0


class FileRun:
    """Files run together, asked for one after the other.

    Args:
        title: What the framework is called: ``Jest``.
        files: Those to run.
        start: Starts the framework.
        clock: Time.
    """

    def __init__(self, title: str, files: Iterable[Path], start: StartFramework, clock: Clock) -> None:
        self._title = title
        self._files = {path: FileState(path) for path in files}
        self._start = start
        self._clock = clock
        self._process: RunningFramework | None = None
        self._idle_since = 0.0
        self._has_begun = False
        self._ended_in_order = False
        self._has_several_projects = False
        self._one_by_one = False
        self._errors: tuple[str, ...] = ()

    def outcome_of(self, path: Path, teller: Teller, deadline: Deadline) -> Outcome:
        """What became of a file; its tests are told as they come.

        A file that takes longer than there is time is ended with the process, and a fresh one runs the others. The time of a
        file counts from its own beginning: those that the framework runs before it are not its fault.

        Args:
            path: One of the files.
            teller: Tells its tests.
            deadline: How long a file may take.
        """
        file = self._files[path]
        limit_s = deadline.left_s
        while True:
            file.tell(teller)
            if file.verdict is not None:
                teller.lost(file.output)
                file.is_answered = True
                return self._last_word(file, deadline)
            process = self._running()
            expires_in_s = self._expires_in(limit_s)
            try:
                message = process.hear(deadline if expires_in_s is None else Deadline.after(expires_in_s, self._clock))
            except DeadlineExceeded:
                self._give_up(limit_s)
                self._begin_again(file, teller)
                continue
            if message is not None:
                self._note(message)
            elif self._process_ended():
                self._begin_again(file, teller)

    def close(self) -> None:
        """End the process, if there is one; a second call does nothing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _running(self) -> RunningFramework:
        if self._process is None:
            left = [file.path for file in self._files.values() if file.verdict is None]
            self._has_begun = self._ended_in_order = False
            self._idle_since = self._clock.monotonic()
            self._process = self._start(left, one_by_one=self._one_by_one)
        return self._process

    def _expires_in(self, limit_s: float) -> float | None:
        """Seconds until the first of the running files, or the start of the framework, has taken too long; ``None`` is never."""
        if limit_s == float("inf"):
            return None
        began = [file.began_at for file in self._files.values() if file.is_running and file.began_at is not None]
        return max(0.0, min(began, default=self._idle_since) + limit_s - self._clock.monotonic())

    def _note(self, message: Message) -> None:
        self._idle_since = self._clock.monotonic()
        if isinstance(message, RunBegan):
            left = sum(file.verdict is None for file in self._files.values())
            self._has_several_projects = message.runs > left
            return
        if isinstance(message, RunEnded):
            self._ended_in_order, self._errors = True, message.errors
            return
        file = self._files.get(Path(message.file))
        if file is None or file.verdict is not None:
            return
        if isinstance(message, FileBegan):
            self._has_begun = True
            file.began_at = self._clock.monotonic() if file.began_at is None else file.began_at
        elif isinstance(message, TestBegan):
            file.test = " > ".join(message.titles)
        elif isinstance(message, FileEnded):
            self._has_begun = True
            file.note_end(message)
            if not self._has_several_projects:
                file.judge()
        elif not self._has_several_projects:
            # Jest does not say in which project a try was, so of a file that runs in several only the end counts.
            file.heard.append(message)

    def _give_up(self, limit_s: float) -> None:
        """End a process in which a file has taken too long."""
        running = [file for file in self._files.values() if file.is_running]
        now = self._clock.monotonic()
        late = [file for file in running if file.began_at is not None and now >= file.began_at + limit_s]
        for file in late:
            where = f", in {file.test!r}" if file.test else ""
            message = f"it was still running after {_seconds(limit_s)}{where}; its process was ended"
            file.break_off("DeadlineExceeded", message, after_s=limit_s)
        if not running:
            self._nothing_ran(f"{self._title} ran no file within {_seconds(limit_s)}", "DeadlineExceeded")
        self.close()

    def _process_ended(self) -> bool:
        """Find out whose fault the end of the process is; whether files without a verdict are to be run by another one."""
        process, self._process = self._process, None
        if process is None:
            return False
        status, output = process.exit_status, plain(process.last_output())
        process.kill()
        for file in self._files.values():
            if file.ends and file.verdict is None:
                file.judge()
        suspects = [file for file in self._files.values() if file.is_running]
        if self._ended_in_order:
            self._left_out(status, output)
        elif not self._has_begun:
            self._nothing_ran(with_output(f"{self._title} ended before it ran a file ({how_ended(status)})", output), "FrameworkFailed")
        elif len(suspects) == 1 or self._one_by_one:
            for file in suspects:
                where = f" in {file.test!r}" if file.test else ""
                file.break_off("ProcessDied", with_output(f"{self._title} died{where} ({how_ended(status)})", output))
        else:
            self._one_by_one = bool(suspects)
        return any(file.verdict is None for file in self._files.values())

    def _begin_again(self, file: FileState, teller: Teller) -> None:
        """Forget what files without a verdict have said to a process that is gone."""
        for each in self._files.values():
            if each.verdict is None:
                each.forget()
        if file.verdict is None:
            teller.begin_again()

    def _left_out(self, status: int | None, output: str) -> None:
        """The verdict on files that the framework did not run although it ended as it should."""
        for file in self._files.values():
            if file.verdict is not None:
                continue
            if self._is_anything_bad():
                file.block(f"{self._title} stopped before this file, because of a failure (bail)")
            else:
                why = f"{self._title} ended and did not run this file ({how_ended(status)})"
                file.break_off("FileNotRun", with_output(why, output))

    def _nothing_ran(self, message: str, kind: str) -> None:
        """One error, at the first of the files; the others cannot help it."""
        first, *others = [file for file in self._files.values() if file.verdict is None]
        first.break_off(kind, message)
        for file in others:
            file.block(f"{self._title} did not run: see {first.path.name}")

    def _last_word(self, file: FileState, deadline: Deadline) -> Outcome:
        """The verdict; on the last file, an exit status that nothing explains makes it an error."""
        if file.verdict is None:
            raise AssertionError("asked for before it is known")
        if self._process is None or not all(each.is_answered for each in self._files.values()):
            return file.verdict
        problem = self._end_of_process(deadline)
        if not problem or file.verdict.status is not Status.PASSED:
            return file.verdict
        return replace(file.verdict, status=Status.ERROR, fault=Fault(type="FrameworkFailed", message=problem))

    def _is_anything_bad(self) -> bool:
        return any(file.is_bad for file in self._files.values())

    def _end_of_process(self, deadline: Deadline) -> str:
        """Let it end by itself; what is wrong with the way it did, empty when nothing is."""
        process = self._running()
        try:
            until = deadline.within(_END_WITHIN_S)
            while (message := process.hear(until)) is not None:
                self._note(message)
            status = process.exit_status
        except DeadlineExceeded:
            # Something that the tests left open keeps it alive; every result is there.
            status = 0
        finally:
            self.close()
        if self._errors:
            return f"{self._title} reports an error outside its tests:\n" + plain("\n\n".join(self._errors))
        if status and not self._is_anything_bad():
            return with_output(f"every test passed, but {self._title} ended badly ({how_ended(status)})", plain(process.last_output()))
        return ""


def _seconds(limit_s: float) -> str:
    return f"{round(limit_s, 1):g}s"
