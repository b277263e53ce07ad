"""The secrets that a config names: where they come from, and the commands that need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from maestro_fabric.config.models import ServiceConfig
from maestro_fabric.config.templates import Reference, resolve
from maestro_fabric.plugins import Plugins
from maestro_fabric.qa_file import Loaded
from maestro_fabric.system.secrets import Secrets, read_secret_file

__all__ = ["fill_secrets", "fill_text", "secrets_of"]


def secrets_of(loaded: Loaded, plugins: Plugins, environ: Mapping[str, str]) -> Secrets:
    """Where the config says that its secrets are: a plugin, a file, or the environment."""
    config = loaded.config.secrets
    if config.source == "hook":
        return Secrets(plugins.secret, source="no plugin's maestro_secret gives it")
    if config.source == "file":
        return _FileSecrets(loaded.root / (config.path or ".secrets")).as_secrets()
    return Secrets(environ.get, source="set the environment variable of that name")


def fill_secrets(config: ServiceConfig, secrets: Secrets) -> ServiceConfig:
    """The service with the secrets in its command and environment.

    Raises:
        ConfigError: when one is missing.
    """
    lookup = _lookup(secrets)
    return config.model_copy(update={"command": resolve(config.command, lookup), "env": resolve(config.env, lookup)})


def fill_text(text: str, secrets: Secrets) -> str:
    """A text with its secrets.

    Raises:
        ConfigError: when one is missing.
    """
    return str(resolve(text, _lookup(secrets)))


def _lookup(secrets: Secrets) -> Callable[[Reference], object]:
    return lambda reference: secrets.value(reference.name) if reference.kind == "secret" else reference.text


class _FileSecrets:
    """A secrets file, read when the first secret is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def values(self) -> Mapping[str, str]:
        return read_secret_file(self.path)

    def as_secrets(self) -> Secrets:
        return Secrets(lambda name: self.values.get(name), source=f"add a line with it to {self.path}")
