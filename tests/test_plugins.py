from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from maestro_fabric.compose import load_config
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.errors import ConfigError, PluginError
from maestro_fabric.events import AttemptFinished, BreakerChanged, Event, Warned
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import Attempt, Case, CaseId, Outcome, Status
from maestro_fabric.plugins import ENTRY_POINT_GROUP, Plugins, load_plugins
from maestro_fabric.testing import FakeAdapter, FakeSuite


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP)


def plugin_of(*adapters: Any) -> Any:
    class Plugin:
        @hookimpl
        def maestro_adapters(self) -> list[Any]:
            return list(adapters)

    return Plugin()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, text: str) -> EntryPoint:
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return entry(name, name)

    return write


LOADED = """
import sys
from pathlib import Path
from maestro_fabric.compose import load_config

try:
    load_config(Path("qa.yaml"), environ={})
except Exception as error:
    print(error)
print(*sorted({name.split(".")[2] for name in sys.modules if name.startswith("maestro_fabric.adapters.") and name.endswith(".plugin")}))
"""


class Ours:
    """The distribution that our own plugins come from."""

    name = "pytest-maestro"
    version = "1"


def our_entry(value: str) -> EntryPoint:
    found = entry(value, value)
    vars(found).update(dist=Ours())
    return found


def imported_for(folder: Path, suites: str) -> list[str]:
    """The lines of a process that loads a config: what is wrong with it, and which of our adapters were imported."""
    (folder / "qa.yaml").write_text(f"version: 1\nproject: p\nsuites:\n{suites}", encoding="utf-8")
    finished = subprocess.run([sys.executable, "-c", LOADED], cwd=folder, capture_output=True, text=True, check=True)
    return finished.stdout.splitlines()


def test_a_config_imports_the_adapters_only_that_it_names(tmp_path: Path) -> None:
    suites = "  - {name: t, adapter: pytest, paths: [.]}\n  - {name: c, adapter: command, command: [x], report: {junit: r.xml}}\n"

    assert imported_for(tmp_path, suites) == ["command pytest"]


def test_an_unknown_adapter_is_told_with_the_names_of_all(tmp_path: Path) -> None:
    lines = imported_for(tmp_path, "  - {name: t, adapter: pytst}\n")

    assert lines[0] == "qa.yaml:4:24: unknown adapter 'pytst'"
    assert "did you mean 'pytest'?" in lines[2]
    assert all(f" {name}" in lines[2] for name in ("command", "http", "playwright"))


def test_a_key_that_is_called_like_an_adapter_is_told_as_a_key(tmp_path: Path) -> None:
    path = tmp_path / "qa.yaml"
    path.write_text("version: 1\nproject: p\nsuites:\n  - {name: c, adapter: command, command: 5, report: {junit: r.xml}}\n")
    one = problem_of(path)
    path.write_text(path.read_text() + "  - {name: t, adapter: pytest, paths: [.]}\n")

    assert [one, problem_of(path)] == ["suites[0].command 'command' must be a list, not 5"] * 2


def problem_of(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ={})
    return "; ".join(f"{problem.path} {problem.message}" for problem in caught.value.problems)


def test_one_of_ours_that_is_broken_is_told_when_it_is_asked_for(module: Any) -> None:
    module("good_plugin", GOOD.replace("FakeAdapter()", "type('Good', (FakeAdapter,), {'name': 'good_plugin'})()"))
    module("torn_plugin", "import a_module_that_is_absent")
    plugins = Plugins([our_entry("torn_plugin"), our_entry("good_plugin")])

    assert list(plugins.adapters) == ["good_plugin", "torn_plugin"]
    with pytest.raises(PluginError, match="the plugin 'torn_plugin' of pytest-maestro 1 is left out: ModuleNotFoundError"):
        plugins.adapters["torn_plugin"]
    assert [(info.name, bool(info.problem)) for info in plugins.found] == [("good_plugin", False), ("torn_plugin", True)]


