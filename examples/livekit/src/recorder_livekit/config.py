"""What a caller configures once (`LivekitConfig`), and what only this vendor has (`LivekitOptions`)."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from recorder_core.configuration import ProviderConfig, ProviderOptions

__all__ = ["LivekitConfig", "LivekitOptions"]

SCHEMES = {"wss": "https", "ws": "http", "https": "https", "http": "http"}
"""The scheme of the API beside that of the address that clients join by."""


class LivekitConfig(ProviderConfig):
    """A LiveKit project or server.

    Its variables are those of the vendor's own tools: `LIVEKIT_URL`, `LIVEKIT_API_KEY`, `LIVEKIT_API_SECRET` ("Server
    APIs", LiveKit docs, 2026).
    """

    env_prefix: ClassVar[str] = "LIVEKIT_"

    url: str = Field(examples=["wss://example.livekit.cloud"])
    """Address of the project or server, wss, ws, https or http. It tells the account from others."""
    api_key: str = Field(min_length=1, examples=["APIexample"])
    """The API key, which is no secret: it stands in every token."""
    api_secret: SecretStr = Field(examples=["0" * 43])
    """The key's secret. It signs every token and is never sent. Callbacks are signed with it too: `webhook_secret`
    without a value is this one."""
    template_url: str | None = None
    """Where the application hosts this package's recording page (`template/index.html`), reachable for LiveKit: layouts
    are exact with it. None: the vendor's own templates."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in SCHEMES or not parts.hostname or parts.query or parts.username is not None:
            raise ValueError("it is an address such as wss://example.livekit.cloud, without credentials and query")
        return value.rstrip("/")

    @field_validator("api_secret")
    @classmethod
    def _has_signs(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            raise ValueError("it is empty")
        return value

    @field_validator("template_url")
    @classmethod
    def _is_a_page(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://page")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or parts.fragment:
            raise ValueError("it is an http or https address of a page, without credentials and fragment")
        return value

    @model_validator(mode="before")
    @classmethod
    def _one_secret_signs_all(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("webhook_secret") and values.get("api_secret"):
            return {**values, "webhook_secret": values["api_secret"]}
        return values

    @property
    def project(self) -> str:
        """The host of the address, with its port where it has one."""
        return urlsplit(self.url).netloc.lower()

    def hosts(self) -> tuple[str, ...]:
        """Base URLs in failover order, unless `base_urls` replaces them."""
        scheme, _, rest = self.url.partition("://")
        return self.base_urls or (f"{SCHEMES[scheme]}://{rest}",)


class LivekitOptions(ProviderOptions):
    """`options.livekit`: what only this vendor has. A given value is a demand."""

    screen_share: bool | None = None
    """Individual: record the participant's shared screen in place of the camera."""
