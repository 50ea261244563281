"""Wire to neutral: the handle of an egress that was started elsewhere, as far as its `EgressInfo` tells.

It has the request that the egress was started with, without secrets, and not what UpdateLayout has changed since
(livekit/livekit, pkg/service/egress.go, 2026-08-21). So the people are those of the start, and the layout is known only
where a template of the vendor's keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from recorder_core.decoding import SpecTree
from recorder_core.errors import InvalidSpec
from recorder_core.models import Canvas, Location, Media, Mode, RecordingSpec

from recorder_livekit.decode.layout import put_layout
from recorder_livekit.translate.answers import moment
from recorder_livekit.wire.answers import EgressInfo, Requested, RequestedOutput
from recorder_livekit.wire.requests import (
    PRESETS,
    EncodedFileOutput,
    RoomCompositeEgressRequest,
)
from recorder_livekit.wire.template import TemplateLayout, read_layout
from recorder_livekit.wire.values import EncodingPreset

__all__ = ["Adopted", "adopted_egress", "page_settings"]

NOT_TOLD = "the vendor tells no change since the start: the layout isn't known, and its people are those of the start"


class Adopted(NamedTuple):
    """What an egress tells of itself.

    Attributes:
        known: fields of the handle; what isn't told is None.
        native: what a later call needs.
    """

    known: Mapping[str, Any]
    native: Mapping[str, Any]


def adopted_egress(info: EgressInfo) -> Adopted:
    """What a handle can say of an egress that was started elsewhere."""
    mode, asked = _request_of(info)
    known: dict[str, Any] = {
        "room": info.room_name or None,
        "mode": mode,
        "media": _media_of(asked),
        "canvas": None if asked.audio_only else _canvas_of(asked),
        "location": _location_of(asked),
        "started_at": moment(info.started_at) or moment(info.updated_at),
    }
    native: dict[str, Any] = {"egress_id": info.egress_id}
    if mode is Mode.INDIVIDUAL and asked.identity:
        native["identity"] = asked.identity
    told = read_layout(asked.layout) if asked.custom_base_url else None
    if told is not None:
        native |= {"template": asked.custom_base_url, "page": page_settings(told)}
    if mode is Mode.COMPOSITE and (told is not None or not asked.custom_base_url):
        known |= _shown_by(asked)
    if told is not None:
        known |= {"layout": None, "notes": (NOT_TOLD,)}
    return Adopted(known, native)


def page_settings(told: TemplateLayout) -> dict[str, Any]:
    """What the recording page is told at the start and no change alters."""
    kept = told.model_dump(include={"idle", "longest", "watermarks", "clocks"}, exclude_none=True)
    return {name: value for name, value in kept.items() if value}


def _request_of(info: EgressInfo) -> tuple[Mode, Requested]:
    """How it records, and what was asked for. Egresses of single tracks have no other name here."""
    if info.room_composite is not None:
        return Mode.COMPOSITE, info.room_composite
    if info.web is not None:
        return Mode.WEB, info.web
    return Mode.INDIVIDUAL, info.participant or Requested()


def _media_of(asked: Requested) -> Media:
    if asked.audio_only:
        return Media.AUDIO
    return Media.VIDEO if asked.video_only else Media.AUDIO_VIDEO


def _canvas_of(asked: Requested) -> Canvas | None:
    """The size of the picture; None: it isn't told."""
    size = asked.advanced
    if size is not None and size.width and size.height:
        return Canvas(width=size.width, height=size.height)
    preset = PRESETS.get(EncodingPreset(asked.preset)) if asked.preset in set(EncodingPreset) else None
    preset = preset or (None if asked.preset else PRESETS[EncodingPreset.H264_720P_30])
    if preset is None or preset.width is None or preset.height is None:
        return None
    return Canvas(width=preset.width, height=preset.height)


def _location_of(asked: Requested) -> Location | None:
    """Where the files go; an Azure account's name is taken out by the vendor. None: nothing is written."""
    if not asked.outputs:
        return None
    output = asked.outputs[0]
    names = asked.names
    prefix = (names[0].rpartition("/")[0] if names else "") or None
    if output.s3 is not None:
        kind = "s3_compatible" if output.s3.endpoint else "s3"
        store = output.s3
        return Location(
            kind=kind,
            bucket=store.bucket or None,
            region=store.region or None,
            endpoint=store.endpoint or None,
            prefix=prefix,
        )
    return _other_location(output, prefix)


def _other_location(output: RequestedOutput, prefix: str | None) -> Location:
    if output.gcp is not None:
        return Location(kind="google_cloud_storage", bucket=output.gcp.bucket or None, prefix=prefix)
    if output.azure is not None:
        return Location(kind="azure_blob", bucket=output.azure.container_name or None, prefix=prefix)
    if output.ali_oss is not None:
        store = output.ali_oss
        return Location(kind="alibaba_oss", bucket=store.bucket or None, region=store.region or None, prefix=prefix)
    return Location(kind="account", prefix=prefix)


def _shown_by(asked: Requested) -> dict[str, Any]:
    """Layout and people, where a spec can say them."""
    tree = SpecTree()
    tree.put("room", "adopted", "room_name")
    tree.put("storage.kind", "account", "file_outputs")
    request = RoomCompositeEgressRequest(
        room_name="adopted",
        layout=asked.layout or None,
        custom_base_url=asked.custom_base_url or None,
        audio_only=asked.audio_only or None,
        file_outputs=(EncodedFileOutput(),),
    )
    spec: RecordingSpec | None = None
    with suppress(InvalidSpec):
        put_layout(tree, request)
        spec = tree.validated()
    if spec is None:
        return {}
    return {"layout": None if asked.audio_only else spec.layout, "participants": spec.participants}
