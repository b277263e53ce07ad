"""A locator replaced in a test in Python."""

from __future__ import annotations

import ast
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_fabric.errors import ConfigError, PluginError
from maestro_fabric.healing.patch import replace_call


def patched(text: str, line: int, old: str, new: str) -> str:
    return replace_call(text, line=line, old=json.dumps({"python": old}), new=json.dumps({"python": new}))


BUY, SELL = 'locator("#buy")', 'get_by_role("button", name="Buy now")'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("page.locator('#buy').click()   # the big one\n", 'page.get_by_role("button", name="Buy now").click()   # the big one\n'),
        ("x = (self.page\n    .locator('#buy') )\n", 'x = (self.page.get_by_role("button", name="Buy now") )\n'),
        ("page.click('#buy', timeout=3, strict=True)\n", 'page.get_by_role("button", name="Buy now").click(timeout=3)\n'),
        ("self.page.fill('#buy', x)\n", 'self.page.get_by_role("button", name="Buy now").fill(x)\n'),
        ("def t(page): shop.page.locator( '#buy', ).click(timeout=3)\n", None),
        ("with a(page.locator('#other')) as b, c(page.locator(\"#buy\")): pass\n", None),
    ],
)
def test_the_locator_is_replaced_and_nothing_else(before: str, after: str | None) -> None:
    line = 2 if before.startswith("x =") else 1
    changed = patched(before, line, BUY, SELL)

    assert changed == (after or before.replace("locator( '#buy', )", SELL).replace('locator("#buy")', SELL))
    ast.parse(changed)


def test_a_chain_is_replaced_as_a_whole() -> None:
    text = "page.locator('#f').get_by_role('button', name=re.compile('find', re.I)).first.click()\n"
    old = 'locator("#f").get_by_role("button", name=re.compile(\'find\', re.IGNORECASE)).first'

    assert patched(text, 1, old, SELL) == f"page.{SELL}.click()\n"


@pytest.mark.parametrize(
    ("call", "new", "changed"),
    [
        ("find_element(By.ID, 'buy')", 'find_element(By.NAME, "b")', 'find_element(By.NAME, "b")'),
        ("find_element(by=By.ID, value='buy')", 'find_element(By.NAME, "b")', 'find_element(By.NAME, "b")'),
        ("find_element(By.ID, value='buy')", 'find_element(By.NAME, "b")', 'find_element(By.NAME, "b")'),
        ("find_element('id', 'buy')", 'find_element(By.CSS_SELECTOR, "a.b")', 'find_element("css selector", "a.b")'),
    ],
)
def test_selenium_is_written_as_the_module_writes_it(call: str, new: str, changed: str) -> None:
    assert patched(f"driver.{call}.click()\n", 1, 'find_element(By.ID, "buy")', new) == f"driver.{changed}.click()\n"


@pytest.mark.parametrize(
    ("constant", "use", "old", "new", "changed"),
    [
        ("BUY = '#buy'", "page.locator(BUY)", BUY, SELL, """BUY = 'role=button[name="Buy now"]'"""),
        (
            "class Shop:\n    BUY: str = '#buy'  # big",
            "page.locator(self.BUY)",
            BUY,
            'locator("#b")',
            'class Shop:\n    BUY: str = "#b"  # big',
        ),
        ("BUY = '#buy'", "page.click(BUY)", BUY, SELL, """BUY = 'role=button[name="Buy now"]'"""),
        ("BUY = '#buy'", "page.locator(BUY)", BUY, 'get_by_test_id("b")', 'BUY = "data-testid=b"'),
        ("BUY = '#buy'", "page.locator(BUY)", BUY, 'get_by_text("Buy")', """BUY = 'text="Buy"'"""),
        ("BUY = '#buy'", "page.locator(BUY)", BUY, 'get_by_placeholder("Buy")', """BUY = '[placeholder="Buy"]'"""),
        (
            "BUY = (By.ID, 'buy')",
            "driver.find_element(*Shop.BUY)",
            'find_element(By.ID, "buy")',
            'find_element(By.NAME, "b")',
            'BUY = (By.NAME, "b")',
        ),
        ("BUY = 'buy'", "driver.find_element(By.ID, BUY)", 'find_element(By.ID, "buy")', 'find_element(By.ID, "b")', 'BUY = "b"'),
    ],
)
def test_a_constant_that_one_place_sets_is_changed_there(constant: str, use: str, old: str, new: str, changed: str) -> None:
    text = f"{constant}\n\ndef test(page, driver):\n    {use}.click()\n"
    line = text.splitlines().index(f"    {use}.click()") + 1

    once = patched(text, line, old, new)

    assert once == text.replace(constant, changed)
    assert patched(once, line, old, new) == once  # another line that names it was healed, too


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("wait.until(EC.visible((By.ID, 'buy'))).click()", 'wait.until(EC.visible((By.NAME, "b"))).click()'),
        ("wait.until(EC.seen(self.BUY)).click()\nBUY = By.ID, 'buy'", 'wait.until(EC.seen(self.BUY)).click()\nBUY = (By.NAME, "b")'),
        ("wait.until(EC.visible(BUY))\nBUY = (By.NAME, 'b')", 'wait.until(EC.visible(BUY))\nBUY = (By.NAME, "b")'),
    ],
)
def test_a_pair_for_seleniums_helpers_is_replaced_where_it_is_written(text: str, changed: str) -> None:
    assert patched(text, 1, 'find_element(By.ID, "buy")', 'find_element(By.NAME, "b")') == changed


