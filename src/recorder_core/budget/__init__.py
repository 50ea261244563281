"""The account's budget of calls: kept below the vendor's limits, paced, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from recorder_core.budget.limit import PACE as PACE
from recorder_core.budget.limit import Admit as Admit
from recorder_core.budget.limit import Admitted as Admitted
from recorder_core.budget.limit import Limit
from recorder_core.budget.memory import Budget as Budget
from recorder_core.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from recorder_core.clock import Clock

__all__ = ["Limit"]


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
