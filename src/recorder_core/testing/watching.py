"""What a provider sends and what it must not show: for tests of any provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from recorder_core.hooks import HttpExchange, hookimpl
from recorder_core.provider import Provider

__all__ = ["STORAGE", "TIMEOUT_S", "Watch", "assert_hidden", "secrets_of"]

STORAGE: Mapping[str, Any] = {
    "kind": "s3",
    "bucket": "lessons",
    "region": "eu-west-1",
    "access_key": "AK-conformance",
    "secret_key": "SK-conformance-kit",
}
"""A storage whose keys nobody else has, so that they are found wherever they are shown."""
TIMEOUT_S = 20.0
"""Seconds for answers that nothing delays, on a machine however busy."""


class Watch:
    """A hook plugin that keeps all exchanges.

    Attributes:
        exchanges: in their order.
    """

    def __init__(self) -> None:
        self.exchanges: list[HttpExchange] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Of the vendor's calls, each once."""
        return tuple(dict.fromkeys(self.operations))

    @property
    def operations(self) -> list[str]:
        """The vendor's calls, each attempt."""
        return [exchange.operation for exchange in self.exchanges]

    def __dir__(self) -> list[str]:
        return ["recorder_http"]  # every name is looked at for a hook, which takes longer than most calls

    @hookimpl
    def recorder_http(self, exchange: HttpExchange) -> None:
        """One attempt."""
        self.exchanges.append(exchange)


def secrets_of(provider: Provider) -> frozenset[str]:
    """What must be shown nowhere: the secrets of a configuration, and those of the kit's specs."""
    given = [value for _, value in provider.config]
    flat = [one for value in given for one in (value if isinstance(value, tuple) else (value,))]
    hidden = {one.get_secret_value() for one in flat if isinstance(one, SecretStr)}
    return frozenset({STORAGE["secret_key"], *hidden})


def assert_hidden(provider: Provider, *shown: str) -> None:
    """No secret of the provider's is in these texts; what fails shows none either.

    Raises:
        AssertionError: one is; it says in which.
    """
    secrets = secrets_of(provider)
    found = [number for number, text in enumerate(shown, start=1) if any(secret in text for secret in secrets)]
    if found:
        raise AssertionError(f"a secret is shown in {', '.join(map(str, found))} of {len(shown)} texts")
