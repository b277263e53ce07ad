"""A secret is found however a text writes it."""

from __future__ import annotations

import html
import json
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from maestro_fabric.system.secrets import Secrets

# https://url.spec.whatwg.org/#percent-encoded-bytes
FRAGMENT = ' "<>`'
QUERY = ' "#<>'
PATH = QUERY + "?^`{}"
USERINFO = PATH + "/:;=@[\\]|"
COMPONENT = USERINFO + "$&+,"


def percent(encoded: str) -> Callable[[str], str]:
    return lambda value: quote(value, safe="".join(set(string.punctuation) - set(encoded)))


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "quote": quote,
    "quote all": lambda value: quote(value, safe=""),
    "form": quote_plus,
    "lower case": lambda value: quote(value).replace("%C3", "%c3"),
    "fragment": percent(FRAGMENT),
    "query": percent(QUERY),
    "special query": percent(QUERY + "'"),
    "path": percent(PATH),
    "userinfo": percent(USERINFO),
    "component": percent(COMPONENT),
    "HTML": html.escape,
    "HTML text": lambda value: html.escape(value, quote=False),
    "HTML of a query": lambda value: html.escape(percent(QUERY)(value)),
    "JSON": lambda value: json.dumps(value)[1:-1],
    "JSON for people": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "JSON of HTML": lambda value: json.dumps(html.escape(value))[1:-1],
    "JSON in JSON": lambda value: json.dumps(json.dumps(value))[3:-3],
    "Python": lambda value: repr(value)[1:-1],
    "ASCII": lambda value: ascii(value)[1:-1],
}


def redacted(secret: str, text: str) -> str:
    secrets = Secrets({"A": secret}.get, source="set it")
    secrets.value("A")
    return secrets.redact(text)


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@settings(deadline=None, max_examples=30)  # for each of the twenty ways
@example(secret="50% & more")  # noqa: S106
@given(secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_secret_is_found_in_every_writing(write: Callable[[str], str], secret: str) -> None:
    assert set(redacted(secret, f"<{write(secret)}>")[1:-1]) == {"*"}


@settings(deadline=None)
@given(secret=st.text("ab0%&+\\ \"'/;#", min_size=1), text=st.text("ab0%&+\\ \"'/;#25xu", max_size=60))
def test_a_text_without_the_secret_stays_as_it_is(secret: str, text: str) -> None:
    assert redacted("k" + secret, text) == text


@pytest.mark.parametrize(
    "text",
    [
        "/?t=p@ss%20%22w&1%3Cz",
        "p@ss &quot;w&amp;1&lt;z",
        "/?t=p@ss%20%22w&amp;1%3Cz",
        "p%40ss+%22w%261%3Cz",
        'p@ss\n\\"w\\u00261\\u003Cz',
        "p%2540ss%2520%2522w%25261%253Cz",
    ],
)
def test_writings_of_browsers_and_servers(text: str) -> None:
    found = redacted('p@ss "w&1<z', text)

    assert found.removeprefix("/?t=") == "***"


def test_many_special_characters_take_no_long_time() -> None:
    assert redacted("\\" * 40 + '"' * 40, "\\" * 4000 + "x")


def test_an_address_without_its_last_space_is_redacted() -> None:
    assert redacted(" p@ss word ", "?t=p@ss%20word") == "?t=***"
