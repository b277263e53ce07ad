"""Tells the process that records which marks the native tests of a config's suites have: they are tags in the history."""

from __future__ import annotations

import pytest

from pytest_maestro.board import TAGS, Board
from pytest_maestro.items import SUITE, MaestroItem
from pytest_maestro.marks import tags_of
from pytest_maestro.names import Names

__all__ = ["register_native_tags"]


class NativeTags:
    """Reads the marks where tests are collected; a worker writes them on the board.

    Args:
        names: Takes the tags.
        board: How a worker tells the controller.
        is_worker: Whether this process is one of xdist's workers.
    """

    def __init__(self, names: Names, board: Board, *, is_worker: bool) -> None:
        self._names = names
        self._board = board
        self._is_worker = is_worker

    # Before xdist sends the ids: who reads them must find the tags.
    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the marks of what will run; those that other plugins have added while collecting are there by now."""
        native = (item for item in session.items if SUITE in item.stash and not isinstance(item, MaestroItem))
        self._names.tags.update({item.nodeid: tags for item in native if (tags := tags_of(item))})
        if self._is_worker and self._names.tags and not self._board.has(TAGS):
            self._board.write(TAGS, self._names.tags)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self) -> None:
        """Take what the first worker has written; all have the same tests."""
        if not self._names.tags:
            self._names.tags.update(self._board.read(TAGS))


def register_native_tags(config: pytest.Config, names: Names, board: Board, *, is_worker: bool) -> None:
    """Register what tells of tags."""
    config.pluginmanager.register(NativeTags(names, board, is_worker=is_worker), "maestro-native-tags")
