"""What the types cannot say about a step. One check an action, because 60,000 steps must not take long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from maestro_fabric.config import steps as s
from maestro_fabric.config.findings import Finding, Path
from maestro_fabric.config.models import GroupConfig, StepsSuite
from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.config.text_checks import trouble_of_file, trouble_of_json_path, trouble_of_pattern

__all__ = ["check_steps", "single_key"]

_Complaint = tuple[Path, str, str]
"""Where below the step's value, what, and what to do."""
_METHODS = ("get", "post", "put", "patch", "delete", "head")
_SAVE_SOURCES = ("text", "value", "attribute", "count", "url", "title", "json")
_STATES = ("visible", "hidden", "enabled", "disabled", "checked", "contains", "matches", "value", "attribute", "count")
_ONE_OF = "write one of " + ", ".join(s.LOCATOR_KEYS)


def check_steps(steps: Sequence[Any], path: Path, groups: Mapping[str, GroupConfig], suite: StepsSuite | None = None) -> list[Finding]:
    """Findings for the steps that stand at a path, of a suite or of a group."""
    findings: list[Finding] = []
    for index, step in enumerate(steps):
        if len(step) != 1:
            findings.append(single_key(step, (*path, index)))
            continue
        ((action, value),) = step.items()
        if suite is not None and (refusal := _refusal(suite, action, value, groups)) is not None:
            findings.append(Finding((*path, index, action), *refusal, at_key=True))
            continue
        if action == "use":
            complaints: Iterable[_Complaint] = _check_use(value, groups)
        else:
            check = _CHECKS.get(action)
            if check is None:
                continue
            complaints = check(value)
        if complaints:
            findings += [
                Finding((*path, index, action, *below), what, hint, at_key=below != ("group",)) for below, what, hint in complaints
            ]
    return findings


def _refusal(
    suite: StepsSuite, action: str, value: Any, groups: Mapping[str, GroupConfig], seen: tuple[str, ...] = ()
) -> tuple[str, str] | None:
    """Why a suite cannot do a step, or one of the steps of the group that is used."""
    if action != "use":
        return suite.refusal_of(action, value)
    group = groups.get(value.group)
    for step in group.steps if group is not None and value.group not in seen else ():
        for inner, inner_value in step.items():
            refusal = _refusal(suite, inner, inner_value, groups, (*seen, value.group))
            if refusal is not None:
                return f"the group {value.group!r} cannot be used here: {refusal[0]}", refusal[1]
    return None


def single_key(step: Mapping[str, Any], path: Path) -> Finding:
    """What to say of a step that has no key, or more than one."""
    keys = list(step)
    if not keys:
        return Finding(path, "the step is empty: a step has one key, its action")
    actions = [key for key in keys if key in s.Step.__annotations__]
    others = [key for key in keys if key not in actions]
    if len(actions) == 1:
        blamed, hint = others[0], f"put {' and '.join(others)} inside {actions[0]}: {actions[0]}: {{…, {others[0]}: …}}"
    else:
        blamed, hint = keys[1], f"write each as a step of its own: begin the line with '- {keys[1]}'"
    return Finding((*path, blamed), f"a step has one key; this one has {' and '.join(keys)}", hint, at_key=True)


def _check_element(value: s.Target) -> Sequence[_Complaint]:
    """Exactly one locator key."""
    count = (
        (value.css is not None)
        + (value.role is not None)
        + (value.label is not None)
        + (value.text is not None)
        + (value.placeholder is not None)
        + (value.test_id is not None)
        + (value.xpath is not None)
    )
    if count == 1 and (value.name is None or value.role is not None) and (value.nth is None or value.nth != 0):
        return ()
    return _complain_of_target(value, needed=True)


def _check_focus(value: s.Target) -> Sequence[_Complaint]:
    """At most one locator key: without one, what has the focus is meant (or the page)."""
    if (
        value.css is not None
        and value.role is value.label is value.text is value.placeholder is value.test_id is value.xpath is value.name is None
    ):
        return ()
    return _complain_of_target(value, needed=False)


def _complain_of_target(value: s.Target, *, needed: bool) -> list[_Complaint]:
    given = [key for key in s.LOCATOR_KEYS if getattr(value, key) is not None]
    complaints: list[_Complaint] = []
    if len(given) > 1:
        complaints.append(
            ((given[1],), f"a locator has one of {', '.join(s.LOCATOR_KEYS)}; this one has {' and '.join(given)}", "keep one")
        )
    if not given and needed:
        complaints.append(((), "the element is missing", _ONE_OF))
    if value.name is not None and value.role is None:
        complaints.append((("name",), "'name' goes with 'role'", "write role: button, or use text: or label:"))
    if value.nth is not None and not isinstance(value.nth, str) and value.nth < 1:
        complaints.append((("nth",), f"nth counts from 1, so {value.nth} is no element", ""))
    return complaints


