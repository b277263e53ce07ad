"""The waits between tries: what a policy says, as the library's backoffs make them."""

from __future__ import annotations

from collections.abc import Iterator

from maestro_fabric.model import Backoff
from maestro_fabric.ports import Chance
from maestro_fabric.resilience import backoff as kinds

__all__ = ["waits_of"]


def waits_of(backoff: Backoff, chance: Chance) -> Iterator[float]:
    """Seconds to wait after the first try, the second, and so on without end."""
    made: dict[str, kinds.Backoff] = {
        "constant": kinds.Constant(min(backoff.first_s, backoff.max_s)),
        "linear": kinds.Linear(backoff.first_s, backoff.max_s),
        "exponential": kinds.Exponential(backoff.first_s, max_s=backoff.max_s),
        "decorrelated": kinds.Decorrelated(backoff.first_s, backoff.max_s),
    }
    chosen = made[backoff.kind]
    # Decorrelated waits are a matter of chance already.
    return (kinds.FullJitter(chosen) if backoff.jitter == "full" and backoff.kind != "decorrelated" else chosen).waits(chance)
