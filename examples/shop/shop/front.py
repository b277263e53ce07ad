"""What all routes share: who is asking, and how a page is made."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shop.catalogue import SHELVES
from shop.database import Database
from shop.pricing import euros

TEMPLATES = Path(__file__).parent / "templates"
VISITOR_COOKIE, SESSION_COOKIE, CONSENT_COOKIE, NEXT_COOKIE = "visitor", "session", "consent", "after_login"


class NeedsLogin(Exception):
    """The page is for people who have logged in."""


@dataclass(frozen=True, slots=True)
class Front:
    """One request's view of the shop."""

    request: Request
    database: Database
    pages: Environment
    email: str
    visitor: str

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        basket = self.database.basket(self.visitor)
        text = self.pages.get_template(template).render(
            email=self.email,
            shelves=SHELVES,
            basket_count=sum(line.quantity for line in basket),
            needs_consent=CONSENT_COOKIE not in self.request.cookies,
            query=self.request.query_params.get("q", ""),
            **values,
        )
        return self.keep_visitor(HTMLResponse(text, status_code=status), only_known=True)

    def go_to(self, path: str) -> Response:
        """A redirect after something was changed for this visitor."""
        return self.keep_visitor(RedirectResponse(path, status_code=303))

    def keep_visitor(self, response: Response, *, only_known: bool = False) -> Response:
        # The cookie comes with the first change and not with the first page, so that a log-in that is shared by
        # many tests does not make them share a basket.
        if not only_known:
            response.set_cookie(VISITOR_COOKIE, self.visitor, httponly=True, samesite="lax")
        return response

    def must_be_logged_in(self) -> None:
        if not self.email:
            raise NeedsLogin


def open_front(request: Request) -> Front:
    database: Database = request.app.state.database
    email = database.email_of(request.cookies.get(SESSION_COOKIE, ""))
    visitor = request.cookies.get(VISITOR_COOKIE) or secrets.token_urlsafe(16)
    return Front(request, database, request.app.state.pages, email, visitor)


Here = Annotated[Front, Depends(open_front)]


def load_pages(ui: str) -> Environment:
    """The templates of one front end; they escape what they print."""
    folder = TEMPLATES / ui
    if not folder.is_dir():
        raise ValueError(f"SHOP_UI={ui!r} is none of {sorted(path.name for path in TEMPLATES.iterdir())}")
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.filters["euros"] = euros
    return pages
