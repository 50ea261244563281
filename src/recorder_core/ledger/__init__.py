"""The ledger: what is written down of every recording before it can be lost.

| module | holds |
| --- | --- |
| `ledger` | `Ledger`: what is written, on `claims`, `followed`, `heard` and `reading` |
| `entry` | `LedgerEntry`: what is known of one start |
| `known` | `LedgerKnown`: what a process knows, and what others have written; `sight` is what a row says |
| `address` | which databases there are |
| `database`, `prepared`, `reaching` | connections and the opening; statements; errors |
| `schema`, `rows` | the tables; models to rows and back |
| `migrations`, `migrating` | ledgers of older releases |

Importing this loads no database's library: only who opens a ledger needs one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder_core.errors import ConfigurationError
from recorder_core.ledger.entry import LedgerEntry as LedgerEntry
from recorder_core.ledger.known import LedgerKnown as LedgerKnown
from recorder_core.tracebacks import forgetful

if TYPE_CHECKING:
    from pydantic import SecretStr

    from recorder_core.clock import Clock
    from recorder_core.ledger.ledger import Ledger as Ledger

__all__ = ["LedgerEntry"]


@forgetful
def open_ledger(
    url: str | SecretStr, *, provider: str | None, account: str | None, clock: Clock, native_key: str = ""
) -> Ledger:
    """The ledger at an address. Its database is opened when it is first used.

    Args:
        url: such as `sqlite:///recordings.db` or `postgresql+psycopg://user:password@host/name`. A relative path counts
            from the folder of this moment.
        provider: whose recordings are read. None: all providers'.
        account: whose recordings are read. None: all accounts'.
        clock: whose time moments and leases are in.
        native_key: as in `Provider`, for whoever writes.

    Raises:
        ConfigurationError: the address is none, or an extra is missing.
    """
    return _ledger()(url, provider=provider, account=account, clock=clock, native_key=native_key)


def _ledger() -> type[Ledger]:
    try:
        from recorder_core.ledger.ledger import Ledger
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        raise ConfigurationError(
            "a ledger needs an extra",
            fault="caller",
            hint="pip install 'recorder-core[sql]', or 'recorder-core[postgres]' for PostgreSQL.",
        ) from None
    return Ledger


def __getattr__(name: str) -> Any:
    if name == "Ledger":
        return _ledger()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
