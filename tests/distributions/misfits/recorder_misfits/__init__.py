"""Providers each of which lacks something else."""

from __future__ import annotations

from typing import Any

from recorder_core import Provider, ProviderConfig


class NovelProvider(Provider):
    """Written for a plugin API that isn't there yet."""

    name = "novel"
    plugin_api = 2
    Config = ProviderConfig


class TimelessProvider(Provider):
    """Gives its plugin API as a text."""

    name = "timeless"
    plugin_api = "1"
    Config = ProviderConfig


class SelfishConfig(ProviderConfig):
    """Takes a keyword of the recorder's."""

    ledger: str


class SelfishProvider(Provider):
    """Whole, but for its configuration."""

    name = "selfish"
    plugin_api = 1
    Config = SelfishConfig
    account = "me"

    def translate(self, *_: Any) -> Any:
        """Nothing."""

    start = status = stop = translate
