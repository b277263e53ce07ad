from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import maestro_fabric
from maestro_fabric import compose
from maestro_fabric.aggregator import open_history
from maestro_fabric.compose import Fanout, Prepared, load_config, prepare
from maestro_fabric.errors import ConfigError, PluginError
from maestro_fabric.events import CaseFinished, RunStarted, Warned
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import Outcome, Status
from maestro_fabric.plugins import Plugins
from maestro_fabric.ports import Deadline
from maestro_fabric.reports.tally import Tally
from maestro_fabric.testing import FakeAdapter, RecordingSink, failing, passing

CONFIG = """\
version: 1
project: shop
artifacts: {path: evidence, keep_runs: 2}
suites:
  - name: a
    adapter: fake
    cases: [x, y]
  - name: b
    adapter: fake
    needs: [a]
    cases: [z]
"""


def plugins_with(adapter: FakeAdapter, **hooks: Any) -> Plugins:
    members = {name: staticmethod(hookimpl(hook)) for name, hook in hooks.items()}
    plugins = Plugins([])
    plugins.register(type("Plugin", (), {"maestro_adapters": staticmethod(hookimpl(lambda: [adapter])), **members})(), "test")
    return plugins


@pytest.fixture
def qa(tmp_path: Path) -> Path:
    path = tmp_path / "qa.yaml"
    path.write_text(CONFIG)
    return path


def prepared(path: Path, adapter: FakeAdapter | None = None, *, environ: Mapping[str, str] = {}, **arguments: Any) -> Prepared:
    return prepare(path, plugins=plugins_with(adapter or FakeAdapter()), environ=environ, **arguments)


def with_text(path: Path, text: str) -> Path:
    path.write_text(CONFIG + text)
    return path


def test_a_prepared_config_has_a_plan_a_run_and_places(qa: Path) -> None:
    ready = prepared(qa, environ={"MAESTRO_ORCHESTRATION_ID": "pipeline-7"})

    assert [str(case.id) for case in ready.plan.cases] == ["a::x", "a::y", "b::z"]
    assert ready.run.orchestration_id == "pipeline-7"
    assert ready.run.facts["config_digest"] == ready.loaded.digest
    assert ready.artifacts == qa.parent / "evidence" / ready.run.run_id
    assert ready.store == qa.parent / ".maestro" / "history.db"
    assert not ready.artifacts.exists()


def test_adapters_that_somebody_else_runs_are_not_discovered(qa: Path) -> None:
    ready = prepared(qa, leave_out=frozenset({"fake"}))

    assert [suite.name for suite in ready.plan.suites] == ["a", "b"]
    assert ready.plan.cases == ()


def test_a_part_of_another_processs_run_has_its_id_and_no_facts(qa: Path) -> None:
    ready = prepared(qa, run_id="the-run")

    assert (ready.run.run_id, ready.run.facts, ready.artifacts.name) == ("the-run", {}, "the-run")


def test_everything_that_is_missing_is_said_once_and_together(qa: Path) -> None:
    with pytest.raises(PluginError) as caught:
        prepared(qa, FakeAdapter(missing=["run pip install one", "run pip install two"]))

    assert str(caught.value) == "run pip install one\nrun pip install two"


def test_a_broken_plugin_is_named_beside_the_problems_of_the_config(qa: Path) -> None:
    plugins = plugins_with(FakeAdapter())
    plugins.warnings.append("the plugin 'jest' is left out: ImportError: no")
    qa.write_text(CONFIG.replace("adapter: fake", "adapter: jest"))

    with pytest.raises(ConfigError, match=r"(?s)'jest'.*the plugin 'jest' is left out: ImportError: no"):
        load_config(qa, plugins=plugins, environ={})


def test_without_any_adapter_the_reasons_are_told(qa: Path) -> None:
    plugins = Plugins([])
    plugins.warnings.append("the plugin 'fake' is left out: ImportError: no")

    with pytest.raises(PluginError, match=r"no adapter could be loaded.*\nthe plugin 'fake' is left out: ImportError: no"):
        load_config(qa, plugins=plugins, environ={})


def test_secrets_come_from_the_environment_a_file_or_a_hook(qa: Path) -> None:
    (qa.parent / "my.secrets").write_text("A=from the file\n")
    with_text(qa, "secrets: {source: file, path: my.secrets}\n")
    from_file = prepared(qa).context()
    with_text(qa, "secrets: {source: hook}\n")
    plugins = plugins_with(FakeAdapter(), maestro_secret=lambda name: f"{name} from the hook")
    from_hook = prepare(qa, plugins=plugins, environ={}).context()
    qa.write_text(CONFIG)
    from_environment = prepared(qa, environ={"A": "from the environment"}).context()

    assert [context.secret("A") for context in (from_file, from_hook, from_environment)] == [
        "from the file",
        "A from the hook",
        "from the environment",
    ]
    assert from_file.redact("it is from the file.") == "it is ***."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("env", "the secret 'NONE' is missing: set the environment variable of that name"),
        ("file", r"the secret 'NONE' is missing: add a line with it to .*/\.secrets"),
        ("hook", "the secret 'NONE' is missing: no plugin's maestro_secret gives it"),
    ],
)
def test_a_missing_secret_says_where_it_was_looked_for(qa: Path, source: str, message: str) -> None:
    (qa.parent / ".secrets").write_text("")
    path = ", path: .secrets" if source == "file" else ""
    context = prepared(with_text(qa, f"secrets: {{source: {source}{path}}}\n")).context()

    with pytest.raises(ConfigError, match=message):
        context.secret("NONE")


