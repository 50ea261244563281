"""Fitting a recording's stretches into as much media as may be made."""

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST_S = 1.0
"""Below this length a stretch isn't shortened, as far as the limit allows that."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where each stretch between two changes begins, in the recording and in its media, in seconds."""

    recorded: tuple[float, ...]
    """The starts of the stretches, and at last the end."""
    media: tuple[float, ...]

    @classmethod
    def of(cls, starts: Sequence[float], duration_s: float, limit: float | None) -> "Timeline":
        """Stretches that begin at `starts` (the first at 0) and end with the recording after `duration_s`.

        What is longer than `limit` seconds is shortened to it: every stretch keeps up to `SHORTEST_S` or its
        fair share of the limit, and gets a proportional part of the rest.
        """
        recorded = (0.0, *starts[1:], duration_s)
        if limit is None or duration_s <= limit:
            return cls(recorded, recorded)
        lengths = [end - start for start, end in itertools.pairwise(recorded)]
        floor = min(SHORTEST_S, limit / len(lengths))
        kept = [min(length, floor) for length in lengths]
        scale = (limit - sum(kept)) / (duration_s - sum(kept))
        media = [0.0]
        for length, least in zip(lengths, kept, strict=True):
            media.append(media[-1] + least + (length - least) * scale)
        return cls(recorded, tuple(media))

    @property
    def media_s(self) -> float:
        """The length of the media."""
        return self.media[-1]

    def stretch(self, media_s: float) -> int:
        """The index of the stretch that the media shows at `media_s`."""
        # Half a microsecond, so that a frame exactly at a change belongs to what follows.
        found = bisect.bisect_right(self.media, media_s + 5e-7) - 1
        return min(max(found, 0), len(self.media) - 2)

    def recorded_at(self, media_s: float) -> float:
        """The second of the recording that the media shows at `media_s`."""
        index = self.stretch(media_s)
        start, end = self.media[index : index + 2]
        begun, ended = self.recorded[index : index + 2]
        share = (media_s - start) / (end - start) if end > start else 0.0
        return begun + min(max(share, 0.0), 1.0) * (ended - begun)
