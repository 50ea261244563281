"""What a caller asks to be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from os import PathLike
from typing import IO, Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from recorder_core.models import loading
from recorder_core.models.base import (
    OPTIONAL_SECTION,
    ConcealedObject,
    Contradiction,
    Count,
    Demanded,
    FrozenDict,
    FrozenMapping,
    Model,
    SecretText,
    Text,
    WebUrl,
    contradictions,
    invalid,
    reveal,
    url_problem,
)
from recorder_core.models.layout import Content, Custom, Grid, Layout, Watermark
from recorder_core.models.media import (
    Audio,
    Format,
    Media,
    Mode,
    Output,
    Tracks,
    Video,
    default_bitrate_kbps,
)
from recorder_core.models.sources import Encryption, Participants, WebPage, Whiteboard
from recorder_core.models.storage import Storage
from recorder_core.tracebacks import forgetful

M = TypeVar("M", bound=Model)

_ROOM_BYTES = 1024


def _room(value: str) -> str:
    length = len(value.encode())
    if length > _ROOM_BYTES:
        raise invalid(f"has {length} bytes in UTF-8, which is more than {_ROOM_BYTES}")
    return value


def _push_url(value: SecretStr) -> SecretStr:
    if problem := url_problem(value.get_secret_value(), ("rtmp", "rtmps")):
        raise invalid(problem)
    return value


class RecordingSpec(Model):
    """What is to be recorded, and where it goes. `room` and `storage` alone are a complete spec.

    None means no demand: our own value (see `resolved`) is used where the vendor has the knob. What describes
    a medium that `media` leaves out, such as the layout of a sound recording, is without effect.
    """

    room: Annotated[Text, AfterValidator(_room)]
    """Name of the room, 1..1024 bytes of UTF-8 without control characters."""

    mode: Annotated[Mode, Demanded()] = Mode.COMPOSITE
    """How the room becomes files: composite, individual or web."""

    media: Annotated[Media, Demanded()] = Media.AUDIO_VIDEO
    """What is recorded: audio_video, audio or video."""

    participants: Annotated[Participants, OPTIONAL_SECTION] = Field(default_factory=Participants)
    """Whose sound and pictures are recorded. Not in web mode."""

    expected_participants: Count | None = None
    """How many are expected at the peak, 1 or more. None: unknown."""

    layout: Layout | None = None
    """Where each participant stands, by `kind`. None: a grid in composite mode."""

    video: Annotated[Video, OPTIONAL_SECTION] = Field(default_factory=Video)
    """Size, frame rate and bit rate of the picture."""

    audio: Annotated[Audio, OPTIONAL_SECTION] = Field(default_factory=Audio)
    """Quality of the sound."""

    output: Annotated[Output, OPTIONAL_SECTION] = Field(default_factory=Output)
    """Containers of the files, their folder, and how they are cut."""

    idle_timeout: Count | None = None
    """Seconds with nobody to record after which the recording ends, as the vendor counts them. None: 300."""

    max_duration: Count | None = None
    """Seconds after which the recording ends in any case. None: the vendor's limit."""

    storage: Storage
    """Where the files go, by `kind`."""

    encryption: Encryption | None = None
    """How the room's media are encrypted. None: they aren't."""

    web_page: WebPage | None = Field(default=None, validate_default=True)
    """The page to record; required in web mode, and only there."""

    start_paused: bool = False
    """Whether the recording waits to be resumed."""

    push_urls: tuple[Annotated[SecretText, AfterValidator(_push_url)], ...] = ()
    """rtmp or rtmps addresses that the picture is streamed to as well; secrets."""

    whiteboard: Whiteboard | None = Field(default=None, validate_default=True)
    """The whiteboard that is recorded with the room."""

    watermarks: tuple[Watermark, ...] = ()
    """What is put over the composed picture, each by `kind`."""

    callback_url: WebUrl | None = None
    """http or https address that the vendor tells of the recording's events. None: as the account has it."""

    options: FrozenDict[str, ConcealedObject] = FrozenMapping()
    """What only one vendor has, under the provider's name; every leaf is kept as a secret."""

    @field_validator("participants")
    @classmethod
    def _a_page_has_no_participants(cls, value: Participants, info: ValidationInfo) -> Participants:
        if info.data.get("mode") is Mode.WEB and value != Participants():
            raise invalid("is given in web mode, which records a page and not participants")
        return value

    @field_validator("output")
    @classmethod
    def _output_has_its_media(cls, output: Output, info: ValidationInfo) -> Output:
        media = info.data.get("media", Media.AUDIO_VIDEO)
        found = []
        if media is not Media.AUDIO_VIDEO and output.tracks is Tracks.SEPARATE:
            found.append(Contradiction(("tracks",), f"separate parts sound from pictures, but media is {media}"))
        if media is Media.AUDIO and output.snapshots is not None:
            found.append(Contradiction(("snapshots",), "needs pictures, but media is audio"))
        if found:
            raise contradictions(found)
        return output

    @field_validator("web_page")
    @classmethod
    def _page_in_web_mode(cls, page: WebPage | None, info: ValidationInfo) -> WebPage | None:
        mode = info.data.get("mode")
        if mode is Mode.WEB and page is None:
            raise invalid("is missing; web mode records a page")
        if mode not in (None, Mode.WEB) and page is not None:
            raise invalid(f"is given, but mode is {mode}; only web mode records a page")
        return page

    @field_validator("whiteboard")
    @classmethod
    def _board_for_its_region(cls, board: Whiteboard | None, info: ValidationInfo) -> Whiteboard | None:
        layout, media = info.data.get("layout"), info.data.get("media")
        if board is not None and media is Media.AUDIO:
            raise invalid("needs pictures, but media is audio")
        if board is None and isinstance(layout, Custom):
            for index, region in enumerate(layout.regions):
                if region.content is Content.WHITEBOARD:
                    raise invalid(f"is missing, but layout.regions.{index} shows it")
        return board

    @classmethod
    @forgetful
    def load(
        cls,
        source: str | PathLike[str] | IO[str] | Mapping[str, Any],
        *,
        format: loading.Format | None = None,
    ) -> Self:
        """The spec in a file or mapping; `loading.load` says what is taken and what is raised."""
        return loading.load(cls, source, format=format)

    @classmethod
    @forgetful
    def loads(cls, text: str, *, format: loading.Format | None = None) -> Self:
        """The spec in a text; `loading.loads` says what is taken and what is raised."""
        return loading.loads(cls, text, format=format)

    def dump(self, *, reveal: bool = False) -> dict[str, Any]:
        """What was given, as plain JSON types.

        Args:
            reveal: write the secrets, so that `load` gives an equal spec; without it they are masked, and
                `load` refuses the result.
        """
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True, context={"reveal": reveal})

    def options_for(self, provider: str) -> dict[str, Any]:
        """The options given for one provider, in clear; empty where there are none."""
        options: dict[str, Any] = reveal(self.options.get(provider, {}))
        return options

    @property
    def named_participants(self) -> tuple[str, ...]:
        """Everybody whom the spec names, each once: the layout's first, then who is included, then who is excluded."""
        layout, selections = self.layout, (self.participants.video, self.participants.audio)
        names = [getattr(layout, "participant", None)]
        names += [region.participant for region in getattr(layout, "regions", ())]
        for selection in selections:
            names += (selection and selection.include) or ()
        names += [name for name in (layout.placeholders if layout else ()) if name != "*"]
        for selection in selections:
            names += (selection and selection.exclude) or ()
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def resolved(self) -> Self:
        """The spec with our own values filled in, the same for every vendor; None stays where there are none.

        Those are: tracks merged, HLS segments of 15 s, an idle time-out of 300 s; in composite and web mode a
        picture of 1280x720 with 15 frames per second, its bit rate by `default_bitrate_kbps`, and sound with
        48 kbps; in composite mode `Grid()` on black. What describes a medium that isn't recorded is removed.
        """
        changes: dict[str, Any] = {
            "output": _filled(self.output, tracks=Tracks.MERGED),
            "idle_timeout": self.idle_timeout or 300,
        }
        if Format.HLS in self.output.formats:
            changes["output"] = _filled(changes["output"], segment_duration=15)
        if self.mode is not Mode.INDIVIDUAL:
            changes["video"] = _picture(self.video)
            changes["audio"] = _filled(self.audio, bitrate_kbps=48)
        if self.mode is Mode.COMPOSITE:
            layout = self.layout or Grid()
            black = _filled(layout.background, color="#000000")
            changes["layout"] = layout.model_copy(update={"background": black})
        participants = self.participants
        if not self.media.has_video:
            participants = participants.model_copy(update={"video": None})
            changes |= {"layout": None, "video": Video(), "watermarks": (), "participants": participants}
        if not self.media.has_audio:
            participants = participants.model_copy(update={"audio": None})
            changes |= {"audio": Audio(), "participants": participants}
        return self.model_copy(update=changes)


@lru_cache(maxsize=64)
def _picture(video: Video) -> Video:
    width, height, fps = video.width or 1280, video.height or 720, video.fps or 15
    bitrate_kbps = default_bitrate_kbps(width, height, fps)
    return _filled(video, width=width, height=height, fps=fps, bitrate_kbps=bitrate_kbps)


def _filled(model: M, **values: Any) -> M:
    """The model with these values where it has None."""
    missing = {name: value for name, value in values.items() if getattr(model, name) is None}
    return model.model_copy(update=missing)
