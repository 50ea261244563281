"""The account's budget of calls: kept below the vendor's limits, paced, the most urgent first.

A limit is spent in slots: absolute instants, `1 / (PACE x rate)` apart, each of which takes one call. Callers queue for
the next slot before it comes, so that one that wakes late uses its own slot late and moves nobody else's.

What counts for the vendor is when calls arrive. That isn't known, but it is no later than the answer, less the time of
the fastest way back. A call isn't sent before a whole span has passed since the call that is a whole limit before it
has arrived, so that a slow network or a busy process doesn't bring them closer together than is allowed.

| module | holds |
| --- | --- |
| `limit` | `Limit`: what a vendor allows; `Admitted`: a call's place in it |
| `queue` | those who wait in a process, the most urgent first |
| `ways` | when calls arrive |
| `memory` | `Budget`: the calls of one process |
| `shared` | `SharedBudget`: those of all processes that have the same Redis, which runs `take.lua` |
| `link` | the way to that Redis |
| `parts` | what each process keeps to when it can't be used |

Libraries were tried first. In one process (pyrate-limiter 4.5, throttled-py 3.5, limits 5.8): each judges a call when
it comes, so that callers try again and again and what is lost between two tries is lost for good (8 threads with up to
20 ms of jitter used 66 and 51 % of 10 calls per second; the third one doesn't wait at all), none knows urgencies or
when calls arrive. An uncontended call costs 7 to 17 us with them, and about 8 with this, its arrival included.

Eight processes with one Redis, and up to 20, 50 and 100 ms of jitter on either way: of the calls that limits' moving
window let through, a strict sliding server refused 15 %; throttled-py used 49 % of the limit, and pyrate-limiter 64 %
if paced; greedy it used all, in bursts of ten and by each process's own clock; self-limiters 0.4, for asyncio alone,
gives slots by the Redis's clock, used 97 %, and had 0, 4 and 7 % refused. With none does a stop of one process go
before a look of another, none knows when calls arrive, and each raises an error when its Redis is gone. This used 97,
93 and 88 %, had 0, 1 and 0 to 2 % refused, and goes on without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from recorder_core.budget.limit import PACE as PACE
from recorder_core.budget.limit import Admit as Admit
from recorder_core.budget.limit import Admitted as Admitted
from recorder_core.budget.limit import Limit
from recorder_core.budget.memory import Budget as Budget
from recorder_core.errors import ConfigurationError
from recorder_core.tracebacks import forgetful

if TYPE_CHECKING:
    from pydantic import SecretStr

    from recorder_core.clock import Clock

__all__ = ["Limit"]


@forgetful
def open_budget(
    url: str | SecretStr | None,
    limits: Sequence[Limit],
    clock: Clock,
    calls_per_second: Mapping[str, float],
    *,
    provider: str,
    account: str,
) -> Budget:
    """The budget of an account: this process's own, or one that all share who have the same Redis.

    Raises:
        ConfigurationError: as `Budget`; the URL is none of a Redis; an extra is missing.
    """
    if url is None:
        return Budget(limits, clock, calls_per_second)
    try:
        from recorder_core.budget.shared import SharedBudget
    except ModuleNotFoundError as error:
        if error.name != "redis":
            raise
        raise ConfigurationError(
            "a budget that processes share needs an extra", fault="caller", hint="pip install 'recorder-core[redis]'."
        ) from None
    return SharedBudget(url, limits, calls_per_second, provider=provider, account=account)
