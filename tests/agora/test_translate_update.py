"""Changes of a running recording, neutral to wire: the bodies of update, and what they can't say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter

from planned import S3_STORAGE, Planner, revealed
from recorder_agora.translate.update import Change, change_hold, change_participants, change_push, change_storage
from recorder_core import Participants, Recording, Storage

STORAGE: TypeAdapter[Any] = TypeAdapter(Storage)
NATIVE: dict[str, Any] = {"cname": "lesson-42", "uid": "527841", "resourceId": "r", "sid": "s"}
PAGE = {"mode": "web", "web_page": {"url": "https://class.example/room"}}
EVERYBODY = ["#allstream#"]


def running(mode: str, native: dict[str, Any] | None = None, **fields: Any) -> Recording:
    """A recording that was started in a mode."""
    neutral = {"mix": {}, "individual": {"mode": "individual"}, "web": PAGE}[mode]
    return Planner("agora").recording({**NATIVE, "mode": mode, **(native or {})}, **neutral, **fields)


def client(change: Change) -> Any:
    """clientRequest of an update without findings."""
    assert change.findings == ()
    body = revealed(change.body)
    assert (body["cname"], body["uid"]) == ("lesson-42", "527841")
    return body["clientRequest"]


def refused(change: Change) -> tuple[str, str]:
    """Path and words of the one finding."""
    (finding,) = change.findings
    assert (change.body, finding.verdict) == (None, "unsupported")
    return finding.path, f"{finding.detail}; {finding.instead}"


def lists(recording: Recording, **participants: Any) -> Any:
    """streamSubscribe for these participants."""
    return client(change_participants("agora", recording, Participants.model_validate(participants)))["streamSubscribe"]


@pytest.mark.parametrize("onhold", [True, False])
def test_a_page_is_put_on_hold_and_released(onhold: bool) -> None:
    """One flag does both."""
    assert client(change_hold(running("web"), onhold=onhold)) == {"webRecordingConfig": {"onhold": onhold}}


@pytest.mark.parametrize(
    ("participants", "audio", "video"),
    [
        ({}, {"subscribeAudioUids": EVERYBODY}, {"subscribeVideoUids": EVERYBODY}),
        (
            {"audio": {"include": ["7"]}},
            {"subscribeAudioUids": ["7"]},
            {"subscribeVideoUids": EVERYBODY},
        ),
        (
            {"audio": {"include": ["7"]}, "video": {"exclude": ["8"]}},
            {"subscribeAudioUids": ["7"]},
            {"unSubscribeVideoUids": ["8"]},
        ),
    ],
)
@pytest.mark.parametrize("mode", ["mix", "individual"])
def test_the_lists_of_both_media_go_out(
    mode: str, participants: dict[str, Any], audio: dict[str, Any], video: dict[str, Any]
) -> None:
    """An update replaces what was there: everybody is a list too, or what was excluded before would stay so."""
    recording = running(mode, {"subscribeUidGroup": 5} if mode == "individual" else {})
    assert lists(recording, **participants) == {"audioUidList": audio, "videoUidList": video}


@pytest.mark.parametrize(("media", "kept"), [("audio", "audioUidList"), ("video", "videoUidList")])
def test_a_medium_that_is_not_recorded_gets_no_list(media: str, kept: str) -> None:
    """The vendor refuses one."""
    assert lists(running("mix", media=media)).keys() == {kept}


@pytest.mark.parametrize(
    ("participants", "path"),
    [
        ({"audio": {"include": ["anna"]}}, "participants.audio.include"),
        ({"video": {"exclude": [str(uid) for uid in range(1, 34)]}}, "participants.video.exclude"),
    ],
)
def test_names_are_checked_as_at_the_start(participants: dict[str, Any], path: str) -> None:
    """Integers, and no more of them than a list takes."""
    found = change_participants("agora", running("mix"), Participants.model_validate(participants))
    assert refused(found)[0] == path


def both(*uids: int) -> dict[str, Any]:
    return {medium: {"include": [str(uid) for uid in uids]} for medium in ("audio", "video")}


@pytest.mark.parametrize(("group", "people", "fits"), [(0, 2, True), (0, 3, False), (1, 7, True), (1, 8, False)])
def test_a_group_has_room_for_so_many(group: int, people: int, fits: bool) -> None:
    """The start fixed for how many participants the vendor keeps room."""
    recording = running("individual", {"subscribeUidGroup": group})
    change = change_participants("agora", recording, Participants.model_validate(both(*range(1, people + 1))))
    assert (change.body is not None) is fits
    if not fits:
        path, words = refused(change)
        assert path == "participants"
        assert "expected_participants" in words


@pytest.mark.parametrize(
    ("native", "fits"),
    [
        ({"subscribeUidGroup": 5}, True),
        ({"subscribeUidGroup": 0}, False),
        ({"subscribeUidGroup": 1, "expected_participants": 6}, True),
    ],
)
def test_everybody_needs_room_for_everybody(native: dict[str, Any], fits: bool) -> None:
    """Where the start only named participants, nobody knows how many everybody is."""
    change = change_participants("agora", running("individual", native), Participants())
    assert (change.body is not None) is fits
    if not fits:
        assert refused(change)[0] == "participants"


@pytest.mark.parametrize("mode", ["mix", "individual", "web"])
def test_the_storage_goes_out_whole_with_its_folder(mode: str) -> None:
    """In every mode: other credentials, and all that says where the files go."""
    recording = running(mode, output={"prefix": "lessons/2026"})
    fresh = {**S3_STORAGE, "access_key": "AK-2", "session_token": "ST", "session_expires_at": "2026-08-01T10:00:00Z"}
    assert client(change_storage("agora", recording, STORAGE.validate_python(fresh))) == {
        "storageConfig": {
            "vendor": 1,
            "region": 4,
            "bucket": "lessons",
            "accessKey": "AK-2",
            "secretKey": "SK-1",
            "stsToken": "ST",
            "stsExpiration": 1785578400,
            "fileNamePrefix": ["lessons", "2026"],
        }
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {"sse": "kms", "tag": "lesson"}),
        ({"object_tag": "exam"}, {"sse": "kms", "tag": "exam"}),
        ({"server_side_encryption": "aes256", "object_tag": "exam"}, {"sse": "aes256", "tag": "exam"}),
    ],
)
def test_new_keys_leave_encryption_and_tag_of_the_objects(given: dict[str, str], sent: dict[str, str]) -> None:
    """An update replaces the storage whole: what isn't given anew goes out as at the start."""
    recording = running("mix", {"extensionParams": {"sse": "kms", "tag": "lesson"}})
    change = change_storage("agora", recording, STORAGE.validate_python({**S3_STORAGE, **given}))
    assert client(change)["storageConfig"]["extensionParams"] == sent


