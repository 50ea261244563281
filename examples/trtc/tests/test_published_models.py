"""Every body and every answer, against the vendor's published models: no field that they don't have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tencentcloud.trtc.v20190722 import models

from recorder_core import Custom, Participants, Recorder, RecordingSpec, Region, Spotlight
from recorder_core.models.base import reveal
from recorder_trtc.emulator.service import TrtcEmulator

PICTURE = "https://example.com/a.png"
CUSTOM = {
    "kind": "custom",
    "background": {"color": "#102030", "image": {"url": PICTURE, "fit": "contain"}},
    "placeholders": {"*": {"url": PICTURE}, "1001": {"url": PICTURE}},
    "regions": [
        {"participant": "1001", "x": 0, "y": 0, "width": 0.75, "height": 1, "fit": "contain", "opacity": 0.5},
        {"participant": "1001", "content": "screen", "x": 0.75, "y": 0, "width": 0.25, "height": 0.5, "z": 2},
        {"x": 0.75, "y": 0.5, "width": 0.25, "height": 0.5},
    ],
}
WATERMARKS = [
    {"kind": "image", "url": PICTURE, "x": 0, "y": 0, "width": 0.1, "height": 0.1},
    {"kind": "clock", "font_size": 24},
]
COS = {
    "kind": "tencent_cos",
    "bucket": "lessons-1250000000",
    "region": "ap-singapore",
    "access_key": "AK",
    "secret_key": "SK",
}
SPECS: dict[str, dict[str, Any]] = {
    "least": {},
    "custom": {"layout": CUSTOM, "watermarks": WATERMARKS, "options": {"trtc": {"time_zone": 1}}},
    "floating": {"layout": {"kind": "floating", "participant": "1001", "fit": "stretch"}},
    "spotlight": {"layout": {"kind": "spotlight", "participant": "1001", "side": "right"}},
    "synthesised": {"layout": {"kind": "spotlight", "side": "top"}, "expected_participants": 4},
    "people": {"participants": {"audio": {"include": ["1", "2"]}, "video": {"exclude": ["9"]}}},
    "sound": {
        "media": "audio",
        "output": {"formats": ["aac"], "max_file_duration": 3600},
        "audio": {"sample_rate": 16000, "channels": 1},
    },
    "individual": {"mode": "individual", "output": {"formats": ["hls", "mp4"]}},
    "separate": {"mode": "individual", "output": {"tracks": "separate"}},
    "cos": {"storage": COS, "output": {"prefix": "lessons/2026"}},
    "vod": {"storage": {"kind": "tencent_vod", "region": "ap-chongqing", "sub_app_id": 7}},
    "vod of the vendor": {"storage": {"kind": "vendor_managed"}, "output": {"formats": ["mp4"]}},
    "options": {
        "room": "42",
        "options": {
            "trtc": {
                "room_id_type": "number",
                "user_id": "recorder",
                "private_map_key": "MAPKEY",
                "controllable_hours": 6,
                "streams": "camera",
                "camera_off": "black",
                "sound_alone_takes_window": False,
            }
        },
    },
}


def known(model: Any, tree: Any) -> None:
    """Fail where a tree has a member that the published model lacks, or where a value isn't of its type."""
    model._deserialize(tree)  # warns of members that it doesn't have, which is an error here
    assert json.loads(json.dumps(model._serialize())) == tree


def body_of(planner: Recorder, spec: RecordingSpec) -> dict[str, Any]:
    plan = planner.plan(spec)
    assert plan.lost() == ()
    tree: dict[str, Any] = reveal(plan.request("CreateCloudRecording").payload)
    return tree


@pytest.mark.parametrize("name", SPECS)
def test_a_start_is_of_the_published_form(
    planner: Recorder, make_spec: Callable[..., RecordingSpec], name: str
) -> None:
    """CreateCloudRecording has only members that the SDK's request has, at any depth."""
    known(models.CreateCloudRecordingRequest(), body_of(planner, make_spec(**SPECS[name])))


def test_a_start_is_the_same_in_every_plan(planner: Recorder, make_spec: Callable[..., RecordingSpec]) -> None:
    """The body that a plan shows, its secrets masked, has the same members."""
    spec = make_spec(**SPECS["options"])
    shown = planner.plan(spec).request("CreateCloudRecording").body
    assert shown.keys() == body_of(planner, spec).keys()
    assert shown["UserSig"] == shown["PrivateMapKey"] == "**********"


def test_other_calls_and_all_answers_are_of_the_published_form(
    recorder: Recorder, service: TrtcEmulator, make_spec: Callable[..., RecordingSpec]
) -> None:
    """What a whole recording sends after its start, and what the emulator answers, fit the SDK's models."""
    service.join("lesson", "1001")
    recording = recorder.start(make_spec(**SPECS["people"]))
    recorder.wait(recording)
    recording = recorder.layout(recording, Spotlight("1001"))
    recording = recorder.layout(recording, Custom(regions=(Region(x=0, y=0, width=1, height=1),)))
    recording = recorder.update_participants(recording, Participants.model_validate({"audio": {"include": ["1001"]}}))
    recorder.stop(recording)
    for entry in service.journal:
        answer = entry.answer["Response"]
        if "Error" in answer:
            assert answer["Error"].keys() == {"Code", "Message"}
        else:
            known(getattr(models, f"{entry.operation}Response")(), answer)
        known(getattr(models, f"{entry.operation}Request")(), entry.body)
    operations = set(service.journal.operations())
    assert operations == {f"{verb}CloudRecording" for verb in ("Create", "Describe", "Modify", "Delete")}
