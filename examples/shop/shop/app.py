"""The shop as an ASGI application."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from shop import api, office, store
from shop.database import Database
from shop.front import NEXT_COOKIE, NeedsLogin, load_pages, open_front

DEFAULT_PASSWORD = "tea-time"  # noqa: S105 - the demo's, documented in the README


def create_app(*, ui: str = "v1", password: str = DEFAULT_PASSWORD) -> FastAPI:
    """A shop with its own empty database.

    Args:
        ui: ``v1``, or ``v2`` for the redesigned front end (other ids, classes, order and texts; no gift wrapping).
        password: Ada's.
    """
    app = FastAPI(title="Shop", docs_url=None, redoc_url=None)
    app.state.database = Database()
    app.state.pages = load_pages(ui)
    app.state.password = password
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    app.include_router(api.router)
    app.include_router(store.router)
    app.include_router(office.router)
    app.add_exception_handler(NeedsLogin, _to_login)
    app.add_exception_handler(404, _not_found)
    return app


async def _to_login(request: Request, _: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return Response("Log in first.", status_code=401)
    response = RedirectResponse("/login", status_code=303)
    response.set_cookie(NEXT_COOKIE, request.url.path, httponly=True, samesite="lax")
    return response


async def _not_found(request: Request, _: Exception) -> Response:
    return open_front(request).page("not_found.html", status=404)
