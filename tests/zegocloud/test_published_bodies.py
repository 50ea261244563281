"""The bodies that the vendor's documents print are those that neutral specs and operations make, and are read back."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from planned import revealed
from recorder_core import Layout, PlannedRequest, Recorder, Recording, RecordingSpec, RecordingState, StartIntent
from recorder_core.models import loading
from recorder_core.plugins import load_provider
from recorder_core.testing import connect, emulate
from recorder_core.transport import Answer, Envelope
from recorder_zegocloud.translate.answers import described_status

PUBLISHED: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("published_bodies.yaml").read_text(encoding="utf-8")
)
STARTS = [published for published in PUBLISHED if published["action"] == "StartRecord"]
CHANGES = [published for published in PUBLISHED if published["action"] != "StartRecord"]
LAYOUT: Any = Layout

DEFAULTS: dict[str, Any] = {
    "RecordInputParams": {
        "StreamType": 3,
        "FillBlank": False,
        "HasWhiteboard": False,
        "MaxIdleTime": 30,
        "MaxRecordTime": 86400,
    },
    "RecordOutputParams": {"OutputFileFormat": "mp4", "OutputFileRule": 1},
    "StorageParams": {"S3ForcePathStyle": False},
}
"""What the vendor documents for fields of a mixed task that are absent; IsAlwaysMix and others in `effective`."""


def name_of(published: dict[str, Any]) -> str:
    return str(published["name"])


def effective(body: dict[str, Any]) -> dict[str, Any]:
    """The body with the vendor's defaults filled in, without the stacking of windows that don't overlap, and without
    what we add to the address of callbacks."""
    body = deepcopy(body)
    outputs = body.get("RecordOutputParams", {})
    if "CallbackUrl" in outputs:
        outputs["CallbackUrl"] = outputs["CallbackUrl"].partition("?recording=")[0]
    for part, defaults in DEFAULTS.items():
        if part in body:
            body[part] = {**defaults, **body[part]}
    mix = body.get("RecordInputParams", {}).get("MixConfig", body)
    windows = mix.get("MixInputList", [])
    for window in windows:
        window.setdefault("ViewType", 1)
        window.setdefault("FillMode", 1)
    if not any(_overlap(one, other) for one in windows for other in windows if one is not other):
        for window in windows:
            del window["Layer"]
    return body


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["Right"] <= other["Left"] or other["Right"] <= one["Left"]
    return not (beside or one["Bottom"] <= other["Top"] or other["Bottom"] <= one["Top"])


@pytest.mark.parametrize("published", STARTS, ids=name_of)
def test_a_published_start_is_what_a_spec_makes(published: dict[str, Any]) -> None:
    """The planned body is the printed one, once defaults stand on both sides."""
    found = load_provider("zegocloud")
    provider = found(found.Config.placeholder())
    spec = RecordingSpec.load(published["spec"])
    intent = StartIntent(
        id=published["body"]["RecordInputParams"]["ClientTaskId"],
        provider="zegocloud",
        room=spec.room,
        created_at="2026-08-01T10:00:00Z",
    )
    plan = provider.translate(spec, intent)
    assert not [finding for finding in plan.findings if finding.verdict == "unsupported"]
    assert effective(revealed(plan.request("StartRecord").payload)) == effective(published["body"])


@pytest.mark.parametrize("published", STARTS, ids=name_of)
def test_a_published_start_is_read_back(published: dict[str, Any]) -> None:
    """The printed body is a spec again, and that spec makes the printed body again."""
    found = load_provider("zegocloud")
    provider = found(found.Config.placeholder())
    request = PlannedRequest("StartRecord", "POST", "https://cloudrecord-api.zego.im/", published["body"])
    spec = provider.decode([request])
    assert spec.room == published["body"]["RoomId"]
    intent = StartIntent(
        id=published["body"]["RecordInputParams"]["ClientTaskId"],
        provider="zegocloud",
        room=spec.room,
        created_at="2026-08-01T10:00:00Z",
    )
    again = revealed(provider.translate(spec, intent).request("StartRecord").payload)
    assert effective(again) == effective(published["body"])


SPEC = {
    "room": "room-42",
    "layout": {
        "kind": "custom",
        "regions": [
            {"participant": "teacher", "x": 0, "y": 0, "width": 0.5, "height": 1},
            {"content": "whiteboard", "x": 0.5, "y": 0, "width": 0.5, "height": 1},
        ],
    },
    "whiteboard": {"id": "wb-1", "aspect": "16:9"},
    "storage": {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "access_key": "AK-1", "secret_key": "SK-1"},
    "options": {"zegocloud": {"stream_id": "{room}_{participant}"}},
}
PREPARED: dict[str, Callable[[Recorder, Recording], Any]] = {"resume": lambda recorder, it: recorder.pause(it)}


def carried_out(recorder: Recorder, recording: Recording, published: dict[str, Any]) -> Any:
    """What the neutral operation returns."""
    change, value = published["change"], published.get("value")
    if change == "list_remote":
        return recorder.list_remote(recording.started_at - timedelta(hours=1), room="room-42")
    if change == "layout":
        return recorder.layout(recording, loading.validate(LAYOUT, value))
    operation = getattr(recorder, change)
    return operation(recording) if value is None else operation(recording, value)


@pytest.mark.parametrize("published", CHANGES, ids=name_of)
def test_a_published_call_is_what_an_operation_makes(published: dict[str, Any]) -> None:
    """What reaches the service is the printed body with the task's own id and times, and the service takes it."""
    with emulate("zegocloud", media=False, stream_ids="{room}_{participant}") as service:
        with connect(service) as recorder:
            service.join("room-42", "teacher")
            recording = recorder.start(RecordingSpec.load(SPEC))
            service.clock.advance(5)
            PREPARED.get(published["change"], lambda *_: None)(recorder, recording)
            carried_out(recorder, recording, published)
        entry = next(entry for entry in service.journal if entry.operation == published["action"])
    assert entry.answer["Code"] == 0, entry.answer
    body = dict(entry.body)
    own = {"TASK": recording.native["TaskId"], "SINCE": body.get("StartTime"), "UNTIL": body.get("EndTime")}
    printed = {
        name: own.get(value, value) if isinstance(value, str) else value for name, value in published["body"].items()
    }
    assert effective(body) == effective(printed)


def test_the_published_answers_are_read() -> None:
    """State, files and lists of the printed answers, in neutral words."""
    answers = yaml.safe_load(Path(__file__).with_name("published_answers.yaml").read_text(encoding="utf-8"))
    with emulate("zegocloud", media=False) as service, connect(service) as recorder:
        recording = recorder.start(RecordingSpec.load({**SPEC, "options": {}}))
    for answer in answers:
        found = described_status(
            recording,
            Answer(
                status=200,
                body=answer["body"],
                envelope=Envelope(code=0, message="succeed", request_id=answer["body"]["RequestId"]),
                base_url="https://cloudrecord-api.zego.im",
            ),
        )
        assert found.state is RecordingState(answer["state"])
        assert [file.name for file in found.files] == answer["files"]
        assert found.ended_at == datetime.fromtimestamp(answer["ended_at_ms"] / 1000, UTC)
