"""The adapter of feature suites: a process that discovers, and one a suite that runs: the same where that can be."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import cast

from maestro_fabric.adapters.cucumber.attachments import keep_attachments
from maestro_fabric.adapters.cucumber.identity import case_ids, marker
from maestro_fabric.adapters.cucumber.kept import KeptPrograms, whole_environment
from maestro_fabric.adapters.cucumber.runners import RUNNERS, Runner, choice
from maestro_fabric.adapters.cucumber.said import Broken, Closed, ParseFailed, Said, Scenario
from maestro_fabric.adapters.cucumber.session import FeatureSession
from maestro_fabric.adapters.cucumber.suite import CucumberSuite
from maestro_fabric.adapters.node.find import Unavailable
from maestro_fabric.adapters.program.cases import Trouble, case_of_suite, plain_name
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.adapters.program.environment import environment_of
from maestro_fabric.adapters.program.process import Program
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.model import Case, CaseId, Fault, Location, Outcome, Status
from maestro_fabric.ports import ADAPTER_API, Context, Deadline

__all__ = ["CucumberAdapter"]


class CucumberAdapter:
    """Runs Gherkin features."""

    name = "cucumber"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = CucumberSuite

    def __init__(self) -> None:
        self._kept = KeptPrograms()

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """A Python runner that is not installed. What else is missing blocks or breaks this suite alone."""
        return [f"suite {suite.name!r}: {line}" for line in RUNNERS[_own(suite).runner].check()]

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """Its scenarios and rows of examples; what cannot be discovered is one case that says why."""
        config = _own(suite)
        runner = RUNNERS[config.runner]
        if problem := _not_there(config, context):
            return [_trouble(config, context, config.runner, replace(_not_discovered(config, problem), must_not_retry=True))]
        try:
            runner.command(context.root / config.cwd)
        except Unavailable as exc:
            return [_trouble(config, context, config.runner, Outcome(status=Status.BLOCKED, reason=str(exc)))]
        environment = environment_of(config.env, context)
        with tempfile.TemporaryDirectory() as folder:
            program = _start(runner, config, context, log_path=Path(folder) / "discover.log", chosen=None, environment=environment)
            said: list[Said] = []
            try:
                said += _discovered(program, context)
                return _cases(said, program, config, context)
            finally:
                if runner.waits and said and isinstance(said[-1], Closed):
                    self._kept.put(_key(config, context), program, whole_environment(environment))
                else:
                    program.kill()

    def open(self, suite: SuiteConfig, context: Context) -> FeatureSession:
        """A session; its process starts with the first case."""
        config = _own(suite)
        return FeatureSession(
            config.runner,
            lambda chosen: self._run(chosen, config, context),
            lambda attached, case, number: keep_attachments(attached, context.artifacts, case, number, context.redact),
            _folder(config),
        )

    def _run(self, chosen: Sequence[Scenario], config: CucumberSuite, context: Context) -> Program[Said]:
        """A program that runs some scenarios: the one that has discovered them, if it still waits."""
        environment = environment_of(config.env, context)
        log_path = context.artifacts / "cucumber" / f"{config.name}.log"
        program = self._kept.take(_key(config, context), whole_environment(environment))
        if program is None:
            return _start(RUNNERS[config.runner], config, context, log_path=log_path, chosen=chosen, environment=environment)
        program.ask(choice(chosen, log_path.absolute()), log_path)
        return program


def _own(suite: SuiteConfig) -> CucumberSuite:
    return cast("CucumberSuite", suite)


def _key(config: CucumberSuite, context: Context) -> Hashable:
    return context.root, config.model_dump_json()


def _start(
    runner: Runner,
    config: CucumberSuite,
    context: Context,
    *,
    log_path: Path,
    chosen: Sequence[Scenario] | None,
    environment: Mapping[str, str],
) -> Program[Said]:
    return Program(
        config.runner,
        lambda channel: runner.launch(config, context.root / config.cwd, channel, chosen, environment),
        cwd=context.root / config.cwd,
        log_path=log_path,
        start_child=context.start_child,
        read=runner.read,
        answers=chosen is not None or runner.waits,
        redact=context.redact,
    )


def _discovered(program: Program[Said], context: Context) -> Iterator[Said]:
    """What is told of the suite, until that is all."""
    for message in program.messages(Deadline.after(None, context.clock)):
        yield message
        if isinstance(message, Closed):
            return


def _cases(said: Sequence[Said], process: Program[Said], config: CucumberSuite, context: Context) -> list[Case]:
    scenarios = [message for message in said if isinstance(message, Scenario)]
    unread = _by_file(message for message in said if isinstance(message, ParseFailed))
    ids = case_ids(context.config.project, config.name, scenarios)
    cases = [_case(id_, scenario, config, context) for id_, scenario in zip(ids, scenarios, strict=True)]
    cases += [_unread(failures, config, context) for failures in unread]
    broken = next((message for message in said if isinstance(message, Broken)), None)
    if broken is not None or not any(isinstance(message, Closed) for message in said):
        cases.append(_trouble(config, context, config.runner, _why_not_discovered(broken, process, config)))
    return cases


def _case(id_: CaseId, scenario: Scenario, config: CucumberSuite, context: Context) -> Case:
    location = Location(_shown(config, scenario.place.uri), scenario.place.line)
    return case_of_suite(id_, scenario, config, context, location=location, tags=[marker(tag) for tag in scenario.tags])


def _by_file(failures: Iterable[ParseFailed]) -> Iterable[list[ParseFailed]]:
    """All that is wrong in a file together: it is one case."""
    files: dict[str, list[ParseFailed]] = {}
    for failure in failures:
        files.setdefault(failure.place.uri, []).append(failure)
    return files.values()


def _unread(failures: Sequence[ParseFailed], config: CucumberSuite, context: Context) -> Case:
    uri = failures[0].place.uri
    location = Location(_shown(config, uri), failures[0].place.line)
    message = "\n".join(failure.message for failure in failures)
    message = f"{location}: this feature file cannot be read, so its scenarios do not run: {message}"
    fault = Fault(type="ParseError", message=message, location=location)
    return _trouble(config, context, uri, Outcome(status=Status.ERROR, fault=fault, must_not_retry=True), location)


def _why_not_discovered(broken: Broken | None, process: Program[Said], config: CucumberSuite) -> Outcome:
    why = broken.message if broken is not None else with_output(how_ended(process.exit_status), process.last_output())
    return _not_discovered(config, why, broken.trace if broken else "")


def _not_discovered(config: CucumberSuite, why: str, trace: str = "") -> Outcome:
    message = f"{config.runner} could not discover the scenarios: {why}"
    return Outcome(status=Status.ERROR, fault=Fault(type="DiscoveryFailed", message=message, trace=trace))


def _not_there(config: CucumberSuite, context: Context) -> str:
    """The first folder or path of the suite that does not exist; empty when all do."""
    cwd = context.root / config.cwd
    if not cwd.is_dir():
        return f"the folder {config.cwd!r} (cwd) does not exist: make it, or mend the path"
    missing = [path for path in config.paths if not (cwd / path).exists()]
    return f"the path {missing[0]!r} does not exist in {str(cwd)!r}: mend the path" if missing else ""


def _trouble(config: CucumberSuite, context: Context, name: str, outcome: Outcome, location: Location | None = None) -> Case:
    id_ = CaseId(context.config.project, config.name, plain_name(name))
    return case_of_suite(id_, Trouble(outcome), config, context, location=location)


def _folder(config: CucumberSuite) -> str:
    folder = PurePosixPath(config.cwd).as_posix()
    return "" if folder == "." else folder


def _shown(config: CucumberSuite, uri: str) -> str:
    return "/".join(filter(None, [_folder(config), uri]))
