"""The shape of qa.yaml. Adapters add the shape of their suites; `build_config_type` joins them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema, WrapValidator, create_model

from maestro_fabric.config.gates import GatesConfig
from maestro_fabric.config.steps import Step, Use
from maestro_fabric.config.types import FROZEN, OFF_WORD, LateBool, Name, Seconds, shorthand
from maestro_fabric.errors import StoreError
from maestro_fabric.places import LOCAL_STORE, place_of

__all__ = [
    "ArtifactsConfig",
    "BackoffConfig",
    "BreakerConfig",
    "BrowserCase",
    "BrowserConfig",
    "BrowserSuite",
    "BulkheadConfig",
    "Config",
    "EnvironmentConfig",
    "GroupConfig",
    "HealingConfig",
    "PolicyConfig",
    "ReadyConfig",
    "RetryConfig",
    "SecretsConfig",
    "ServiceConfig",
    "SkipConfig",
    "StepsSuite",
    "SuiteConfig",
    "XfailConfig",
    "build_config_type",
]


class _Model(BaseModel):
    model_config = FROZEN


_PARAMS_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
            {"type": "array", "items": {"type": "object"}, "minItems": 1},
            {"type": "object", "properties": {"from": {"type": "string"}}, "required": ["from"], "additionalProperties": False},
        ]
    }
)


def _check_params(value: Any) -> Any:
    """One message for all shapes of ``params``, where a union would give one for each."""
    if isinstance(value, list):
        wrong = next((row for row in value if not isinstance(row, dict)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is not a mapping: a list of params holds mappings, like [{{item: tea}}, {{item: coffee}}]")
        return value
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no params: write {{name: [value, …]}}, a list of mappings, or {{from: file.csv}}")
    if set(value) == {"from"} and isinstance(value["from"], str):
        if value["from"].startswith("/") or ".." in value["from"].split("/"):
            raise ValueError(f"{value['from']!r} is not below the folder of this file")
        return value
    for name, column in value.items():
        if not isinstance(column, list):
            raise ValueError(f"the values of {name!r} are not a list: write {name}: [value, …]")
    return value


class ArtifactsConfig(_Model):
    """Where evidence is kept, and of how many runs."""

    path: str = Field(default=".maestro/artifacts", description="A folder, relative to this file.")
    keep_runs: int = Field(default=20, ge=1, description="Folders of older runs are removed.")


class EnvironmentConfig(_Model):
    """What differs between the places that are tested."""

    base_url: str = Field(default="", description="What relative addresses are relative to.")
    vars: dict[str, Any] = Field(default_factory=dict, description="Laid over the file's vars.")
    services: dict[str, Literal["external"]] = Field(default_factory=dict, description="Services that run elsewhere and are not started.")


class ReadyConfig(_Model):
    """How to know that a service is up: exactly one of ``http``, ``tcp``, ``log``."""

    http: str | None = Field(default=None, description="A path that answers with a status below 400.")
    tcp: Literal[True] | None = Field(default=None, description="The port accepts connections.")
    log: str | None = Field(default=None, description="A regular expression that a line of its output matches.")
    within: Seconds = Field(default=30.0, description="How long it may take.")


class ServiceConfig(_Model):
    """A program started before the first case that uses it, once for all workers, and stopped after the last."""

    command: list[str] | str = Field(description="An argument list; {port} is a free port. A string only with shell: true.")
    shell: bool = Field(default=False, description="Give the command to a shell.")
    cwd: str = Field(default=".", description="Its folder, relative to this file.")
    env: dict[str, str] = Field(default_factory=dict, description="Laid over this process's environment.")
    port: int | None = Field(default=None, ge=1, le=65535, description="A fixed port instead of a free one.")
    url: str = Field(default="http://127.0.0.1:{port}", description="Its address, as ${services.NAME.url}.")
    ready: ReadyConfig = Field(default_factory=lambda: ReadyConfig(tcp=True), description="How to know that it is up.")
    stop_within: Seconds = Field(default=5.0, description="How long it may take to end before it is killed.")
    policy: str | None = Field(default=None, description="A policy whose breaker and bulkhead hold for every case that uses it.")


class SecretsConfig(_Model):
    """Where ${secret:NAME} comes from."""

    source: Literal["env", "file", "hook"] = Field(default="env", description="The environment, a file of NAME=value lines, or a plugin.")
    path: str | None = Field(default=None, description="The file, for source: file.")


class BackoffConfig(_Model):
    """The waits between tries."""

    kind: Literal["constant", "linear", "exponential", "decorrelated"] = "exponential"
    first: Seconds = 0.2
    max: Seconds = 5.0
    jitter: Literal["none", "full"] = "full"


class RetryConfig(_Model):
    """Further tries."""

    times: int = Field(default=0, ge=0, le=20, description="Tries beyond the first.")
    on: list[Literal["error", "failed"]] = Field(default=["error"], min_length=1, description="After which statuses.")
    backoff: BackoffConfig = Field(default_factory=BackoffConfig)


_DEPENDENCY = "A name under services, or a host: staging.example.org, localhost:8080, https://example.org/health."


class BreakerConfig(_Model):
    """When a dependency counts as down: its cases are then blocked at once, in all workers, until a probe goes well."""

    dependency: str | None = Field(default=None, min_length=1, description=_DEPENDENCY)
    failures: int = Field(default=5, ge=1, description="It opens at so many failures, from at least two cases.")
    window: Seconds | None = Field(default=None, description="Failures of the last so long count; without it, failures in a row.")
    open_for: Seconds = Field(default=10.0, gt=0, description="So long nobody asks, before a probe.")


class BulkheadConfig(_Model):
    """How many attempts may use a dependency at once, in all workers."""

    dependency: str | None = Field(default=None, min_length=1, description=_DEPENDENCY)
    limit: int = Field(ge=1, description="So many at once.")
    wait: Seconds = Field(default=30.0, description="How long an attempt waits for its place before its case is blocked.")


class PolicyConfig(_Model):
    """How a case is tried: fallback(deadline(retry(breaker(bulkhead(attempt timeout(call))))))."""

    deadline: Seconds | None = Field(default=None, description="The whole case, all attempts and waits.")
    attempt_timeout: Seconds | None = Field(default=None, description="One attempt.")
    retry: RetryConfig = Field(default_factory=RetryConfig)
    breaker: BreakerConfig | None = None
    bulkhead: BulkheadConfig | None = None
    fallback: Annotated[Use, shorthand("group")] | None = Field(
        default=None,
        description="A group of steps that is played instead when a case, or a step, could not be judged; it is then degraded.",
    )
    max_attempts_total: int = Field(
        default=12,
        ge=1,
        description="A plan in which a step can be tried more often, by its own policy and the case's together, is refused.",
    )


DESTRUCTIVE = ("delete", "remove", "erase", "pay", "purchase", "submit order", "place order", "transfer", "unsubscribe", "deactivate")


class HealingConfig(_Model):
    """Finding lost elements again. Assertions are never healed; a destructive step only when it says ``heal: true``."""

    mode: Annotated[Literal["off", "propose", "heal"] | None, OFF_WORD] = Field(
        default=None, description="propose when CI is set in the environment, heal otherwise."
    )
    budget: int = Field(default=5, ge=0, description="At most so many heals a run; further lost elements are proposed.")
    destructive: list[str] = Field(
        default=list(DESTRUCTIVE), description="A step is destructive when its locator, or the element that was found, has these words."
    )


class GroupConfig(_Model):
    """Steps under a name, with parameters."""

    params: list[str] = Field(default_factory=list)
    steps: list[Step] = Field(min_length=1)


class SkipConfig(_Model):
    """Do not run the case; ``if`` makes that depend on a value being non-empty and not 0, false, no or off."""

    reason: str
    if_: str | bool | int | float | None = Field(alias="if", default=True)


class XfailConfig(_Model):
    """The case is expected not to pass."""

    reason: str
    strict: bool = Field(default=False, description="An unexpected pass is failed.")
    if_: str | bool | int | float | None = Field(alias="if", default=True)


class SuiteConfig(_Model):
    """What every suite has; an adapter's own model adds to it and narrows ``adapter`` to a literal.

    Attributes:
        stays_together: Whether parallel runs give all its cases to one process, one after the other: a model sets it whose
            sessions start one program for many cases.
        path_keys: The keys that list files or folders that must be there when the file is loaded, relative to ``cwd``.
    """

    stays_together: ClassVar[bool] = False
    path_keys: ClassVar[tuple[str, ...]] = ()

    name: Name = Field(description="With the project and the case's name, the identity of a case.")
    adapter: str = Field(description="Who runs it.")
    needs: list[str] = Field(default_factory=list, description="Suites that must have passed before.")
    tags: list[str] = Field(default_factory=list, description="Become pytest markers.")
    policy: str | None = Field(default=None, description="A name under policies.")
    services: list[str] = Field(default_factory=list, description="Names under services.")
    owner: str = Field(default="", description="Who looks after it.")
    links: list[str] = Field(default_factory=list, description="Addresses that belong to it.")


class BrowserConfig(_Model):
    """The browser and its contexts."""

    engine: Literal["chromium", "firefox", "webkit"] = "chromium"
    headless: LateBool = True
    executable: str | None = Field(default=None, description="The browser's program; found by itself when absent.")
    args: list[str] = Field(default_factory=list, description="Further arguments of the browser.")
    viewport: str | None = Field(default=None, pattern=r"^\d+x\d+$", description="Width x height in pixels.")
    locale: str | None = None
    timezone: str | None = None
    device: str | None = Field(default=None, description="A device that Playwright knows, like iPhone 15.")
    remote: str | None = Field(default=None, description="ws:// of a Playwright server, or http:// of a CDP endpoint.")
    trace: Annotated[Literal["off", "retry", "failure"], OFF_WORD] = "retry"
    screenshot: Annotated[Literal["off", "failure"], OFF_WORD] = "failure"
    test_id_attribute: str = "data-testid"
    within: Seconds = Field(default=5.0, description="How long a step may wait unless it says otherwise.")
    ignore_https_errors: bool = False


class BrowserCase(_Model):
    """A journey."""

    name: Name
    params: (
        Annotated[dict[str, Any] | list[dict[str, Any]], WrapValidator(lambda value, _: _check_params(value)), _PARAMS_SCHEMA] | None
    ) = Field(default=None, description="Values by name (each with each), a list of mappings, or from: a CSV file.")
    matrix: dict[str, list[Any]] | None = Field(default=None, description="Values by name, each with each, times params.")
    tags: list[str] = Field(default_factory=list)
    policy: str | None = None
    timeout: Seconds | None = Field(default=None, description="The deadline of this case; the shorter of this and the policy's.")
    services: list[str] = Field(default_factory=list)
    owner: str | None = None
    links: list[str] = Field(default_factory=list)
    fresh: bool = Field(default=False, description="Without the suite's set-up.")
    skip: Annotated[SkipConfig, shorthand("reason")] | None = None
    xfail: Annotated[XfailConfig, shorthand("reason")] | None = None
    steps: list[Step] = Field(min_length=1)


class StepsSuite(SuiteConfig):
    """A suite whose cases are written as steps."""

    setup: list[Step] = Field(default_factory=list, description="Once a worker; its cookies and storage start each case's fresh context.")
    cases: list[BrowserCase] = Field(min_length=1)

    def refusal_of(self, action: str, value: Any) -> tuple[str, str] | None:
        """Why this suite cannot do a step, and what to do instead; ``None`` when it can. An adapter's model overrides it."""
        return None


