"""Violations of accessibility rules, found by axe-core, which is shipped with us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from maestro_fabric.config.steps import CheckA11y

__all__ = ["HAS_AXE", "RUN_AXE", "Violation", "axe_script", "options_of", "read_violations", "show_violations"]

_IMPACTS = ("minor", "moderate", "serious", "critical")
# What most laws and policies ask for: WCAG 2.0 and 2.1, levels A and AA.
_DEFAULT_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
_SHOWN_NODES = 5
_SHOWN_HTML = 120

HAS_AXE = "() => typeof window.axe === 'object'"
"""``() → whether axe-core is in the page``."""

RUN_AXE = """async (arg) => {
  const known = new Set(axe.getRules().map((rule) => rule.ruleId));
  const tags = new Set(axe.getRules().flatMap((rule) => rule.tags));
  const unknown = arg.rules.filter((rule) => !known.has(rule));
  const unknownTags = arg.tags.filter((tag) => !tags.has(tag));
  if (unknown.length || unknownTags.length) return {unknown, unknownTags, rules: [...known], tags: [...tags]};
  const part = arg.css === null ? document : document.querySelectorAll(arg.css);
  if (part.length === 0) return {missing: true};
  const options = {...arg.options, resultTypes: ['violations'], elementRef: true};
  const found = await axe.run(arg.css === null ? document : {include: [...part]}, options);
  const isKnown = (rule, node, one) => one.rule === rule
    && (one.css === null || (node.element ? node.element.matches(one.css) : node.target.flat().at(-1) === one.css));
  const used = new Set();
  const violations = found.violations.map((rule) => ({
    rule: rule.id, impact: rule.impact || 'minor', help: rule.help, url: rule.helpUrl,
    nodes: rule.nodes.filter((node) => {
      const index = arg.known.findIndex((one) => isKnown(rule.id, node, one));
      if (index >= 0) used.add(index);
      return index < 0;
    }).map((node) => ({target: node.target.flat().join(' > '), html: node.html, summary: node.failureSummary || ''})),
  }));
  return {violations, gone: arg.known.filter((_, index) => !used.has(index))};
}"""
"""``({css, rules, tags, known, options}) → {violations, gone}``, or what is unknown or missing."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken: its severity, what it asks for, where that is explained, and the elements as (selector, HTML)."""

    rule: str
    impact: str
    help: str
    url: str
    nodes: tuple[tuple[str, str], ...]


@cache
def axe_script() -> str:
    """A function that brings axe-core into a page, whatever the page's Content-Security-Policy says about scripts."""
    source = files("maestro_fabric.adapters.browser").joinpath("axe/axe.min.js").read_text("utf-8")
    # The parts of a page in frames of other origins, which axe-core leaves out by itself, are the user's to see too.
    return f"() => {{ {source}; axe.configure({{allowedOrigins: ['<unsafe_all_origins>']}}); }}"


def options_of(step: CheckA11y) -> dict[str, Any]:
    """The step as the argument of `RUN_AXE`."""
    chosen = {"type": "rule", "values": step.rules} if step.rules else {"type": "tag", "values": step.tags or list(_DEFAULT_TAGS)}
    return {
        "css": step.css,
        "rules": [*step.rules, *step.ignore, *(one.rule for one in step.known)],
        "tags": step.tags,
        "known": [{"rule": one.rule, "css": one.css} for one in step.known],
        "options": {"runOnly": chosen, "rules": {rule: {"enabled": False} for rule in step.ignore}},
    }


def read_violations(rows: Sequence[Mapping[str, Any]], least_impact: str) -> list[Violation]:
    """The violations that count, the worst first."""
    found = [
        Violation(row["rule"], row["impact"], row["help"], row["url"], tuple((node["target"], node["html"]) for node in row["nodes"]))
        for row in rows
        if row["nodes"] and _IMPACTS.index(row["impact"]) >= _IMPACTS.index(least_impact)
    ]
    return sorted(found, key=lambda violation: (-_IMPACTS.index(violation.impact), violation.rule))


def show_violations(violations: Sequence[Violation], least_impact: str) -> str:
    """Each rule with its elements and the page that explains it."""
    nodes = sum(len(violation.nodes) for violation in violations)
    lines = [
        f"expected: no accessibility violation{'' if least_impact == _IMPACTS[0] else f' that is {least_impact} or worse'}",
        f"seen:     {_count(nodes, 'element')} that {'breaks' if nodes == 1 else 'break'} {_count(len(violations), 'rule')}",
    ]
    for violation in violations:
        lines.append(f"{violation.impact} {violation.rule}: {violation.help}")
        lines += [f"  {target}  {_short(html)}" for target, html in violation.nodes[:_SHOWN_NODES]]
        if len(violation.nodes) > _SHOWN_NODES:
            lines.append(f"  and {len(violation.nodes) - _SHOWN_NODES} more")
        lines.append(f"  {violation.url}")
    return "\n".join(lines)


def _short(html: str) -> str:
    text = " ".join(html.split())
    return text if len(text) <= _SHOWN_HTML else f"{text[:_SHOWN_HTML]}…"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
