"""Which case a reported one is."""

from __future__ import annotations

from maestro_fabric.adapters.command.reported import Reported
from maestro_fabric.adapters.program.cases import plain_name
from maestro_fabric.model import Case, CaseId

__all__ = ["inner_case"]


def inner_case(container: Case, reported: Reported) -> Case:
    """The case inside a container that a report tells of."""
    id_ = CaseId(container.id.project, container.id.suite, plain_name(reported.name) or "(without a name)")
    tags = tuple(dict.fromkeys([*container.tags, *reported.tags]))
    return Case(id=id_, location=reported.location, tags=tags, owner=container.owner, links=container.links)
