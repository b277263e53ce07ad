"""A page that came with a status of 500 and more says that its server is down, on both engines in the same words."""

from __future__ import annotations

import pytest

from maestro_fabric.model import Status
from maestro_fabric.outages import is_about

pytestmark = pytest.mark.browser

LOST = {"click": "#lost"}


@pytest.mark.parametrize("way", [[{"open": "/down"}], [{"open": "/door"}, {"click": "#in"}]], ids=["opened", "clicked"])
def test_what_is_lost_on_a_page_of_a_dying_server_is_evidence(play, site_url, way):
    fault = play(*way, LOST).fault

    assert fault.is_outage
    assert fault.message.endswith(f"{site_url}/down was answered with status 503")
    assert is_about(fault, site_url)
    assert not is_about(fault, "staging.example.org")


def test_a_page_without_a_word_is_evidence(play):
    outcome = play({"open": "/down-without-a-word"}, LOST)

    assert (outcome.status, outcome.fault.is_outage) == (Status.ERROR, True)


def test_a_good_page_after_a_bad_one_is_no_evidence(play):
    fault = play({"open": "/down"}, {"click": "#out"}, LOST).fault

    assert not fault.is_outage
    assert "503" not in fault.message


def test_an_expectation_that_is_not_met_is_a_failure_there_too_and_says_why(play):
    outcome = play({"open": "/down"}, {"expect": {"text": "Tea"}})

    assert (outcome.status, outcome.fault.is_outage) == (Status.FAILED, False)
    assert "/down was answered with status 503" in outcome.fault.message
