"""Which case an old name means."""

from __future__ import annotations

from maestro_fabric.aggregator.connections import Connection, has_table

__all__ = ["NEW_TITLE", "OLD_TITLE", "find_alias"]

_TITLE = "{0}.name || '::' || {1}.name || CASE WHEN {1}.params = '' THEN '' ELSE '[' || {1}.params || ']' END"
OLD_TITLE = _TITLE.format("old_suite", "alias")
"""An alias's old title, where ``alias`` and its suite, as ``old_suite``, are joined."""
NEW_TITLE = _TITLE.format("suite", "test_case")
"""The title of the case that goes on, where ``test_case`` and ``suite`` are joined."""

_FIND = f"""SELECT DISTINCT case_id FROM alias JOIN suite AS old_suite ON old_suite.id = alias.suite_id
    WHERE {OLD_TITLE} = ? OR alias.name = ? OR old_suite.name || '::' || alias.name = ?"""  # noqa: S608 - constants


def find_alias(connection: Connection, text: str) -> list[int]:
    """The numbers of the cases that go on from those of an old name: ``suite::name[params]``, ``suite::name`` or a name.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    if not has_table(connection, "alias"):
        return []
    return [row[0] for row in connection.execute(_FIND, (text, text, text)).fetchall()]
