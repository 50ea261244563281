"""Keeping the logs of the clouds' libraries free of what is tried here: at their most talkative they write tokens."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["quiet"]

LIBRARIES = ("boto3", "botocore", "azure")

_trying: ContextVar[bool] = ContextVar("recorder_core_storage_check", default=False)


class _NotWhileTrying(logging.Filter):
    """Drops what is logged by a check; an application's own calls of the same library go on being logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _trying.get()


_FILTER = _NotWhileTrying()


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing of these libraries in this context. They must have been imported before."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in LIBRARIES:
            logging.getLogger(name).addFilter(_FILTER)
    token = _trying.set(True)
    try:
        yield
    finally:
        _trying.reset(token)
