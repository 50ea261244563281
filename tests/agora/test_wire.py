"""The request models: what goes out exactly as the vendor's samples, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from recorder_agora.wire import answers as wire_answers
from recorder_agora.wire import layout as wire_layout
from recorder_agora.wire import recording as wire_recording
from recorder_agora.wire import requests as wire
from recorder_agora.wire import web as wire_web
from recorder_agora.wire.values import CNAME_CHARACTERS, Request

STORAGE = {"vendor": 1, "region": 7, "bucket": "rec-eu", "accessKey": "AK-EXAMPLE", "secretKey": "SK-EXAMPLE"}
# Request samples in the shape of the vendor's reference pages.
ACQUIRE = {
    "cname": "lesson-204",
    "uid": "900002",
    "clientRequest": {
        "scene": 0,
        "resourceExpiredHour": 24,
        "excludeResourceIds": ["rS7_kQ2x-EXAMPLE-individual"],
        "startParameter": {
            "token": "007eJx-EXAMPLE",
            "recordingConfig": {"channelType": 1, "maxIdleTime": 300},
            "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
            "storageConfig": STORAGE,
        },
    },
}
START: dict[str, Any] = {
    "cname": "lesson-204",
    "uid": "900002",
    "clientRequest": {
        "token": "007eJx-EXAMPLE",
        "recordingConfig": {
            "channelType": 1,
            "streamTypes": 2,
            "audioProfile": 1,
            "maxIdleTime": 300,
            "transcodingConfig": {
                "width": 1280,
                "height": 720,
                "fps": 15,
                "bitrate": 2260,
                "mixedVideoLayout": 3,
                "backgroundColor": "#102030",
                "layoutConfig": [
                    {
                        "uid": "11",
                        "x_axis": 0,
                        "y_axis": 0,
                        "width": 0.75,
                        "height": 1,
                        "alpha": 1,
                        "render_mode": 1,
                    },
                    {"x_axis": 0.75, "y_axis": 0, "width": 0.25, "height": 0.5},
                    {"x_axis": 0.75, "y_axis": 0.5, "width": 0.25, "height": 0.5},
                ],
                "backgroundConfig": [{"uid": "11", "image_url": "https://cdn.example/teacher.jpg", "render_mode": 1}],
            },
            "unSubscribeVideoUids": ["77"],
            "subscribeAudioUids": ["#allstream#"],
        },
        "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
        "storageConfig": {
            **STORAGE,
            "vendor": 11,
            "region": 0,
            "extensionParams": {"endpoint": "s3.storage.example"},
        },
    },
}
UPDATE = {
    "cname": "lesson-204",
    "uid": "900002",
    "clientRequest": {
        "streamSubscribe": {
            "audioUidList": {"subscribeAudioUids": ["#allstream#"]},
            "videoUidList": {"unSubscribeVideoUids": ["77", "78"]},
        }
    },
}
LAYOUT = {
    "cname": "lesson-204",
    "uid": "900002",
    "clientRequest": {"mixedVideoLayout": 2, "maxResolutionUid": "12", "backgroundColor": "#102030"},
}
STOP = {"cname": "lesson-204", "uid": "900002", "clientRequest": {"async_stop": False}}
INDIVIDUAL: dict[str, Any] = {
    "token": "007eJx-EXAMPLE",
    "recordingConfig": {
        "channelType": 1,
        "streamTypes": 2,
        "streamMode": "standard",
        "maxIdleTime": 300,
        "subscribeAudioUids": ["11", "12"],
        "subscribeVideoUids": ["11", "12"],
        "subscribeUidGroup": 0,
    },
    "recordingFileConfig": {"avFileType": ["hls"]},
    "snapshotConfig": {"captureInterval": 15, "fileType": ["jpg"]},
    "storageConfig": {**STORAGE, "fileNamePrefix": ["school7", "lesson204"]},
}
PAGE: dict[str, Any] = {
    "url": "https://class.example/room/204",
    "audioProfile": 1,
    "videoWidth": 1280,
    "videoHeight": 720,
    "maxRecordingHour": 3,
    "videoFps": 15,
    "maxVideoDuration": 120,
    "onhold": True,
    "readyTimeout": 20,
}
RECORDER = {"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam": PAGE}
PUSH = {
    "serviceName": "rtmp_publish_service",
    "errorHandlePolicy": "error_ignore",
    "serviceParam": {"outputs": [{"rtmpUrl": "rtmps://push.example/live/204"}]},
}
WEB: dict[str, Any] = {
    "extensionServiceConfig": {"errorHandlePolicy": "error_abort", "extensionServices": [RECORDER, PUSH]},
    "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
    "storageConfig": {**STORAGE, "vendor": 2, "region": 16},
}


def individual(client_request: dict[str, Any]) -> dict[str, Any]:
    """A body of individual recording."""
    return {"cname": "lesson-204", "uid": "900001", "clientRequest": client_request}


def web(client_request: dict[str, Any]) -> dict[str, Any]:
    """A body of web page recording."""
    return {"cname": "https://class.example/204", "uid": "900003", "clientRequest": client_request}


def revealed(tree: Any) -> str:
    """The tree as JSON, secrets and all."""
    return json.dumps(tree, default=lambda secret: secret.get_secret_value(), sort_keys=True)


@pytest.mark.parametrize(
    ("model", "sample"),
    [
        (wire.AcquireRequest, ACQUIRE),
        (wire.StartRequest, START),
        (wire.UpdateRequest, UPDATE),
        (wire.UpdateLayoutRequest, LAYOUT),
        (wire.StopRequest, STOP),
        (wire.IndividualAcquireRequest, individual({"scene": 0, "region": "EU", "startParameter": INDIVIDUAL})),
        (wire.IndividualStartRequest, individual(INDIVIDUAL)),
        (wire.UpdateRequest, individual({"storageConfig": {**STORAGE, "stsToken": "t", "stsExpiration": 1900000000}})),
        (wire.StopRequest, individual({"async_stop": True})),
        (wire.WebAcquireRequest, web({"scene": 1, "resourceExpiredHour": 12, "startParameter": WEB})),
        (wire.WebStartRequest, web(WEB)),
        (wire.WebUpdateRequest, web({"webRecordingConfig": {"onhold": False}})),
        (wire.WebUpdateRequest, web({"rtmpPublishConfig": PUSH["serviceParam"]})),
        (wire.WebUpdateRequest, web({"storageConfig": STORAGE})),
        (wire.WebStopRequest, web({})),
    ],
)
def test_samples_pass_through(model: type[Request], sample: dict[str, Any]) -> None:
    """The reference pages' samples validate, and their tree is the same again, nothing added."""
    assert json.loads(revealed(model.model_validate(sample).tree())) == sample


