"""Keeping the secrets that a request carries out of everything that is shown of it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from pydantic import Secret, SecretStr

from recorder_core.models.base import MASK

__all__ = ["MaskedQuery", "Payload", "Secrets", "credentials_in", "mask_keys"]

SHORTEST_SECRET = 4
"""Characters. Shorter values aren't searched for: blotting them out would blot out ordinary text."""
SHORTEST_PART = 8
"""Characters. Shorter values are searched for as whole words only: a part of an id may look like one."""


class Payload:
    """A JSON body as it is sent, and the secrets that are in it.

    A class of its own so that a traceback that prints local variables shows neither.
    """

    __slots__ = ("data", "secrets")

    def __init__(self, body: Mapping[str, Any] | None) -> None:
        self.secrets: list[str] = []
        self.data: bytes | None = None
        if body is not None:
            self.data = json.dumps(body, separators=(",", ":"), allow_nan=False, default=self._reveal).encode()

    def _reveal(self, leaf: object) -> Any:
        if isinstance(leaf, SecretStr | Secret):
            value = leaf.get_secret_value()
            self.secrets.extend(_texts_in(value))
            return value
        if isinstance(leaf, Mapping):
            return dict(leaf)
        raise TypeError(f"a {type(leaf).__name__} can't be sent as JSON")


class Secrets:
    """Replaces secret values by asterisks, however they were escaped on their way back."""

    __slots__ = ("_forms", "_values")

    def __init__(self, values: Iterable[str]) -> None:
        self._values = [value for value in values if len(value) >= SHORTEST_SECRET]
        self._forms: list[str] | None = None

    def may_be_in(self, text: str) -> bool:
        """Whether a JSON text holds one of them; where it escapes or quotes anything, it may."""
        return "\\" in text or "%" in text or any(value in text for value in self._values)

    def scrub_text(self, text: str) -> str:
        """The text without them."""
        if self._forms is None:
            forms = {form for value in self._values for form in _forms_of(value)}
            self._forms = sorted(forms, key=len, reverse=True)
        for form in self._forms:
            if len(form) >= SHORTEST_PART:
                text = text.replace(form, MASK)
            elif form in text:
                text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(form)}(?![0-9A-Za-z])", MASK, text)
        return text

    def scrub(self, tree: Any) -> Any:
        """The JSON tree without them, in its keys and its leaves."""
        if isinstance(tree, str):
            return self.scrub_text(tree)
        if isinstance(tree, dict):
            return {self.scrub_text(key): self.scrub(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self.scrub(value) for value in tree]
        if isinstance(tree, int | float) and not isinstance(tree, bool) and str(tree) in self._values:
            return MASK
        return tree


class MaskedQuery:
    """The query parameters that are secret."""

    __slots__ = ("_pattern",)

    def __init__(self, names: Iterable[str]) -> None:
        choice = "|".join(re.escape(name) for name in sorted(names))
        self._pattern = re.compile(rf"(?<=[?&])({choice})=([^&#]*)") if choice else None

    def __bool__(self) -> bool:
        return self._pattern is not None

    def mask(self, url: str) -> str:
        """The URL with their values replaced by asterisks."""
        return self._pattern.sub(rf"\1={MASK}", url) if self._pattern else url

    def values(self, url: str) -> list[str]:
        """Their values in the URL."""
        return [unquote(match[2]) for match in self._pattern.finditer(url)] if self._pattern else []


def mask_keys(tree: Any, keys: frozenset[str]) -> Any:
    """The JSON tree with asterisks for what stands under these keys, at any depth."""
    if isinstance(tree, dict):
        return {key: MASK if key in keys else mask_keys(value, keys) for key, value in tree.items()}
    if isinstance(tree, list):
        return [mask_keys(value, keys) for value in tree]
    return tree


def credentials_in(header: str) -> tuple[str, ...]:
    """What is secret in a header: all of it, its credentials after a scheme, the password in Basic ones."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return (credentials or scheme, header)
    try:
        _, _, password = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return (credentials,)
    return credentials, password


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts_in(part)
    elif isinstance(value, SecretStr | Secret):
        yield from _texts_in(value.get_secret_value())
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _forms_of(value: str) -> set[str]:
    """The value as it is, as JSON escapes it (with and without escaped slashes), and as URLs quote it."""
    if value.isalnum() and value.isascii():
        return {value}
    forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    slashes_escaped = {form.replace("/", "\\/") for form in forms}
    return forms | slashes_escaped | {quote(value, safe="", errors="replace")}