@pytest.mark.parametrize(
    ("text", "line", "old", "new", "why"),
    [
        ("page.locator(f'#{x}').click()", 1, BUY, SELL, "f'#{x}' is no literal"),
        ("page.locator(x).click()", 1, BUY, SELL, "x is not set in this file"),
        ("x = '#buy'\nx = '#buy'\npage.locator(x).click()", 3, BUY, SELL, "x is set 2 times in this file"),
        ("x = '#sell'\npage.locator(x).click()", 2, BUY, SELL, "x has another value now"),
        ("x = '#buy'\npage.locator(x).click()", 2, BUY, 'get_by_label("Buy")', "x cannot hold the new locator"),
        ("x = '#buy'\npage.locator(x).click()", 2, BUY, 'frame_locator("#f").locator("#b")', "x cannot hold the new locator"),
        ("x = 'buy'\nd.find_element(By.ID, x)", 2, 'find_element(By.ID, "buy")', 'find_element(By.NAME, "b")', "x cannot hold the new"),
        ("d.find_element(By.ID, *x)\nx = ('buy',)", 1, 'find_element(By.ID, "buy")', 'find_element(By.ID, "b")', "x has another value now"),
        ("page.locator('#sell').click()", 1, BUY, SELL, "another locator stands there than locator"),
        ("page.locator('#sell').fill('#buy')", 1, BUY, SELL, "another locator stands there than locator"),
        ("print(page)", 1, BUY, SELL, "there is no such call any more"),
        ("page.locator('#buy')", 2, BUY, SELL, "there is no such call any more"),
        ("page.locator('#f').locator('#buy').click()", 1, BUY, SELL, "only a part of the locator stands there"),
        ("form.locator('#buy').click()", 1, f'locator("#f").{BUY}', SELL, "only a part of the locator stands there"),
        ("a(page.locator('#buy'), page.locator('#buy'))", 1, BUY, SELL, "stands there more than once"),
        ("a((By.ID, 'buy'), (By.ID, 'buy'))", 1, 'find_element(By.ID, "buy")', 'find_element(By.NAME, "b")', "more than once"),
        ("page.locator(*x, **y).click()", 1, BUY, SELL, "another locator stands there"),
    ],
)
def test_what_is_not_certain_is_left_alone_and_named(text: str, line: int, old: str, new: str, why: str) -> None:
    with pytest.raises(ConfigError) as raised:
        patched(text, line, old, new)

    assert why in str(raised.value)
    assert str(raised.value).startswith(f"line {line}: ")
    assert str(raised.value).endswith(f"change it by hand to {new}")


def test_a_file_that_is_no_python_any_more_is_left_alone() -> None:
    with pytest.raises(ConfigError, match="cannot be read as Python"):
        patched("def (:", 1, BUY, SELL)


def test_without_libcst_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libcst", None)

    with pytest.raises(PluginError, match=r"pip install 'pytest-maestro\[healing\]'"):
        patched("page.locator('#buy')", 1, BUY, SELL)


@given(
    before=st.lists(st.sampled_from(["import re", "", "# so", "x = {  'a':1 }", "\tif_ = 3".strip(), 's = """\n  two\n"""'])),
    space=st.sampled_from(["", " ", "\t"]),
    quote=st.sampled_from(["'", '"']),
    after=st.sampled_from(["", "\n", "  # end\n", ";  y = 1\n\n\n"]),
)
def test_every_other_character_stays(before: list[str], space: str, quote: str, after: str) -> None:
    head = "".join(f"{line}\n" for line in before)
    call = f"page.locator({space}{quote}#buy{quote}{space})"

    assert patched(f"{head}{call}.click(){after}", head.count("\n") + 1, BUY, SELL) == f"{head}page.{SELL}.click(){after}"
