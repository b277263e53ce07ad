"""The garbage collector is paused, and comes back as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from maestro_fabric.garbage import collector_paused


@pytest.fixture(autouse=True)
def collector_as_it_was() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


def test_it_is_off_inside_and_on_afterwards() -> None:
    with collector_paused():
        was_enabled = gc.isenabled()

    assert (was_enabled, gc.isenabled()) == (False, True)


def test_it_comes_back_when_something_breaks_inside() -> None:
    with pytest.raises(ValueError, match="wrong"), collector_paused():
        raise ValueError("wrong")

    assert gc.isenabled()


def test_pauses_nest() -> None:
    with collector_paused():
        with collector_paused():
            pass

        assert not gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()

    with collector_paused():
        pass

    assert not gc.isenabled()


def test_what_was_made_inside_counts_as_old_and_can_still_be_collected() -> None:
    gc.unfreeze()

    with collector_paused():
        made: list[object] = [[]]

    assert any(one is made for one in gc.get_objects(generation=2))
    assert gc.get_freeze_count() == 0


def test_what_somebody_else_has_frozen_stays_frozen() -> None:
    gc.freeze()

    with collector_paused():
        pass

    assert gc.get_freeze_count() > 0


def test_what_is_made_for_good_is_never_looked_through_again() -> None:
    gc.unfreeze()

    with collector_paused(for_good=True):
        made: list[object] = [[]]

    assert gc.get_freeze_count() > 0
    assert not any(one is made for one in gc.get_objects())
