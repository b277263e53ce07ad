"""Write docs/qa-yaml.md from the models that read the file, so that the two cannot disagree."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from key_meanings import KEY_MEANINGS
from pydantic import TypeAdapter
from step_examples import STEP_EXAMPLES

from maestro_fabric.config.durations import format_duration
from maestro_fabric.config.models import build_config_type
from maestro_fabric.plugins import ENTRY_POINT_GROUP, Plugins

TARGET = Path(__file__).parent / "qa-yaml.md"
Schema = Mapping[str, Any]

HEAD = """# qa.yaml

<!-- Written by docs/make_reference.py from the models in src/maestro_fabric/config; `make docs` writes it anew. -->

Every key that exists, with its type and default. An unknown key is an error. For a first file, start with the
[tutorial](tutorial.md); for editors, write `maestro schema > maestro.schema.json` and put
`# yaml-language-server: $schema=./maestro.schema.json` at the top of the file.

A **duration** is a number with a unit: `500ms`, `30s`, `5m`, `1h`. A **locator** is a CSS string or a mapping, see
[below](#locator). A key in **bold** must be given.
"""

VALUES = """## Values from elsewhere

| form | gives | known |
|---|---|---|
| `${env:NAME}` | an environment variable; an error when it is not set | when the file is loaded |
| `${env:NAME:-default}` | the same, with a value for when it is not set or empty | when the file is loaded |
| `${vars.name}` | `vars`, with the environment's and then `--maestro-var` laid over; `${vars.a.b}` goes deeper | when the file is loaded |
| `${secret:NAME}` | a secret, shown as `***` wherever it would appear | when the step runs |
| `${params.name}` | a parameter of the case, or of the group that the step belongs to | when the step runs |
| `${saved.name}` | what an earlier step kept with `save` or `as`; `${saved.answer.json.id}` goes deeper | when the step runs |
| `${services.name.url}` | the address of a service | when the step runs |

A value that is exactly one `${…}` keeps the type of what it stands for; within other text it becomes text.
A name that cannot be known is an error when the file is loaded, with the nearest name that exists.
"""

SECTIONS = {
    "EnvironmentConfig": "Environment",
    "ServiceConfig": "Service",
    "ReadyConfig": "Ready",
    "ArtifactsConfig": "Artifacts",
    "SecretsConfig": "Secrets",
    "PolicyConfig": "Policy",
    "RetryConfig": "Retry",
    "BackoffConfig": "Backoff",
    "BreakerConfig": "Breaker",
    "BulkheadConfig": "Bulkhead",
    "GatesConfig": "Gates",
    "HealingConfig": "Healing",
    "GroupConfig": "Group",
    "Use": "Use of a group",
    "BrowserConfig": "Browser",
    "SeleniumBrowserConfig": "Browser of Selenium",
    "HttpConfig": "Http",
    "CommandReport": "Report of a command",
    "BrowserCase": "Case",
    "SkipConfig": "Skip",
    "XfailConfig": "Xfail",
    "Target": "Locator",
    "ExpectResponse": "Expected answer",
    "KnownViolation": "Known violation",
    "Answer": "Answer of a route",
    "Step": "Steps",
}
"""Models with a section of their own, in the order of the page; suites come from the adapters, steps from their table."""


def _plural(word: str) -> str:
    return f"{word}s"


def main() -> int:
    """Write the page, or with ``--check`` say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when the page is out of date")
    options = parser.parse_args()
    text = reference()
    if options.check:
        return int(not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text)
    TARGET.write_text(text, encoding="utf-8")
    return 0


def reference() -> str:
    """The whole page."""
    # A plugin that somebody happens to have installed is not part of this page.
    ours = [entry for entry in entry_points(group=ENTRY_POINT_GROUP) if entry.dist is not None and entry.dist.name == "pytest-maestro"]
    models = dict(sorted(Plugins(ours).suite_models.items()))
    whole = build_config_type(models.values()).model_json_schema(by_alias=True)
    models_by_name = whole["$defs"] | TypeAdapter(models["playwright"]).json_schema(by_alias=True)["$defs"]
    titles = SECTIONS | {model.__name__: f"Suite: {name}" for name, model in models.items()}
    page = _Page(models_by_name, titles)
    suites = [page.section(model.__name__) for model in models.values()]
    before, after = _split(list(SECTIONS), at="BrowserConfig")
    parts = [
        HEAD,
        page.table_section("The file", "", "Config", whole),
        *(page.section(name) for name in before),
        *suites,
        *(page.section(name) for name in after if name != "Step"),
        page.steps(),
        VALUES,
    ]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _split(names: list[str], *, at: str) -> tuple[list[str], list[str]]:
    place = names.index(at)
    return names[:place], names[place:]


class _Page:
    """Sections made from JSON Schema definitions; ``titles`` says which definitions have a section to link to."""

    def __init__(self, definitions: Mapping[str, Schema], titles: Mapping[str, str]) -> None:
        self._definitions = definitions
        self._titles = titles

    def section(self, name: str) -> str:
        schema = self._definitions[name]
        return self.table_section(self._titles[name], _prose(schema), name, schema)

    def table_section(self, title: str, prose: str, model: str, schema: Schema) -> str:
        return "\n".join([f"## {title}\n", *([prose, ""] if prose else []), *self._table(model, schema), ""])

    def steps(self) -> str:
        """One section a step: what it does, examples, and the keys that are not a locator's."""
        rows = ["## Steps\n", "A step is a mapping with exactly one of these keys.\n"]
        for action, schema in self._definitions["Step"]["properties"].items():
            rows += self._step(action, _reference_in(schema))
        return "\n".join(rows)

    def _step(self, action: str, model: str) -> Iterator[str]:
        schema = self._definitions[model]
        locator = self._definitions["Target"]["properties"]
        is_located = locator.keys() <= schema["properties"].keys()
        example = STEP_EXAMPLES[action]
        yield f"### {action}\n"
        yield f"{example.does}\n"
        yield f"```yaml\n{example.yaml}\n```\n"
        if is_located:
            yield "It takes the keys of a [locator](#locator)" + (
                " and these:\n" if locator.keys() < schema["properties"].keys() else ".\n"
            )
        own = {name: field for name, field in schema["properties"].items() if not (is_located and name in locator)}
        yield from self._table(model, {**schema, "properties": own})
        if own:
            yield ""

    def _table(self, model: str, schema: Schema) -> Iterator[str]:
        if not schema["properties"]:
            return
        required = schema.get("required", ())
        yield "| key | type | default | meaning |"
        yield "|---|---|---|---|"
        for name, field in schema["properties"].items():
            key = f"**`{name}`**" if name in required else f"`{name}`"
            yield f"| {key} | {self._words(field)} | {_default(field)} | {_meaning(model, name, field)} |"

    def _words(self, field: Schema) -> str:
        """A type as people say it."""
        options = list(_options(field))
        if any(option.get("$ref") == "#/$defs/Target" for option in options):
            return self._link("Target")  # its section says that a bare text is CSS
        return " or ".join(dict.fromkeys(self._word(option) for option in options))

    def _word(self, schema: Schema) -> str:
        if "$ref" in schema:
            return self._link(_reference_in(schema))
        if "const" in schema or "enum" in schema:
            return ", ".join(f"`{_scalar(value)}`" for value in schema.get("enum", [schema.get("const")]))
        kind = schema.get("type")
        if kind == "array":
            inner = schema.get("items") or {}
            pair = schema.get("prefixItems")
            return f"list of {self._words(inner)}" if pair is None else f"list of two {_plural(self._words(pair[0]))}"
        if kind == "object":
            inner = schema.get("additionalProperties")
            return f"mapping of names to {self._words(inner)}" if isinstance(inner, Mapping) else "mapping"
        if kind == "string" and "ms|s|m|h" in schema.get("pattern", ""):
            return "duration"
        return {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}.get(str(kind), "any value")

    def _link(self, name: str) -> str:
        title = self._titles[name]
        return f"[{title[0].lower()}{title[1:]}](#{_anchor(title)})"


def _options(field: Schema) -> Iterator[Schema]:
    """The types a value may have, without null and without a text that only stands for a late ``${…}``."""
    nested = field.get("anyOf") or field.get("oneOf")
    if nested:
        for option in nested:
            yield from _options(option)
    elif field.get("type") != "null" and field.get("pattern") != r"\$\{":
        yield field


def _reference_in(schema: Schema) -> str:
    return next(str(option["$ref"]).rsplit("/", 1)[-1] for option in _options(schema) if "$ref" in option)


def _default(field: Schema) -> str:
    value = field.get("default")
    if value is None or value in ([], {}, ""):
        return ""
    if isinstance(value, float) and "ms|s|m|h" in str(field):
        return f"`{format_duration(value)}`"
    return f"`{_scalar(value)}`"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(item) for item in value) + "]"
    return str(value)


def _prose(schema: Schema) -> str:
    return str(schema.get("description", "")).replace("``", "`")


def _meaning(model: str, key: str, field: Schema) -> str:
    text = field.get("description") or KEY_MEANINGS.get(f"{model}.{key}") or KEY_MEANINGS.get(key, "")
    return str(text).replace("``", "`").replace("|", "\\|").replace("\n", " ")


def _anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter in "-_")


if __name__ == "__main__":
    sys.exit(main())
