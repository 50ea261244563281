"""What is configured once, and what only this vendor has in a spec."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, SecretStr

from recorder_core import ProviderConfig, ProviderOptions


class VendornameConfig(ProviderConfig):
    """An account at Vendorname."""

    env_prefix: ClassVar[str] = "VENDORNAME_"

    account_id: str = Field(examples=["account-1"])
    """Of the vendor's console; no secret."""
    api_key: SecretStr = Field(examples=["api-key"])
    """Of the vendor's console."""
    base_urls: tuple[str, ...] = ("https://api.example.com",)
    """The vendor's hosts, in the order in which they are tried."""


class VendornameOptions(ProviderOptions):
    """`options.vendorname` of a spec."""

    label: str | None = None
    """Shown in the vendor's console."""