def test_nobody_takes_the_name_of_one_of_ours(module: Any) -> None:
    stranger = module("strange_plugin", GOOD)
    module("fake", GOOD)
    plugins = Plugins([stranger, our_entry("fake"), module("fake", GOOD)])

    assert plugins.warnings == [
        "the plugin 'fake' is left out: another plugin is called 'fake' already",
        "an adapter of the plugin 'strange_plugin' is left out: another plugin brings an adapter named 'fake' already",
    ]
    assert plugins.suite_models == {"fake": FakeSuite}
    assert len(plugins.adapters) == 1


GOOD = """
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.testing import FakeAdapter

@hookimpl
def maestro_adapters():
    return [FakeAdapter()]
"""


def test_our_own_adapters_come_by_the_same_door_as_others() -> None:
    plugins = load_plugins()

    assert {"playwright", "pytest"} <= set(plugins.adapters)
    assert plugins.warnings == []
    assert all(info.package.startswith("pytest-maestro ") for info in plugins.found if info.name in ("playwright", "pytest"))


def test_a_plugin_brings_adapters_and_the_models_of_their_suites(module: Any) -> None:
    plugins = Plugins([module("good_plugin", GOOD)])

    assert list(plugins.adapters) == ["fake"]
    assert plugins.suite_models == {"fake": FakeSuite}
    assert plugins.found[0].adapters == ("fake",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import a_module_that_is_absent", "ModuleNotFoundError: No module named 'a_module_that_is_absent'"),
        ("raise SystemError('two\\nlines')", "SystemError: two"),
        (
            "from maestro_fabric.hookspecs import hookimpl\n@hookimpl\ndef maestro_adapters():\n    return 1 / 0",
            "ZeroDivisionError: division by zero",
        ),
        ("from maestro_fabric.hookspecs import hookimpl\n@hookimpl\ndef maestro_adapters(unknown): ...", "PluginValidationError"),
        ("from maestro_fabric.hookspecs import hookimpl\n@hookimpl\ndef maestro_adapters():\n    return None", ""),
    ],
    ids=["import", "body", "hook", "signature", "none"],
)
def test_a_broken_plugin_is_named_in_one_line_and_others_work(module: Any, text: str, problem: str) -> None:
    plugins = Plugins([module("a_broken_one", text), module("z_good_one", GOOD)])

    assert list(plugins.adapters) == ["fake"]
    assert len(plugins.warnings) == (1 if problem else 0)
    assert all(line.startswith(f"the plugin 'a_broken_one' is left out: {problem}") and "\n" not in line for line in plugins.warnings)
    assert plugins.secret("ANY") is None


@pytest.mark.parametrize(
    ("adapter", "problem"),
    [
        (SimpleNamespace(name="x"), "SimpleNamespace has no api, suite_model, check, discover, open"),
        (
            type("Old", (FakeAdapter,), {"api": 0, "name": "old"})(),
            "'old' was written for version 0 of the adapter interface, this is version 1: update it",
        ),
        (
            type("New", (FakeAdapter,), {"api": 9, "name": "new"})(),
            "'new' needs version 9 of the adapter interface, this is version 1: update pytest-maestro",
        ),
        (
            type("Odd", (FakeAdapter,), {"suite_model": dict})(),
            "the suite_model of 'fake' is no subclass of maestro_fabric.config.models.SuiteConfig",
        ),
        (
            type("Loose", (FakeAdapter,), {"suite_model": SuiteConfig})(),
            "the suite_model of 'fake' must say adapter: Literal['fake']",
        ),
        (type("Mute", (FakeAdapter,), {"open": None})(), "open of 'fake' cannot be called"),
    ],
    ids=["parts", "older", "newer", "model", "literal", "call"],
)
def test_an_adapter_that_does_not_fit_is_left_out_with_the_reason(adapter: Any, problem: str) -> None:
    plugins = Plugins([])

    plugins.register(plugin_of(adapter), "p")

    assert plugins.adapters == {}
    assert plugins.warnings == [f"an adapter of the plugin 'p' is left out: {problem}"]


def test_the_second_adapter_of_a_name_is_left_out() -> None:
    first = FakeAdapter()
    plugins = Plugins([])
    plugins.register(plugin_of(first), "p")
    plugins.register(plugin_of(FakeAdapter()), "q")

    assert plugins.adapters["fake"] is first
    assert plugins.warnings == ["an adapter of the plugin 'q' is left out: another plugin brings an adapter named 'fake' already"]


