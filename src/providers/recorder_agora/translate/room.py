"""A start that joins a room, composite or individual, neutral to wire: who is recorded, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from recorder_agora.tables import DECRYPTION_MODES
from recorder_agora.translate.participants import ParticipantsTranslator
from recorder_agora.translate.start import Start, StartTranslator
from recorder_agora.wire.values import CNAME_CHARACTERS
from recorder_core.errors import ConfigurationError
from recorder_core.models import Cipher, Media

__all__ = ["PROMISED_TOKEN", "STREAM_TYPES", "RoomTranslator", "made_token"]

LONGEST_ROOM = 63
SHORTEST_IDLE_S, LONGEST_IDLE_S = 5, 2_592_000
PROMISED_TOKEN = SecretStr("made by token_factory when it starts")
"""Stands in a plan for the token that the caller's factory makes at the start."""
STREAM_TYPES = {Media.AUDIO: 0, Media.VIDEO: 1, Media.AUDIO_VIDEO: 2}


class RoomTranslator(StartTranslator, ParticipantsTranslator):
    """What composite and individual recording share: the room, whom to record there, and how to decrypt it."""

    scene = 0

    advice: ClassVar[Mapping[str, str]] = {
        **StartTranslator.advice,
        "max_duration": "leave it out, and stop the recording yourself; idle_timeout ends it where the room is empty",
        "start_paused": "only web page recordings can start paused",
        "push_urls": "only web page recordings can be pushed on",
        "watermarks": "draw them afterwards, or on a page that you record in web mode",
    }

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.recorded = start.spec.media
        self.token = start.options.token
        if start.config.token_factory is not None and self.token is None:
            self.token = PROMISED_TOKEN
        self._recording: dict[str, Any] = {"channelType": 0}

    def _lists(self) -> dict[str, tuple[str, ...]]:
        """The lists of start: none where everybody is recorded."""
        return self._subscriptions() if self._selects else {}

    def set_room(self, room: str) -> None:
        strange = sorted(set(room) - CNAME_CHARACTERS)
        if strange:
            self.unsupported("", f"a room name can't contain {' '.join(map(repr, strange))}", "rename the room")
        if len(room.encode()) > LONGEST_ROOM:
            self.unsupported("", f"{len(room.encode())} bytes; the vendor takes {LONGEST_ROOM}", "rename the room")

    def set_media(self, media: Media) -> None:
        self._recording["streamTypes"] = STREAM_TYPES[media]

    def set_idle_timeout(self, seconds: int) -> None:
        if not SHORTEST_IDLE_S <= seconds <= LONGEST_IDLE_S:
            self.unsupported(
                "",
                f"{seconds}; the vendor takes {SHORTEST_IDLE_S} to {LONGEST_IDLE_S} s",
                "choose one in that range",
            )
        # Sent at its bound where it is dropped: the vendor's own default is 30 s.
        self._recording["maxIdleTime"] = min(max(seconds, SHORTEST_IDLE_S), LONGEST_IDLE_S)

    def set_encryption(self, *, cipher: Cipher, secret: SecretStr, salt: SecretStr | None) -> None:
        self._recording |= {"decryptionMode": DECRYPTION_MODES[cipher], "secret": secret, "salt": salt}

    def option_uid(self, uid: str) -> None:
        if uid in self._taken:
            # Never dropped: the recorder would go in with that uid, or with a token of another one.
            self.unsupported(
                "",
                f"{uid} is options.agora.uid too, and the recorder would put that participant out",
                "choose a uid that nobody has",
                of="participants",
            )

    def option_token(self, token: SecretStr) -> None:
        """Stands in start from the beginning."""

    def option_channel_profile(self, profile: str) -> None:
        self._recording["channelType"] = {"communication": 0, "live": 1}[profile]

    def option_video_stream_type(self, kind: str) -> None:
        self._recording["videoStreamType"] = {"high": 0, "low": 1}[kind]

    def option_private_params(self, params: SecretStr) -> None:
        self._recording["privateParams"] = params


def made_token(token: object) -> SecretStr:
    """What the caller's factory made, if that is a token.

    Raises:
        ConfigurationError: it is none. It isn't shown.
    """
    if not isinstance(token, str) or not token:
        made = "an empty text" if token == "" else f"something of type {type(token).__name__}"
        raise ConfigurationError(
            f"token_factory made {made}; a token is a text",
            fault="caller",
            hint="Nothing was sent. Leave token_factory out where the project's App Certificate is off.",
        )
    return SecretStr(token)
