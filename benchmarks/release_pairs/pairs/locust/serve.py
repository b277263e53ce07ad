"""Locust's web page with two kinds of users, whose tasks do nothing: ``serve.py PORT FOLDER``."""

import sys
from pathlib import Path

from locust.main import main

PORT, FOLDER = sys.argv[1], Path(sys.argv[2])
LOCUSTFILE = """
import time
from locust import User, constant, task


class _Guest(User):
    abstract = True
    wait_time = constant(0.5)

    def told(self, name):
        self.environment.events.request.fire(
            request_type="GET", name=name, response_time=12, response_length=345, exception=None, context={})


class Taster(_Guest):
    @task
    def taste(self):
        self.told("/teas")


class Buyer(_Guest):
    @task
    def buy(self):
        self.told("/basket")
"""


def serve() -> None:
    """Write the locustfile and serve its page."""
    locustfile = FOLDER / "locustfile.py"
    locustfile.write_text(LOCUSTFILE, encoding="utf-8")
    sys.argv = ["locust", "-f", str(locustfile), "--web-host", "127.0.0.1", "--web-port", PORT, "--host", "http://127.0.0.1:9"]
    main()


serve()
