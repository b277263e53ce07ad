"""The gates of a config, judged at the end of a run, by whoever ran it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_fabric.config.gates import GatesConfig
from maestro_fabric.errors import StoreError
from maestro_fabric.places import Place

if TYPE_CHECKING:
    from maestro_fabric.aggregator.gates import GateResult

__all__ = ["broken_gates"]

_MANY = 5


def broken_gates(gates: GatesConfig, store: Place, run_id: str, *, local: Path, is_fatal: bool) -> list[str]:
    """A line for each gate that does not hold: what it is, what was found and allowed, and which cases break it.

    Args:
        gates: The config's.
        store: The history, with the run in it.
        run_id: The run, which has ended.
        local: The file that the run was written into: what counts when a team's database does not have the run.
        is_fatal: Whether a broken gate fails the run, which its line then says.
    """
    if gates == GatesConfig():
        return []
    try:
        return _judge(gates, store, run_id, is_fatal=is_fatal)
    except StoreError as error:
        if store != local and not isinstance(store, Path):
            return broken_gates(gates, local, run_id, local=local, is_fatal=is_fatal)
        # Who cannot be judged has not passed.
        return [f"the gates could not be judged: {error}"]


def _judge(gates: GatesConfig, store: Place, run_id: str, *, is_fatal: bool) -> list[str]:
    # Not above: a run without gates does not pay for what reads a history.
    from maestro_fabric.aggregator.gates import judge_run
    from maestro_fabric.aggregator.query import open_history

    with open_history(store) as history:
        return [_line(answer, is_fatal=is_fatal) for answer in _broken(judge_run(history, gates, run_id))]


def _broken(answers: Iterable[GateResult]) -> list[GateResult]:
    return [answer for answer in answers if not answer.has_passed]


def _line(answer: GateResult, *, is_fatal: bool) -> str:
    more = f" and {len(answer.cases) - _MANY} more" if len(answer.cases) > _MANY else ""
    cases = f": {', '.join(answer.cases[:_MANY])}{more}" if answer.cases else ""
    note = f" ({answer.note})" if answer.note else ""
    effect = " and fails the run" if is_fatal else ""
    return f"gate {answer.gate} is broken{effect}: {answer.found}, allowed is {answer.allowed}{note}{cases}"
