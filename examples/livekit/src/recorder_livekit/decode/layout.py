"""Layouts, watermarks and chosen people, wire to neutral."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_core.decoding import SpecTree, refused
from recorder_core.models import Side

from recorder_livekit.translate.layout import BLACK, WHITE
from recorder_livekit.wire.requests import RoomCompositeEgressRequest
from recorder_livekit.wire.template import TemplateLayout, read_layout

__all__ = ["put_layout"]

TEMPLATES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"grid": {"kind": "grid"}, "speaker": {"kind": "spotlight", "follows": "speaker", "side": Side.RIGHT.value}}
)
"""The layout that each template of the vendor's comes nearest to."""
STYLES: Mapping[str, str] = MappingProxyType({"": BLACK, "dark": BLACK, "light": WHITE})
REGION = ("x", "y", "width", "height", "participant", "content", "fit", "opacity", "z")


def put_layout(spec: SpecTree, request: RoomCompositeEgressRequest) -> None:
    """What a room composite shows, and what else the recording page is told.

    Raises:
        InvalidSpec: another page composes the picture, or a template that is like no layout.
    """
    if request.custom_base_url is None:
        if request.has_video:
            _put_template(spec, request.layout or "grid")
        return
    told = read_layout(request.layout)
    if told is None:
        raise refused("custom_base_url: a page of another's composes the picture, and what it shows no spec can say")
    spec.put("idle_timeout", told.idle, "layout.idle")
    spec.put("max_duration", told.longest, "layout.longest")
    for medium, selection in (("audio", told.audio), ("video", told.video)):
        if selection is not None:
            chosen = selection.model_dump(exclude_none=True)
            spec.put(f"participants.{medium}", chosen, f"layout.{medium}")
    if request.has_video:
        _put_told(spec, told)
        _put_watermarks(spec, told)


def _put_template(spec: SpecTree, template: str) -> None:
    name, _, style = template.partition("-")
    if name not in TEMPLATES or style not in STYLES:
        raise refused(f"layout: {template}; no layout of a spec is like it, but {' and '.join(TEMPLATES)} are")
    for part, value in TEMPLATES[name].items():
        spec.put(f"layout.{part}", value, "layout")
    spec.put("layout.background.color", STYLES[style], "layout")


def _put_told(spec: SpecTree, told: TemplateLayout) -> None:
    for name in ("kind", "fit", "windows", "participant", "follows", "side", "screen_share"):
        spec.put(f"layout.{name}", getattr(told, name), f"layout.{name}")
    spec.put("layout.background.color", told.color, "layout.color")
    if told.image is not None:
        spec.put("layout.background.image", told.image.model_dump(exclude_none=True), "layout.image")
    if told.placeholders:
        images = {name: image.model_dump(exclude_none=True) for name, image in told.placeholders.items()}
        spec.put("layout.placeholders", images, "layout.placeholders")
    if told.kind == "custom":
        regions = [region.model_dump(include=set(REGION), exclude_none=True) for region in told.regions]
        spec.put("layout.regions", regions, "layout.regions")


def _put_watermarks(spec: SpecTree, told: TemplateLayout) -> None:
    marks = [{"kind": "image", **mark.model_dump()} for mark in told.watermarks]
    marks += [{"kind": "clock", **clock.model_dump()} for clock in told.clocks]
    if marks:
        spec.put("watermarks", marks, "layout.watermarks")
