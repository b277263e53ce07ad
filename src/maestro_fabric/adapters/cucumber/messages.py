"""Cucumber Messages read: scenarios and what became of them.

Source:
    https://github.com/cucumber/messages (the schema; versions 19 to 32 are understood).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from maestro_fabric.adapters.cucumber.documents import Documents
from maestro_fabric.adapters.cucumber.said import Attached, Broken, Closed, ParseFailed, Place, Said, Scenario, ScenarioStarted, Tried
from maestro_fabric.adapters.cucumber.verdict import HookRan, Trying

__all__ = ["read_messages"]


def read_messages(lines: Iterable[str]) -> Iterator[Said]:
    """What cucumber-js says, until it says nothing more; a line cut off by its death is left out."""
    reader = _Reader()
    for line in lines:
        if not line.endswith("\n"):
            return
        ((kind, data),) = json.loads(line).items()
        read = reader.readers.get(kind)
        if read is not None:
            yield from read(data)


class _Reader:
    """Envelopes by kind, as they come."""

    def __init__(self) -> None:
        self._documents = Documents()
        self._pickles: dict[str, Mapping[str, Any]] = {}
        self._cases: dict[str, Mapping[str, Any]] = {}
        self._hooks: dict[str, HookRan] = {}
        self._run_hooks: dict[str, HookRan] = {}
        self._snippets: dict[str, str] = {}
        self._tries: dict[str, Trying] = {}
        self._is_strict = True
        self._has_told_hook = False
        self.readers: Mapping[str, Callable[[Any], Iterable[Said]]] = {
            "gherkinDocument": self._document,
            "pickle": self._pickle,
            "parseError": self._parse_error,
            "hook": self._hook,
            "testCase": self._case,
            "suggestion": self._suggestion,
            "testRunHookStarted": self._run_hook_started,
            "testRunHookFinished": self._run_hook_finished,
            "testCaseStarted": self._started,
            "testStepFinished": self._step_finished,
            "attachment": self._attachment,
            "testCaseFinished": self._finished,
            "maestro": self._own,
        }

    def _document(self, data: Mapping[str, Any]) -> Iterable[Said]:
        self._documents.add(data)
        return ()

    def _pickle(self, data: Mapping[str, Any]) -> Iterable[Said]:
        self._pickles[data["id"]] = data
        return ()

    def _parse_error(self, data: Mapping[str, Any]) -> Iterable[Said]:
        source = data["source"]
        place = Place(source["uri"], source.get("location", {}).get("line", 1))
        return (ParseFailed(place=place, message=data["message"]),)

    def _hook(self, data: Mapping[str, Any]) -> Iterable[Said]:
        source = data.get("sourceReference", {})
        place = Place(source["uri"], source["location"]["line"]) if "uri" in source and "location" in source else None
        self._hooks[data["id"]] = HookRan(kind=data.get("type", ""), name=data.get("name", ""), place=place)
        return ()

    def _case(self, data: Mapping[str, Any]) -> Iterable[Said]:
        self._cases[data["id"]] = data
        return (self._scenario(self._pickles[data["pickleId"]]),)

    def _suggestion(self, data: Mapping[str, Any]) -> Iterable[Said]:
        self._snippets[data["pickleStepId"]] = "\n".join(snippet["code"] for snippet in data["snippets"])
        return ()

    def _run_hook_started(self, data: Mapping[str, Any]) -> Iterable[Said]:
        self._run_hooks[data["id"]] = self._hooks.get(data["hookId"], HookRan())
        return ()

    def _run_hook_finished(self, data: Mapping[str, Any]) -> Iterable[Said]:
        result = data["result"]
        if result["status"] != "FAILED":
            return ()
        self._has_told_hook = True
        hook = self._run_hooks.get(data["testRunHookStartedId"], HookRan())
        message = result.get("exception", {}).get("message") or result.get("message", "")
        return (Broken(type="HookFailed", message=f"{hook.title} failed: {message}", trace=result.get("message", "")),)

    def _started(self, data: Mapping[str, Any]) -> Iterable[Said]:
        case = self._cases[data["testCaseId"]]
        pickle = self._pickles[case["pickleId"]]
        self._tries[data["id"]] = Trying(
            place=self._documents.place_of(pickle),
            started_at=_seconds(data["timestamp"]),
            steps={step["id"]: self._documents.step(step, pickle, self._hooks) for step in case["testSteps"]},
            is_strict=self._is_strict,
        )
        return (ScenarioStarted(self._tries[data["id"]].place),)

    def _step_finished(self, data: Mapping[str, Any]) -> Iterable[Said]:
        trying = self._tries[data["testCaseStartedId"]]
        result = data["testStepResult"]
        trying.step_finished(data["testStepId"], result, duration_s=_seconds(result.get("duration", {})), snippets=self._snippets)
        return ()

    def _attachment(self, data: Mapping[str, Any]) -> Iterable[Said]:
        trying = self._tries.get(data.get("testCaseStartedId", ""))
        if trying is not None:
            is_base64 = data.get("contentEncoding") == "BASE64"
            trying.attach(Attached(media_type=data["mediaType"], content=data["body"], name=data.get("fileName", "")), is_base64=is_base64)
        return ()

    def _finished(self, data: Mapping[str, Any]) -> Iterable[Said]:
        trying = self._tries.pop(data["testCaseStartedId"])
        duration_s = max(0.0, _seconds(data["timestamp"]) - trying.started_at)
        is_last = not data.get("willBeRetried", False)
        yield Tried(
            place=trying.place,
            outcome=trying.outcome(),
            started_at=trying.started_at,
            duration_s=duration_s,
            is_last=is_last,
            waits=is_last and not trying.is_fine,
            attached=tuple(trying.attached),
        )

    def _own(self, data: Mapping[str, Any]) -> Iterable[Said]:
        if "strict" in data:
            self._is_strict = data["strict"]
        elif "plan" in data:
            known = {self._documents.place_of(pickle): pickle for pickle in self._pickles.values()}
            yield from (self._scenario(known[Place(uri, line)]) for uri, line in data["plan"])
        elif "closed" in data:
            yield Closed()
        elif not self._has_told_hook:
            broken = data["broken"]
            yield Broken(type=broken["type"], message=broken["message"], trace=broken["trace"])

    def _scenario(self, pickle: Mapping[str, Any]) -> Scenario:
        return self._documents.scenario(pickle)


def _seconds(time: Mapping[str, Any]) -> float:
    """A timestamp or duration; the schema has the seconds as number or text."""
    return float(time.get("seconds", 0)) + float(time.get("nanos", 0)) / 1e9
