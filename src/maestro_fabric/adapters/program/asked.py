"""Which cases a session that runs one program for all of them is still to be asked for."""

from __future__ import annotations

from collections.abc import Sequence

from maestro_fabric.model import Case, CaseId

__all__ = ["Asked"]


class Asked:
    """The cases that are to come, and the one that was asked for last."""

    def __init__(self) -> None:
        self._left: dict[CaseId, Case] = {}
        self._last: CaseId | None = None

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for."""
        self._left = {case.id: case for case in cases}

    def ask(self, case: Case) -> bool:
        """Note that a case is asked for; whether it is the last one once more: a further attempt."""
        is_again = self._last == case.id
        if self._last is not None and not is_again:
            self._left.pop(self._last, None)
        self._last = case.id
        return is_again

    def from_here(self, case: Case) -> list[Case]:
        """A case that is asked for, and those to come."""
        return list({case.id: case, **self._left}.values())

    @property
    def is_done(self) -> bool:
        """Whether none is to come."""
        return set(self._left) <= {self._last}