def test_secrets_stay_secret() -> None:
    """Token and keys are secrets in the tree and in no repr, nor in the error of a wrong body."""
    request = wire.StartRequest.model_validate(START)
    client = request.tree()["clientRequest"]
    secrets = (client["token"], client["storageConfig"]["accessKey"], client["storageConfig"]["secretKey"])
    assert all(isinstance(secret, SecretStr) for secret in secrets)
    wrong = {
        **START,
        "clientRequest": {**START["clientRequest"], "token": 5, "storageConfig": STORAGE | {"region": []}},
    }
    with pytest.raises(ValidationError) as caught:
        wire.StartRequest.model_validate(wrong)
    for shown in (repr(request), str(request), str(caught.value)):
        assert "EXAMPLE" not in shown.replace("lesson", "")


def test_push_address_stays_secret() -> None:
    """The stream key in a push address is in no repr, in the request as in the answer, nor in an error."""
    request = wire.WebStartRequest.model_validate(web(WEB))
    target = {"serviceName": "rtmp_publish_service", "payload": {"outputs": [{"rtmpUrl": "rtmps://push.example/204"}]}}
    answer = wire_answers.QueryResponse.model_validate({"serverResponse": {"extensionServiceState": [target]}})
    with pytest.raises(ValidationError) as caught:
        wire.WebUpdateRequest.model_validate(web({"rtmpPublishConfig": {"outputs": [{"rtmpUrl": "push.example/204"}]}}))
    for shown in (repr(request), repr(answer), str(caught.value)):
        assert "push.example" not in shown
    (output,) = answer.serverResponse.extensionServiceState[0].payload.outputs
    assert output.rtmpUrl == SecretStr("rtmps://push.example/204")