def test_a_secret_comes_from_the_plugin_that_knows_it() -> None:
    class Vault:
        @hookimpl
        def maestro_secret(self, name: str) -> str | None:
            return {"A": "hunter2"}.get(name)

    plugins = Plugins([])
    plugins.register(Vault(), "vault")

    assert (plugins.secret("A"), plugins.secret("B")) == ("hunter2", None)


def test_events_reach_every_plugin_and_one_that_raises_hears_no_more() -> None:
    heard: list[Event] = []

    class Deaf:
        calls = 0

        @hookimpl
        def maestro_event(self, event: Event) -> None:
            Deaf.calls += 1
            raise OSError("no network")

    class Listener:
        @hookimpl
        def maestro_event(self, event: Event) -> None:
            heard.append(event)

    plugins = Plugins([])
    plugins.register(Deaf(), "deaf")
    plugins.register(Listener(), "listener")
    sink = plugins.event_sink()
    sink.receive(Warned("one"))
    sink.receive(Warned("two"))
    sink.close()

    assert heard == [Warned("one"), Warned("two")]
    assert Deaf.calls == 1
    assert sink.warnings == ["the plugin 'deaf' hears no more events: its maestro_event raised OSError: no network"]


def test_a_model_of_suites_is_told_by_its_adapters_name() -> None:
    class Mine(SuiteConfig):
        adapter: Literal["mine"]

    mine = type("Mine", (FakeAdapter,), {"name": "mine", "suite_model": Mine})()
    plugins = Plugins([])
    plugins.register(plugin_of(mine), "p")

    assert plugins.suite_models == {"mine": Mine}


class Listener:
    """A plugin that hears of attempts and breakers, and knows one exception."""

    def __init__(self, answer: object = "blocked") -> None:
        self.heard: list[object] = []
        self.answer = answer

    @hookimpl
    def maestro_attempt_finished(self, case: Case, attempt: Attempt, is_last: bool) -> None:
        self.heard.append((case.id.name, attempt.number, is_last))

    @hookimpl
    def maestro_breaker_changed(self, change: BreakerChanged) -> None:
        self.heard.append((change.dependency, change.after))

    @hookimpl
    def maestro_classify_error(self, exception: BaseException) -> object:
        if isinstance(exception, ZeroDivisionError):
            raise RuntimeError("cannot count")
        return self.answer if isinstance(exception, KeyError) else None


def test_strangers_hear_of_attempts_and_breakers() -> None:
    plugins, listener = Plugins([]), Listener()
    plugins.register(listener, "listener")
    sink = plugins.event_sink()
    attempt = Attempt(number=2, outcome=Outcome(status=Status.PASSED), started_at=0.0, duration_s=0.1)

    sink.receive(AttemptFinished(Case(id=CaseId("p", "s", "buy")), attempt, is_last=True))
    sink.receive(BreakerChanged("shop", "closed", "open", "3 failures", 0.0))
    sink.receive(Warned("not for it"))

    assert listener.heard == [("buy", 2, True), ("shop", "open")]


def test_a_stranger_says_what_an_exception_means_and_its_mistakes_are_warned_of_once() -> None:
    plugins = Plugins([])
    assert plugins.classify(KeyError("down")) is None
    plugins.register(Listener(), "listener")

    assert plugins.classify(KeyError("down")) is Status.BLOCKED
    assert plugins.classify(ValueError("other")) is None
    assert [plugins.classify(ZeroDivisionError()) for _ in "ab"] == [None, None]
    assert plugins.warnings == ["maestro_classify_error raised RuntimeError: cannot count"]


def test_an_answer_that_is_no_verdict_is_warned_of() -> None:
    plugins = Plugins([])
    plugins.register(Listener(answer="flaky"), "listener")

    assert plugins.classify(KeyError("down")) is None
    assert plugins.warnings == ["maestro_classify_error answered 'flaky' to KeyError: it is one of failed, error, blocked"]
