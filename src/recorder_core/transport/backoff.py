"""How long a call waits before it is repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import mktime_tz, parsedate_tz

__all__ = ["asked_pause", "no_backoff", "pause"]

JITTER = 0.1
"""A pause is longer than its rule says by up to this share, so that callers spread who failed together."""
LONGEST_PAUSE_S = 120.0
"""Where a vendor asks for a longer one (`Retry-After`), the error is raised at once."""
SENSELESS_PAUSE_S = 31 * 86_400.0
"""What asks for more than a month isn't meant."""

_switched_off: list[object] = []
"""One for each switch that is on: no lock is needed for that, which a forked process might find held."""


@contextmanager
def no_backoff() -> Iterator[None]:
    """Repeats don't wait, in any thread of this process, for as long as this lasts: for an application's own tests.

    Which calls are repeated, how often and where, is as always. Nothing else is changed: `wait`, `follow` and the
    pauses within a `stop` are by the recorder's clock.
    """
    switch = object()
    _switched_off.append(switch)
    try:
        yield
    finally:
        _switched_off.remove(switch)


def pause(delay: float, asked: float) -> float | None:
    """Seconds before a repeat; None: the vendor asks for more than a call waits.

    Args:
        delay: what the rule says.
        asked: what the vendor asked for, 0 where it didn't.
    """
    if asked > LONGEST_PAUSE_S:
        return None
    return 0.0 if _switched_off else max(delay * (1 + JITTER * random.random()), asked)


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` asks for in seconds; None where it asks for nothing that makes sense."""
    value = headers.get("Retry-After", "").strip()
    try:
        asked = float(value) if value.isascii() and value.isdigit() else _until(value)
    except (ValueError, OverflowError):
        return None
    return asked if asked <= SENSELESS_PAUSE_S else None


def _until(date: str) -> float:
    """Seconds until a date of HTTP; 0 where it is past.

    Raises:
        ValueError: it is none.
    """
    moment = parsedate_tz(date)
    if moment is None:
        raise ValueError("no date")
    return max(mktime_tz(moment) - time.time(), 0.0)
