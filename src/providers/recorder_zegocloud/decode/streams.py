"""Streams, wire to neutral: a spec names people, with all their streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recorder_core.decoding import SpecTree, refused
from recorder_core.models import Content, Media
from recorder_zegocloud.translate.streams import StreamNames
from recorder_zegocloud.wire.layout import StreamConfig
from recorder_zegocloud.wire.requests import RecordedStream
from recorder_zegocloud.wire.values import StreamMedia

__all__ = ["owner", "put_mixed_streams", "put_recorded_streams"]

EVERYBODY_ELSE = ""
"""The StreamId of all streams that aren't listed."""


def owner(names: StreamNames, stream: str, source: str) -> tuple[str, Content]:
    """Whose stream it is, and whether that of the camera or of the screen.

    Raises:
        InvalidSpec: nobody's.
    """
    found = names.owner(stream)
    if found is None:
        raise refused(f"{source}: {stream!r} is nobody's stream: streams are called {names.template}")
    return found


def put_recorded_streams(
    spec: SpecTree, listed: Sequence[RecordedStream], media: Media, names: StreamNames, source: str
) -> None:
    """`participants` from `RecordStreamList`."""
    places = {stream.StreamId: f"{source}.{index}" for index, stream in enumerate(listed)}
    people = _people(names, places, source) or None
    if media.has_audio:
        spec.put("participants.audio.include", people, source)
    if media.has_video:
        spec.put("participants.video.include", people, source)


def put_mixed_streams(spec: SpecTree, entries: Sequence[StreamConfig], names: StreamNames, source: str) -> None:
    """`participants` from `StreamConfigList`: those who are recorded otherwise than everybody else."""
    places = {entry.StreamId or EVERYBODY_ELSE: f"{source}.{index}" for index, entry in enumerate(entries)}
    media = {entry.StreamId or EVERYBODY_ELSE: _media(entry.StreamType) for entry in entries}
    others = media.pop(EVERYBODY_ELSE, _media(None))
    recorded: dict[str, tuple[bool, bool]] = {}
    for name in _people(names, {stream: places[stream] for stream in media}, source):
        first, *more = names.of(name)
        for stream in more:
            if media[stream] != media[first]:
                raise refused(
                    f"{places[stream]}.StreamType: records other media of one stream of {name!r} than of the other"
                )
        recorded[name] = media[first]
    for number, medium in enumerate(("audio", "video")):
        named = [name for name, kinds in recorded.items() if kinds[number] is not others[number]]
        if not named and not others[number]:
            raise refused(
                f"{places[EVERYBODY_ELSE]}.StreamType: leaves a medium of everybody out; "
                "say so with RecordInputParams.StreamType"
            )
        spec.put(f"participants.{medium}.{'exclude' if others[number] else 'include'}", named or None, source)


def _people(names: StreamNames, places: Mapping[str, str], source: str) -> list[str]:
    """Whose streams these are; `places` has the path of each one's entry in the list."""
    people = list(dict.fromkeys(owner(names, stream, f"{place}.StreamId")[0] for stream, place in places.items()))
    missing = [stream for stream in names.of(*people) if stream not in places]
    if missing:
        raise refused(f"{source}: lists one stream of somebody and not the other, {missing[0]}")
    return people


def _media(kind: StreamMedia | None) -> tuple[bool, bool]:
    """Whether sound and pictures of a stream are recorded, in a task that records both."""
    return kind is not StreamMedia.VIDEO, kind is not StreamMedia.AUDIO
