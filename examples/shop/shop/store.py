"""The pages that customers see."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, Response

from shop.api import pause
from shop.catalogue import Product, search
from shop.checkout import Checkout, read_form
from shop.front import Front, Here
from shop.pricing import price

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/")
async def catalogue(here: Here, q: str = "", shelf: str = "") -> Response:
    return here.page("catalogue.html", products=search(here.database.products(), q, shelf), shelf=shelf)


@router.get("/products/{slug}")
async def product(slug: str, here: Here) -> Response:
    return here.page("product.html", product=_product(here, slug))


@router.get("/basket")
async def basket(here: Here) -> Response:
    lines = here.database.basket(here.visitor)
    return here.page("basket.html", lines=lines, price=price(lines))


@router.post("/basket")
async def add_to_basket(here: Here, slug: Annotated[str, Form()]) -> Response:
    if _product(here, slug).stock < 1:
        raise HTTPException(409, "This is sold out.")
    here.database.add(here.visitor, slug)
    return here.go_to("/basket")


@router.post("/basket/empty")
async def empty_basket(here: Here) -> Response:
    here.database.empty(here.visitor)
    return here.go_to("/basket")


@router.post("/basket/{slug}")
async def change_quantity(slug: str, here: Here, quantity: Annotated[int, Form(ge=0, le=99)]) -> Response:
    here.database.set_quantity(here.visitor, slug, quantity)
    return here.go_to("/basket")


@router.get("/checkout")
async def checkout(here: Here) -> Response:
    lines = here.database.basket(here.visitor)
    if not lines:
        return here.go_to("/basket")
    return here.page("checkout.html", form=Checkout("", "", ""), problems={}, price=price(lines))


@router.post("/checkout")
async def place_order(here: Here) -> Response:
    form = read_form(await here.request.form())
    lines = here.database.basket(here.visitor)
    if not lines:
        return here.go_to("/basket")
    problems = form.problems()
    if problems:
        return here.page("checkout.html", status=422, form=form, problems=problems, price=price(lines))
    number = here.database.place(here.visitor, form, lines, price(lines, form.delivery))
    return here.go_to(f"/thanks/{number}")


@router.get("/thanks/{number}")
async def thanks(number: int, here: Here) -> Response:
    order = next((order for order in here.database.orders(here.visitor) if order.number == number), None)
    if order is None:
        raise HTTPException(404)
    return here.page("thanks.html", order=order)


@router.get("/wishes")
async def wishes(here: Here) -> Response:
    return here.page("wishes.html", wishes=here.database.wishes(here.visitor))


@router.post("/wishes")
async def add_wish(here: Here, slug: Annotated[str, Form()]) -> Response:
    here.database.wish(here.visitor, _product(here, slug).slug)
    return here.go_to("/wishes")


@router.get("/delivery")
async def delivery(here: Here) -> Response:
    return here.page("delivery.html")


@router.get("/delivery-map")
async def delivery_map(here: Here) -> Response:
    return here.page("delivery_map.html")


@router.get("/terms")
async def terms(here: Here) -> Response:
    return here.page("terms.html")


@router.get("/slow")
async def slow(here: Here, ms: int = 1000) -> Response:
    await pause(ms)
    return here.page("slow.html", ms=ms)


@router.get("/deal")
async def deal(here: Here, key: str = "") -> Response:
    """The deal of the day. Flaky on purpose: the first visit with each key fails, every later one succeeds."""
    failed = bool(key) and here.database.is_first_visit(key)
    return here.page("deal.html", product=None if failed else here.database.product("honey"))


def _product(here: Front, slug: str) -> Product:
    found = here.database.product(slug)
    if found is None:
        raise HTTPException(404)
    return found