class BrowserSuite(StepsSuite):
    """A suite of journeys; every browser adapter narrows ``adapter``."""

    browser: BrowserConfig = Field(default_factory=BrowserConfig)


def _check_store(text: str) -> str:
    try:
        place_of(text)
    except StoreError as error:
        raise ValueError(str(error)) from None
    return text


class Config(_Model):
    """A whole qa.yaml."""

    version: Literal[1]
    project: Name
    store: Annotated[str, AfterValidator(_check_store)] = Field(
        default=LOCAL_STORE, description="The history: a file, relative to this one, or postgresql://user@host/database."
    )
    quarantine: str = Field(default="quarantine.yaml", description="The cases that may fail for a while, relative to this file.")
    artifacts: ArtifactsConfig = Field(default_factory=ArtifactsConfig)
    vars: dict[str, Any] = Field(default_factory=dict)
    environments: dict[str, EnvironmentConfig] = Field(default_factory=dict, description="The first is the default.")
    services: dict[str, ServiceConfig] = Field(default_factory=dict)
    secrets: SecretsConfig = Field(default_factory=SecretsConfig)
    policies: dict[str, PolicyConfig] = Field(default_factory=dict)
    policy: str | None = Field(default=None, description="The policy of suites that name none.")
    groups: dict[str, GroupConfig] = Field(default_factory=dict)
    # YAML 1.1 reads a bare `off` as false.
    healing: Annotated[HealingConfig, shorthand("mode", str, bool, words=("off", "propose", "heal"))] = Field(default_factory=HealingConfig)
    gates: GatesConfig = Field(default_factory=GatesConfig, description="What a run must be for the team to ship.")
    include: list[str] = Field(default_factory=list, description="Other files below this folder: suites, groups, policies, vars.")
    suites: list[Any] = Field(default_factory=list)


def build_config_type(suite_models: Iterable[type[SuiteConfig]]) -> type[Config]:
    """`Config` with the suites that the given adapters know, told apart by ``adapter``."""
    models = tuple(suite_models)
    member: Any = models[0] if len(models) == 1 else Annotated[Union[models], Field(discriminator="adapter")]  # noqa: UP007 - `|` joins no list
    return create_model("Config", __base__=Config, suites=(list[member], Field(default_factory=list)))
