"""Individual recording, neutral to wire: a StartParticipantEgress for each participant who is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr
from recorder_core.models import Media, Participants

from recorder_livekit.tables import PART
from recorder_livekit.translate.start import Start, StartTranslator
from recorder_livekit.wire.requests import SHORTEST_SIDE, ParticipantEgressRequest

__all__ = ["IndividualTranslator"]


NAMES = {"fps": "framerate", "bitrate_kbps": "video_bitrate"}


class IndividualTranslator(StartTranslator):
    """StartParticipantEgress for each who is named: sound and pictures of one participant, in files of their own."""

    operation = "StartParticipantEgress"

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "layout": "leave it out: participants are recorded one by one; a composite recording lays people out",
        "watermarks": "leave them out: they belong to composite recording",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self._identities = _named(start.spec.participants)
        if start.spec.participants == Participants():
            self.unsupported(
                "participants",
                "an egress records one participant, whom its request names",
                "include those who are to be recorded, the same in sound and pictures",
            )

    def bodies(self) -> tuple[dict[str, Any], ...]:
        """The body of each participant's call. What several write has their number in its name."""
        numbers = [f"{PART}{number}" for number in range(1, len(self._identities) + 1)]
        named = [f"{self.id}{number}" for number in numbers] if len(numbers) > 1 else [self.id]
        return tuple(
            self._request({"identity": identity, **self._outputs(name)}).tree()
            for identity, name in zip(self._identities, named, strict=False)
        )

    def _request(self, outputs: Mapping[str, Any]) -> ParticipantEgressRequest:
        return ParticipantEgressRequest(room_name=self.spec.room, screen_share=self.options.screen_share, **outputs)

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
        if not self._identities:
            self.unsupported(
                "",
                "an egress records one participant, sound and pictures together",
                "include the same in both, and exclude nobody",
            )

    def set_push_urls(self, urls: tuple[SecretStr, ...]) -> None:
        if urls and len(self._identities) > 1:
            self.unsupported(
                "",
                "each participant is streamed apart, and an address takes one stream",
                "start a recording for each, with an address of its own",
            )
        else:
            super().set_push_urls(urls)

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


def _named(participants: Participants) -> tuple[str, ...]:
    """Who is to be recorded, each once: the same in sound and pictures. Empty: that isn't so."""
    heard, seen = (chosen.include if chosen else None for chosen in (participants.audio, participants.video))
    return tuple(dict.fromkeys(heard)) if heard and seen and set(heard) == set(seen) else ()
