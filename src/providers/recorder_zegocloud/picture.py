"""Who is where in the mixed picture of a wire layout: read by previews and by the emulator alike.

Where the vendor's pages leave two readings, the choices are these:

* windows are taken in join order;
* a stream of which only the sound is recorded takes a window all the same, and shows the background in it;
* windows of equal Layer lie in the order of their list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from recorder_core.plan import Plan
from recorder_core.preview import Picture, PlacedClock, PlacedImage, PlacedWindow, no_picture
from recorder_zegocloud.geometry import preset
from recorder_zegocloud.wire.layout import MixInput, MixParams
from recorder_zegocloud.wire.requests import InputParams, UpdateLayoutRequest, WhiteboardParams
from recorder_zegocloud.wire.values import FillMode, MixMode, StreamMedia, ViewType

__all__ = ["Layout", "Place", "Selection", "color", "hex_color", "picture_of", "places"]

Shown = Literal["participant", "screen"]
"""Which of somebody's streams: the camera's or the shared screen's."""


def color(value: int) -> tuple[int, int, int]:
    """Red, green and blue of `0xRRGGBB00`, signed or not."""
    return (value >> 24) & 0xFF, (value >> 16) & 0xFF, (value >> 8) & 0xFF


def hex_color(value: int) -> str:
    """`0xRRGGBB00`, signed or not, as `#rrggbb`."""
    return "#" + bytes(color(value)).hex()


@dataclass(frozen=True, slots=True)
class Layout:
    """What UpdateLayout replaces as a whole."""

    mode: MixMode
    windows: tuple[MixInput, ...]
    large: str

    @classmethod
    def of(cls, body: MixParams | UpdateLayoutRequest) -> Layout:
        """The layout in a request; what it leaves out is at the vendor's default."""
        return cls(body.MixMode, tuple(body.MixInputList or ()), body.MixMaxResolutionStreamId or "")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which media of each stream are recorded: all that the task records, unless `media` says less."""

    media: Mapping[str, StreamMedia | None]
    """By stream id; an empty one stands for every stream that isn't listed."""

    @classmethod
    def of(cls, mix: MixParams) -> Selection:
        """What StreamConfigList says."""
        return cls({entry.StreamId or "": entry.StreamType for entry in mix.StreamConfigList or ()})

    def sees(self, stream: str) -> bool:
        """Whether its pictures are recorded."""
        return self._of(stream) is not StreamMedia.AUDIO

    def hears(self, stream: str) -> bool:
        """Whether its sound is recorded."""
        return self._of(stream) is not StreamMedia.VIDEO

    def _of(self, stream: str) -> StreamMedia | None:
        return self.media[stream] if stream in self.media else self.media.get("")


@dataclass(frozen=True, slots=True)
class Place:
    """One window: where it lies, which stream is in it, and how it is shown."""

    box: tuple[int, int, int, int]
    """Left, top, right and bottom in pixels of the canvas."""
    fill: FillMode
    stream: str | None = None
    """None: the background shows, or the whiteboard."""
    whiteboard: bool = False
    """Whether it is the whiteboard's, open or not."""
    bound: str | None = None
    """The one stream that a window of MixMode 1 is kept for, published or not."""
    image: str | None = None
    """What shows in place of that stream: an address."""


def places(params: InputParams, layout: Layout, streams: Sequence[str], *, board: bool) -> list[Place]:
    """The windows of a layout in the order in which they are painted.

    Args:
        params: the task's input parameters.
        layout: as on the wire, now.
        streams: the ids of the published streams, in join order.
        board: whether a whiteboard is open, so that it is shown.
    """
    mix = params.MixConfig
    if mix is None:
        return []
    if layout.mode is MixMode.CUSTOM:
        return _custom(layout.windows, streams, board)
    content: list[str | None] = list(streams)
    if layout.mode is MixMode.GRID:
        # The board's own window comes first and holds no stream.
        content = [None, *content] if board else content
        has_board_first = board
    else:
        has_board_first = board or (params.HasWhiteboard and not layout.large)
        large = None if has_board_first else _large(layout, streams)
        content = [stream for stream in content if stream != large]
        if streams or params.HasWhiteboard or layout.large:
            content = [large, *content]
    width, height = mix.canvas or (0, 0)
    return [
        Place(
            box=box.pixels(width, height),
            fill=mix.FillMode,
            stream=stream,
            whiteboard=has_board_first and index == 0,
        )
        for index, (box, stream) in enumerate(zip(preset(layout.mode, len(content)), content, strict=False))
    ]


