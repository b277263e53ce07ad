"""Locators in Python as chains of calls: ``page.locator("#form").get_by_role("button")``; what is equal, and what is a literal."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass

from maestro_fabric.config.locators import python_text

__all__ = ["Link", "Links", "as_code", "links_of", "pair_of", "selector_of", "without_by", "words_of"]

_FLAGS = {"I": "IGNORECASE", "M": "MULTILINE", "S": "DOTALL", "X": "VERBOSE"}
# Deeds that Playwright's page does with a selector: `page.click("#buy")`.
_PAGE_ACT = re.compile("check|click|dblclick|fill|focus|hover|press|select_option|set_checked|set_input_files|tap|type|uncheck")
_BY = re.compile(r"\bBy\.([A-Z_]+)\b")


@dataclass(frozen=True, slots=True)
class Link:
    """One call, or property, of a chain.

    Attributes:
        name: Its name.
        args: Its arguments without names; empty for a property.
        keywords: Those with names.
    """

    name: str
    args: tuple[ast.expr, ...] = ()
    keywords: tuple[tuple[str, ast.expr], ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Link) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    @property
    def is_literal(self) -> bool:
        """Whether every argument says itself what it is."""
        return all(map(_is_literal, [*self.args, *(value for _, value in self.keywords)]))

    @property
    def code(self) -> str:
        """Its arguments that are no literals."""
        return ", ".join(ast.unparse(value) for value in [*self.args, *(one for _, one in self.keywords)] if not _is_literal(value))

    @property
    def named(self) -> str | None:
        """The constant that is its only argument, or its last one: ``BUY`` in ``locator(self.BUY)``; ``None`` for anything else."""
        if self.keywords or not self.args or not all(map(_is_literal, self.args[:-1])):
            return None
        last = self.args[-1].value if isinstance(self.args[-1], ast.Starred) else self.args[-1]
        if isinstance(last, ast.Attribute) and isinstance(last.value, ast.Name):
            return last.attr
        return last.id if isinstance(last, ast.Name) else None

    def value_of_constant(self, with_name: Link) -> ast.expr | None:
        """What a constant must be for a link that names it to be this one."""
        if isinstance(with_name.args[-1], ast.Starred):
            if len(with_name.args) > 1 or self.keywords:
                return None
            return ast.Tuple(elts=list(self.args), ctx=ast.Load())
        return self.args[-1] if self.args and self._said(self.args[:-1]) == with_name._said(with_name.args[:-1]) else None

    def _said(self, args: tuple[ast.expr, ...] | None = None) -> str:
        given = self.args if args is None else args
        return ast.dump(
            ast.Call(ast.Name(self.name), list(map(_plain, given)), [ast.keyword(key, _plain(one)) for key, one in self.keywords])
        )


@dataclass(frozen=True, slots=True)
class Links:
    """A chain.

    Attributes:
        parts: What follows the start, in order.
        whole: The expression.
        rest: What the code goes on with when the last link is replaced.
    """

    parts: tuple[Link, ...]
    whole: ast.expr
    rest: str = ""

    @classmethod
    def of(cls, expression: ast.expr) -> Links | None:
        """The chain of an expression; ``None`` for one without a name at its start."""
        parts, one = [], expression
        while isinstance(one, ast.Call | ast.Attribute):
            if isinstance(one, ast.Attribute):
                parts.append(Link(one.attr))
                one = one.value
                continue
            if not isinstance(one.func, ast.Attribute) or any(keyword.arg is None for keyword in one.keywords):
                return None
            parts.append(_call(one.func.attr, one))
            one = one.func.value
        return cls(tuple(reversed(parts)), expression)._with_locator() if isinstance(one, ast.Name) else None

    def _with_locator(self) -> Links:
        """The chain with ``click("#buy")`` of a page taken apart into the locator and what is done with it."""
        if not self.parts or not _PAGE_ACT.fullmatch(self.parts[-1].name) or not self.parts[-1].args:
            return self
        *before, last = self.parts
        if any(link.args or link.keywords for link in before):
            return self
        words = [*map(ast.unparse, last.args[1:]), *(f"{key}={ast.unparse(value)}" for key, value in last.keywords if key != "strict")]
        return Links((*before, Link("locator", last.args[:1])), self.whole, f".{last.name}({', '.join(words)})")

    def ends_with(self, other: Links) -> bool:
        """Whether the last links are those of another chain."""
        return self.parts[len(self.parts) - len(other.parts) :] == other.parts

    def receiver(self, count: int) -> str | None:
        """The code before the last links, when that is a name or attributes of one; ``None`` when it holds a call."""
        one = self.whole
        for _ in range(count):
            one = one.func.value if isinstance(one, ast.Call) else one.value  # type: ignore[attr-defined]
        return None if any(isinstance(part, ast.Call) for part in ast.walk(one)) else ast.unparse(one)


def links_of(code: str) -> Links:
    """The chain of a locator's code, which stands after the page or the driver.

    Raises:
        ValueError: for code that is no chain of calls.
    """
    links = Links.of(ast.parse(f"_.{code}", mode="eval").body)
    if links is None:
        raise ValueError(f"{code!r} is no chain of calls")
    return links


def pair_of(links: Links) -> str | None:
    """What ``(By.ID, "buy")`` must look like, as `ast.dump` has it; ``None`` for what is not one call of ``find_element``."""
    if len(links.parts) != 1 or links.parts[0].name != "find_element":
        return None
    return ast.dump(ast.Tuple(elts=list(links.parts[0].args), ctx=ast.Load()))


def words_of(code: str) -> list[ast.Name | ast.Attribute]:
    """The names in a piece of code, and those of attributes."""
    return [node for node in ast.walk(ast.parse(f"({code})", mode="eval")) if isinstance(node, ast.Name | ast.Attribute)]


def as_code(value: ast.expr) -> str:
    """An argument as Python code."""
    return python_text(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, str) else ast.unparse(value)


def without_by(code: str) -> str:
    """The same for a module that does not import Selenium's ``By``."""
    return _BY.sub(lambda found: json.dumps(_by(found[1])), code)


