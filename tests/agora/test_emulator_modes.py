"""What ties acquire, start and the later calls of an emulated recording to one mode."""

from __future__ import annotations

from typing import Any

import pytest
import requests

STORAGE = {"vendor": 1, "region": 4, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
PAGE = {"url": "https://class.example", "audioProfile": 0, "videoWidth": 640, "videoHeight": 360, "maxRecordingHour": 3}
RECORDER = {"serviceName": "web_recorder_service", "serviceParam": PAGE}
WEB: dict[str, Any] = {"extensionServiceConfig": {"extensionServices": [RECORDER]}}


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize(
    ("scene", "mode", "taken"),
    [(1, "web", True), (1, "mix", False), (1, "individual", False), (0, "web", False), (None, "web", False)],
)
def test_scene_and_mode(service: Any, call: Any, scene: int | None, mode: str, taken: bool) -> None:
    """Scene 1 of acquire is for mode web and no other, and mode web needs it; else start is code 2."""
    caller = call(service)
    assert caller.acquire({} if scene is None else {"scene": scene}).status_code == 200
    caller.mode = mode
    channel = {"storageConfig": STORAGE, "recordingConfig": {"subscribeUidGroup": 0}}
    answer = caller.start(**WEB if mode == "web" else channel)
    assert code(answer) == ((200, None) if taken else (400, 2))


def test_scene_of_postponed_transcoding(caller: Any) -> None:
    """Scene 2 is refused by name."""
    answer = caller.acquire({"scene": 2})
    assert code(answer) == (400, 2)
    assert "left the documentation" in answer.json()["reason"]


def test_video_service(caller: Any) -> None:
    """So is the upload to a video service from composite mode."""
    answer = caller.begin(extensionServiceConfig={"extensionServices": []})
    assert code(answer) == (400, 2)
    assert "aliyun_vod_service left the documentation" in answer.json()["reason"]


@pytest.mark.parametrize("mode", ["mix", "individual"])
def test_mode_can_not_change(service: Any, call: Any, mode: str) -> None:
    """Later calls in another mode than start's are code 2."""
    caller = call(service, mode="web")
    caller.begin(**WEB)
    caller.mode = mode
    answers = (caller.query(), caller.update({}), caller.stop(), caller.layout({}))
    assert {code(answer) for answer in answers} == {(400, 2)}


def test_pages_at_once(serve: Any, call: Any) -> None:
    """Pages have a peak of their own, beside that of rooms."""
    caller = call(serve(concurrent=0, concurrent_pages=1), mode="web")
    caller.begin(**WEB)
    assert code(caller.acquire()) == (400, 406)
    assert code(caller.acquire({"scene": 0})) == (400, 406)
    caller.stop()
    assert caller.acquire().status_code == 200


@pytest.mark.parametrize("mode", ["individual", "web"])
def test_start_parameter(service: Any, call: Any, mode: str) -> None:
    """What acquire was told about a start of any mode is what start has to say, else code 432."""
    caller = call(service, mode=mode)
    content = WEB if mode == "web" else {"recordingConfig": {"subscribeUidGroup": 0}}
    told = {"scene": int(mode == "web"), "startParameter": {**content, "storageConfig": STORAGE}}
    assert caller.acquire(told).status_code == 200
    assert code(caller.start(**content, storageConfig=STORAGE | {"bucket": "other"})) == (400, 432)
    assert caller.start(**content, storageConfig=STORAGE).status_code == 200
    assert service.recordings[0].ids["mode"] == mode
