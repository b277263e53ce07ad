"""The side file that takes results when the store's own file does not, and is read into the store at its next opening.

One JSON value a line, so that a file broken off in mid-line loses that line only.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from maestro_fabric.aggregator.records import (
    Batch,
    CaseDetails,
    CaseKey,
    ErrorText,
    EvidenceText,
    HealRecord,
    LearntRecord,
    Record,
    RunState,
)
from maestro_fabric.model import RunInfo

__all__ = ["Spill", "find_spills", "read_spill"]

_FORMAT = 1


class Spill:
    """Where the results of one run go when they cannot go into its store.

    Args:
        store: The store's file.
        run_id: The run.

    Attributes:
        path: The file in use; ``None`` before the first write.
    """

    def __init__(self, store: Path, run_id: str) -> None:
        self._places = [spill_path(store, run_id), temp_spill_path(store, run_id)]
        self.path: Path | None = None

    def write(self, batch: Batch) -> None:
        """Append a batch, beside the store or, when that fails, in the folder for temporary files.

        A batch that was written twice, or half and then again, does no harm: reading it in takes the later line.

        Raises:
            OSError: when neither place takes it.
        """
        data = "".join(f"{json.dumps(line, ensure_ascii=True)}\n" for line in _lines(batch)).encode()
        while True:
            place = self._places[0]
            try:
                _append(place, data)
            except OSError:
                if len(self._places) == 1:
                    raise
                del self._places[0]
            else:
                self.path = place
                return


def spill_path(store: Path, run_id: str) -> Path:
    """The file beside the store."""
    return store.with_name(f"{store.name}.spill-{run_id}.jsonl")


def temp_spill_path(store: Path, run_id: str) -> Path:
    """The file in the folder for temporary files; the name tells stores of one name apart."""
    return Path(tempfile.gettempdir()) / f"{_temp_stem(store)}.spill-{run_id}.jsonl"


def find_spills(store: Path) -> list[Path]:
    """Side files of a store, in both places, oldest run first."""
    beside = store.parent.glob(f"{_escape(store.name)}.spill-*.jsonl")
    temporary = (path for path in Path(tempfile.gettempdir()).glob(f"{_escape(_temp_stem(store))}.spill-*.jsonl") if _is_ours(path))
    return sorted([*beside, *temporary], key=lambda path: path.name.rpartition(".spill-")[2])


def read_spill(path: Path) -> Batch | None:
    """The run of a side file as one batch; ``None`` when not even the run can be read from it.

    Raises:
        OSError: when the file cannot be read.
    """
    batch: Batch | None = None
    records: dict[tuple[CaseKey, int], Record] = {}
    for line in _readable_lines(path):
        if "run" in line:
            batch = _begun(line, batch)
        elif batch is None:
            continue
        elif "record" in line:
            record = _record(line["record"])
            records[record.key, record.number] = record
        elif "case" in line:
            batch.details[CaseKey(*line["case"])] = CaseDetails(*line["details"])
        elif "running" in line:
            batch.running = {CaseKey(*key): (number, started_at, worker) for key, number, started_at, worker in line["running"]}
        elif "learnt" in line:
            batch.learnt.append(LearntRecord(CaseKey(*line["learnt"][0]), *line["learnt"][1:]))
        elif "heal" in line:
            batch.heals.append(HealRecord(CaseKey(*line["heal"][0]), *line["heal"][1:]))
    if batch is not None:
        batch.records = list(records.values())
        batch.must_recount = True
    return batch


def _begun(line: dict[str, Any], before: Batch | None) -> Batch:
    """A batch for the run that a line tells of, with what earlier lines told."""
    run = _run(line)
    if before is None:
        return Batch(run)
    return Batch(run, details=before.details, running=before.running, learnt=before.learnt, heals=before.heals)


def _lines(batch: Batch) -> Iterator[dict[str, Any]]:
    run = batch.run
    info = {
        "run_id": run.info.run_id,
        "started_at": run.info.started_at,
        "orchestration_id": run.info.orchestration_id,
        "facts": dict(run.info.facts),
    }
    yield {"spill": _FORMAT, "run": info, "status": run.status, "duration_s": run.duration_s}
    for record in batch.all_records():
        yield {"record": record}
    for key, details in batch.details.items():
        yield {"case": key, "details": details}
    for learnt in batch.learnt:
        yield {"learnt": learnt}
    for heal in batch.heals:
        yield {"heal": heal}
    if batch.running is not None:
        yield {"running": [[key, *state] for key, state in batch.running.items()]}


def _run(line: dict[str, Any]) -> RunState:
    return RunState(RunInfo(**line["run"]), line["status"], line["duration_s"])


def _record(fields: list[Any]) -> Record:
    record = Record(*fields)
    return record._replace(
        key=CaseKey(*record.key),
        error=ErrorText(*record.error) if record.error else None,
        evidence=EvidenceText(*record.evidence) if record.evidence else None,
    )


def _readable_lines(path: Path) -> Iterator[dict[str, Any]]:
    for raw in path.read_bytes().split(b"\n"):
        with suppress(ValueError):  # the end of a line that was broken off
            line = json.loads(raw)
            if isinstance(line, dict):
                yield line


def _append(path: Path, data: bytes) -> None:
    # In the folder for temporary files somebody else may have laid a link under our name: it is not followed.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    file = os.open(path, flags, 0o600)
    try:
        view = memoryview(b"\n" + data)  # the line feed ends a line that an earlier write may have broken off
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def _temp_stem(store: Path) -> str:
    place = hashlib.blake2b(os.fsencode(store.resolve()), digest_size=6).hexdigest()
    return f"maestro-{place}-{store.name}"


def _is_ours(path: Path) -> bool:
    try:
        state = path.lstat()
    except OSError:
        return False
    return not path.is_symlink() and (not hasattr(os, "getuid") or state.st_uid == os.getuid())


def _escape(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