@pytest.mark.parametrize(
    ("model", "client_request"),
    [
        (wire.StartRequest, {"snapshotConfig": INDIVIDUAL["snapshotConfig"]}),
        (wire.StartRequest, {"extensionServiceConfig": WEB["extensionServiceConfig"]}),
        (wire.StartRequest, {"appsCollection": {"combinationPolicy": "default"}}),
        (wire.IndividualStartRequest, {"recordingConfig": {"subscribeUidGroup": 0, "audioProfile": 0}}),
        (wire.IndividualStartRequest, {"recordingConfig": {"subscribeUidGroup": 0, "transcodingConfig": {}}}),
        (wire.IndividualStartRequest, {"recordingConfig": {"channelType": 0}}),
        (wire.IndividualStartRequest, {}),
        (wire.IndividualStartRequest, INDIVIDUAL | {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}),
        (wire.IndividualStartRequest, INDIVIDUAL | {"transcodeOptions": {}}),
        (wire.WebStartRequest, {}),
        (wire.WebStartRequest, WEB | {"recordingConfig": {}}),
        (wire.WebStartRequest, WEB | {"snapshotConfig": INDIVIDUAL["snapshotConfig"]}),
    ],
)
def test_mode_forbids_what_it_does_not_take(model: type[Request], client_request: dict[str, Any]) -> None:
    """Each mode takes its own objects only, and needs those without which it can't record."""
    with pytest.raises(ValidationError):
        model.model_validate(individual({"storageConfig": STORAGE, **client_request}))


def test_scene_by_mode() -> None:
    """Web page recording needs scene 1; the others take 0 alone, for 2 is withdrawn."""
    for model, scene in (
        (wire.AcquireClientRequest, 1),
        (wire.IndividualAcquireClientRequest, 2),
        (wire.WebAcquireClientRequest, 0),
        (wire.WebAcquireClientRequest, None),
    ):
        with pytest.raises(ValidationError, match="scene"):
            model.model_validate({} if scene is None else {"scene": scene})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"streamMode": "original"}, "streamMode original needs streamTypes 0"),
        ({"streamMode": "original", "streamTypes": 1}, "streamMode original needs streamTypes 0"),
        ({"streamTypes": 0}, "snapshotConfig needs streamTypes 1 or 2"),
        ({"subscribeAudioUids": ["11"]}, "snapshotConfig needs subscribeVideoUids"),
        ({"subscribeUidGroup": 6}, "subscribeUidGroup"),
        ({"subscribeUidGroup": "0"}, "subscribeUidGroup"),
    ],
)
def test_rules_of_individual_recording(changed: dict[str, Any], why: str) -> None:
    """Original audio has no video; snapshots need video; the uid group is one of six."""
    recording = {"subscribeUidGroup": 0, **changed}
    with pytest.raises(ValidationError, match=why):
        wire.IndividualStartClientRequest.model_validate(INDIVIDUAL | {"recordingConfig": recording})


@pytest.mark.parametrize("snapshot", [{}, {"fileType": ["png"]}, {"fileType": ["jpg", "jpg"]}, {"fileType": []}])
def test_snapshots_are_jpg(snapshot: dict[str, Any]) -> None:
    """`fileType` is `["jpg"]` and has to be there."""
    with pytest.raises(ValidationError, match="fileType"):
        wire_recording.SnapshotConfig.model_validate(snapshot)


@pytest.mark.parametrize(("interval", "taken"), [(0, False), (1, True), (3600, True), (3601, False)])
def test_interval_of_snapshots(interval: int, taken: bool) -> None:
    """1 to 3600 s, the wider of the two documented ranges."""
    assert accepts(wire_recording.SnapshotConfig, {"captureInterval": interval, "fileType": ["jpg"]}) is taken


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("audioProfile", 0, 2),
        ("videoWidth", 240, 1920),
        ("videoHeight", 240, 1920),
        ("maxRecordingHour", 1, 720),
        ("videoBitrate", 50, 8000),
        ("videoFps", 5, 60),
        ("maxVideoDuration", 30, 240),
        ("readyTimeout", 0, 60),
    ],
)
def test_ranges_of_a_page(name: str, lowest: int, highest: int) -> None:
    """Every number has a lowest and a highest value, and is an integer."""
    given = [lowest - 1, lowest, highest, highest + 1, float(highest), str(highest)]
    square = PAGE | {"videoWidth": 1080, "videoHeight": 1080}
    taken = [accepts(wire_web.WebRecorderParam, square | {name: value}) for value in given]
    assert taken == [False, True, True, False, False, False]


