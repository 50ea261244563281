"""Web page recording, neutral to wire: StartWebEgress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.models import Media

from recorder_livekit.translate.start import Start, StartTranslator
from recorder_livekit.wire.requests import WebEgressRequest

__all__ = ["WebTranslator"]


class WebTranslator(StartTranslator):
    """StartWebEgress. The room is a label of ours: the vendor isn't told it."""

    operation = "StartWebEgress"

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "layout": "leave it out: the page lays out what it shows",
        "watermarks": "put them on the page",
        "idle_timeout": "leave it out: a page is never idle; stop it, or let the page log END_RECORDING",
        "max_duration": "stop it yourself, let the page log END_RECORDING, or set session_limits of the server",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._page: dict[str, Any] = {}

    def _request(self, outputs: Mapping[str, Any]) -> WebEgressRequest:
        return WebEgressRequest(**self._page, **outputs)

    def set_media(self, media: Media) -> None:
        if media is not Media.AUDIO_VIDEO:
            self._page["audio_only" if media is Media.AUDIO else "video_only"] = True

    def set_web_page(self, *, url: str, ready_timeout: int | None) -> None:
        self._page["url"] = url
        if ready_timeout:
            self._page["await_start_signal"] = True
            self.approximated(
                "ready_timeout",
                "the vendor waits for the page to log START_RECORDING, however long that takes",
                "let the page log it in any case after so many seconds",
            )

    def set_idle_timeout(self, seconds: int) -> None:
        if self.given.idle_timeout is not None:
            self.unsupported("", "a page is never idle", self.advice["idle_timeout"])