def test_a_secret_does_not_show_in_what_is_wrong_with_a_suite(qa: Path) -> None:
    class Telling(FakeAdapter):
        def check(self, suite: Any, context: Any) -> list[str]:
            return [f"cannot log in with {context.secret('A')}"]

        def discover(self, suite: Any, context: Any) -> Any:
            raise ConfigError(f"cannot log in with {context.secret('A')}")

    class Late(Telling):
        def check(self, suite: Any, context: Any) -> list[str]:
            return []

    for adapter, kind in ((Telling(), PluginError), (Late(), ConfigError)):
        with pytest.raises(kind, match=r"^cannot log in with \*\*\*$"):
            prepared(qa, adapter, environ={"A": "hunter2"})


def test_the_base_address_is_a_services_once_it_is_up(qa: Path) -> None:
    with_text(qa, 'environments: {local: {base_url: "${services.web.url}/app"}}\nservices: {web: {command: [x]}}\n')
    ready = prepared(qa)

    assert ready.context().base_url == "${services.web.url}/app"
    assert ready.context(service_urls={"web": "http://127.0.0.1:81"}).base_url == "http://127.0.0.1:81/app"


def test_a_run_is_told_to_sinks_hooks_and_the_history(qa: Path) -> None:
    heard: list[Any] = []
    plugins = plugins_with(FakeAdapter({"y": [failing("no")]}), maestro_event=lambda event: heard.append(event))
    sink = RecordingSink()
    ready = prepare(qa, plugins=plugins, environ={})

    result = compose.run(ready, sinks=[sink])

    assert (result.status, result.exit_status) == ("failed", 1)
    assert sink.is_closed
    assert heard == sink.events
    with open_history(ready.store) as history:
        rows = {row.name: str(row.status) for row in history.results(result.run_id)}
    assert rows == {"x": "passed", "y": "failed", "z": "blocked"}


def test_a_run_stops_after_so_many_failures(qa: Path) -> None:
    result = compose.run(prepared(qa, FakeAdapter({"x": [failing()]})), maxfail=1)

    assert [case.case.id.name for case in result.cases] == ["x"]


def test_another_history_can_be_chosen(qa: Path) -> None:
    ready = prepared(qa)

    compose.run(ready, store=qa.parent / "other.db")

    assert (qa.parent / "other.db").exists()
    assert not ready.store.exists()


def test_a_hook_that_raises_is_a_warning_and_the_run_goes_on(qa: Path) -> None:
    def broken(event: Any) -> None:
        raise OSError("no network")

    sink = RecordingSink()
    result = compose.run(prepare(qa, plugins=plugins_with(FakeAdapter(), maestro_event=broken), environ={}), sinks=[sink])

    assert result.exit_status == 0
    assert [event.message for event in sink.of(Warned)] == [
        "the plugin 'test' hears no more events: its maestro_event raised OSError: no network"
    ]


def test_services_run_for_the_suites_that_need_them_with_secrets_and_addresses(qa: Path) -> None:
    seen: list[str] = []

    class Seeing(FakeAdapter):
        def open(self, suite: Any, context: Any) -> Any:
            seen.append(context.service_urls.get("web", ""))
            return super().open(suite, context)

    (qa.parent / "web.py").write_text("import os, time\nprint('token', os.environ['TOKEN'], flush=True)\ntime.sleep(60)\n")
    service = f"{{command: [{sys.executable}, web.py], env: {{TOKEN: '${{secret:T}}'}}, ready: {{log: token}}}}"
    qa.write_text(CONFIG.replace("cases: [z]", "cases: [z]\n    services: [web]") + f"services: {{web: {service}}}\n")
    ready = prepared(qa, Seeing(), environ={"T": "hunter2", "PATH": "/usr/bin:/bin"})

    result = compose.run(ready)

    assert result.exit_status == 0
    assert seen[0] == ""
    assert seen[1].startswith("http://127.0.0.1:")
    logs = [path.read_text() for path in ready.artifacts.glob("*.log")]
    assert logs == ["token ***\n"]


