import pytest
from fastapi.testclient import TestClient
from shop.app import DEFAULT_PASSWORD, create_app


@pytest.fixture
def app():
    return create_app()


@pytest.fixture
def customer(app):
    """A browser that nobody has used before."""
    return TestClient(app)


@pytest.fixture
def ada(app):
    """Another browser, in which Ada has logged in."""
    client = TestClient(app)
    client.post("/login", data={"email": "ada@example.org", "password": DEFAULT_PASSWORD})
    return client
