"""Whose callback it is that came to another provider's address."""

from __future__ import annotations

import logging
from functools import cache

from recorder_core.errors import ProviderNotFound
from recorder_core.models import WebhookRequest
from recorder_core.plugins import PROVIDERS, installed, load_provider
from recorder_core.provider import Provider

__all__ = ["recognised_by"]

logger = logging.getLogger("recorder_core.callbacks")


def recognised_by(request: WebhookRequest, except_for: str) -> str | None:
    """The other installed provider whose callback it looks like."""
    return next(
        (found.name for found in _providers() if found.name != except_for and _recognises(found, request)), None
    )


def _recognises(found: type[Provider], request: WebhookRequest) -> bool:
    """Whether a callback looks like another provider's, whose failure is no business of this one."""
    try:
        return found.recognises_webhook(request)
    except Exception as error:
        logger.debug("whether a callback is one of %s can't be told: %s", found.name, type(error).__name__)
        return False


@cache
def _providers() -> tuple[type[Provider], ...]:
    """The installed providers that can be loaded, looked for once: forged callbacks mustn't cost that each time."""
    loaded = []
    for found in installed(PROVIDERS):
        try:
            loaded.append(load_provider(found.name))
        except ProviderNotFound as error:
            logger.debug("whether a callback is one of %s can't be told: %s", found.name, error.message)
    return tuple(loaded)