def _check_expect(value: s.Expect) -> Sequence[_Complaint]:
    located = any(getattr(value, key) is not None for key in s.LOCATOR_KEYS)
    states = [key for key in _STATES if getattr(value, key) is not None]
    if not located and value.url is None and value.title is None:
        hint = _ONE_OF if states else f"{_ONE_OF}, or url or title"
        return [((), "nothing is expected" if not states else f"{' and '.join(states)} of which element?", hint)]
    if not located and states:
        return [((states[0],), f"{states[0]!r} of which element?", _ONE_OF)]
    if not located:
        return ()
    given = [key for key in s.LOCATOR_KEYS if getattr(value, key) is not None and key != "text"]
    complaints: list[_Complaint] = []
    if len(given) > 1:
        complaints.append(((given[1],), f"a locator has one key; this one has {' and '.join(given)}", "keep one"))
    if value.name is not None and value.role is None:
        complaints.append((("name",), "'name' goes with 'role'", "write role: button, or use text: or label:"))
    if isinstance(value.count, int) and value.count < 0:
        complaints.append((("count",), f"count is {value.count}, but there is no less than no element", "write 0 for none"))
    if value.matches is not None and (trouble := trouble_of_pattern(value.matches)):
        complaints.append((("matches",), *trouble))
    return complaints


def _check_upload(value: s.Upload) -> Sequence[_Complaint]:
    files = [value.files] if isinstance(value.files, str) else value.files
    troubles = [((("files",), *trouble)) for trouble in map(trouble_of_file, files) if trouble]
    return [*_check_element(value), *troubles] if troubles else _check_element(value)


def _check_save(value: s.Save) -> Sequence[_Complaint]:
    given = [key for key in _SAVE_SOURCES if getattr(value, key) is not None]
    if len(given) != 1:
        found = f"this one has {' and '.join(given)}" if given else "this one has none"
        return [((), f"save needs exactly one of {', '.join(_SAVE_SOURCES)}; {found}", "")]
    complaints: list[_Complaint] = []
    if (value.attribute is None) != (value.of is None):
        complaints.append(((), "attribute and of go together", 'write attribute: href, of: "a.next"'))
    if value.response is not None and value.json is None:
        complaints.append((("response",), "'response' goes with 'json'", ""))
    if value.json is not None and (trouble := trouble_of_json_path(value.json)):
        complaints.append((("json",), *trouble))
    return [*complaints, *_nested(value, ("text", "value", "of", "count"))]


def _nested(value: Any, keys: Iterable[str]) -> list[_Complaint]:
    """Complaints of the elements under some keys of a step."""
    found: list[_Complaint] = []
    for key in keys:
        target = getattr(value, key)
        if target is not None:
            shown = "from" if key == "source" else key
            found += [((shown, *below), what, hint) for below, what, hint in (*_check_element(target), *_complain_of_healing(target))]
    return found


def _never_healed(check: Callable[[Any], Sequence[_Complaint]]) -> Callable[[Any], Sequence[_Complaint]]:
    """The check of an action whose element is never looked for anywhere else, so that nothing can be said of that."""

    def complain(value: s.Target) -> Sequence[_Complaint]:
        if value.heal is None and value.destructive is False:
            return check(value)
        return [*check(value), *_complain_of_healing(value)]

    return complain


def _complain_of_healing(value: s.Target) -> list[_Complaint]:
    given = [key for key, is_given in (("heal", value.heal is not None), ("destructive", value.destructive is not False)) if is_given]
    what = "is for steps that act: what is checked, read or waited for is never looked for anywhere else"
    return [((key,), f"{key!r} {what}", "take it away") for key in given]


def _check_request(value: s.Request) -> Sequence[_Complaint]:
    given = [method for method in _METHODS if getattr(value, method) is not None]
    if len(given) != 1:
        found = f"this one has {' and '.join(given)}" if given else "this one has none"
        return [((), f"request needs exactly one of {', '.join(_METHODS)}; {found}", "write get: /path")]
    bodies = [key for key in ("json", "form", "body", "file") if getattr(value, key) is not None] + (["files"] if value.files else [])
    complaints = [*_check_answer(value.expect, "expect"), *_check_answer(value.until, "until")]
    if len(bodies) > 1 and bodies != ["form", "files"]:
        complaints.append(((bodies[1],), f"a request sends one of json, form, body and file; this one has {' and '.join(bodies)}", ""))
    files = [((key,), path) for key, path in (("file", value.file), *(("files", path) for path in _all_files(value))) if path is not None]
    complaints += [(below, *trouble) for below, path in files if (trouble := trouble_of_file(path))]
    if value.every is not None and value.until is None:
        complaints.append((("every",), "'every' goes with 'until'", "write until: {status: 200}, or take every away"))
    return complaints