@pytest.mark.parametrize("name", ["url", "audioProfile", "videoWidth", "videoHeight", "maxRecordingHour"])
def test_what_a_page_needs(name: str) -> None:
    """Address, size, audio profile and longest duration have to be there; the rest has defaults."""
    needed = {"url", "audioProfile", "videoWidth", "videoHeight", "maxRecordingHour"}
    assert accepts(wire_web.WebRecorderParam, {key: PAGE[key] for key in needed})
    assert not accepts(wire_web.WebRecorderParam, {key: PAGE[key] for key in needed - {name}})


@pytest.mark.parametrize(
    "changed",
    [
        {"videoWidth": 1920, "videoHeight": 1081},
        {"url": "ftp://class.example"},
        {"url": "class.example"},
        {"mobile": "true"},
        {"VideoBitrate": 1500},
    ],
)
def test_what_a_page_is_not(changed: dict[str, Any]) -> None:
    """Not more pixels than full HD, no address but http and https, no text for a boolean, no capital key."""
    assert not accepts(wire_web.WebRecorderParam, PAGE | changed)


@pytest.mark.parametrize(
    ("services", "taken"),
    [
        ([RECORDER], True),
        ([PUSH, RECORDER], True),
        ([], False),
        ([PUSH], False),
        ([RECORDER, RECORDER], False),
        ([RECORDER, PUSH, PUSH], False),
        ([RECORDER | {"errorHandlePolicy": "error_ignore"}], False),
        ([RECORDER, PUSH | {"errorHandlePolicy": "error_abort"}], False),
        ([RECORDER | {"serviceName": "aliyun_vod_service"}], False),
        ([RECORDER, PUSH | {"serviceParam": {"outputs": []}}], False),
        ([RECORDER, PUSH | {"serviceParam": {"outputs": 2 * [{"rtmpUrl": "rtmp://push.example/a"}]}}], False),
        ([RECORDER, PUSH | {"serviceParam": {"outputs": [{"rtmpUrl": "https://push.example/a"}]}}], False),
    ],
)
def test_services_of_a_page(services: list[Any], taken: bool) -> None:
    """One recorder, at most one push with one RTMP or RTMPS target, each with its own policy."""
    assert accepts(wire_web.ExtensionServiceConfig, {"extensionServices": services}) is taken


@pytest.mark.parametrize(("cname", "taken"), [("x" * 1024, True), ("", False), ("x" * 1025, False)])
def test_label_of_a_page(cname: str, taken: bool) -> None:
    """The name of a web page recording is any text of up to 1024 bytes."""
    assert accepts(wire.WebStopRequest, web({}) | {"cname": cname}) is taken


def accepts(model: type[Request], body: dict[str, Any]) -> bool:
    """Whether the model takes the body."""
    try:
        model.model_validate(body)
    except ValidationError:
        return False
    return True


def test_channel_characters() -> None:
    """A channel name is made of 89 characters."""
    assert len(CNAME_CHARACTERS) == 89


@pytest.mark.parametrize("choice", [True, 1.0, "1"])
def test_numbers_are_not_taken_from_other_types(choice: Any) -> None:
    """A boolean, a fraction or a text is no number of a list of choices."""
    with pytest.raises(ValidationError):
        wire_recording.RecordingConfig(streamTypes=choice)


@pytest.mark.parametrize("sides", [(1 / 3, 2 / 3), (0.333333, 0.666667), (0.1, 0.9), (0.7, 0.3), (1, 0), (0, 1)])
def test_sums_of_one(sides: tuple[float, float]) -> None:
    """What adds up to 1 on paper is inside the canvas, whatever binary fractions make of it."""
    x, width = sides
    wire_layout.LayoutConfig(x_axis=x, y_axis=0, width=width, height=1)


@pytest.mark.parametrize("sides", [(0.333334, 0.666667), (0.5, 0.500001), (1, 0.000001)])
def test_sums_beyond_one(sides: tuple[float, float]) -> None:
    """One unit of the sixth decimal beyond 1 is outside."""
    x, width = sides
    with pytest.raises(ValidationError, match="more than 1"):
        wire_layout.LayoutConfig(x_axis=x, y_axis=0, width=width, height=1)
