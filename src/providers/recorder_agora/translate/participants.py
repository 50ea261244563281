"""Whose sound and pictures are recorded, neutral to wire: what start carries and what update replaces whole."""

from __future__ import annotations

from typing import NamedTuple

from recorder_agora.wire.values import ALL_STREAMS, integer_uid
from recorder_core.models import Media
from recorder_core.translation import Translator

__all__ = ["GROUP_SIZES", "ParticipantsTranslator", "UidTranslator", "group_of"]

MOST_LISTED_UIDS = 32
GROUP_SIZES = (2, 7, 12, 17, 32, 49)
"""Most uids in each `subscribeUidGroup`, from 0 on."""


def group_of(people: int) -> int:
    """The smallest `subscribeUidGroup` for so many uids; the largest one for more than it holds."""
    return next((group for group, most in enumerate(GROUP_SIZES) if people <= most), len(GROUP_SIZES) - 1)


class UidTranslator(Translator):
    """Where participants are named: the vendor records rooms whose users are integers."""

    def _is_uid(self, part: str, participant: str) -> bool:
        try:
            is_uid = integer_uid(participant) == participant
        except ValueError:
            is_uid = False
        if not is_uid:
            self.unsupported(
                part,
                f"{participant!r} is no integer uid; the vendor records rooms whose users are integers 1..4294967295",
                "join the room with integer uids",
            )
        return is_uid


class Selected(NamedTuple):
    """The selection of one medium; everybody where both are None."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None

    def list(self, medium: str) -> dict[str, tuple[str, ...]]:
        """The one list of this medium."""
        if self.exclude:
            return {f"unSubscribe{medium}Uids": self.exclude}
        return {f"subscribe{medium}Uids": self.include or (ALL_STREAMS,)}


class ParticipantsTranslator(UidTranslator):
    """The lists of the media that are recorded.

    Attributes:
        recorded: the media of the recording. The other medium gets no list.
        most_included: most participants that both lists may include together; None: any number.
        instead_of_more: what to do instead of including more.
        takes_snapshots: whether pictures are taken, which forbids one pair of lists.
    """

    recorded: Media
    most_included: int | None = None
    instead_of_more = ""
    takes_snapshots = False
    _audio = Selected()
    _video = Selected()

    def set_participants(
        self,
        *,
        audio_include: tuple[str, ...] | None,
        audio_exclude: tuple[str, ...] | None,
        video_include: tuple[str, ...] | None,
        video_exclude: tuple[str, ...] | None,
    ) -> None:
        if self.recorded.has_audio:
            self._audio = self._checked("audio", Selected(audio_include, audio_exclude))
        if self.recorded.has_video:
            self._video = self._checked("video", Selected(video_include, video_exclude))
        included = len(self._included or ())
        if self.most_included is not None and included > self.most_included:
            self.unsupported(
                "",
                f"{included} participants are included; the vendor keeps room for {self.most_included}",
                self.instead_of_more,
            )
        lists = self._subscriptions()
        if self.takes_snapshots and "subscribeAudioUids" in lists and "unSubscribeVideoUids" in lists:
            self.unsupported(
                "video.exclude",
                "with snapshots the vendor takes no list of whom not to see beside one of whom to hear",
                "include those to be seen, or exclude somebody from audio too; a start can set media to video",
            )

    def _checked(self, part: str, selected: Selected) -> Selected:
        for name, uids in selected._asdict().items():
            for uid in uids or ():
                self._is_uid(f"{part}.{name}", uid)
            if uids and len(uids) > MOST_LISTED_UIDS:
                self.unsupported(
                    f"{part}.{name}", f"{len(uids)} participants; the vendor takes {MOST_LISTED_UIDS}", "list fewer"
                )
        return selected

    @property
    def _selections(self) -> dict[str, Selected]:
        """The selection of each medium that is recorded, by the medium's name on the wire."""
        selections = {}
        if self.recorded.has_audio:
            selections["Audio"] = self._audio
        if self.recorded.has_video:
            selections["Video"] = self._video
        return selections

    def _subscriptions(self) -> dict[str, tuple[str, ...]]:
        """One list for each medium that is recorded: with a list for one and none for the other, that one is off."""
        return {
            key: uids for medium, selected in self._selections.items() for key, uids in selected.list(medium).items()
        }

    @property
    def _selects(self) -> bool:
        """Whether anybody is left out."""
        return any(any(selected) for selected in self._selections.values())

    @property
    def _included(self) -> frozenset[str] | None:
        """Everybody who can be recorded at all; None where that is open."""
        includes = [selected.include for selected in self._selections.values()]
        if None in includes:
            return None
        return frozenset(uid for include in includes for uid in include or ())
