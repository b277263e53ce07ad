"""Answers the dialogs of a case, so that none of them ever waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field

from maestro_fabric.adapters.browser.engine import Prompt
from maestro_fabric.adapters.browser.text import fold, quote
from maestro_fabric.config.steps import Dialog as Answer
from maestro_fabric.errors import ExpectationFailed

__all__ = ["Dialogs"]


@dataclass(slots=True)
class Dialogs:
    """What to answer, and what came.

    Attributes:
        answer: The latest ``dialog`` step; ``None`` before the first.
        unexpected: Dialogs for which there was no answer, and which were dismissed, one line each.
    """

    answer: Answer | None = None
    unexpected: list[str] = field(default_factory=list)
    _wrong: list[str] = field(default_factory=list)
    _seen: bool = False

    def prepare(self, answer: Answer) -> None:
        """Take a new answer for the dialogs that follow."""
        self.answer = answer
        self._seen = False

    def handle(self, dialog: Prompt) -> None:
        """Answer a dialog. Without an answer it is dismissed, as Playwright does when nobody listens.

        Raises:
            Exception: the engine's own, when the page goes while its dialog is open; then there is nothing left to answer.
        """
        if self.answer is not None:
            self._give(self.answer, dialog)
        elif dialog.type == "beforeunload":
            dialog.accept()
        else:
            self.unexpected.append(
                f"an unexpected {dialog.type} dialog was dismissed: {quote(dialog.message)}; answer it by a dialog step before"
            )
            dialog.dismiss()

    def is_awaited(self) -> bool:
        """Whether a dialog with an expected message has not come yet."""
        return self.answer is not None and self.answer.message is not None and not self._seen

    def check(self) -> None:
        """Raise when a dialog had another message than expected.

        Raises:
            ExpectationFailed: with both messages.
        """
        if self._wrong:
            raise ExpectationFailed(self._wrong.pop(0))

    def check_came(self) -> None:
        """Raise when an expected dialog never came.

        Raises:
            ExpectationFailed: with the message it should have had.
        """
        if self.answer is not None and self.is_awaited():
            message, self.answer = self.answer.message or "", None
            raise ExpectationFailed(f"expected: a dialog {quote(message)}\nseen:     no dialog came")

    def _give(self, answer: Answer, dialog: Prompt) -> None:
        self._seen = True
        if answer.message is not None and fold(answer.message) != fold(dialog.message):
            self._wrong.append(f"expected: a dialog {quote(answer.message)}\nseen:     a dialog {quote(dialog.message)}")
        if answer.answer == "accept":
            dialog.accept(answer.text) if answer.text is not None else dialog.accept()
        else:
            dialog.dismiss()
