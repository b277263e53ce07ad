"""Every config that this project shows to people can be loaded, and fits the schema that editors use."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest
import yaml

from maestro_fabric.compose import load_config
from maestro_fabric.config.schema import json_schema
from maestro_fabric.plugins import load_plugins

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/qa.yaml"))
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md"]
BLOCKS = [(page, text) for page in PAGES for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_each_example_can_be_loaded(path: Path) -> None:
    assert load_config(path, environ={}).config.suites


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_each_example_fits_the_json_schema(path: Path) -> None:
    jsonschema.validate(_read(path.read_text()), json_schema(load_plugins().suite_models))


def test_the_included_file_of_the_shop_fits_the_schema_of_suites() -> None:
    schema = json_schema(load_plugins().suite_models)
    suites = _read((ROOT / "examples/shop/more/office.yaml").read_text())["suites"]

    jsonschema.validate({"version": 1, "project": "shop", "suites": suites}, schema)


@pytest.mark.parametrize(("page", "text"), BLOCKS, ids=[f"{page.stem}-{number}" for number, (page, _) in enumerate(BLOCKS)])
def test_each_config_in_the_docs_can_be_loaded(page: Path, text: str, tmp_path: Path) -> None:
    file = tmp_path / "qa.yaml"
    file.write_text(text)
    for suite in _read(text)["suites"]:
        for path in suite.get("paths", ()):
            (tmp_path / path).mkdir(parents=True, exist_ok=True)

    assert load_config(file, environ={}).config.suites, page


def test_the_tutorial_ends_with_a_file_of_four_frameworks() -> None:
    assert [suite["adapter"] for suite in _read(BLOCKS[-1][1])["suites"]] == ["pytest", "jest", "cucumber", "selenium"]


class _Reader(yaml.SafeLoader):
    """YAML 1.2's booleans, as qa.yaml is read: ``on`` is a text."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Reader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def _read(text: str) -> Any:
    return yaml.load(text, Loader=_Reader)  # noqa: S506 - a SafeLoader
