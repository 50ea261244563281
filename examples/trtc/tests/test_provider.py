"""The flow of calls, against the emulated service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recorder_core import (
    AuthenticationError,
    ConfigurationError,
    Custom,
    Ending,
    FileStatus,
    Grid,
    Participants,
    PermissionDenied,
    Recorder,
    RecorderError,
    Recording,
    RecordingSpec,
    RecordingState,
    Region,
    Spotlight,
    StartOutcomeUnknown,
    UnsupportedFeature,
    UnsupportedOperation,
)
from recorder_core.testing import connect
from recorder_trtc.config import TrtcConfig
from recorder_trtc.emulator.service import TrtcEmulator
from recorder_trtc.provider import TrtcProvider

Serve = Callable[..., TrtcEmulator]
MakeSpec = Callable[..., RecordingSpec]
PICTURE = "https://example.com/a.png"


def sent(service: TrtcEmulator, action: str) -> list[Any]:
    """The bodies of what was sent."""
    return [entry.body for entry in service.journal if entry.operation == action]


@pytest.fixture
def begin(recorder: Recorder, service: TrtcEmulator, make_spec: MakeSpec) -> Callable[..., Recording]:
    """Records somebody in the room, who is there already."""

    def begun(**fields: Any) -> Recording:
        service.join("lesson", "1001")
        recording = recorder.start(make_spec(**fields))
        recorder.wait(recording)
        return recording

    return begun


class TestTheHandle:
    def test_what_it_keeps(self, begin: Callable[..., Recording], service: TrtcEmulator) -> None:
        """What later calls need: the task, the recorder's name, the region, what the files will be. No secret."""
        recording = begin(output={"formats": ["hls", "mp4"]})
        assert recording.native == {
            "TaskId": service.recordings[0].ids["TaskId"],
            "RoomIdType": 0,
            "UserId": recording.id,
            "Region": "ap-singapore",
            "MaxIdleTime": 300,
            "OutputFormat": 1,
        }
        assert recording.controllable_until is not None
        assert (recording.controllable_until - recording.started_at).days == 30
        assert recording.request_id

    def test_calls_go_to_the_region_of_the_start(
        self, begin: Callable[..., Recording], service: TrtcEmulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also those of a process that is configured with another one."""
        recording = begin()
        seen: list[str] = []
        handle = service.handle
        monkeypatch.setattr(service, "handle", lambda asked: seen.append(asked.headers["X-TC-Region"]) or handle(asked))
        with connect(service, region="ap-beijing") as another:
            another.status(recording)
            another.stop(recording)
        assert set(seen) == {"ap-singapore"}


class TestTheState:
    def test_of_a_room_without_anybody(self, recorder: Recorder, service: TrtcEmulator, make_spec: MakeSpec) -> None:
        """It begins for 15 s, then it records nothing, and the reason says why."""
        recording = recorder.start(make_spec())
        young = recorder.status(recording)
        assert (young.state, young.reason) == (RecordingState.STARTING, None)
        service.clock.advance(15)
        idle = recorder.status(recording)
        assert idle.state is RecordingState.RECORDING
        assert idle.reason is not None
        assert "nobody publishes" in idle.reason

    def test_of_what_runs(self, begin: Callable[..., Recording], recorder: Recorder) -> None:
        """Recording, with the files of each format by their names."""
        status = recorder.status(begin(output={"formats": ["hls", "mp4"], "prefix": "a"}))
        assert status.state is RecordingState.RECORDING
        assert [file.format for file in status.files] == ["hls", "mp4"]
        assert {file.status for file in status.files} == {FileStatus.RECORDING}

    def test_of_what_is_gone(self, begin: Callable[..., Recording], service: TrtcEmulator) -> None:
        """An empty room has ended it, and nothing tells how."""
        recording = begin()
        service.leave("lesson", "1001")
        service.clock.advance(400)
        with connect(service) as another:
            status = another.status(recording)
        assert (status.state, status.ending) == (RecordingState.GONE, None)
        assert "it has ended" in (status.reason or "")

    def test_of_what_is_out_of_reach(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator
    ) -> None:
        """After controllable_hours the vendor doesn't answer for it, and it may run on: the reason says so."""
        recording = begin(options={"trtc": {"controllable_hours": 6}})
        service.clock.advance(6 * 3600 + 1)
        assert service.recordings[0].running
        assert "it runs on" in (recorder.status(recording).reason or "")

    @pytest.mark.parametrize(
        "code", ["ResourceNotFound.ResourceNotFound", "FailedOperation.TaskNotExist", "FailedOperation.TaskFinished"]
    )
    def test_by_whichever_code_it_is_gone(self, serve: Serve, make_spec: MakeSpec, code: str) -> None:
        """The documents don't fix it."""
        service = serve(gone_code=code)
        service.join("lesson", "1001")
        with connect(service) as recorder:
            recording = recorder.start(make_spec())
            service.clock.advance(5)
            assert recorder.stop(recording).state is RecordingState.COMPLETED
        with connect(service) as another:
            assert another.stop(recording).state is RecordingState.GONE

    def test_of_an_answer_that_is_none(
        self,
        begin: Callable[..., Recording],
        recorder: Recorder,
        service: TrtcEmulator,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A status that isn't documented is the vendor's fault, with the request id."""
        recording = begin()
        for answer in ({}, {"Status": "Dancing"}, {"Status": 7, "StorageFileList": "none"}):
            monkeypatch.setitem(service._actions, "DescribeCloudRecording", lambda _, answer=answer: answer)  # type: ignore[misc]
            with pytest.raises(RecorderError, match="isn't of the documented form") as caught:
                recorder.status(recording)
            assert caught.value.fault == "vendor"


class TestStopping:
    def test_with_its_files(self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator) -> None:
        """It waits until the vendor forgets the task; whether the files arrived isn't told, and where they are is."""
        recording = begin(output={"formats": ["hls", "mp4"], "prefix": "a/b"})
        service.clock.advance(20)
        status = recorder.stop(recording)
        assert (status.state, status.ending) == (RecordingState.COMPLETED, Ending.STOPPED)
        assert tuple(file.key for file in status.files) == service.recordings[0].files
        assert {file.status for file in status.files} == {FileStatus.UNKNOWN}

    def test_without_waiting(self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator) -> None:
        """It returns while the task is ending."""
        recording = begin()
        service.clock.advance(20)
        status = recorder.stop(recording, wait=False)
        assert (status.state, status.ending) == (RecordingState.STOPPING, Ending.STOPPED)
        assert [file.status for file in status.files] == [FileStatus.UPLOADING]

    def test_of_a_vendor_that_forgets_at_once(self, serve: Serve, make_spec: MakeSpec) -> None:
        """The files were asked for before."""
        service = serve(forgets_at_once=True)
        service.join("lesson", "1001")
        with connect(service) as recorder:
            recording = recorder.start(make_spec())
            service.clock.advance(20)
            files = recorder.stop(recording).files
        assert tuple(file.key for file in files) == service.recordings[0].files

    def test_of_what_is_ending_by_itself(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator
    ) -> None:
        """The vendor refuses it, and still tells the files of a task that has exited; what ended it isn't told."""
        recording = begin()
        service.clock.advance(20)
        service.leave("lesson", "1001")
        while service.recordings[0].running:
            service.clock.advance(5)
        status = recorder.stop(recording)
        assert (status.state, status.ending) == (RecordingState.COMPLETED, None)
        assert tuple(file.key for file in status.files) == service.recordings[0].files

    def test_when_nothing_but_the_stop_is_answered(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator, no_backoff: None
    ) -> None:
        """A look that fails, before or after, takes nothing back."""
        recording = begin()
        service.fail_next("DescribeCloudRecording", "code:InternalError", times=50)
        status = recorder.stop(recording, deadline=5)
        assert (status.state, status.ending) == (RecordingState.STOPPING, Ending.STOPPED)
        assert "its end isn't known yet" in (status.reason or "")
        assert not service.recordings[0].running

    def test_with_callbacks_the_files_are_told(self, serve: Serve, receiver: Any, make_spec: MakeSpec) -> None:
        """What was unknown is uploaded then, MP4 and HLS each by its own event."""
        service = serve(callback_url=receiver.url)
        service.join("lesson", "1001")
        with connect(service) as recorder:
            recording = recorder.start(make_spec(output={"formats": ["mp4"]}))
            service.clock.advance(20)
            recorder.stop(recording)
            service.clock.advance(10)
            for request in receiver.received:
                recorder.events.receive(request)
            status = recorder.status(recording)
        assert status.state is RecordingState.COMPLETED
        (file,) = status.files
        assert (file.status, file.duration_s) == (FileStatus.UPLOADED, 18.0)


class TestChanging:
    def test_a_layout_is_sent_with_the_participants(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator
    ) -> None:
        """ModifyCloudRecording replaces both: what isn't changed is in it, watermarks too."""
        recording = begin(
            participants={"audio": {"exclude": ["9"]}},
            watermarks=[{"kind": "image", "url": PICTURE, "x": 0, "y": 0, "width": 0.1, "height": 0.1}],
            layout={"kind": "grid", "background": {"color": "#102030"}},
        )
        recorder.layout(recording, Spotlight("1001"))
        (body,) = sent(service, "ModifyCloudRecording")
        assert body["SubscribeStreamUserIds"] == {"UnSubscribeAudioUserIds": ["9"]}
        mix = body["MixLayoutParams"]
        assert (mix["MixLayoutMode"], mix["MaxResolutionUserId"], mix["BackGroundColor"]) == (2, "1001", "#102030")
        assert mix["WaterMarkList"][0]["WaterMarkImage"]["WaterMarkUrl"] == PICTURE

    def test_participants_are_sent_with_the_layout(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator
    ) -> None:
        """In force, whichever change came before."""
        recording = recorder.layout(begin(), Custom(regions=(Region(x=0, y=0, width=1, height=1),)))
        recording = recorder.update_participants(recording, Participants.model_validate({"video": {"include": ["1"]}}))
        body = sent(service, "ModifyCloudRecording")[-1]
        assert body["SubscribeStreamUserIds"] == {"SubscribeVideoUserIds": ["1"]}
        assert body["MixLayoutParams"]["MixLayoutMode"] == 4
        recorder.update_participants(recording, Participants())
        assert "SubscribeStreamUserIds" not in sent(service, "ModifyCloudRecording")[-1]

    def test_an_individual_recording_has_participants_and_no_layout(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator
    ) -> None:
        """The former can be changed."""
        recording = begin(mode="individual")
        recording = recorder.update_participants(recording, Participants.model_validate({"audio": {"include": ["1"]}}))
        assert "MixLayoutParams" not in sent(service, "ModifyCloudRecording")[-1]
        with pytest.raises(UnsupportedOperation):
            recorder.layout(recording, Grid())

    def test_placeholders_go_with_their_layout(self, begin: Callable[..., Recording], recorder: Recorder) -> None:
        """One that a preset has no window for isn't demanded by a change that didn't name it; a new one is."""
        region = {"participant": "1001", "x": 0, "y": 0, "width": 1, "height": 1}
        placeholders = {"1001": {"url": PICTURE}}
        recording = begin(layout={"kind": "custom", "regions": [region], "placeholders": placeholders})
        recording = recorder.layout(recording, Grid())
        with pytest.raises(UnsupportedFeature, match=r"placeholders\.1002"):
            recorder.layout(recording, Grid(placeholders={"1002": {"url": PICTURE}}))

    def test_which_screens_are_recorded_stays(self, begin: Callable[..., Recording], recorder: Recorder) -> None:
        """What the start hid no change shows, and what it shows none hides. Left out, it is no demand."""
        hiding, showing = Grid(screen_share="hidden"), Grid(screen_share="window")
        for first, other in ((hiding, showing), (showing, hiding)):
            recording = begin(layout=first.model_dump(exclude_unset=True))
            for same in (first, Grid()):
                recording = recorder.layout(recording, same)
            with pytest.raises(UnsupportedFeature, match="screen_share"):
                recorder.layout(recording, other)

    def test_what_would_be_lost_is_not_sent(
        self, begin: Callable[..., Recording], recorder: Recorder, service: TrtcEmulator
    ) -> None:
        """Of a change as of a start."""
        recording = begin()
        with pytest.raises(UnsupportedFeature):
            recorder.update_participants(recording, Participants.model_validate({"audio": {"include": ["a b"]}}))
        assert sent(service, "ModifyCloudRecording") == []

    def test_after_a_move_it_is_sent_again(self, serve: Serve, make_spec: MakeSpec) -> None:
        """Where it was changed since the start; else nothing is."""
        service = serve(layout_survives=False)
        service.join("lesson", "1001")
        with connect(service) as recorder:
            recording = recorder.start(make_spec())
            assert not recorder.provider.restore(recording)
            recording = recorder.layout(recording, Spotlight("1001"))
            assert recorder.provider.restore(recording)
        first, again = sent(service, "ModifyCloudRecording")
        assert first == again


class TestTheAccount:
    def test_it_is_tried(self, recorder: Recorder, service: TrtcEmulator) -> None:
        """By a look at a task that can't be; nothing is started."""
        with connect(service) as another:
            told = another.provider.check_account(service.base_url)
        assert "accepted" in told
        assert service.recordings == []

    def test_what_is_wrong_with_it(self, serve: Serve, no_backoff: None) -> None:
        """A wrong key, an application of another account, and a key that may not."""
        service = serve()
        wrong: list[tuple[dict[str, Any], type[RecorderError]]] = [
            ({"secret_key": "another"}, AuthenticationError),
            ({"sdk_app_id": 7}, ConfigurationError),
        ]
        for config, kind in wrong:
            with connect(service, **config) as recorder, pytest.raises(kind):
                recorder.provider.check_account(service.base_url)
        service.fail_next("DescribeCloudRecording", "code:UnauthorizedOperation.SdkAppId")
        with connect(service) as recorder, pytest.raises(PermissionDenied):
            recorder.provider.check_account(service.base_url)

    def test_its_hosts(self) -> None:
        """By the site at which it was opened, unless base_urls says otherwise."""
        assert TrtcConfig.placeholder().hosts() == ("https://trtc.intl.tencentcloudapi.com",)
        assert TrtcConfig.placeholder(site="mainland").hosts() == ("https://trtc.tencentcloudapi.com",)
        assert TrtcConfig.placeholder(base_urls=("https://a",)).hosts() == ("https://a",)

    @pytest.mark.parametrize(
        "wrong",
        [{"secret_id": ""}, {"secret_key": " x"}, {"sdk_app_id": 0}, {"region": "eu-1"}, {"user_sig_lifetime": 1}],
    )
    def test_a_configuration_that_can_not_work(self, wrong: dict[str, Any]) -> None:
        """It is refused by its field; no value is shown."""
        with pytest.raises(ConfigurationError, match=next(iter(wrong))):
            TrtcConfig.placeholder(**wrong)


def test_a_start_that_is_answered_without_an_id(
    recorder: Recorder, service: TrtcEmulator, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may run."""
    for answer in ({}, {"TaskId": ""}, {"TaskId": 7}):
        monkeypatch.setitem(service._actions, "CreateCloudRecording", lambda _, answer=answer: answer)  # type: ignore[misc]
        with pytest.raises(StartOutcomeUnknown) as caught:
            recorder.start(make_spec())
        assert caught.value.intent is not None


def test_an_internal_error_is_tried_again_as_advised(
    recorder: Recorder, service: TrtcEmulator, make_spec: MakeSpec
) -> None:
    """3, 6 and 12 s later, with the same recorder; one that comes through is no error, and one recording runs."""
    service.join("lesson", "1001")
    service.fail_next("CreateCloudRecording", "code:InternalError.CRInternalError", times=3)
    began = service.clock.time()
    recorder.start(make_spec())
    assert service.clock.time() - began >= 21
    assert len({body["UserId"] for body in sent(service, "CreateCloudRecording")}) == 1
    assert sum(recording.running for recording in service.recordings) == 1


def test_what_it_offers() -> None:
    """And what it doesn't: the vendor can't pause, take pictures, renew keys, or list."""
    for operation in ("layout", "update_participants", "parse_webhook", "check_account", "recover", "picture"):
        assert TrtcProvider.offers(operation)
    for operation in (
        "pause",
        "resume",
        "snapshot",
        "refresh_storage",
        "list_remote",
        "update_push",
        "webhook_sources",
    ):
        assert not TrtcProvider.offers(operation)
