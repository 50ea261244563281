"""Everything that one recording recorded, and what is told of it while it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from recorder_agora.emulator.callbacks import EventType, Outbox, milliseconds
from recorder_agora.emulator.plans import Plans
from recorder_agora.emulator.tracks import EVERYBODY, Medium, Server, Track

__all__ = ["Reel"]

PROGRESS_S: Final = 60.0
"""Between two events that tell how far the upload is."""


class Reel:
    """The tracks of a recording, on one server after the other.

    Args:
        outbox: sends the events.
        plans: what the recording will do, to which first slices and progress are added.
        first_slice_s: seconds from the beginning of a stream to its first slice.
        playlists: what appears with a track's first slice, as file lists name it: its playlist first; None: there
            are only pictures.
    """

    def __init__(
        self, outbox: Outbox, plans: Plans, *, first_slice_s: float, playlists: Callable[[Track], Iterable[str]] | None
    ) -> None:
        self._outbox = outbox
        self._plans = plans
        self._first_slice_s = first_slice_s
        self._playlists = playlists
        self.tracks: list[Track] = []
        self.server: Server | None = None

    @property
    def current(self) -> list[Track]:
        """The tracks of the server of this moment."""
        return [track for track in self.tracks if track.server is self.server]

    @property
    def began(self) -> float | None:
        """When the files begin; None: nothing was recorded yet."""
        return self.tracks[0].began if self.tracks else None

    @property
    def newest(self) -> str | None:
        """The playlist of the last track that has one; None: none appeared yet."""
        names = [name for track in self.tracks if track.listed for name in self._names(track)[:1]]
        return names[-1] if names else None

    def begin(self, at: float, uid: str, medium: Medium) -> Track:
        """Record a stream from now on that wasn't recorded on this server yet.

        Raises:
            RuntimeError: no server records.
        """
        if self.server is None:
            raise RuntimeError("nothing is recorded between two servers")
        track = Track(self.server, uid, medium)
        self.tracks.append(track)
        self.open(at, track)
        return track

    def open(self, at: float, track: Track) -> None:
        """Record a track from now on; its playlist appears with the first slice."""
        same = [other for other in self.tracks if (other.uid, other.medium) == (track.uid, track.medium)]
        last = max((other.ended for other in same if not other.is_open), default=at)
        track.open(at)
        if self._playlists is None:
            return
        self._outbox.send(
            at,
            EventType.SLICE_STARTED,
            startUtcMs=milliseconds(at),
            discontinueUtcMs=milliseconds(last),
            mixedAllUser=track.uid == EVERYBODY,
            streamUid=track.uid,
            trackType=track.medium,
        )
        if not track.listed:
            self._plans.add(("slice", track), at + self._first_slice_s, partial(self.announce, track=track))

    def close(self, at: float, track: Track) -> None:
        """Record a track no more, for the time being; what there is of it is uploaded."""
        track.close(at)
        if ("slice", track) in self._plans:
            self._plans.drop(("slice", track))
            self.announce(at, track=track)

    def part(self, at: float) -> None:
        """Record nothing any more on this server."""
        self.server = None
        for track in self.tracks:
            track.close(at)

    def announce(self, at: float, *, track: Track) -> None:
        """Let a track's playlist appear in the bucket, if it has any and isn't there yet."""
        if self._playlists is not None and not track.listed and track.seconds(at) > 0:
            track.listed = True
            for name in self._names(track):
                self._outbox.send(at, EventType.FILE_INFOS, fileList=name)
            self.begin_upload(at)

    def begin_upload(self, at: float) -> None:
        """Tell from now on each minute how far it is; where nobody listens, time needs no stops for it."""
        if self.server is not None and self._outbox.active and "progress" not in self._plans:
            self._plans.add("progress", at + PROGRESS_S, self.tell_progress)

    def tell_progress(self, at: float) -> None:
        """Tell how far the upload is, until it is finished."""
        counts = [track.slices(at, self._first_slice_s) for track in self.tracks]
        # After the end the last one is still on its way.
        finished = sum(finished for finished, _ in counts) - ("upload" in self._plans)
        begun = sum(begun for _, begun in counts)
        self._outbox.send(at, EventType.PROGRESS, progress=10_000 * finished // begun if begun else 10_000)
        if at + PROGRESS_S < self._plans.at("upload"):
            self._plans.add("progress", at + PROGRESS_S, self.tell_progress)

    def _names(self, track: Track) -> list[str]:
        return [] if self._playlists is None else list(self._playlists(track))
