"""Cases of suites whose program knows more of them than the config does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.config.policies import resolve_policy
from maestro_fabric.model import Case, CaseId, Location, Outcome
from maestro_fabric.ports import Context

__all__ = ["Trouble", "case_of_suite", "plain_name"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """The body of a case that stands for what could not be discovered, and what it will be."""

    outcome: Outcome


def case_of_suite(
    id_: CaseId,
    body: object,
    suite: SuiteConfig,
    context: Context,
    *,
    location: Location | None = None,
    tags: Sequence[str] = (),
    policy: str | None = None,
    container: bool = False,
) -> Case:
    """A case with what its suite says of all of them: tags, owner, links, services, and policy unless it names one itself."""
    return Case(
        id=id_,
        location=location,
        tags=tuple(dict.fromkeys([*suite.tags, *tags])),
        owner=suite.owner,
        links=tuple(suite.links),
        policy=resolve_policy(context.config, policy, suite.policy, services=suite.services),
        services=tuple(suite.services),
        body=body,
        container=container,
    )


def plain_name(text: str) -> str:
    """The text as a case's name may be: one line, without ``::``; empty when nothing is left."""
    return re.sub(r"\s*:{2,}\s*", ": ", re.sub(r"[\s\x00-\x1f\x7f]+", " ", text)).strip()
