"""What a provider's `webhooks.py` is made from: telling a true callback from a forged, stale or oversized one.

Bodies are untrusted: whatever arrives, these raise `WebhookRejected` and nothing else.
"""

from __future__ import annotations

import hmac
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic import SecretStr

from recorder_core.errors import WebhookRejected
from recorder_core.models import WebhookRequest
from recorder_core.models.addresses import unsigned
from recorder_core.models.base import FrozenMapping

__all__ = ["BODY_LIMIT", "CONTROLS", "FIELDS", "form", "json_object", "plain", "refuse_stale", "signed_by", "verify"]

BODY_LIMIT: Final = 1_048_576
"""Bytes. The largest callback that is read; those of the vendors have some thousand."""
DEEPEST: Final = 32
"""Levels of objects and arrays in a callback; those of the vendors have up to six."""
VALUES = 40_000
"""Values, objects and arrays in a callback: as many as its bytes leave room for with names of the vendors' length. A
body of nothing but brackets would have half a million, and reading it would take seconds."""

FIELDS: Final = 1_000
"""Fields of a callback that is a form; those of the vendors have some dozens."""

NO_TIME: Final = 2**63
"""Larger whole numbers can be written in JSON and not be subtracted from a time."""

CONTROLS: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""Characters that end a line, turn the direction of the text, or are obeyed by a terminal; and halves of characters."""


def signed_by(secrets: Sequence[SecretStr], make: Callable[[bytes], str], given: str) -> bool:
    """Whether one of the secrets makes this signature. Takes the same time whichever does, or none.

    Args:
        secrets: the valid ones; several while one is replaced.
        make: the signature that a secret makes.
        given: the signature that came.
    """
    came = given.encode("utf-8", "replace")
    matching = [hmac.compare_digest(make(secret.get_secret_value().encode()).encode(), came) for secret in secrets]
    return any(matching)


def verify(
    request: WebhookRequest,
    secrets: Sequence[SecretStr],
    make: Callable[[bytes], str],
    given: str | None,
    *,
    where: str,
) -> None:
    """Refuse a callback that none of the secrets signed. Without secrets nothing is verified.

    Args:
        request: the callback.
        secrets: as in `ProviderConfig.webhook_secret`.
        make: the signature that a secret makes.
        given: the signature that came; None: there is none.
        where: the place of the signature, such as `the header Signature`.

    Raises:
        WebhookRejected: it lacks a signature, or has another's.
    """
    if not secrets:
        return
    if not given:
        raise WebhookRejected(
            f"the callback has no signature: {where} is missing",
            response_status=403,
            fault="caller",
            hint="It isn't the vendor's, or a proxy took the header away.",
        )
    if not signed_by(secrets, make, given):
        raise WebhookRejected(
            f"the callback is forged, or signed with another secret: {where} doesn't fit its {len(request.body)} bytes",
            response_status=403,
            fault="caller",
            hint="Compare webhook_secret with the vendor's console, and give the body as it arrived: parsing it and "
            "writing it again changes it.",
        )


def form(body: bytes) -> Mapping[str, str]:
    """The fields of a body that is a form (`application/x-www-form-urlencoded`), empty ones too.

    Raises:
        WebhookRejected: it is none in UTF-8, is too large, has more than `FIELDS` fields, or one of them twice, of
            which the signature and the reader might take different ones.
    """
    _refuse_large(body)
    if body.count(b"&") >= FIELDS:
        raise WebhookRejected(f"the callback has more than {FIELDS} fields", response_status=413, fault="caller")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        pairs = []  # the parser's own error quotes the body
    if not pairs:
        raise WebhookRejected(f"the callback's {len(body)} bytes are no form in UTF-8", fault="caller")
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise WebhookRejected("the callback has a field twice", fault="caller")
    return FrozenMapping(fields)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is.

    Raises:
        WebhookRejected: it is none, is too large or too deep, or has too many values or numbers beyond reason.
    """
    _refuse_large(body)
    # Each value but the first of its object or array comes after a comma, so that there are no more than these.
    if body.count(b",") + body.count(b"{") + body.count(b"[") > VALUES:
        raise WebhookRejected(f"the callback has more than {VALUES} values", response_status=413, fault="caller")
    try:
        tree = _DECODER.decode(body.decode("utf-8"))
        if b"\\u" in body:
            json.dumps(tree, ensure_ascii=False).encode()  # half a character can be escaped, and never written again
    except (ValueError, RecursionError):
        tree = None  # the parser's own error quotes the document
    if not isinstance(tree, dict):
        raise WebhookRejected(
            f"the callback's {len(body)} bytes are no JSON object in UTF-8",
            fault="caller",
            hint="Only JSON is read here: a form was sent by something else than the vendor.",
        )
    # Counting brackets is cheap, and most callbacks have too few of them to be deep.
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(tree) > DEEPEST:
        raise WebhookRejected(f"the callback is nested deeper than {DEEPEST} levels", fault="caller")
    return tree


def refuse_stale(sent_at: float | None, now: float, max_age: float) -> None:
    """Refuse a callback that was sent too long ago, or too far in the future.

    Args:
        sent_at: Unix seconds by the vendor's clock; None: it says none.
        now: Unix seconds.
        max_age: seconds, as in `ProviderConfig.webhook_max_age`.

    Raises:
        WebhookRejected: it is, or says no time.
    """
    if sent_at is None or (isinstance(sent_at, int) and abs(sent_at) >= NO_TIME):
        raise WebhookRejected("the callback says no time at which it was sent", response_status=403, fault="caller")
    age = now - sent_at
    if not abs(age) <= max_age:
        raise WebhookRejected(
            f"the callback was sent {abs(age):.0f} s {'ago' if age > 0 else 'in the future'}; "
            f"up to {max_age:g} s are accepted",
            response_status=403,
            fault="caller",
            hint=("It is an old one that somebody sends again, or " if age > 0 else "Its sender's clock was moved, or ")
            + "this computer's clock is wrong. webhook_max_age sets the limit.",
        )


def plain(text: str | None, most: int) -> str:
    """The vendor's own words as they may be shown: cut, without control characters and what opens a signed address.

    Whoever can have them sent could else write lines of a log, or codes that a terminal obeys; and a vendor that tells
    why an upload failed may quote the address.

    Args:
        text: the words; None: there are none.
        most: characters that are kept.
    """
    return CONTROLS.sub(" ", unsigned(text or "")[:most])


def _refuse_large(body: bytes) -> None:
    if len(body) > BODY_LIMIT:
        raise WebhookRejected(
            f"the callback has {len(body)} bytes; {BODY_LIMIT} are read", response_status=413, fault="caller"
        )


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _depth(tree: Any) -> int:
    """How deep a tree is, counted without recursion and no deeper than matters."""
    level, depth = [tree], 0
    while level and depth <= DEEPEST:
        level = [
            item
            for node in level
            for item in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        ]
        depth += 1
    return depth
