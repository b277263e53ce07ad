"""The JSON side."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from fastapi.responses import JSONResponse, Response

from shop.catalogue import REVIEWS, search
from shop.front import Here
from shop.pricing import euros

router = APIRouter()
MAX_WAIT_MS = 60_000


@router.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/api/products")
async def products(here: Here, q: str = "") -> dict[str, Any]:
    found = search(here.database.products(), q)
    return {"products": [{"slug": item.slug, "name": item.name, "price": euros(item.cents), "in_stock": item.stock > 0} for item in found]}


@router.get("/api/products/{slug}/reviews")
async def reviews(slug: str, here: Here, ms: int = 0) -> dict[str, Any]:
    await pause(ms)
    if here.database.product(slug) is None:
        raise HTTPException(404)
    return {"reviews": [{"author": author, "text": text} for author, text in REVIEWS.get(slug, ())]}


@router.get("/api/orders")
async def orders(here: Here) -> dict[str, Any]:
    here.must_be_logged_in()
    return {
        "orders": [
            {
                "number": order.number,
                "item": order.lines[0].slug,
                "items": [{"item": line.slug, "quantity": line.quantity} for line in order.lines],
                "gift": order.gift,
                "delivery": order.delivery,
                "total": euros(order.price.total),
            }
            for order in here.database.orders(here.visitor)
        ]
    }


@router.put("/api/wishes")
async def sort_wishes(here: Here, slugs: Annotated[list[str], Body()]) -> Response:
    here.database.sort_wishes(here.visitor, slugs)
    return here.keep_visitor(JSONResponse({"wishes": [product.slug for product in here.database.wishes(here.visitor)]}))


async def pause(ms: int) -> None:
    """Wait as long as the caller wished, within reason."""
    await asyncio.sleep(min(max(ms, 0), MAX_WAIT_MS) / 1000)
