"""Individual recording, neutral to wire: StartParticipantEgress, of one participant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from recorder_core.models import Media

from recorder_livekit.translate.start import Start, StartTranslator
from recorder_livekit.wire.requests import SHORTEST_SIDE, ParticipantEgressRequest

__all__ = ["IndividualTranslator"]


NAMES = {"fps": "framerate", "bitrate_kbps": "video_bitrate"}


class IndividualTranslator(StartTranslator):
    """StartParticipantEgress: sound and pictures of one participant in one file."""

    operation = "StartParticipantEgress"

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "layout": "leave it out: one participant is recorded; a composite recording lays people out",
        "watermarks": "leave them out: they belong to composite recording",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._identity: str | None = None
        if start.spec.participants == type(start.spec.participants)():
            self.unsupported(
                "participants",
                "an egress records one participant, whom it names",
                "include the one in both, and start a recording for each of the others",
            )

    def _request(self, outputs: Mapping[str, Any]) -> ParticipantEgressRequest:
        return ParticipantEgressRequest(
            room_name=self.spec.room,
            identity=self._identity or "",
            screen_share=self.options.screen_share,
            **outputs,
        )

    def set_media(self, media: Media) -> None:
        if media is not Media.AUDIO_VIDEO:
            self.unsupported(
                "", "a participant is recorded whole, sound and pictures", "leave it out, or choose composite"
            )

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        chosen = set(audio_include or ()) | set(video_include or ())
        same = audio_include is not None and video_include is not None and set(audio_include) == set(video_include)
        if audio_exclude or video_exclude or not same or len(chosen) != 1:
            self.unsupported(
                "",
                "an egress records one participant, sound and pictures together",
                "include the same one in both, and start a recording for each of the others",
            )
        else:
            (self._identity,) = chosen

    def set_video(self, *, width: int | None, height: int | None, fps: int | None, bitrate_kbps: int | None) -> None:
        given = {"width": width, "height": height, "fps": fps, "bitrate_kbps": bitrate_kbps}
        for part, value in given.items():
            if value is not None:
                self._encoding[NAMES.get(part, part)] = self._number(part, value)
            if value is not None and part in ("width", "height") and value < SHORTEST_SIDE:
                self.unsupported(part, f"{value}; a side has at least {SHORTEST_SIDE} px", "make it larger")
                self._encoding[part] = SHORTEST_SIDE

    def option_screen_share(self, share: bool) -> None:
        """The request has it."""
