"""Changes of a running task, neutral to wire. Pure: what would be sent, and what that loses.

ModifyCloudRecording replaces layout and participants together: what it leaves out is at the vendor's default afterwards
("On-Cloud Recording", Tencent Cloud, 2024-04-26). So both are sent, whichever is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_core.models import Kept, Layout, Mode, Participants, Recording, RecordingSpec
from recorder_core.models.base import thaw
from recorder_core.plan import Change, Finding
from recorder_trtc.translate.layout import LayoutTranslator
from recorder_trtc.translate.participants import ParticipantsTranslator
from recorder_trtc.wire import layout as wire
from recorder_trtc.wire.requests import ModifyCloudRecordingRequest
from recorder_trtc.wire.values import MixLayoutMode, StreamChoice

__all__ = ["change_layout", "change_participants", "needed_later", "renewed"]

_ADOPTED = (
    "the recording was adopted, and the vendor tells neither whom it records nor its layout: a change has to send both",
    "change it where it was started",
)
_UNREADABLE = (
    "a newer release of the library wrote it, and a change has to send it again",
    "change it with that release, or start another recording",
)


def change_layout(name: str, task: Mapping[str, Any], recording: Recording, layout: Layout) -> Change:
    """ModifyCloudRecording with another layout.

    Args:
        name: name of the provider.
        task: what names the task.
        recording: the handle.
        layout: whole.
    """
    if _is_adopted(recording):
        return Change(None, (Finding("participants", "unsupported", *_ADOPTED),))
    mix, layout_findings = _layout_of(name, recording, layout)
    subscription, findings = _subscription_of(name, recording, recording.participants)
    lost = tuple(finding for finding in findings if finding.lost)
    return _change(task, mix, subscription, layout_findings + lost)


def change_participants(name: str, task: Mapping[str, Any], recording: Recording, participants: Participants) -> Change:
    """ModifyCloudRecording with other participants; arguments as `change_layout`'s."""
    if _is_adopted(recording):
        return Change(None, (Finding("participants", "unsupported", *_ADOPTED),))
    mix: dict[str, Any] = {}
    lost: tuple[Finding, ...] = ()
    if isinstance(recording.layout, Kept):
        lost = (Finding("layout", "unsupported", *_UNREADABLE),)
    elif recording.mode == Mode.COMPOSITE and recording.layout is not None:
        mix, findings = _layout_of(name, recording, recording.layout)
        lost = tuple(finding for finding in findings if finding.lost)
    subscription, findings = _subscription_of(name, recording, participants)
    return _change(task, mix, subscription, findings + lost)


def renewed(name: str, task: Mapping[str, Any], recording: Recording) -> Change:
    """ModifyCloudRecording with what is in force already; arguments as `change_layout`'s."""
    if isinstance(recording.participants, Kept):
        return Change(None, (Finding("participants", "unsupported", *_UNREADABLE),))
    return change_participants(name, task, recording, recording.participants)


def _is_adopted(recording: Recording) -> bool:
    """Whether it was started elsewhere: what every start keeps isn't there."""
    return "MaxIdleTime" not in recording.native


def needed_later(spec: RecordingSpec, region: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What later calls have to know of the task.

    Args:
        spec: the resolved spec.
        region: that carries out the start.
        body: that of CreateCloudRecording.
    """
    record, storage = body["RecordParams"], body["StorageParams"]
    needed = {name: body[name] for name in ("RoomIdType", "UserId")}
    needed |= {"Region": region, "MaxIdleTime": record.get("MaxIdleTime", 30)}
    if "CloudVod" in storage:
        needed["MediaType"] = storage["CloudVod"]["TencentVod"].get("MediaType", 0)
    else:
        needed["OutputFormat"] = record.get("OutputFormat", 0)
    mix = body.get("MixLayoutParams") or {}
    kept = {name: mix[name] for name in ("WaterMarkList", "PureAudioDisableLayout") if name in mix}
    if "MediaId" in record:
        kept["streams"] = record["MediaId"]
    if spec.expected_participants:
        kept["expected_participants"] = spec.expected_participants
    return needed | kept


def _layout_of(name: str, recording: Recording, layout: Layout) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    translator = _LayoutChange(name, recording, layout)
    translator.walk_layout(layout, before=recording.layout)
    if translator.refused:
        return {}, translator.findings
    return {"MixLayoutParams": translator.mix()}, translator.findings


def _subscription_of(
    name: str, recording: Recording, participants: Participants | Kept
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    if isinstance(participants, Kept):
        return {}, (Finding("participants", "unsupported", *_UNREADABLE),)
    media = str(recording.media)
    without = {name: None for name, other in (("video", "audio"), ("audio", "video")) if media == other}
    translator = _ParticipantsChange(name)
    translator.walk_part("participants", participants.model_copy(update=without))
    return translator.subscription(), translator.findings


def _change(
    task: Mapping[str, Any], mix: Mapping[str, Any], subscription: Mapping[str, Any], findings: tuple[Finding, ...]
) -> Change:
    if any(finding.lost for finding in findings):
        return Change(None, findings)
    return Change(ModifyCloudRecordingRequest(**task, **mix, **subscription).tree(), findings)


class _ParticipantsChange(ParticipantsTranslator):
    def subscription(self) -> dict[str, Any]:
        """The member of the body."""
        return self._subscription()


class _LayoutChange(LayoutTranslator):
    def __init__(self, name: str, recording: Recording, layout: Layout) -> None:
        super().__init__(name)
        native, canvas, before = recording.native, recording.canvas, recording.layout
        self.layout = layout
        self.canvas = (canvas.width, canvas.height) if canvas else (0, 0)
        self.expected_participants = native.get("expected_participants")
        self.records_screens = native.get("streams") != StreamChoice.MAIN
        self.inherited = before.placeholders if before is not None and not isinstance(before, Kept) else {}
        self._kept = thaw({key: native[key] for key in ("WaterMarkList", "PureAudioDisableLayout") if key in native})

    def mix(self) -> wire.Layout:
        """The vendor's layout, with what only the start said."""
        if marks := self._kept.get("WaterMarkList"):
            self._mix["WaterMarkList"] = [wire.Mark.model_validate(mark, strict=False) for mark in marks]
        if "PureAudioDisableLayout" in self._kept and self._mix.get("MixLayoutMode") is not MixLayoutMode.CUSTOM:
            self._mix["PureAudioDisableLayout"] = self._kept["PureAudioDisableLayout"]
        return super().mix()
