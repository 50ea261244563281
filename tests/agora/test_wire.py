"""The wire models: what goes out exactly as the vendor's samples, and every variant that may come in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from recorder_agora import wire
from recorder_agora.wire_values import CNAME_CHARACTERS

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
    ],
)
def test_samples_pass_through(model: type[wire.Request], sample: dict[str, Any]) -> None:
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


def test_channel_characters() -> None:
    """A channel name is made of 89 characters."""
    assert len(CNAME_CHARACTERS) == 89


@pytest.mark.parametrize("choice", [True, 1.0, "1"])
def test_numbers_are_not_taken_from_other_types(choice: Any) -> None:
    """A boolean, a fraction or a text is no number of a list of choices."""
    with pytest.raises(ValidationError):
        wire.RecordingConfig(streamTypes=choice)


@pytest.mark.parametrize("sides", [(1 / 3, 2 / 3), (0.333333, 0.666667), (0.1, 0.9), (0.7, 0.3), (1, 0), (0, 1)])
def test_sums_of_one(sides: tuple[float, float]) -> None:
    """What adds up to 1 on paper is inside the canvas, whatever binary fractions make of it."""
    x, width = sides
    wire.LayoutConfig(x_axis=x, y_axis=0, width=width, height=1)


@pytest.mark.parametrize("sides", [(0.333334, 0.666667), (0.5, 0.500001), (1, 0.000001)])
def test_sums_beyond_one(sides: tuple[float, float]) -> None:
    """One unit of the sixth decimal beyond 1 is outside."""
    x, width = sides
    with pytest.raises(ValidationError, match="more than 1"):
        wire.LayoutConfig(x_axis=x, y_axis=0, width=width, height=1)


@pytest.mark.parametrize(
    ("server", "status", "names"),
    [
        ({"status": 5, "fileListMode": "string", "fileList": "a.m3u8"}, 5, ["a.m3u8"]),
        ({"status": "5", "fileList": [{"filename": "a.mp4", "mixedAllUser": "true"}]}, 5, ["a.mp4"]),
        (
            {"status": 5, "fileList": [{"fileName": "a.mp4", "uid": 0, "sliceStartTime": "1784110500042"}]},
            5,
            ["a.mp4"],
        ),
        ({"status": 4, "fileList": ""}, 4, []),
        ({"status": 4, "fileList": [], "sliceStartTime": ""}, 4, []),
        ({"status": 4, "fileList": None, "command": "x", "vid": 3}, 4, []),
        ({}, None, []),
    ],
)
def test_variants_of_query(server: dict[str, Any], status: int | None, names: list[str]) -> None:
    """Numbers as text, both spellings of the file name, lists as text, unknown and missing keys are read."""
    answer = wire.QueryResponse.model_validate({"uid": 900001, "code": 0, "serverResponse": server})
    assert answer.uid == "900001"
    assert answer.serverResponse.status == status
    assert [file.fileName for file in answer.serverResponse.fileList] == names


@pytest.mark.parametrize(
    ("number", "expected"), [(1784110500042, 1784110500.042), (1784110500, 1784110500), (None, None)]
)
def test_unit_of_slice_start(number: int | None, expected: float | None) -> None:
    """A start of 1e11 or more is in ms, as in the samples, a smaller one in s, as in the prose."""
    assert wire.FileEntry(fileName="a", sliceStartTime=number).started_at == expected


@pytest.mark.parametrize(
    ("server", "uploading"),
    [({"uploadingStatus": "unknow"}, "unknown"), ({"uploadingStatus": "backuped"}, "backuped"), ({}, None)],
)
def test_variants_of_stop(server: dict[str, Any], uploading: str | None) -> None:
    """The older spelling of unknown is read; an answer without details is no error."""
    assert wire.StopResponse.model_validate({"serverResponse": server}).serverResponse.uploadingStatus == uploading
    assert wire.StopResponse.model_validate({}).serverResponse.fileList == ()
