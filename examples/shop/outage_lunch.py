"""What outage.yaml does while the shop is away: something that does not need it."""

import time


def test_lunch_takes_a_while() -> None:
    time.sleep(5)
