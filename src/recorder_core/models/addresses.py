"""Addresses that are signed: whoever has one has what it leads to, until it ends. So it is a secret.

The parameters of a query that sign it: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"
(Amazon S3) and its likes of other stores, such as "Add signatures to URLs" (Alibaba Cloud OSS), "Authentication of
Signature in a URL" (Huawei Cloud OBS, 2025-06-17) and "Request Signature" (Tencent Cloud COS, 2024-03-28).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from recorder_core.models.base import MASK, FrozenMapping, JsonObject

__all__ = ["UnsignedObject", "UnsignedText", "is_signed", "lasting", "unsigned"]

_NAMES = (
    r"[\w.-]*(?:signature|security-token|credential|token)",
    r"jwt|sig|sign|authorization|auth_key",
    r"(?:aws|oss|google)?access(?:key)?id",
)
_SIGNED = re.compile(
    # An address may be quoted for another's query, or escaped for JSON or HTML.
    rf"((?:[?&]|%3f|%26|\\u0026|&amp;)(?:{'|'.join(_NAMES)})(?:=|%3d))((?:(?!%26|\\u0026)[^&#\s\"'<>\\])*)",
    re.IGNORECASE | re.ASCII,
)
_PASSWORD = re.compile(r"(://[^/?#\s:@\"']*:)[^/?#\s@\"']+(?=@)")
_BRANCHES = (dict, list, tuple, FrozenMapping)
_DEEPEST = 100
"""Levels of a tree. What lies deeper is masked whole where anything is: no vendor's answer is so deep."""


def is_signed(address: str) -> bool:
    """Whether an address carries what opens it: a signature, a token or a password."""
    return "://" in address and bool(_SIGNED.search(address) or _PASSWORD.search(address))


def lasting(address: str | None) -> str | None:
    """An address that isn't signed; None where it is."""
    return None if address is None or is_signed(address) else address


def unsigned(tree: Any) -> Any:
    """The tree with asterisks for what opens the addresses in its texts; the very tree where nothing does."""
    return _masked(tree, _DEEPEST) if any(map(is_signed, _addresses(tree))) else tree


def _addresses(tree: Any) -> Iterator[str]:
    """The texts in a tree that may hold an address, however deep it is."""
    branches: list[Any] = [(tree,)]
    for branch in branches:  # which grows
        for value in branch.values() if isinstance(branch, dict | FrozenMapping) else branch:
            if isinstance(value, str):
                if "://" in value:
                    yield value
            elif isinstance(value, _BRANCHES):
                branches.append(value)


def _masked(tree: Any, levels: int) -> Any:
    if isinstance(tree, str):
        return _PASSWORD.sub(rf"\g<1>{MASK}", _SIGNED.sub(rf"\g<1>{MASK}", tree)) if is_signed(tree) else tree
    if isinstance(tree, dict | FrozenMapping):
        return {key: _masked(value, levels - 1) for key, value in tree.items()} if levels else MASK
    if isinstance(tree, list | tuple):
        return [_masked(value, levels - 1) for value in tree] if levels else MASK
    return tree


UnsignedText = Annotated[str, AfterValidator(unsigned)]
"""A text with asterisks for what opens the addresses in it."""

UnsignedObject = Annotated[JsonObject, BeforeValidator(unsigned)]
"""A JSON object of any shape, frozen at every depth, with asterisks for what opens the addresses in it."""
