"""Elements of pages for tests of the matcher."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from maestro_fabric.healing import Box, Fingerprint

WORDS = ("tea", "coffee", "basket", "search", "orders", "login", "help", "wishes", "stock", "price", "honey", "kettle")


def element(tag: str = "button", text: str = "Buy", **fields: Any) -> Fingerprint:
    defaults: dict[str, Any] = {"xpath": "/html[1]/body[1]/main[1]/button[1]", "box": Box(100, 200, 80, 30)}
    return Fingerprint(tag=tag, text=text, **(defaults | fields))


def renamed(one: Fingerprint, **fields: Any) -> Fingerprint:
    return replace(one, **fields)


def shop() -> list[Fingerprint]:
    """The controls of a small page, no two alike."""
    return [
        element("a", "Tea shop", id="home", href="/", xpath="/html[1]/body[1]/header[1]/a[1]", box=Box(10, 10, 90, 30)),
        element("a", "Orders", id="orders", href="/orders", xpath="/html[1]/body[1]/header[1]/nav[1]/a[1]", box=Box(300, 10, 60, 30)),
        element("a", "Log in", id="login", href="/login", xpath="/html[1]/body[1]/header[1]/nav[1]/a[2]", box=Box(400, 10, 60, 30)),
        element("input", "", type="search", name="q", placeholder="Search", xpath="/html[1]/body[1]/main[1]/form[1]/input[1]",
                box=Box(10, 80, 300, 30), neighbor_text="Search products"),
        element("button", "Find", classes="btn find", xpath="/html[1]/body[1]/main[1]/form[1]/button[1]", box=Box(320, 80, 60, 30)),
        element("h1", "Green tea", xpath="/html[1]/body[1]/main[1]/h1[1]", box=Box(10, 140, 300, 40)),
        element("button", "Add to basket", id="add-to-basket", classes="btn primary", xpath="/html[1]/body[1]/main[1]/div[1]/button[1]",
                box=Box(10, 300, 140, 36), neighbor_text="4.50 EUR in stock"),
        element("button", "Remember for later", id="wish", classes="btn", xpath="/html[1]/body[1]/main[1]/div[1]/button[2]",
                box=Box(170, 300, 160, 36), neighbor_text="4.50 EUR in stock"),
        element("a", "Terms of sale", href="/terms", xpath="/html[1]/body[1]/footer[1]/a[1]", box=Box(10, 700, 100, 20)),
    ]  # fmt: skip


_texts = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
_steps = st.lists(st.tuples(st.sampled_from(("div", "main", "nav", "form", "li")), st.integers(1, 4)), min_size=1, max_size=5)


@st.composite
def elements(draw: st.DrawFn) -> Fingerprint:
    """Any element, from few words, so that elements resemble each other."""
    tag = draw(st.sampled_from(("a", "button", "input", "div", "span", "h2", "li", "td")))
    steps = [*draw(_steps), (tag, draw(st.integers(1, 4)))]
    side = st.integers(0, 1000)
    return Fingerprint(
        tag=tag,
        text=draw(_texts),
        accessible_name=draw(_texts),
        label=draw(_texts),
        test_id=draw(st.sampled_from(("", "", "buy", "find"))),
        id=draw(st.sampled_from(("", "", *WORDS[:4]))),
        name=draw(st.sampled_from(("", *WORDS[:3]))),
        classes=draw(_texts),
        href=draw(st.sampled_from(("", "/tea", "/orders?x=1", "https://example.org/help"))),
        neighbor_text=draw(_texts),
        role=draw(st.sampled_from(("", "button", "tab", "row"))),
        xpath="/html[1]/body[1]/" + "/".join(f"{name}[{place}]" for name, place in steps),
        frame=draw(st.sampled_from(("", "", "#map"))),
        box=draw(st.none() | st.builds(Box, side, side, st.integers(1, 400), st.integers(1, 60))),
    )
