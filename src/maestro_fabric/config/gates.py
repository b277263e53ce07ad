"""``gates:`` of qa.yaml: what a run must be for the team to ship."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from maestro_fabric.config.types import FROZEN, Seconds

__all__ = ["GatesConfig", "Share"]


def _to_share(value: Any) -> Any:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", value.strip()) if isinstance(value, str) else None
    if found is None or float(found[1]) > 100:
        raise ValueError(f"{value!r} is not a share: write a number from 0 to 100 with a percent sign, like 98%")
    return float(found[1]) / 100


Share = Annotated[float, BeforeValidator(_to_share), WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"})]
"""A share as people write it, ``98%``; from 0 to 1 in Python."""

Count = Annotated[int, Field(ge=0, strict=True)]


class GatesConfig(BaseModel):
    """Each key is one gate; those that are not written are not judged."""

    model_config = FROZEN

    pass_rate: Share | None = Field(default=None, description="At least this share of the judged cases passes, like 98%.")
    new_failures: Count | None = Field(default=None, description="At most so many cases fail that passed in the baseline.")
    baseline: str = Field(default="", description="A branch, or a run's id: its newest run is the baseline; the run before otherwise.")
    flaky: Share | None = Field(default=None, description="At most this share of the cases passed after another attempt did not.")
    healed: Count | None = Field(default=None, description="At most so many cases passed on a healed locator.")
    degraded: Count | None = Field(default=None, description="At most so many cases passed on a fallback.")
    blocked: Count | None = Field(default=None, description="At most so many cases were blocked.")
    quarantined: Count | None = Field(default=None, description="At most so many failures are in quarantine.")
    quarantine_size: Count | None = Field(default=None, description="At most so many cases are in quarantine, whatever became of them.")
    duration_p95: Seconds | None = Field(default=None, description="95 % of the passed cases take at most this long.")
    duration: Seconds | None = Field(default=None, description="The run takes at most this long.")
    must_run: list[str] = Field(
        default_factory=list, description="At least one case with each of these tags was judged, and none was left out."
    )
