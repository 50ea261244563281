"""How long it takes to verify a callback tells nothing about its signature, at every vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agora import notified as agora
from recorder_core import Recorder, WebhookRejected, WebhookRequest, webhooks
from zegocloud import notified as zegocloud

SECRETS = ("the-first", "the-second", "the-third")


@contextmanager
def at_agora() -> Iterator[tuple[Recorder, Callable[[str], WebhookRequest]]]:
    """A recorder with all secrets, and callbacks that one of them signs."""
    with agora.receiver(*SECRETS) as recorder:
        yield recorder, lambda secret: agora.posted(agora.written(), secret=secret)


@contextmanager
def at_zegocloud() -> Iterator[tuple[Recorder, Callable[[str], WebhookRequest]]]:
    """The same there."""
    with zegocloud.receiver(webhook_secret=SECRETS) as recorder:
        yield recorder, lambda secret: zegocloud.posted(zegocloud.signed(secret))


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, object]]:
    """What was compared in constant time, as it went on to the real comparison."""
    seen: list[tuple[object, object]] = []
    compare = webhooks.hmac.compare_digest

    def noted(one: bytes, other: bytes) -> bool:
        seen.append((one, other))
        return compare(one, other)

    monkeypatch.setattr("recorder_core.webhooks.hmac.compare_digest", noted)
    return seen


@pytest.mark.parametrize("vendor", [at_agora, at_zegocloud])
@pytest.mark.parametrize("used", [*SECRETS, "somebody's"])
def test_every_secret_is_compared_in_constant_time(vendor, used: str, compared: list[tuple[object, object]]) -> None:
    """One comparison of all bytes for each secret, whichever of them signed the callback, or none."""
    with vendor() as (recorder, signed_with):
        request = signed_with(used)
        if used in SECRETS:
            assert recorder.events.receive(request)
        else:
            with pytest.raises(WebhookRejected, match="forged"):
                recorder.events.receive(request)
    assert len(compared) == len(SECRETS)
    assert {type(part) for pair in compared for part in pair} == {bytes}
    assert len({came for _, came in compared}) == 1
    assert [made == came for made, came in compared] == [secret == used for secret in SECRETS]
