"""The pages behind the log-in."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Form, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shop.front import NEXT_COOKIE, SESSION_COOKIE, Here
from shop.stocklist import read_csv, to_csv

router = APIRouter(default_response_class=HTMLResponse)
ADA = "ada@example.org"
MAX_UPLOAD_BYTES = 1_000_000


@router.get("/login")
async def login(here: Here) -> Response:
    return here.page("login.html", given="", problem="")


@router.post("/login")
async def log_in(here: Here, email: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
    right = hmac.compare_digest(password.encode(), here.request.app.state.password.encode())
    if email != ADA or not right:
        return here.page("login.html", status=403, given=email, problem="This e-mail address and password do not go together.")
    after = here.request.cookies.get(NEXT_COOKIE, "/orders")
    response = RedirectResponse(after if after in ("/orders", "/admin") else "/orders", status_code=303)
    response.set_cookie(SESSION_COOKIE, here.database.log_in(email), httponly=True, samesite="lax")
    response.delete_cookie(NEXT_COOKIE)
    return response


@router.post("/logout")
async def log_out(here: Here) -> Response:
    here.database.log_out(here.request.cookies.get(SESSION_COOKIE, ""))
    response = RedirectResponse("/", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/orders")
async def orders(here: Here) -> Response:
    here.must_be_logged_in()
    return here.page("orders.html", orders=here.database.orders(here.visitor))


@router.get("/admin")
async def admin(here: Here) -> Response:
    here.must_be_logged_in()
    return here.page("admin.html", products=here.database.products(), preview=None)


@router.get("/admin/stock.csv")
async def stock_csv(here: Here) -> Response:
    here.must_be_logged_in()
    headers = {"content-disposition": 'attachment; filename="stock.csv"'}
    return Response(to_csv(here.database.products()), media_type="text/csv", headers=headers)


@router.post("/admin/import")
async def import_csv(here: Here, file: UploadFile) -> Response:
    """Show what a list would change."""
    here.must_be_logged_in()
    products = here.database.products()
    text = (await file.read(MAX_UPLOAD_BYTES)).decode("utf-8", errors="replace")
    return here.page("admin.html", products=products, preview=read_csv(text, {product.slug for product in products}))
