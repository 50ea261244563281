"""Whose sound and pictures are recorded, neutral to wire: in a start, and in every change."""

from __future__ import annotations

import re
from typing import Any

from recorder_core.translation import Translator
from recorder_trtc.tables import MOST_IDS, USER_ID
from recorder_trtc.wire.requests import Subscription

__all__ = ["ParticipantsTranslator"]


class ParticipantsTranslator(Translator):
    """`SubscribeStreamUserIds`.

    Args:
        name: name of the provider.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._lists: dict[str, list[str]] = {}

    def _subscription(self) -> dict[str, Any]:
        """The member of the body; none where everybody is recorded."""
        return {"SubscribeStreamUserIds": Subscription(**self._lists)} if self._lists else {}

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        given = {
            ("audio", "SubscribeAudioUserIds"): audio_include,
            ("audio", "UnSubscribeAudioUserIds"): audio_exclude,
            ("video", "SubscribeVideoUserIds"): video_include,
            ("video", "UnSubscribeVideoUserIds"): video_exclude,
        }
        for (medium, key), names in given.items():
            if not names:
                continue
            if len(names) > MOST_IDS:
                self.unsupported(
                    medium,
                    f"{len(names)} participants in one list; the vendor takes {MOST_IDS}",
                    "name the others instead, whom it leaves out",
                )
            elif all(self._is_user(medium, name) for name in names):
                self._lists[key] = list(names)

    def _is_user(self, part: str, name: str) -> bool:
        """Whether somebody of that name can be in a room; else that is found."""
        is_user = re.fullmatch(USER_ID, name) is not None
        if not is_user:
            self.unsupported(
                part,
                f"{name!r} is no user id of the vendor's, which has up to 32 letters, digits, - and _",
                "give the id under which the application enters the room",
            )
        return is_user
