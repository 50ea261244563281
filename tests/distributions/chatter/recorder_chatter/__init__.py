"""Writes on stdout what it does, from its import on."""

from __future__ import annotations

import sys

from recorder_core import RecordingSpec, hookimpl

sys.stdout.write("the chatter is here\n")


@hookimpl
def recorder_before_start(spec: RecordingSpec, operation: str, provider: str) -> None:
    """Write what is asked for."""
    sys.stdout.write(f"{provider} is asked to {operation} {spec.room}\n")
