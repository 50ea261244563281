"""Whether a host can be reached, asked without credentials."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from recorder_core.clock import current_deadline
from recorder_core.transport.failures import Stage
from recorder_core.transport.pool import Lost, Pool

__all__ = ["Reach", "reached"]

SHORTEST_WAIT_S = 0.05
HALF_A_SECOND = 0.5
"""The `Date` of an answer is cut to whole seconds; this much later is the likeliest moment."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What came of asking a host for its root.

    Attributes:
        base_url: the host.
        failed_at: how far the way led where no answer came; None: it answered.
        reason: why no answer came, in a few words.
        status: HTTP status of the answer.
        ahead_s: seconds by which this machine's clock is ahead of the host's, about a second either way; less than 0:
            behind. None: the answer doesn't say what time it is there.
    """

    base_url: str
    failed_at: Stage | None = None
    reason: str = ""
    status: int | None = None
    ahead_s: float | None = None


def reached(pool: Pool, base_url: str, headers: Mapping[str, str], timeout: tuple[float, float]) -> Reach:
    """Ask a host for its root.

    Args:
        pool: the connections.
        base_url: the host, as the pool knows it.
        headers: of the request; none of them secret.
        timeout: seconds for a connection and for the whole answer, less where the current deadline leaves less.
    """
    request = PreparedRequest()
    request.method, request.url, request.headers = "GET", f"{base_url}/", CaseInsensitiveDict(headers)
    remaining = max(current_deadline().remaining(), SHORTEST_WAIT_S)
    connect, read = (min(seconds, remaining) for seconds in timeout)
    began, began_at = time.monotonic(), time.time()
    reply = pool.send(base_url, request, connect=connect, read=read, within=remaining)
    if isinstance(reply, Lost):
        return Reach(base_url, reply.stage, reply.reason)
    here = began_at + (time.monotonic() - began) / 2
    there = _time_at(reply.headers)
    return Reach(base_url, status=reply.status, ahead_s=None if there is None else here - there)


def _time_at(headers: Mapping[str, str]) -> float | None:
    """The Unix time at the host when it answered; that of a kept answer counts from the day on which it was made."""
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
        age = int(headers.get("Age", 0))
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() + HALF_A_SECOND + age
