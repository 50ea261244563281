"""Composite recording, neutral to wire: StartRoomCompositeEgress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.models import Media

from recorder_livekit.translate.layout import LayoutTranslator
from recorder_livekit.translate.start import Start, StartTranslator
from recorder_livekit.wire.requests import RoomCompositeEgressRequest

__all__ = ["CompositeTranslator"]


class CompositeTranslator(StartTranslator, LayoutTranslator):
    """StartRoomCompositeEgress. With `template_url` the recording page of this package composes, else the vendor's."""

    operation = "StartRoomCompositeEgress"

    advice: ClassVar[Mapping[str, str]] = {**StartTranslator.advice, **LayoutTranslator.advice}

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.has_page = start.config.template_url is not None
        self.is_asked = start.given.layout is not None
        self._media: dict[str, Any] = {}

    def _request(self, outputs: Mapping[str, Any]) -> RoomCompositeEgressRequest:
        # Sound alone needs no browser, unless the page is to choose whose it is and when it ends.
        layout = self.layout_text() if self.has_page or self.spec.media.has_video else None
        return RoomCompositeEgressRequest(
            room_name=self.spec.room,
            layout=layout,
            custom_base_url=self.config.template_url if self.has_page else None,
            **self._media,
            **outputs,
        )

    def set_media(self, media: Media) -> None:
        if media is not Media.AUDIO_VIDEO:
            self._media = {"audio_only" if media is Media.AUDIO else "video_only": True}

    def set_idle_timeout(self, seconds: int) -> None:
        if not self.has_page:
            super().set_idle_timeout(seconds)
            return
        self._told["idle"] = seconds
        if self.given.idle_timeout is not None:
            self.approximated(
                "",
                "it begins with the recording, and a room that ends sooner ends the recording: the server's "
                "departure_timeout is 20 s after the last one has left, unless the room has another",
                "give the room a longer departure_timeout where it is created",
            )

    def set_max_duration(self, seconds: int) -> None:
        if self.has_page:
            self._told["longest"] = seconds
        else:
            self.unsupported("", "the vendor's templates go on until the room ends", self.advice["max_duration"])
