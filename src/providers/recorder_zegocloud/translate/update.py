"""Changes of a running task, neutral to wire. Pure: what would be sent, and what that loses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recorder_core.models import Kept, Layout, Media, Recording, RecordingSpec
from recorder_core.plan import Change, Finding
from recorder_zegocloud.config import ZegocloudOptions
from recorder_zegocloud.translate.layout import LayoutTranslator, Running
from recorder_zegocloud.translate.streams import streams_of
from recorder_zegocloud.wire.requests import TakeSnapshotRequest, UpdateLayoutRequest, UpdateWhiteboardRequest
from recorder_zegocloud.wire.values import FileFormat, FillMode

__all__ = ["change_layout", "change_whiteboard", "needed_later", "take_snapshot"]

LARGEST = (1920, 1920)
"""The largest canvas, in pixels: what is less than a pixel of that is so of any."""


def change_layout(name: str, recording: Recording, layout: Layout) -> Change:
    """UpdateLayout. The canvas, which it doesn't carry, is the recording's."""
    translator = _LayoutUpdate(name, recording, layout)
    translator.walk_layout(layout, before=recording.layout)
    if recording.canvas is None and translator.has_windows:
        translator.unsupported(
            "regions",
            "windows are sent in pixels, and the size of the canvas isn't known of a recording that was adopted",
            "choose grid or floating, without fit",
            of="layout",
        )
    if translator.refused:
        return Change(None, translator.findings)
    return Change(
        UpdateLayoutRequest(TaskId=recording.native["TaskId"], **translator.mix()).tree(), translator.findings
    )


def change_whiteboard(recording: Recording, whiteboard_id: str) -> Change:
    """UpdateWhiteboard."""
    if recording.native.get("HasWhiteboard", False) is False:  # None: it was adopted, and the vendor knows
        return _refused(
            "whiteboard",
            "the recording was started without one, and none can be added",
            "start with a whiteboard; it needs no id until it is switched to one",
        )
    return Change(UpdateWhiteboardRequest(TaskId=recording.native["TaskId"], WhiteboardId=whiteboard_id).tree())


def take_snapshot(recording: Recording) -> Change:
    """TakeSnapshot."""
    if recording.native.get("OutputFileFormat") == FileFormat.JPG:
        return _refused(
            "output.snapshots",
            "the recording takes pictures at an interval, and the vendor takes single ones of recordings to files",
            "wait for the next one, or start a recording with a format beside it and take them of that",
        )
    if recording.media == Media.AUDIO:
        return _refused("media", "the recording has no pictures", "record audio_video or video")
    return Change(TakeSnapshotRequest(TaskId=recording.native["TaskId"]).tree())


def _refused(path: str, detail: str, instead: str) -> Change:
    return Change(None, (Finding(path, "unsupported", detail, instead),))


class _LayoutUpdate(LayoutTranslator):
    def __init__(self, name: str, recording: Recording, layout: Layout) -> None:
        super().__init__(name)
        native, canvas, before = recording.native, recording.canvas, recording.layout
        self.streams = streams_of(recording)
        self.layout = layout
        self.canvas = (canvas.width, canvas.height) if canvas else LARGEST
        self.expected_participants = native.get("expected_participants")
        self.has_whiteboard = bool(native.get("HasWhiteboard"))
        self.running = Running(
            layout=None if isinstance(before, Kept) else before,
            fill_mode=native.get("FillMode", FillMode.CROP),
        )

    @property
    def has_windows(self) -> bool:
        """Whether it says where each window is."""
        return bool(self._windows)


def needed_later(spec: RecordingSpec, options: ZegocloudOptions, body: Mapping[str, Any]) -> dict[str, Any]:
    """What later calls have to know of the task, and the names by which it can be found again.

    Args:
        spec: the resolved spec.
        options: what only this vendor has.
        body: that of StartRecord, in plain values; its storage isn't looked at.
    """
    inputs, expected = body["RecordInputParams"], spec.expected_participants
    needed = {
        "ClientTaskId": inputs["ClientTaskId"],
        "OutputFileFormat": body["RecordOutputParams"].get("OutputFileFormat", FileFormat.MP4.value),
        "HasWhiteboard": inputs.get("HasWhiteboard", False),
        "MaxIdleTime": inputs.get("MaxIdleTime", 30),
        "MaxRecordTime": inputs.get("MaxRecordTime", 86_400),
        "stream_id": options.stream_id,
        "screen_stream_id": options.screen_stream_id,
    }
    if mix := inputs.get("MixConfig"):
        needed |= {
            "MixOutputStreamId": mix["MixOutputStreamId"],
            "FillMode": mix.get("FillMode", FillMode.CROP.value),
        }
    return {**needed, **({"expected_participants": expected} if expected else {})}
