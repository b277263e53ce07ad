from __future__ import annotations

import pytest

from maestro_fabric.adapters.browser.urls import glob_pattern, join_url, matches_url
from maestro_fabric.errors import ConfigError


@pytest.mark.parametrize(
    ("base_url", "url", "whole"),
    [
        ("http://h:1", "/a", "http://h:1/a"),
        ("http://h/app/", "a?b=c", "http://h/app/a?b=c"),
        ("http://h/app/", "/a", "http://h/a"),
        ("", "https://x/", "https://x/"),
        ("http://h", "data:text/html,x", "data:text/html,x"),
    ],
)
def test_relative_address_is_joined_as_a_link_would_be(base_url, url, whole):
    assert join_url(base_url, url) == whole


def test_relative_address_without_base_url_says_what_is_missing():
    with pytest.raises(ConfigError, match="'/a' is relative, and there is no base_url"):
        join_url("", "/a")


@pytest.mark.parametrize(
    ("expected", "seen", "is_same"),
    [
        ("/login", "http://h/login", True),
        ("/login", "http://h/login#top", True),
        ("/login", "http://h/login?next=/", False),
        ("/login*", "http://h/login?next=/", True),
        ("/a?b=1", "http://h/a?b=1", True),
        ("/a#top", "http://h/a#top", True),
        ("/", "http://h", True),
        ("http://h", "http://h/", True),
        ("http://other/a", "http://h/a", False),
        ("a", "http://h/a", True),
        ("/a.b", "http://h/aXb", False),
    ],
)
def test_expected_address_is_compared_as_far_as_it_says(expected, seen, is_same):
    assert matches_url(expected, seen, "http://h") is is_same


@pytest.mark.parametrize(
    ("glob", "seen", "matches"),
    [
        ("**/api/orders", "http://h/shop/api/orders", True),
        ("**/api/orders", "http://h/api/orders?page=2", False),
        ("http://h/*/a", "http://h/b/a", True),
        ("http://h/*/a", "http://h/b/c/a", False),
        ("http://h/**/a", "http://h/b/c/a", True),
        ("**/*.{png,jpg}", "http://h/x/tea.jpg", True),
        ("**/*.{png,jpg}", "http://h/x/tea.gif", False),
        ("http://h/a.b", "http://h/aXb", False),
        ("**/list[1]", "http://h/list[1]", True),
        ("**/list\\*", "http://h/list*", True),
        ("**/list\\*", "http://h/lists", False),
    ],
)
def test_route_matches_addresses_as_playwright_does(glob, seen, matches):
    assert (glob_pattern(glob).fullmatch(seen) is not None) is matches


@pytest.mark.parametrize("glob", ["**/{a", "**/a}", "**/{a,{b,c}}"])
def test_route_with_a_brace_too_many_says_so(glob):
    with pytest.raises(ConfigError, match=r"braces in braces: write \\{ for"):
        glob_pattern(glob)
