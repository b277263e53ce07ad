"""A locator replaced in the text of a test in Python: everything else stays as a person wrote it, to the last blank."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maestro_fabric.errors import ConfigError, PluginError
from maestro_fabric.healing.python_code import Links, as_code, links_of, pair_of, selector_of, without_by, words_of

if TYPE_CHECKING:
    import libcst as cst

__all__ = ["replace_call"]

_MISSING = "to change tests in Python, libcst is needed: pip install 'pytest-maestro[healing]'"


def replace_call(text: str, *, line: int, old: str, new: str) -> str:
    """The text with another locator in the call that a line holds, or in the constant that it names.

    Args:
        text: A whole module.
        line: The call's line, from 1.
        old: The locator that must be there, in JSON: what stands after the page or the driver.
        new: The locator to put there, likewise.

    Raises:
        ConfigError: when the call is not there any more, finds its element in another way, or cannot be changed for certain.
        PluginError: when libcst is not installed.
    """
    try:
        import libcst as cst
    except ImportError as exc:
        raise PluginError(_MISSING) from exc
    was, will_be = json.loads(old)["python"], json.loads(new)["python"]
    try:
        module = _Module.read(cst, text)
    except cst.ParserSyntaxError as exc:
        raise ConfigError(f"the file cannot be read as Python any more: {exc.message}") from exc
    if not module.knows("By"):
        will_be = without_by(will_be)
    place = _Place(line, was, will_be)
    found = list(_calls(module, place))
    if len(found) > 1:
        raise place.problem(f"{was} stands there more than once")
    replaced = found[0] if found else _constant(module, place)
    return module.replace(*replaced)


@dataclass(frozen=True, slots=True)
class _Place:
    """What is to be changed, and where."""

    line: int
    old: str
    new: str

    def problem(self, why: str) -> ConfigError:
        """The error that leaves it alone."""
        return ConfigError(f"line {self.line}: {why}: change it by hand to {self.new}")


@dataclass(frozen=True, slots=True)
class _Module:
    """A module as libcst has it, with the lines of each expression."""

    tree: cst.Module
    lines: Sequence[tuple[cst.BaseExpression, int, int]]
    constants: Sequence[tuple[str, cst.BaseExpression]]
    names: frozenset[str]

    @classmethod
    def read(cls, cst: object, text: str) -> _Module:
        """Parse a module."""
        import libcst
        from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

        wrapper = MetadataWrapper(libcst.parse_module(text))
        lines, constants, names = [], [], set()
        for node, place in wrapper.resolve(PositionProvider).items():
            if isinstance(node, libcst.Name):
                names.add(node.value)
            if isinstance(node, libcst.Call | libcst.Attribute | libcst.Tuple) and isinstance(place, CodeRange):
                lines.append((node, place.start.line, place.end.line))
            if isinstance(node, libcst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, libcst.Name):
                constants.append((node.targets[0].target.value, node.value))
            if isinstance(node, libcst.AnnAssign) and isinstance(node.target, libcst.Name) and node.value is not None:
                constants.append((node.target.value, node.value))
        return cls(wrapper.module, lines, constants, frozenset(names))

    def knows(self, name: str) -> bool:
        """Whether a name is used."""
        return name in self.names

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node, without the parentheses around it."""
        plain = node.with_changes(lpar=[], rpar=[]) if hasattr(node, "lpar") else node
        return self.tree.code_for_node(plain)

    def replace(self, node: cst.BaseExpression, code: str) -> str:
        """The module's text with other code in place of an expression."""
        import libcst

        new = libcst.parse_expression(code)
        kept = {} if isinstance(new, libcst.Tuple) else {"lpar": node.lpar, "rpar": node.rpar}
        changed = self.tree.deep_replace(node, new.with_changes(**kept))
        return changed.code if isinstance(changed, libcst.Module) else self.tree.code


def _calls(module: _Module, place: _Place) -> Iterator[tuple[cst.BaseExpression, str]]:
    """The expressions on the line that are the locator, each with what stands for it from now on."""
    wanted = links_of(place.old)
    for node, first, last in module.lines:
        if not first <= place.line <= last:
            continue
        links = _links(module, node)
        if links is not None and len(links.parts) >= len(wanted.parts) and links.ends_with(wanted):
            receiver = links.receiver(len(wanted.parts))
            # What stands before must be the page or the driver: another locator would be looked in for the new one.
            if receiver is not None:
                yield node, f"{receiver}.{place.new}{links.rest}"


def _links(module: _Module, node: cst.BaseExpression) -> Links | None:
    try:
        return Links.of(ast.parse(module.code(node), mode="eval").body)
    except SyntaxError:  # a line break that only the parentheses around it allow
        return Links.of(ast.parse(f"({module.code(node)})", mode="eval").body)


def _constant(module: _Module, place: _Place) -> tuple[cst.BaseExpression, str]:
    """The constant that the call on the line names, with what stands for it from now on.

    Raises:
        ConfigError: when there is no such call, or it is not for certain what to change.
    """
    wanted = links_of(place.old)
    near = [links for node, first, last in module.lines if first <= place.line <= last and (links := _links(module, node)) is not None]
    same = [links for links in near if links.parts and links.parts[-1].name == wanted.parts[-1].name]
    if not same:
        return _pair(module, place, wanted)
    last = next((links for links in same if not links.parts[-1].is_literal), None)
    if last is None:
        if any(links.parts[-1] == wanted.parts[-1] for links in same):
            raise place.problem("only a part of the locator stands there")
        raise place.problem(f"another locator stands there than {place.old}, the file has been changed since that run")
    name = last.parts[-1].named
    if name is None or len(wanted.parts) > 1:
        raise place.problem(f"{last.parts[-1].code} is no literal")
    values = [value for named, value in module.constants if named == name]
    if len(values) != 1:
        raise place.problem(f"{name} is set {len(values)} times in this file" if values else f"{name} is not set in this file")
    value, new = wanted.parts[-1].value_of_constant(last.parts[-1]), selector_of(place.new, last.parts[-1])
    now = _dumped(module.code(values[0]))
    if new is not None and now == _dumped(new):
        return values[0], new  # another line that names it was changed before
    if value is None or now != ast.dump(value):
        raise place.problem(f"{name} has another value now")
    if new is None:
        raise place.problem(f"{name} cannot hold the new locator")
    return values[0], new


def _pair(module: _Module, place: _Place, wanted: Links) -> tuple[cst.BaseExpression, str]:
    """The pair ``(By.ID, "buy")`` that the line gives to one of Selenium's helpers, there or in a constant, and what stands for it.

    Raises:
        ConfigError: when there is none, or more than one.
    """
    import libcst

    old, new = pair_of(wanted), pair_of(links_of(place.new))
    on_line = [node for node, first, last in module.lines if first <= place.line <= last]
    written = [node for node in on_line if isinstance(node, libcst.Tuple) and _dumped(module.code(node)) == old]
    used = {word.id if isinstance(word, ast.Name) else word.attr for node in on_line for word in words_of(module.code(node))}
    named = [value for name, value in module.constants if name in used and _dumped(module.code(value)) in (old, new)]
    found = written or named
    if old is None or new is None or not found:
        raise place.problem("there is no such call any more, the file has been changed since that run")
    if len(found) > 1:
        raise place.problem(f"{module.code(found[0])} stands there more than once")
    return found[0], f"({', '.join(map(as_code, links_of(place.new).parts[0].args))})"


def _dumped(code: str) -> str:
    return ast.dump(ast.parse(code.strip(), mode="eval").body)