def test_only_so_many_runs_keep_their_evidence(qa: Path) -> None:
    kept = qa.parent / "evidence"
    runs = [prepared(qa) for _ in range(4)]
    for ready in runs:
        ready.artifacts.mkdir(parents=True)
    (kept / "notes").mkdir()

    runs[-1].take_folder()()

    assert sorted(path.name for path in kept.iterdir()) == sorted([*(ready.run.run_id for ready in runs[-2:]), "notes"])


def test_fewer_runs_than_may_be_kept_all_stay(qa: Path) -> None:
    ready = prepared(qa)
    ready.artifacts.mkdir(parents=True)

    ready.take_folder()()

    assert ready.artifacts.is_dir()
    assert not list(ready.artifacts.parent.parent.glob("*.locks"))


def test_a_run_that_still_goes_keeps_its_evidence(qa: Path) -> None:
    first, second, third = (prepared(qa) for _ in range(3))
    for ready in (first, second, third):
        ready.artifacts.mkdir(parents=True)
    give_back = first.take_folder()

    third.take_folder()()
    assert first.artifacts.is_dir()

    give_back()
    third.take_folder()()
    assert [ready.artifacts.is_dir() for ready in (first, second, third)] == [False, True, True]


def test_the_closing_names_evidence_of_cases_and_logs_apart(qa: Path) -> None:
    ready = prepared(qa)
    ready.artifacts.mkdir(parents=True)
    (ready.artifacts / "service-shop.log").write_text("up\n")
    (ready.artifacts / "service-quiet.log").touch()
    before = ready.closing(Tally(), store="history.db")
    (ready.artifacts / "a" / "x" / "1").mkdir(parents=True)
    (ready.artifacts / "a" / "x" / "1" / "page.html").touch()
    after = ready.closing(Tally(), store="history.db", shown=lambda path: path.name)

    assert (before.evidence, before.logs) == ("", (("service shop", str(ready.artifacts / "service-shop.log")),))
    assert (after.evidence, after.logs) == (ready.run.run_id, (("service shop", "service-shop.log"),))


def test_a_run_knows_where_its_evidence_is(qa: Path) -> None:
    assert prepared(qa).run.facts["artifacts"] == str(qa.parent / "evidence")


def test_a_sink_that_cannot_be_closed_does_not_keep_others_open() -> None:
    class Full(RecordingSink):
        def close(self) -> None:
            raise OSError("disk full")

    last = RecordingSink()

    with pytest.raises(OSError, match="disk full"):
        Fanout([Full(), last]).close()

    assert last.is_closed


def test_the_python_api_runs_a_selection(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_a(): pass\ndef test_b(): assert 0\n")
    (tmp_path / "qa.yaml").write_text("version: 1\nproject: p\nsuites: [{name: unit, adapter: pytest, paths: [test_one.py]}]\n")
    sink = RecordingSink()

    result = maestro_fabric.run(
        tmp_path / "qa.yaml", select=lambda case: case.id.name.endswith("test_a"), sinks=[sink], store=tmp_path / "h.db"
    )

    assert result.exit_status == 0
    assert [(event.case.id.name, event.status) for event in sink.of(CaseFinished)] == [("test_one.test_a", Status.PASSED)]
    assert len(sink.of(RunStarted)) == 1


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, maestro_fabric; print([name for name in sys.modules if name.startswith('maestro_fabric.') or name == 'pydantic'])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_package_tells_its_version_and_its_names() -> None:
    assert maestro_fabric.__version__[0].isdigit()
    assert {"run", "load_config", "__version__"} <= set(dir(maestro_fabric))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = maestro_fabric.nothing


def test_the_same_prepared_case_can_be_run_alone(qa: Path) -> None:
    ready = prepared(qa, FakeAdapter({"x": [passing(output="hello")]}))
    suite = ready.plan.suites[0]
    sessions = ready.sessions(suite, replace(ready.context(), worker="gw0"))

    outcome: Outcome = sessions.get().run(suite.cases[0], lambda event: None, Deadline.after(None, ready.clock))

    assert outcome.output == "hello"


DOLLARS = """\
version: 1
project: shop
vars: {a: "x $${HOME}"}
services:
  echo:
    command: [python, -c, "import os, sys, time; print(sys.argv[1], os.environ['C'], flush=True); time.sleep(60)", "${vars.a}"]
    env: {C: "$${C}"}
    ready: {log: "x [$].HOME. [$].C.", within: 20s}
suites:
  - {name: unit, adapter: pytest, paths: [tests], services: [echo], env: {A: "${vars.a}", B: "$${B} ${services.echo.url}"}}
"""


def test_a_literal_dollar_brace_stays_one_where_references_are_resolved_late(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(
        "import os\ndef test_it(): assert os.environ['A'] == 'x ${HOME}' and os.environ['B'].startswith('${B} http://')\n"
    )
    (tmp_path / "qa.yaml").write_text(DOLLARS)

    result = maestro_fabric.run(tmp_path / "qa.yaml")

    assert [(case.status, case.reason) for case in result.cases] == [(Status.PASSED, "")]
