"""Evidence that cannot be had is left out; a defect of ours is not hidden."""

from __future__ import annotations

import pytest

from maestro_fabric.adapters.browser.evidence import Evidence

pytestmark = pytest.mark.browser

STEPS = ({"open": "/"}, {"expect": {"text": "not there", "within": "20ms"}})


def raises(exception: Exception):
    def keep(*args, **kwargs):
        raise exception

    return keep


def test_a_full_disk_does_not_replace_why_the_case_failed(play, monkeypatch):
    monkeypatch.setattr(Evidence, "keep", raises(OSError(28, "No space left on device")))

    outcome = play(*STEPS)

    assert outcome.fault.type == "ExpectationFailed"
    assert [artifact.kind for artifact in outcome.artifacts] == []


def test_a_defect_while_evidence_is_kept_is_not_hidden(play, monkeypatch):
    monkeypatch.setattr(Evidence, "keep", raises(TypeError("a defect of ours")))

    with pytest.raises(TypeError, match="a defect of ours"):
        play(*STEPS)