def test_permanent_keys_are_taken_as_well() -> None:
    """Nothing on the wire tells them apart."""
    config = client(change_storage("agora", running("mix"), STORAGE.validate_python(S3_STORAGE)))["storageConfig"]
    assert "stsToken" not in config
    assert "fileNamePrefix" not in config


def test_credentials_that_the_vendor_cannot_use_are_refused() -> None:
    """A role instead of keys is lost."""
    role = {"kind": "s3", "bucket": "lessons", "region": "eu-west-1", "role_arn": "arn:aws:iam::1:role/r"}
    change = change_storage("agora", running("mix"), STORAGE.validate_python(role))
    assert {finding.path for finding in change.findings} >= {"storage.role_arn"}
    assert change.body is None


def test_a_doubtful_cloud_is_renewed_with_a_warning() -> None:
    """What was approximated at the start is approximated again."""
    qiniu = {"kind": "qiniu_kodo", "bucket": "b", "region": "z0", "access_key": "AK-1", "secret_key": "SK-1"}
    change = change_storage("agora", running("mix", storage=qiniu), STORAGE.validate_python(qiniu))
    assert [finding.verdict for finding in change.findings] == ["approximated"]
    assert revealed(change.body)["clientRequest"]["storageConfig"]["vendor"] == 0


def test_a_push_goes_to_another_address() -> None:
    """Exactly one, and only where there is a push."""
    pushed = running("web", {"push": True})
    one = (SecretStr("rtmp://e.com/live/s3cr3t"),)
    assert client(change_push(pushed, one)) == {
        "rtmpPublishConfig": {"outputs": [{"rtmpUrl": "rtmp://e.com/live/s3cr3t"}]}
    }
    assert "exactly one" in refused(change_push(pushed, one * 2))[1]
    path, words = refused(change_push(running("web", {"push": False}), one))
    assert path == "push_urls"
    assert "started without" in words
    assert "s3cr3t" not in words


@pytest.mark.parametrize(
    ("participants", "fits"),
    [
        ({"audio": {"include": ["1"]}, "video": {"exclude": ["2"]}}, False),
        ({"video": {"exclude": ["2"]}}, False),
        ({"audio": {"exclude": ["3"]}, "video": {"exclude": ["2"]}}, True),
        ({"audio": {"include": ["1"]}, "video": {"include": ["2"]}}, True),
        ({}, True),
    ],
)
def test_snapshots_forbid_a_pair_of_lists_later_too(participants: dict[str, Any], fits: bool) -> None:
    """What a start with snapshots can't have, an update of it can't bring; without snapshots it can."""
    taken = running("individual", {"subscribeUidGroup": 5, "snapshots": True})
    change = change_participants("agora", taken, Participants.model_validate(participants))
    assert (change.body is not None) is fits
    if not fits:
        assert refused(change)[0] == "participants.video.exclude"
    plain = running("individual", {"subscribeUidGroup": 5})
    assert change_participants("agora", plain, Participants.model_validate(participants)).body is not None


@pytest.mark.parametrize("group", [9, "5", None])
def test_a_group_of_a_newer_release_is_left_to_the_vendor(group: Any) -> None:
    """A handle that a newer release wrote can still be changed."""
    recording = running("individual", {"subscribeUidGroup": group})
    assert lists(recording, **both(*range(1, 33)))["audioUidList"]["subscribeAudioUids"][-1] == "32"
    assert lists(recording) == {
        "audioUidList": {"subscribeAudioUids": EVERYBODY},
        "videoUidList": {"subscribeVideoUids": EVERYBODY},
    }
