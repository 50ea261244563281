"""In which order a vendor's hosts are tried: one that failed comes last for a while."""

from __future__ import annotations

from collections.abc import Sequence

from recorder_core.clock import Clock
from recorder_core.forking import Guarded

__all__ = ["Hosts"]

LAST_FOR_S = 60.0
"""For so long a host that failed is tried last.

Each try of a dead host costs a call up to two time-outs for a connection, 11 s as they are by default, so it shouldn't
come often. A minute is also about as long as it takes until names lead elsewhere and lost servers are replaced; waiting
longer would leave calls with a host that the vendor names later, and that may be farther away.
"""


class Hosts(Guarded):
    """The hosts of one vendor, as all calls of a transport have found them. Thread-safe.

    When its time is up, one call tries a host that had failed in its old place; the others still leave it for last,
    until that one was answered. So a host that stays dead holds up one call in a minute, however many there are.

    Args:
        hosts: in the vendor's order.
        clock: by its `time`, which is the same in all threads.
    """

    def __init__(self, hosts: Sequence[str], clock: Clock) -> None:
        super().__init__()
        self._hosts = tuple(hosts)
        self._clock = clock
        self._failed: dict[str, float] = {}

    def in_order(self) -> tuple[str, ...]:
        """All of them, in the order in which a call shall try them."""
        if not self._failed:
            return self._hosts
        with self._guard:
            now = self._clock.time()
            last = set()
            for host, failed_at in self._failed.items():
                if failed_at <= now < failed_at + LAST_FOR_S:
                    last.add(host)
                else:  # or the clock was set back
                    self._failed[host] = now
        return tuple(sorted(self._hosts, key=last.__contains__))

    def failed(self, host: str) -> None:
        """A call got no answer of a host, or one that another host may not give."""
        with self._guard:
            self._failed[host] = self._clock.time()

    def answered(self, host: str) -> None:
        """A host has answered a call."""
        if host in self._failed:
            with self._guard:
                self._failed.pop(host, None)