def selector_of(code: str, with_name: Link) -> str | None:
    """The code of a constant's value that finds what a locator does; ``None`` when no such value does.

    Args:
        code: The locator's.
        with_name: The link that names the constant.
    """
    links = links_of(code).parts
    if len(links) != 1:
        return None
    (link,) = links
    if link.name == "find_element":
        if isinstance(with_name.args[-1], ast.Starred):
            return f"({', '.join(as_code(arg) for arg in link.args)})"
        is_same_way = len(with_name.args) > 1 and ast.dump(_plain(with_name.args[0])) == ast.dump(_plain(link.args[0]))
        return as_code(link.args[-1]) if is_same_way else None
    if with_name.name != "locator" or not isinstance(link.args[0], ast.Constant):
        return None
    words = {key: value.value for key, value in link.keywords if isinstance(value, ast.Constant)}
    selector = _selector(link.name, str(link.args[0].value), str(words.get("name") or ""))
    return None if selector is None else python_text(selector)


def _selector(method: str, value: str, name: str) -> str | None:
    quoted = json.dumps(value, ensure_ascii=False)
    named = f"[name={json.dumps(name, ensure_ascii=False)}]" if name else ""
    known = {
        "locator": value,
        "get_by_role": f"role={value}{named}",
        "get_by_test_id": f"data-testid={value}",
        "get_by_text": f"text={quoted}",
        "get_by_placeholder": f"[placeholder={quoted}]",
    }
    return known.get(method)


def _call(name: str, call: ast.Call) -> Link:
    keywords = tuple((str(keyword.arg), keyword.value) for keyword in call.keywords)
    if name == "find_element" and [key for key, _ in keywords] == ["by", "value"] and not call.args:
        return Link(name, tuple(value for _, value in keywords))
    if name == "find_element" and [key for key, _ in keywords] == ["value"] and len(call.args) == 1:
        return Link(name, (*call.args, keywords[0][1]))
    return Link(name, tuple(call.args), keywords)


def _is_literal(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant) or _by_of(value) is not None:
        return True
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "re.compile":
        return all(isinstance(arg, ast.Constant) or ast.unparse(arg).startswith("re.") for arg in value.args)
    links = Links.of(value) if isinstance(value, ast.Call) else None
    return links is not None and all(link.is_literal for link in links.parts)


def _plain(value: ast.expr) -> ast.expr:
    """The argument in the one way in which it is compared."""
    by = _by_of(value)
    if by is not None:
        return ast.Constant(by)
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "re":
        return ast.Attribute(value.value, _FLAGS.get(value.attr, value.attr), ast.Load())
    if isinstance(value, ast.Call):
        return ast.Call(value.func, list(map(_plain, value.args)), value.keywords)
    return value


def _by_of(value: ast.expr) -> str | None:
    is_by = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name) and value.value.id == "By"
    return _by(value.attr) if is_by and isinstance(value, ast.Attribute) else None


def _by(name: str) -> str:
    """``css selector`` for ``CSS_SELECTOR``."""
    return name.lower().replace("_", " ")
