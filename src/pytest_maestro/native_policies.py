"""Which policy a native test has: the one that its mark names, or its suite, or the file as a whole."""

from __future__ import annotations

import pytest

from maestro_fabric.compose import Prepared
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.policies import resolve_policy
from maestro_fabric.model import Policy
from pytest_maestro.items import SUITE, MaestroItem
from pytest_maestro.marks import marked_policy

__all__ = ["NativePolicies"]

_PLAIN = Policy()


class NativePolicies:
    """The policies of the native tests of this session.

    Args:
        prepared: The config.
    """

    def __init__(self, prepared: Prepared) -> None:
        self._config = prepared.loaded.config
        self._known: dict[tuple[str | None, str], Policy] = {}

    def of(self, item: pytest.Item) -> Policy:
        """The policy of a test; of a case of qa.yaml the plain one, since the engine tries that.

        Raises:
            UsageError: when its mark names a policy that does not exist, or one with a fallback.
        """
        if isinstance(item, MaestroItem):
            return _PLAIN
        name = marked_policy(item)
        suite = item.stash.get(SUITE, None)
        if name is None and suite is None:
            return _PLAIN  # a test that no suite names is nobody's but its own
        key = (name, suite.name if suite is not None else "")
        if key not in self._known:
            if name is not None:
                self._check(item, name)
            own, services = (suite.config.policy, suite.config.services) if suite is not None else (None, ())
            self._known[key] = resolve_policy(self._config, name, own, services=services)
        return self._known[key]

    def _check(self, item: pytest.Item, name: str) -> None:
        policies = self._config.policies
        if name not in policies:
            hint = did_you_mean(name, list(policies)) or f"known: {', '.join(policies) or 'none'}"
            raise pytest.UsageError(f"{item.nodeid}: unknown policy {name!r} ({hint})")
        if policies[name].fallback is not None:
            raise pytest.UsageError(f"{item.nodeid}: the fallback of {name!r} is a group of steps, and a Python test has none")
