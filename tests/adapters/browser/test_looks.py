"""Pictures of elements: taken once a page, kept when a case has passed."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric.adapters.browser.looks import Looks
from maestro_fabric.model import CaseId

CASE = CaseId("shop", "web", "buys")


class Camera:
    """Takes pictures that differ."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self) -> bytes:
        self.taken += 1
        return b"picture %d" % self.taken


def told(x: float, y: float, *, page: str = "/ 3", view: Any = (0, 0, 800, 600)) -> dict[str, Any]:
    return {"page": page, "view": view, "element": {"box": [x, y, 100, 20]}}


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def looks(tmp_path: Path) -> Looks:
    return Looks(tmp_path / "looks")


def test_one_picture_serves_all_elements_that_are_in_it(looks: Looks, camera: Camera) -> None:
    looks.note(CASE, "#one", told(10, 20), camera)
    looks.note(CASE, "#two", told(10, 50), camera)
    looks.keep()

    picture = base64.b64encode(b"picture 1").decode()
    assert looks.find(CASE, "#one") == (picture, 800, (10, 20, 100, 20))
    assert looks.find(CASE, "#two") == (picture, 800, (10, 50, 100, 20))
    assert camera.taken == 1


def test_what_has_scrolled_into_view_gets_a_picture_of_its_own(looks: Looks, camera: Camera) -> None:
    looks.note(CASE, "#one", told(10, 20), camera)
    looks.note(CASE, "#below", told(10, 900, view=(0, 500, 800, 600)), camera)
    looks.note(CASE, "#unseen", told(10, 5000), camera)
    looks.keep()

    assert looks.find(CASE, "#below") == (base64.b64encode(b"picture 2").decode(), 800, (10, 400, 100, 20))
    assert looks.find(CASE, "#unseen") is None


def test_without_a_camera_only_a_picture_that_was_taken_before_serves(looks: Looks, camera: Camera) -> None:
    looks.note(CASE, "#alone", told(10, 20), None)
    looks.note(CASE, "#email", told(10, 40), camera)
    looks.note(CASE, "#login", told(10, 60), None)
    looks.note(CASE, "#framed", told(10, 20, view=None), camera)
    looks.keep()

    assert looks.find(CASE, "#login") is not None
    assert looks.find(CASE, "#alone") is None
    assert looks.find(CASE, "#framed") is None


def test_cases_of_a_suite_share_a_picture_for_a_day(looks: Looks, camera: Camera) -> None:
    looks.note(CASE, "#one", told(10, 20), camera)
    looks.keep()
    later = Looks(looks.folder)
    later.note(CaseId("shop", "web", "another"), "#one", told(30, 40), camera)
    later.keep()
    assert camera.taken == 1

    for note in looks.folder.glob("*.json"):
        os.utime(note, (0, 0))
    later.note(CASE, "#one", told(50, 60), camera)
    later.keep()

    found = later.find(CASE, "#one")
    assert found is not None
    assert found[2] == (50, 60, 100, 20)


def test_the_oldest_pictures_go_when_there_are_too_many(looks: Looks, camera: Camera) -> None:
    looks.folder.mkdir()
    for number in range(600):
        (looks.folder / f"{number}.jpg").write_bytes(b"")
        os.utime(looks.folder / f"{number}.jpg", (number, number))
    looks.note(CASE, "#one", told(10, 20), camera)
    looks.keep()

    assert len(list(looks.folder.iterdir())) == 600
    assert not (looks.folder / "0.jpg").exists()
    assert looks.find(CASE, "#one") is not None


def test_a_picture_that_has_gone_is_no_picture(looks: Looks, camera: Camera) -> None:
    looks.note(CASE, "#one", told(10, 20), camera)
    assert looks.find(CASE, "#one") is None

    looks.keep()
    next(looks.folder.glob("*.jpg")).unlink()

    assert looks.find(CASE, "#one") is None
