"""What is configured once, and what only this vendor has."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from recorder_core import ProviderConfig, ProviderOptions


class PaperConfig(ProviderConfig):
    """An account at Paper Press."""

    env_prefix: ClassVar[str] = "PAPER_"

    press: str = Field(examples=["press-1"])
    """Name of the press."""
    api_key: SecretStr = Field(examples=["key"])
    """The press's key."""
    base_urls: tuple[str, ...] = ("https://press.example",)
    """Where the press is."""


class PaperOptions(ProviderOptions):
    """`options.paper`."""

    ink: str | None = None
    """Colour of the ink."""
