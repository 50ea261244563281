"""Wire back to neutral: the spec for which a start stands, a planned one or that of somebody's code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from recorder_core.decoding import SpecTree, by_operation, refused
from recorder_core.models import Media, Mode, Participants, RecordingSpec, Selection, Tracks
from recorder_core.models.base import reveal
from recorder_core.models.loading import describe_errors
from recorder_core.plan import PlannedRequest
from recorder_core.tracebacks import forgetful

from recorder_livekit.decode.layout import put_layout
from recorder_livekit.decode.storage import put_storage
from recorder_livekit.tables import FILE_TEMPLATES, PART
from recorder_livekit.wire.requests import (
    DEFAULT_INTERVAL_S,
    DEFAULT_SEGMENT_S,
    EncodedRequest,
    EncodingOptions,
    ParticipantEgressRequest,
    RoomCompositeEgressRequest,
    WebEgressRequest,
)

__all__ = ["NOT_CARRIED", "REQUESTS", "decoded", "starts_of"]

NOT_CARRIED: Mapping[str, str] = MappingProxyType(
    {
        "expected_participants": "the vendor has no knob for it",
        "idle_timeout": "None is 300 s for the recording page, and isn't sent otherwise",
        "audio.channels": "there are two always",
        "watermarks": "images come before clocks",
        "storage.store": "nothing is sent of where the account puts files",
        "storage.bucket": "nothing is sent of where the account puts files",
        "storage.region": "nothing is sent of where the account puts files",
        "storage.endpoint": "with its scheme; nothing is sent of where the account puts files",
    }
)
"""Where a decoded spec may say otherwise what the translated one said, though nothing is lost, and how."""

REQUESTS: Mapping[str, type[EncodedRequest]] = MappingProxyType(
    {
        "StartRoomCompositeEgress": RoomCompositeEgressRequest,
        "StartParticipantEgress": ParticipantEgressRequest,
        "StartWebEgress": WebEgressRequest,
    }
)
"""The starts, with the type of their bodies."""
VIDEO: Mapping[str, str] = MappingProxyType(
    {"width": "width", "height": "height", "framerate": "fps", "video_bitrate": "bitrate_kbps"}
)
RECORDING_ID = re.compile(rf"[0-9a-f]{{32}}({PART}[0-9]+)?")


def starts_of(requests: Sequence[PlannedRequest]) -> Sequence[PlannedRequest]:
    """The start among some requests: one, or one StartParticipantEgress for each participant.

    Raises:
        InvalidSpec: there is none, or more than one.
    """
    known = isinstance(requests, list | tuple) and all(isinstance(request, PlannedRequest) for request in requests)
    starts = [request for request in requests if request.operation in REQUESTS] if known else []
    kinds = {start.operation for start in starts}
    if len(starts) > 1 and kinds == {"StartParticipantEgress"}:
        return starts
    sent = by_operation(requests)
    if len(starts) != 1:
        raise refused(f"requests: there is no one start among {list(sent)}; it is one of {', '.join(REQUESTS)}")
    return starts


@forgetful
def decoded(
    operation: str,
    *bodies: Mapping[str, Any],
    signing_key: str,
    room: str | None = None,
    ready_timeout: int | None = None,
) -> RecordingSpec:
    """The spec of a start. What the bodies leave out is what the vendor does without it.

    Manifests aren't read: recordings of a spec have none beside their files.

    Args:
        operation: the vendor's call.
        bodies: one, or that of each participant's egress, with their secrets in clear or as `SecretStr`.
        signing_key: the API key with which the callbacks of a spec are signed.
        room: of the recording of a web page, whose body names none.
        ready_timeout: seconds for which a page is waited for, of which the body tells only that it is.

    Raises:
        InvalidSpec: one is no body of this call, or holds what no spec can say, with the path in the body; or several
            differ in more than whom they name.
    """
    first, *others = (
        _decoded(operation, body, signing_key=signing_key, room=room, ready_timeout=ready_timeout) for body in bodies
    )
    people = [first.participants]
    for index, other in enumerate(others, 1):
        people.append(other.participants)
        alike = other.model_copy(update={"participants": first.participants})
        if differing := [name for name in RecordingSpec.model_fields if getattr(alike, name) != getattr(first, name)]:
            raise refused(f"requests.{index}: differs from the first one in {', '.join(differing)} of a spec")
    if not others:
        return first
    named = [name for one in people if one.audio and one.audio.include for name in one.audio.include]
    if len(set(named)) < len(named):
        raise refused("requests: two egresses are of the same participant")
    chosen = Selection(include=tuple(named))
    return first.model_copy(update={"participants": Participants(audio=chosen, video=chosen)})


def _decoded(
    operation: str,
    body: Mapping[str, Any],
    *,
    signing_key: str,
    room: str | None = None,
    ready_timeout: int | None = None,
) -> RecordingSpec:
    request = _read(REQUESTS[operation], body)
    spec = SpecTree()
    if isinstance(request, RoomCompositeEgressRequest):
        spec.put("mode", Mode.COMPOSITE.value, "room_name")
        spec.put("room", request.room_name, "room_name")
        put_layout(spec, request)
    elif isinstance(request, ParticipantEgressRequest):
        _put_participant(spec, request)
    elif isinstance(request, WebEgressRequest):
        spec.put("room", room, "options.room")
        _put_page(spec, request, ready_timeout)
    _put_media(spec, request)
    _put_encoding(spec, request)
    _put_files(spec, request)
    _put_addresses(spec, request, signing_key)
    put_storage(spec, request)
    return spec.validated()


def _read(model: type[EncodedRequest], body: Mapping[str, Any]) -> EncodedRequest:
    try:
        return model.model_validate(reveal(body))
    except ValidationError as error:
        problems = describe_errors(error, model)
    raise refused(*problems)


def _put_participant(spec: SpecTree, request: ParticipantEgressRequest) -> None:
    spec.put("mode", Mode.INDIVIDUAL.value, "identity")
    spec.put("room", request.room_name, "room_name")
    for medium in ("audio", "video"):
        spec.put(f"participants.{medium}.include", [request.identity], "identity")
    spec.put("options.livekit.screen_share", request.screen_share, "screen_share")


def _put_page(spec: SpecTree, request: WebEgressRequest, ready_timeout: int | None) -> None:
    spec.put("mode", Mode.WEB.value, "url")
    spec.put("web_page.url", request.url, "url")
    if bool(request.await_start_signal) != bool(ready_timeout):
        raise refused(
            "await_start_signal: the page is waited for; give ready_timeout, for the body doesn't tell how long"
            if request.await_start_signal
            else "options.ready_timeout: is given, but the body waits for no page"
        )
    spec.put("web_page.ready_timeout", ready_timeout, "options.ready_timeout")


def _put_media(spec: SpecTree, request: EncodedRequest) -> None:
    if not request.has_video:
        spec.put("media", Media.AUDIO.value, "audio_only")
    elif getattr(request, "video_only", None):
        spec.put("media", Media.VIDEO.value, "video_only")


def _put_encoding(spec: SpecTree, request: EncodedRequest) -> None:
    """`video` and `audio`. What a spec leaves open of one participant's is the vendor's, of the rest is our own."""
    given = request.advanced or EncodingOptions()
    is_open = isinstance(request, ParticipantEgressRequest) and request.preset is None
    encoding, source = given if is_open else request.encoding, "preset" if request.preset else "advanced"
    if request.has_video:
        for wire, neutral in VIDEO.items():
            spec.put(f"video.{neutral}", getattr(encoding, wire), f"{source}.{wire}")
    if not getattr(request, "video_only", None):
        spec.put("audio.bitrate_kbps", encoding.audio_bitrate, f"{source}.audio_bitrate")
        spec.put("audio.sample_rate", given.audio_frequency, f"{source}.audio_frequency")


def _put_files(spec: SpecTree, request: EncodedRequest) -> None:
    """`output`."""
    formats: list[str] = []
    folders: dict[str, str] = {}
    for index, output in enumerate(request.file_outputs):
        formats.append(str(request.file_type).lower())
        folders[f"file_outputs.{index}.filepath"] = output.filepath or ""
    for index, segments in enumerate(request.segment_outputs):
        formats.append("hls")
        source = f"segment_outputs.{index}"
        spec.put("output.segment_duration", segments.segment_duration or DEFAULT_SEGMENT_S, source)
        folders[f"{source}.filename_prefix"] = segments.filename_prefix or ""
        if segments.playlist_name:
            folders[f"{source}.playlist_name"] = segments.playlist_name
    if len(request.image_outputs) > 1:
        raise refused("image_outputs.1: is a second series of pictures; a spec has one")
    for index, images in enumerate(request.image_outputs):
        source = f"image_outputs.{index}"
        spec.put("output.snapshots.interval", images.capture_interval or DEFAULT_INTERVAL_S, source)
        folders[f"{source}.filename_prefix"] = images.filename_prefix or ""
    source = "file_outputs" if request.file_outputs else "segment_outputs"
    spec.put("output.formats", formats, source)
    spec.put("output.tracks", Tracks.MERGED.value, source)
    _put_prefix(spec, folders)


def _put_prefix(spec: SpecTree, paths: Mapping[str, str]) -> None:
    """`output.prefix`: the folder that all files have; the vendor, or the recording's id, gives them their names."""
    found: dict[str, str] = {}
    for source, path in paths.items():
        folder, _, name = path.rpartition("/")
        if name and not RECORDING_ID.fullmatch(PurePosixPath(name).stem):
            raise refused(
                f"{source}: calls a file {name}; files of a spec are named after the recording: end it with a slash"
            )
        if filled := [template for template in FILE_TEMPLATES if template in folder]:
            raise refused(f"{source}: the vendor fills in {', '.join(filled)}; a spec's folder is fixed")
        found[folder] = source
    if len(found) > 1:
        raise refused(f"{' and '.join(found.values())}: lead into different folders; a spec has one")
    for folder, source in found.items():
        spec.put("output.prefix", folder or None, source)


def _put_addresses(spec: SpecTree, request: EncodedRequest, signing_key: str) -> None:
    """`push_urls` and `callback_url`."""
    urls = [url for output in request.stream_outputs for url in output.urls]
    if urls:
        spec.put("push_urls", urls, "stream_outputs.0.urls")
    if len(request.webhooks) > 1:
        raise refused("webhooks.1: is a second address; a spec has one")
    for webhook in request.webhooks:
        if webhook.signing_key != signing_key:
            raise refused("webhooks.0.signing_key: isn't api_key, with which callbacks of a spec are signed")
        spec.put("callback_url", webhook.url, "webhooks.0.url")
