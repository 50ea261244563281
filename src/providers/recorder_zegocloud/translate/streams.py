"""How an application names its streams, neutral to wire and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

from recorder_core.models import Content, Recording
from recorder_core.translation import Translator
from recorder_zegocloud.config import DEFAULT_STREAM_ID
from recorder_zegocloud.wire.values import STREAM_ID

__all__ = ["StreamNames", "StreamTranslator", "streams_of"]

_NAME = re.compile(r"\{(room|participant)\}")


@dataclass(frozen=True, slots=True)
class StreamNames:
    """How an application names its streams.

    Attributes:
        room: the room.
        template: of cameras, with `{room}` and `{participant}`.
        screen_template: of shared screens; None where it shares none.
    """

    room: str
    template: str = DEFAULT_STREAM_ID
    screen_template: str | None = None

    def camera(self, participant: str) -> str:
        """The stream id of a participant's camera."""
        return self._fill(self.template, participant)

    def screen(self, participant: str) -> str | None:
        """The stream id of a participant's shared screen."""
        return None if self.screen_template is None else self._fill(self.screen_template, participant)

    def of(self, *participants: str) -> tuple[str, ...]:
        """The stream ids of their cameras and shared screens."""
        streams = (stream for name in participants for stream in (self.camera(name), self.screen(name)))
        return tuple(dict.fromkeys(stream for stream in streams if stream is not None))

    def owner(self, stream: str) -> tuple[str, Content] | None:
        """Whose stream it is, and whether that of the camera or of the screen; None if no template makes it.

        Where both templates make it, the one that says more of it counts: `7_screen` is rather the screen of `7`
        (`{participant}_screen`) than the camera of `7_screen` (`{participant}`).
        """
        found = [
            (participant, content)
            for template, content in ((self.template, Content.PARTICIPANT), (self.screen_template, Content.SCREEN))
            if template is not None and (participant := self._participant(template, stream)) is not None
        ]
        return min(found, key=lambda owner: len(owner[0]), default=None)

    def _fill(self, template: str, participant: str) -> str:
        names = {"room": self.room, "participant": participant}
        return _NAME.sub(lambda match: names[match[1]], template)  # in one go: a room may be called {participant}

    def _participant(self, template: str, stream: str) -> str | None:
        """Who fills the template so that it is this stream's id."""
        times = template.count("{participant}")
        begin = len(self._fill(template.partition("{participant}")[0], ""))
        length = len(stream) - len(self._fill(template, ""))
        name = stream[begin : begin + length // times] if times and length > 0 else ""
        return name if name and self._fill(template, name) == stream else None


def streams_of(recording: Recording) -> StreamNames:
    """How the application of a recording that was started names its streams."""
    native = recording.native
    return StreamNames(recording.room, native.get("stream_id", DEFAULT_STREAM_ID), native.get("screen_stream_id"))


class StreamTranslator(Translator):
    """What names streams.

    Args:
        name: name of the provider.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.streams = StreamNames("")

    def _is_stream(self, part: str, stream: str) -> bool:
        """Whether an id can be that of a stream; where it can't, the part at hand is unsupported."""
        is_stream = re.fullmatch(STREAM_ID, stream) is not None
        if not is_stream:
            self.unsupported(
                part,
                f"its stream id would be {stream!r}; one has up to 256 letters, digits, - and _",
                "name the streams in options.zegocloud.stream_id",
            )
        return is_stream
