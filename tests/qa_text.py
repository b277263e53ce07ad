"""Config files written by tests, loaded without any adapter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from maestro_fabric.config.models import BrowserSuite, SuiteConfig
from maestro_fabric.errors import ConfigError
from maestro_fabric.qa_file import Loaded, load


class JourneySuite(BrowserSuite):
    adapter: Literal["playwright"]


class NativeSuite(SuiteConfig):
    adapter: Literal["pytest"]
    paths: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


SUITE_MODELS: Mapping[str, type[SuiteConfig]] = {"playwright": JourneySuite, "pytest": NativeSuite}
HEAD = "version: 1\nproject: p\n"
SUITE = HEAD + "environments: {local: {base_url: http://127.0.0.1}}\nsuites:\n  - name: s\n    adapter: playwright\n    cases:\n"


def load_text(folder: Path, text: str, *, environ: Mapping[str, str] = {}, **options: object) -> Loaded:
    path = folder / "qa.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, suite_models=SUITE_MODELS, environ=environ, **options)


def problems_of(folder: Path, text: str, *, environ: Mapping[str, str] = {}, **options: object) -> list[str]:
    """Each problem as ``line:column message (hint)``."""
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text, environ=environ, **options)
    return [
        f"{p.location.line}:{p.location.column} {p.message} ({p.hint})" if p.location else f"{p.message} ({p.hint})"
        for p in caught.value.problems
    ]


def case_of(*steps: str) -> str:
    """A file with one case of these steps; the first step stands on line 10, its key in column 13."""
    return SUITE + "      - name: c\n        steps:\n" + "".join(f"          - {step}\n" for step in steps)
