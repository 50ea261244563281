"""Layouts and watermarks, wire to neutral."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_core.decoding import SpecTree, refused
from recorder_core.models import Content, Side
from recorder_zegocloud.decode.streams import owner
from recorder_zegocloud.picture import hex_color
from recorder_zegocloud.translate.layout import FILL_MODES
from recorder_zegocloud.translate.streams import StreamNames
from recorder_zegocloud.wire.layout import MixInput, MixParams, WatermarkImageConfig
from recorder_zegocloud.wire.values import MixMode, ViewType

__all__ = ["put_layout", "put_watermarks"]

FITS = {number: fit.value for fit, number in FILL_MODES.items()}
KINDS: Mapping[MixMode, tuple[str, str | None]] = MappingProxyType(
    {
        MixMode.CUSTOM: ("custom", None),
        MixMode.GRID: ("grid", None),
        MixMode.HORIZONTAL: ("spotlight", Side.BOTTOM.value),
        MixMode.VERTICAL: ("spotlight", Side.LEFT.value),
        MixMode.FLOATING: ("floating", None),
    }
)
"""The kind of a layout and the side of its large window."""

Canvas = tuple[int, int]
"""Width and height in pixels."""


def put_layout(spec: SpecTree, mix: MixParams, canvas: Canvas, names: StreamNames, source: str) -> None:
    """`layout` from `MixConfig`."""
    kind, side = KINDS[mix.MixMode]
    spec.put("layout.kind", kind, f"{source}.MixMode")
    spec.put("layout.side", side, f"{source}.MixMode")
    background = hex_color(mix.MixOutputBackgroundColor)
    spec.put("layout.background.color", background, f"{source}.MixOutputBackgroundColor")
    spec.put("layout.background.image.url", mix.MixOutputBackgroundImage, f"{source}.MixOutputBackgroundImage")
    everybodys = f"{source}.DefaultMixStreamBackgroundImage"
    spec.put("layout.placeholders.*.url", mix.DefaultMixStreamBackgroundImage, everybodys)
    if mix.MixMode is MixMode.CUSTOM:
        spec.put("layout.regions", [], f"{source}.MixInputList")
        for index, window in enumerate(mix.MixInputList or ()):
            _put_region(spec, f"layout.regions.{index}", window, canvas, names, f"{source}.MixInputList.{index}")
        return
    spec.put("layout.fit", FITS[mix.FillMode], f"{source}.FillMode")
    if mix.MixMaxResolutionStreamId:
        large = f"{source}.MixMaxResolutionStreamId"
        participant, content = owner(names, mix.MixMaxResolutionStreamId, large)
        if content is not Content.PARTICIPANT:
            raise refused(f"{large}: is a shared screen; only a camera can be large in a preset")
        spec.put("layout.participant", participant, large)


def put_watermarks(spec: SpecTree, mix: MixParams, canvas: Canvas, source: str) -> None:
    """`watermarks` from `MixConfig`: the image, then the clock."""
    image, clock = mix.MixOutputWatermarkImage, mix.MixOutputWatermarkTimestampConfig
    if image is None and clock is None:
        return
    spec.put("watermarks", [], source)
    if image is not None:
        place, box = f"{source}.MixOutputWatermarkImageConfig", mix.MixOutputWatermarkImageConfig
        if box is None:
            raise refused(f"{place}: is missing; where the image lies without it isn't documented")
        spec.put("watermarks.0.kind", "image", f"{source}.MixOutputWatermarkImage")
        spec.put("watermarks.0.url", image, f"{source}.MixOutputWatermarkImage")
        _put_rectangle(spec, "watermarks.0", box, canvas, place)
    if clock is not None:
        path, place = f"watermarks.{int(image is not None)}", f"{source}.MixOutputWatermarkTimestampConfig"
        spec.put(f"{path}.kind", "clock", place)
        spec.put(f"{path}.font_size", clock.FontSize, f"{place}.FontSize")


def _put_region(spec: SpecTree, path: str, window: MixInput, canvas: Canvas, names: StreamNames, source: str) -> None:
    participant, content = None, Content.PARTICIPANT
    if window.ViewType is ViewType.WHITEBOARD:
        if window.StreamId:
            raise refused(f"{source}.StreamId: has the window until the whiteboard opens; a spec says only one")
        content = Content.WHITEBOARD
    elif window.StreamId:
        participant, content = owner(names, window.StreamId, f"{source}.StreamId")
    _put_rectangle(spec, path, window, canvas, source)
    spec.put(f"{path}.participant", participant, f"{source}.StreamId")
    spec.put(f"{path}.content", content.value, f"{source}.ViewType")
    spec.put(f"{path}.fit", FITS[window.FillMode], f"{source}.FillMode")
    spec.put(f"{path}.z", window.Layer, f"{source}.Layer")
    if window.BackgroundImage is not None:
        if content is not Content.PARTICIPANT:
            raise refused(f"{source}.BackgroundImage: stands for a camera only")
        spec.put(f"layout.placeholders.{participant}.url", window.BackgroundImage, f"{source}.BackgroundImage")


def _put_rectangle(
    spec: SpecTree, path: str, box: MixInput | WatermarkImageConfig, canvas: Canvas, source: str
) -> None:
    if box.Left == box.Right:
        raise refused(f"{source}.Right: {box.Right} is Left as well, so that there is no width")
    if box.Top == box.Bottom:
        raise refused(f"{source}.Bottom: {box.Bottom} is Top as well, so that there is no height")
    across, down = canvas
    spec.put(f"{path}.x", box.Left / across, f"{source}.Left")
    spec.put(f"{path}.y", box.Top / down, f"{source}.Top")
    spec.put(f"{path}.width", (box.Right - box.Left) / across, f"{source}.Right")
    spec.put(f"{path}.height", (box.Bottom - box.Top) / down, f"{source}.Bottom")
