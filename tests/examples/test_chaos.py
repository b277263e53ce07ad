"""A small part of benchmarks/chaos.py: the shop goes down in mid-run, under two workers, and nobody says anything wrong about it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.needs_xdist
def test_an_outage_costs_a_few_requests_and_no_wrong_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.delitem(sys.modules, "chaos", raising=False)
    chaos = pytest.importorskip("chaos")

    seen = chaos.run_arm("ours", tmp_path, chaos.Size(good=30, bad=2, think_s=0.0, after=12, dies_s=40.0, gone_s=20.0), has_outage=True)

    assert seen.wrong == 0
    assert 2 <= seen.requests <= 6
    assert seen.unjudged >= 15


@pytest.mark.parametrize("text", ["errors", "boom=1"])
def test_a_word_that_is_no_chaos_is_told_with_those_that_are(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "shop"))
    from shop.chaos import read_plan

    with pytest.raises(SystemExit, match="is none of after, dies, drops"):
        read_plan(text)