def _large(layout: Layout, streams: Sequence[str]) -> str | None:
    """The stream in the large window; None where it is named and isn't published."""
    if layout.large:
        return layout.large if layout.large in streams else None
    return streams[0] if streams else None


def _custom(windows: Sequence[MixInput], streams: Sequence[str], board: bool) -> list[Place]:
    def is_board(window: MixInput) -> bool:
        return window.ViewType is ViewType.WHITEBOARD and (board or not window.StreamId)

    bound = {window.StreamId for window in windows if window.StreamId and not is_board(window)}
    there = bound.intersection(streams)
    waiting = iter([stream for stream in streams if stream not in bound])
    placed = []
    for window in windows:
        if is_board(window):
            stream = None
        elif window.StreamId:
            stream = window.StreamId if window.StreamId in there else None
        else:
            stream = next(waiting, None)
        place = Place(
            box=(window.Left, window.Top, window.Right, window.Bottom),
            fill=window.FillMode,
            stream=stream,
            whiteboard=is_board(window),
            bound=window.StreamId or None,
            image=window.BackgroundImage,
        )
        placed.append((window.Layer, place))
    return [place for _, place in sorted(placed, key=lambda layered: layered[0])]


def picture_of(
    plan: Plan,
    inputs: Mapping[str, Any],
    participants: Sequence[str],
    *,
    camera: Callable[[str], str],
    screen: Callable[[str], str | None],
) -> Picture:
    """The mixed picture of a plan.

    Args:
        plan: of a composite recording.
        inputs: RecordInputParams of its StartRecord, as plain JSON.
        participants: who is in the room, cameras on, in join order. Whose screen has a window shares it.
        camera: the id of a participant's camera stream.
        screen: the id of the stream of a participant's shared screen; None: they share none.

    Raises:
        UnsupportedOperation: `extra_body` makes it unreadable.
    """
    params: InputParams | None
    try:
        params = InputParams.model_validate(inputs, strict=False)
    except ValidationError:
        params = None
    mix = params.MixConfig if params else None
    if params is None or mix is None or mix.canvas is None:
        raise no_picture(plan, "options.zegocloud.extra_body makes it a request that the vendor doesn't document")
    layout, selection, board = Layout.of(mix), Selection.of(mix), params.board
    everybody = dict.fromkeys((*participants, *plan.spec.named_participants))
    owners: dict[str, tuple[str, Shown]] = {id: (who, "screen") for who in everybody if (id := screen(who))}
    owners |= {camera(who): (who, "participant") for who in everybody}
    bound = {window.StreamId for window in layout.windows}
    streams = [camera(who) for who in participants]
    streams += [id for who in participants if (id := screen(who)) and id in bound]
    return Picture(
        width=mix.canvas[0],
        height=mix.canvas[1],
        participants=tuple(participants),
        color=hex_color(mix.MixOutputBackgroundColor),
        image=mix.MixOutputBackgroundImage,
        windows=tuple(
            _board(place, board) if place.whiteboard and board else _window(place, owners, selection)
            for place in places(params, layout, streams, board=board is not None and bool(board.WhiteboardId))
        ),
        watermarks=tuple(_watermarks(mix)),
    )


def _window(place: Place, owners: Mapping[str, tuple[str, Shown]], selection: Selection) -> PlacedWindow:
    id = place.stream or place.bound
    unknown: tuple[str | None, Shown] = (id, "participant")
    participant, content = owners.get(id or "", unknown)
    left, top, right, bottom = place.box
    crop = place.fill is FillMode.CROP
    return PlacedWindow(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        participant=participant,
        content=content,
        is_seen=place.stream is not None and selection.sees(place.stream),
        fit="cover" if crop else "contain",
        bars=None if crop else "#000000",
    )


def _board(place: Place, board: WhiteboardParams) -> PlacedWindow:
    left, top, right, bottom = place.box
    return PlacedWindow(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        content="whiteboard",
        is_seen=bool(board.WhiteboardId),
        fit="contain",
        aspect=board.HorizontalRatio / board.VerticalRatio,
        color=hex_color(board.BackgroundColor),
    )


def _watermarks(mix: MixParams) -> Iterator[PlacedImage | PlacedClock]:
    box, clock = mix.MixOutputWatermarkImageConfig, mix.MixOutputWatermarkTimestampConfig
    if box and mix.MixOutputWatermarkImage:
        yield PlacedImage(
            left=box.Left, top=box.Top, right=box.Right, bottom=box.Bottom, url=mix.MixOutputWatermarkImage
        )
    if clock and mix.canvas:
        yield PlacedClock(right=mix.canvas[0], top=0, font_size=clock.FontSize)
