"""The answer models: every variant that may come in."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_agora.wire import answers as wire_answers


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
    answer = wire_answers.QueryResponse.model_validate({"uid": 900001, "code": 0, "serverResponse": server})
    assert answer.uid == "900001"
    assert answer.serverResponse.status == status
    assert [file.fileName for file in answer.serverResponse.fileList] == names


@pytest.mark.parametrize(
    ("number", "expected"), [(1784110500042, 1784110500.042), (1784110500, 1784110500), (None, None)]
)
def test_unit_of_slice_start(number: int | None, expected: float | None) -> None:
    """A start of 1e11 or more is in ms, as in the samples, a smaller one in s, as in the prose."""
    assert wire_answers.FileEntry(fileName="a", sliceStartTime=number).started_at == expected


@pytest.mark.parametrize(
    ("server", "uploading"),
    [({"uploadingStatus": "unknow"}, "unknown"), ({"uploadingStatus": "backuped"}, "backuped"), ({}, None)],
)
def test_variants_of_stop(server: dict[str, Any], uploading: str | None) -> None:
    """The older spelling of unknown is read; an answer without details is no error."""
    assert (
        wire_answers.StopResponse.model_validate({"serverResponse": server}).serverResponse.uploadingStatus == uploading
    )
    assert wire_answers.StopResponse.model_validate({}).serverResponse.fileList == ()


@pytest.mark.parametrize("key", ["payload", "playload"])
def test_services_of_an_answer(key: str) -> None:
    """A web answer has a state per service, whose payload was misspelt on one page."""
    file = {"filename": "a.m3u8", "sliceStartTime": 1784110512900}
    server = {
        "extensionServiceState": [
            {"serviceName": "upload_service", key: {"uploadingStatus": "unknow"}},
            {"serviceName": "web_recorder_service", key: {"state": "exit", "onhold": "false", "fileList": [file]}},
            {"serviceName": "rtmp_publish_service", key: {"status": "disconnected", "outputs": None}},
            {"serviceName": "future_service", key: None},
        ]
    }
    states = wire_answers.StopResponse.model_validate({"serverResponse": server}).serverResponse.extensionServiceState
    upload, recorder, push, future = (state.payload for state in states)
    assert upload.uploadingStatus == "unknown"
    assert (recorder.state, recorder.onhold) == ("exit", False)
    assert [(entry.fileName, entry.started_at) for entry in recorder.fileList] == [("a.m3u8", 1784110512.9)]
    assert (push.status, push.outputs) == ("disconnected", ())
    assert future == wire_answers.ServicePayload()


def test_answer_of_snapshots() -> None:
    """A recording of snapshots alone has a status and no list."""
    server = {"status": 5, "sliceStartTime": 1784110500042}
    answer = wire_answers.QueryResponse.model_validate({"serverResponse": server}).serverResponse
    assert (answer.status, answer.fileListMode, answer.fileList) == (5, None, ())
