"""The command line: `recorder`. Importing this package is light; `main` loads what it needs."""

from __future__ import annotations

import sys

__all__ = ["main"]

EXTRA = frozenset({"PIL", "rich", "typer", "yaml"})
"""Top-level packages that the extra `cli` brings."""


def main() -> None:
    """Run the command line and exit with its code, which is 2 where its extra isn't installed."""
    try:
        from recorder_core.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRA:
            raise
        sys.stderr.write("The command line needs an extra: pip install 'recorder-core[cli]'\n")
        raise SystemExit(2) from None
    raise SystemExit(run())