def _all_files(value: s.Request) -> list[str]:
    return [path for given in value.files.values() for path in ([given] if isinstance(given, str) else given)]


def _check_answer(value: s.ExpectResponse | None, key: str) -> list[_Complaint]:
    if value is None:
        return []
    complaints: list[_Complaint] = [((key, "json", path), *trouble) for path in value.json if (trouble := trouble_of_json_path(path))]
    if value.matches is not None and (trouble := trouble_of_pattern(value.matches)):
        complaints.append(((key, "matches"), *trouble))
    if isinstance(value.schema, str) and (trouble := trouble_of_file(value.schema)):
        complaints.append(((key, "schema"), *trouble))
    return complaints


def _check_route(value: s.Route) -> Sequence[_Complaint]:
    if value.answer is None and value.block is False:
        return [((), "a route blocks or answers", "write block: true, or answer: {…}")]
    if value.answer is not None and value.block is True:
        return [(("block",), "a route blocks or answers, not both", "")]
    answer = value.answer
    bodies = [key for key in ("json", "body", "file") if answer is not None and getattr(answer, key) is not None]
    if len(bodies) > 1:
        return [(("answer", bodies[1]), f"an answer has one of json, body and file; this one has {' and '.join(bodies)}", "")]
    trouble = trouble_of_file(answer.file) if answer is not None and answer.file is not None else None
    return [(("answer", "file"), *trouble)] if trouble else ()


def _check_switch_tab(value: s.SwitchTab) -> Sequence[_Complaint]:
    given = [key for key in ("number", "url", "title") if getattr(value, key) is not None] + (
        ["newest"] if value.newest is not False else []
    )
    if len(given) == 1:
        return ()
    found = f"this one has {' and '.join(given)}" if given else "this one has none"
    return [((), f"switch_tab needs exactly one of number, url, title and newest; {found}", "")]


def _check_wait_for(value: s.WaitFor) -> Sequence[_Complaint]:
    given = any(getattr(value, key) is not None for key in s.LOCATOR_KEYS)
    if value.url is None or given:
        return _check_element(value) if value.url is None else [(("url",), "wait_for waits for an element or for a url, not both", "")]
    return ()


def _check_drag(value: s.Drag) -> Sequence[_Complaint]:
    return _nested(value, ("source", "to"))


def _check_download(value: s.Download) -> Sequence[_Complaint]:
    return _nested(value, ("click",))


def _check_a11y(value: s.CheckA11y) -> Sequence[_Complaint]:
    if value.rules and value.tags:
        return [(("tags",), "rules and tags exclude each other: rules are the only ones looked for", "keep one")]
    return ()


def _check_visual(value: s.CheckVisual) -> Sequence[_Complaint]:
    masks = [
        (("mask", index, *below), what, hint)
        for index, mask in enumerate(value.mask)
        for below, what, hint in (*_check_element(mask), *_complain_of_healing(mask))
    ]
    return [*_check_focus(value), *masks]


def _check_use(value: s.Use, groups: Mapping[str, GroupConfig]) -> Sequence[_Complaint]:
    group = groups.get(value.group)
    if group is None:
        names = list(groups)
        hint = did_you_mean(value.group, names) or (f"known: {', '.join(names[:12])}" if names else "the file has no groups")
        return [(("group",), f"unknown group {value.group!r}", hint)]
    missing = [name for name in group.params if name not in value.with_]
    complaints: list[_Complaint] = [
        ((), f"{name!r} is missing: the group {value.group!r} needs it", f"write with: {{{name}: …}}") for name in missing
    ]
    for name in value.with_:
        if name not in group.params:
            known = f"the group has {', '.join(group.params)}" if group.params else "the group has no parameters"
            complaints.append(
                (("with", name), f"unknown parameter {name!r} of the group {value.group!r}", did_you_mean(name, group.params) or known)
            )
    return complaints


_CHECKS: dict[str, Callable[[Any], Sequence[_Complaint]]] = {
    **dict.fromkeys(
        ("click", "double_click", "right_click", "hover", "fill", "clear", "select", "check", "uncheck", "scroll_to"),
        _check_element,
    ),
    **dict.fromkeys(("type", "press"), _check_focus),
    "screenshot": _never_healed(_check_focus),
    "check_a11y": _check_a11y,
    "check_visual": _never_healed(_check_visual),
    "upload": _check_upload,
    "expect": _never_healed(_check_expect),
    "save": _check_save,
    "request": _check_request,
    "route": _check_route,
    "switch_tab": _check_switch_tab,
    "wait_for": _never_healed(_check_wait_for),
    "drag": _check_drag,
    "download": _check_download,
}
