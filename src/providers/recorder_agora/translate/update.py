"""Changes of a running recording, neutral to wire. Pure: what would be sent, and what that loses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from recorder_agora.translate.layout import LayoutTranslator
from recorder_agora.translate.participants import GROUP_SIZES, ParticipantsTranslator
from recorder_agora.translate.storage import StorageTranslator
from recorder_agora.translate.web import WebTranslator
from recorder_agora.wire.recording import AudioUidList, VideoUidList
from recorder_agora.wire.requests import (
    StopClientRequest,
    StopRequest,
    StreamSubscribe,
    UpdateClientRequest,
    UpdateLayoutRequest,
    UpdateRequest,
    WebRecordingConfig,
    WebStopRequest,
    WebUpdateClientRequest,
    WebUpdateRequest,
)
from recorder_agora.wire.storage import ExtensionParams, StorageConfig
from recorder_agora.wire.web import RtmpOutput, RtmpPublishParam
from recorder_core.decoding import object_in
from recorder_core.models import (
    Layout,
    Media,
    Mode,
    Participants,
    Recording,
    RecordingSpec,
    RecordingState,
    Storage,
)
from recorder_core.models.base import reveal
from recorder_core.models.layout import LayoutBase
from recorder_core.plan import Change, Finding

__all__ = [
    "change_hold",
    "change_layout",
    "change_participants",
    "change_push",
    "change_storage",
    "needed_later",
    "restoring",
    "stopping",
]


def change_layout(name: str, recording: Recording, layout: Layout) -> Change:
    """Lay out the mixed picture so, whatever was sent before."""
    translator = LayoutTranslator(name, layout, recording.native.get("expected_participants"))
    translator.walk_layout(layout, before=recording.layout)
    if translator.refused:
        return Change(None, translator.findings)
    request = UpdateLayoutRequest(**_identity(recording), clientRequest=translator.mixed_layout())
    return Change(request.tree(), translator.findings)


def change_hold(recording: Recording, *, onhold: bool) -> Change:
    """Put a web page recording on hold, or go on with it."""
    return Change(_body(recording, webRecordingConfig=WebRecordingConfig(onhold=onhold)))


def change_participants(name: str, recording: Recording, participants: Participants) -> Change:
    """Record these participants: one list for each medium that is recorded, whatever was sent before."""
    translator = _ParticipantsUpdate(name, recording)
    translator.walk_part("participants", participants)
    translator.check_room_for_everybody()
    if translator.findings:
        return Change(None, translator.findings)
    return Change(_body(recording, streamSubscribe=translator.lists()))


def change_storage(name: str, recording: Recording, storage: Storage) -> Change:
    """Store with these credentials, to the folder of the start, encrypted and tagged as there unless they say so."""
    translator = _StorageUpdate(name)
    translator.walk_part("storage", storage)
    if any(finding.lost for finding in translator.findings):
        return Change(None, translator.findings)
    prefix = recording.location.prefix if recording.location else None
    kept = recording.native.get("extensionParams", {})
    return Change(_body(recording, storageConfig=translator.config(prefix, kept)), translator.findings)


def change_push(recording: Recording, urls: tuple[SecretStr, ...]) -> Change:
    """Push to another address."""
    if not recording.native.get("push"):
        return _refused(
            "the recording was started without push_urls, and a push can't be added", "start with push_urls"
        )
    if len(urls) != 1:
        return _refused(f"{len(urls)} addresses; the vendor pushes to exactly one", "give one that fans out")
    return Change(_body(recording, rtmpPublishConfig=RtmpPublishParam(outputs=(RtmpOutput(rtmpUrl=urls[0]),))))


def restoring(name: str, recording: Recording, state: RecordingState | None) -> list[tuple[str, dict[str, Any]]]:
    """What says again all that the handle and the state tell of changes, each as the method and its body."""
    changes: dict[str, Change] = {}
    if recording.mode == Mode.WEB and state is not None:
        changes["update"] = change_hold(recording, onhold=state is RecordingState.PAUSED)
    if recording.mode == Mode.COMPOSITE and isinstance(recording.layout, LayoutBase):
        changes["updateLayout"] = change_layout(name, recording, recording.layout)
    if recording.mode in (Mode.COMPOSITE, Mode.INDIVIDUAL) and isinstance(recording.participants, Participants):
        changes["update"] = change_participants(name, recording, recording.participants)
    return [(method, change.body) for method, change in changes.items() if change.body is not None]


def _refused(detail: str, instead: str) -> Change:
    return Change(None, (Finding("push_urls", "unsupported", detail, instead),))


def _identity(recording: Recording) -> dict[str, str]:
    return {"cname": recording.native["cname"], "uid": recording.native["uid"]}


def _body(recording: Recording, **client: Any) -> dict[str, Any]:
    identity = _identity(recording)
    if recording.native["mode"] == WebTranslator.mode:
        return WebUpdateRequest(**identity, clientRequest=WebUpdateClientRequest(**client)).tree()
    return UpdateRequest(**identity, clientRequest=UpdateClientRequest(**client)).tree()


def stopping(recording: Recording, *, wait: bool) -> dict[str, Any]:
    """The body of stop; with `wait` the vendor answers when the files are there."""
    request = WebStopRequest if recording.native["mode"] == WebTranslator.mode else StopRequest
    return request(**_identity(recording), clientRequest=StopClientRequest(async_stop=not wait)).tree()


class _ParticipantsUpdate(ParticipantsTranslator):
    instead_of_more = "name fewer; a recording of more is started with a larger expected_participants"

    def __init__(self, name: str, recording: Recording) -> None:
        super().__init__(name)
        self.recorded = recording.media if isinstance(recording.media, Media) else Media.AUDIO_VIDEO
        self.takes_snapshots = bool(recording.native.get("snapshots"))
        group = recording.native.get("subscribeUidGroup")
        if isinstance(group, int) and group in range(len(GROUP_SIZES)):
            self.most_included = GROUP_SIZES[group]
        else:
            group = None  # what a newer release's keeps room for isn't known: the vendor decides
        self._is_open_room = group in (None, len(GROUP_SIZES) - 1) or "expected_participants" in recording.native

    def check_room_for_everybody(self) -> None:
        """Find where everybody shall be recorded and room was kept for those only whom the start named."""
        if self._included is None and not self._is_open_room:
            self.unsupported(
                "",
                f"the start named whom to record, so the vendor keeps room for {self.most_included} participants, "
                "and how many would come now is open",
                "name whom to record; a recording that may be opened is started with expected_participants",
            )

    def lists(self) -> StreamSubscribe:
        """`streamSubscribe` of update."""
        lists = self._subscriptions()
        audio = {key: uids for key, uids in lists.items() if key in AudioUidList.model_fields}
        video = {key: uids for key, uids in lists.items() if key in VideoUidList.model_fields}
        return StreamSubscribe(
            audioUidList=AudioUidList(**audio) if audio else None,
            videoUidList=VideoUidList(**video) if video else None,
        )


class _StorageUpdate(StorageTranslator):
    def config(self, prefix: str | None, kept: Mapping[str, str]) -> StorageConfig:
        """`storageConfig` of update, which replaces the one of the start whole; `kept` is what else stood there."""
        params = self._storage.get("extensionParams", ExtensionParams()).tree()
        self._extend(**{**kept, **params})
        return self._storage_config(tuple(prefix.split("/")) if prefix else None)


def needed_later(spec: RecordingSpec, client: Mapping[str, Any]) -> dict[str, Any]:
    """What a change of the recording, or the reading of its end, has to know of its start."""
    config, page = object_in(client, "recordingConfig"), _page(client)
    needed: dict[str, Any] = {}
    if spec.expected_participants:
        needed["expected_participants"] = spec.expected_participants
    objects = {"sse": "server_side_encryption", "tag": "object_tag"}
    asked = {key: getattr(spec.storage, name, None) for key, name in objects.items()}
    if any(asked.values()):
        needed["extensionParams"] = {key: str(value) for key, value in asked.items() if value}
    # `extra_body` may have put anything in the place of a number.
    ends = {"maxIdleTime": reveal(config.get("maxIdleTime")), "maxRecordingHour": reveal(page.get("maxRecordingHour"))}
    needed |= {key: value for key, value in ends.items() if isinstance(value, int)}
    if spec.mode is Mode.INDIVIDUAL:
        group = reveal(config.get("subscribeUidGroup"))
        needed |= {"subscribeUidGroup": group} if group in range(len(GROUP_SIZES)) else {}
        needed |= {"snapshots": True} if spec.output.snapshots else {}
    if spec.mode is Mode.WEB:
        needed["push"] = bool(spec.push_urls)
    return needed


def _page(client: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a page's recorder; none where no page is recorded."""
    services = object_in(client, "extensionServiceConfig").get("extensionServices")
    first = services[0] if isinstance(services, list | tuple) and services else None
    return object_in(first, "serviceParam")
