"""Calls that concern the account and no recording: whether it is accepted, and where its callbacks come from."""

from __future__ import annotations

import secrets

from recorder_agora.calls import Calls
from recorder_agora.wire.requests import AcquireClientRequest, AcquireRequest
from recorder_core.errors import AuthenticationError, PermissionDenied
from recorder_core.transport import Answer

__all__ = ["addresses", "try_account"]

SOURCES = ("/v2/ncs/ip", "/v1/ncs/ip")
"""Where the addresses of the callbacks are told: "Webhooks" (Agora, 2026), and the REST reference of the same year."""


def addresses(calls: Calls, base_url: str | None = None) -> Answer:
    """The answer that tells where callbacks come from; 404 where the host knows neither version of the method."""
    for path in SOURCES:
        answer = calls.ask("ncs/ip", path, base_url=base_url)
        if answer.status != 404:
            break
    return answer


def try_account(calls: Calls, base_url: str) -> str:
    """Prove the Customer ID by the addresses of callbacks, then the App ID by acquire for a room of nobody's.

    Raises:
        AuthenticationError: Customer ID and Customer Secret aren't accepted.
        PermissionDenied: they are, and the App ID is another account's or has no Cloud Recording.
        RecorderError: every other class, by what the vendor answered.
    """
    knows_customer = addresses(calls, base_url).status == 200
    acquire = AcquireRequest(
        cname=f"check-{secrets.token_hex(8)}",
        uid=str(calls.config.recorder_uid_range[0]),
        clientRequest=AcquireClientRequest(scene=0, resourceExpiredHour=1),
    )
    try:
        calls.send("acquire", None, "/acquire", acquire.tree(), base_url=base_url, requires=("resourceId",))
    except AuthenticationError as refusal:
        if not knows_customer:
            raise
        # "Common errors" (withdrawn 17 June 2026) has the same answer for a service that isn't enabled.
        raise PermissionDenied(
            "customer_id and customer_secret are accepted, and yet not for this App ID",
            provider=calls.transport.provider,
            operation="acquire",
            http_status=refusal.http_status,
            vendor_message=refusal.vendor_message,
            request_id=refusal.request_id,
            fault="caller",
            hint="The App ID belongs to another account, or Cloud Recording isn't enabled for it in the console.",
        ) from refusal
    return "customer_id and customer_secret are accepted; nothing was started"
