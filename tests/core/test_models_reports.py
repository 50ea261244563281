"""Handles and reports: what is handed out, and that it survives JSON, pickling and newer releases."""

import json
import pickle
from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from recorder_core.models import (
    S3,
    AccountStorage,
    AzureBlob,
    Canvas,
    Custom,
    EventKind,
    FileStatus,
    GoogleCloudStorage,
    Grid,
    Image,
    Kept,
    Location,
    Media,
    Mode,
    Participants,
    RecordedFile,
    Recording,
    RecordingEvent,
    RecordingState,
    RecordingStatus,
    Region,
    S3Compatible,
    Selection,
    Spotlight,
    StartIntent,
    Storage,
    VendorManaged,
)

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
KEYS = {"bucket": "lessons", "region": "eu-west-1", "access_key": "AK", "secret_key": "SK"}


def recording(**fields):
    """A handle with these fields."""
    return Recording(
        **{
            "id": "r1",
            "provider": "example",
            "account": "42",
            "room": "lesson-42",
            "canvas": Canvas(width=1280, height=720),
            "layout": Custom(regions=[Region(participant="1", x=0, y=0, width=1, height=1)]),
            "participants": Participants(audio=Selection(include=["1"])),
            "location": Location(kind="s3", bucket="lessons"),
            "started_at": NOON,
            "native": {"ids": ["a", {"b": 2}]},
            **fields,
        }
    )


class TestRecording:
    def test_json_brings_it_back(self):
        """A handle is the same after a round trip through JSON, by model or by plain values."""
        made = recording(layout=Spotlight("1001", placeholders={"*": Image(url="https://example.com/a.jpg")}))
        assert Recording.model_validate_json(made.model_dump_json()) == made
        assert Recording.model_validate(json.loads(json.dumps(made.model_dump(mode="json")))) == made
        assert pickle.loads(pickle.dumps(made)) == made
        assert hash(made) == hash(recording(layout=made.layout))

    def test_what_a_newer_release_wrote_is_kept(self):
        """Unknown keys, kinds and values at any depth are read, kept and written again."""
        newer = recording().model_dump(mode="json")
        newer["future"] = {"deep": [1]}
        newer["mode"] = "hologram"
        newer["media"] = "smell"
        newer["location"]["shelf"] = 3
        newer["canvas"]["depth"] = 100
        newer["participants"]["smell"] = {"include": ["1"]}
        newer["layout"] = {"kind": "carousel", "speed": 2, "background": {"gradient": "x"}}
        read = Recording.model_validate(newer)
        assert json.loads(read.model_dump_json()) == newer
        assert read.mode == "hologram"
        assert isinstance(read.layout, Kept)
        assert Grid().over(read.layout) == Grid()

    def test_what_is_known_has_its_type(self):
        """A handle of this release has typed parts."""
        made = Recording.model_validate_json(recording().model_dump_json())
        assert made.mode is Mode.COMPOSITE
        assert made.media is Media.AUDIO_VIDEO
        assert isinstance(made.layout, Custom)
        assert isinstance(made.participants, Participants)

    def test_it_cannot_be_changed(self):
        """A handle is frozen, its mappings too."""
        made = recording()
        with pytest.raises(ValidationError):
            made.room = "other"
        with pytest.raises(TypeError):
            made.native["ids"] = []
        assert made.native["ids"][1]["b"] == 2

    def test_times_have_a_zone(self):
        """A time without a zone is refused."""
        with pytest.raises(ValidationError):
            recording(started_at=datetime(2026, 8, 1))


class TestStatus:
    def test_json_brings_it_back(self):
        """A status with files is the same after a round trip through JSON."""
        made = RecordingStatus(
            state="uploading",
            files=[
                RecordedFile(name="a.mp4", tracks="audio_video", status="backup", available_until=NOON, size_bytes=1)
            ],
            fault="destination",
            raw={"code": 1, "list": [1, 2]},
        )
        assert RecordingStatus.model_validate_json(made.model_dump_json()) == made
        assert made.files[0].tracks is Media.AUDIO_VIDEO

    def test_three_states_are_final(self):
        """completed, failed and gone are terminal."""
        assert {state for state in RecordingState if state.terminal} == {
            RecordingState.COMPLETED,
            RecordingState.FAILED,
            RecordingState.GONE,
        }

    def test_what_becomes_of_a_file(self):
        """A file is settled where it is known for good what became of it, be it that it is there no more."""
        settled = {str(status) for status in FileStatus if status.settled}
        assert settled == {"uploaded", "backup", "lost", "expired"}

    def test_unknown_words_are_unknown(self):
        """A file status or an event that has no name here is `unknown`."""
        assert RecordedFile(name="a", status="teleported").status is FileStatus.UNKNOWN
        event = RecordingEvent(kind="eclipse", provider="example", dedup_key="1", raw={"a": 1}, more=2)
        assert event.kind is EventKind.UNKNOWN
        assert RecordingEvent.model_validate_json(event.model_dump_json()) == event

    def test_a_fault_is_somebodys(self):
        """Faults are the caller's, the destination's or the vendor's."""
        with pytest.raises(ValidationError):
            RecordingStatus(state="failed", fault="nobody")


class TestLocation:
    @pytest.mark.parametrize(
        ("storage", "uri"),
        [
            (S3(**KEYS), "s3://lessons/2026/a b.mp4"),
            (S3Compatible(**KEYS, endpoint="minio:9000"), "s3://lessons/2026/a b.mp4"),
            ({"kind": "alibaba_oss", **KEYS}, "oss://lessons/2026/a b.mp4"),
            ({"kind": "tencent_cos", **KEYS, "bucket": "lessons-1250000000"}, "cos://lessons-1250000000/2026/a b.mp4"),
            ({"kind": "huawei_obs", **KEYS}, "obs://lessons/2026/a b.mp4"),
            ({"kind": "baidu_bos", **KEYS}, "bos://lessons/2026/a b.mp4"),
            ({"kind": "kingsoft_ks3", **KEYS}, "ks3://lessons/2026/a b.mp4"),
            ({"kind": "qiniu_kodo", **KEYS}, None),
            ({"kind": "china_mobile_eos", **KEYS}, None),
            (
                GoogleCloudStorage(bucket="lessons", access_key="a", secret_key="s"),
                "gs://lessons/2026/a b.mp4",
            ),
            (
                AzureBlob(container="lessons", account_name="acme", account_key="k"),
                "https://acme.blob.core.windows.net/lessons/2026/a%20b.mp4",
            ),
            (VendorManaged(), None),
            (AccountStorage(), None),
            (AccountStorage(bucket="lessons"), None),
            (AccountStorage(store="s3"), None),
            (AccountStorage(store="s3", bucket="lessons"), "s3://lessons/2026/a b.mp4"),
            (AccountStorage(store="google_cloud_storage", bucket="lessons"), "gs://lessons/2026/a b.mp4"),
            (
                AccountStorage(store="azure_blob", bucket="lessons", endpoint="acme.blob.core.windows.net"),
                "https://acme.blob.core.windows.net/lessons/2026/a%20b.mp4",
            ),
            (AccountStorage(store="tencent_vod"), None),
            ({"kind": "tencent_vod", "region": "r", "access_key": "a", "secret_key": "s"}, None),
        ],
    )
    def test_uris(self, storage, uri):
        """Each kind of storage has the address that its own tools take, or none."""
        storage = TypeAdapter(Storage).validate_python(storage)
        location = Location.from_storage(storage, "2026")
        assert location.uri("2026/a b.mp4") == uri
        assert (location.kind, location.prefix) == (getattr(storage, "store", None) or storage.kind, "2026")
        assert "SK" not in location.model_dump_json()

    def test_what_finds_the_bucket_is_kept(self):
        """Region and endpoint are part of a location."""
        location = Location.from_storage(S3Compatible(**KEYS, endpoint="minio:9000"), None)
        assert (location.bucket, location.region, location.endpoint) == ("lessons", "eu-west-1", "minio:9000")


class TestIntent:
    def intent(self, **fields):
        return StartIntent(id="r1", provider="example", room="lesson-42", created_at=NOON, **fields)

    def test_json_and_pickle_bring_it_back(self):
        """An intent travels to other processes with what was noted."""
        intent = self.intent(key="lesson-42", apart_from=[recording()])
        intent.note(resource_id="abc", tries=1)
        assert StartIntent.model_validate_json(intent.model_dump_json()) == intent
        assert pickle.loads(pickle.dumps(intent.kept_by(lambda _: None))).noted == {
            "resource_id": "abc",
            "tries": 1,
        }

    def test_a_note_is_kept_before_it_returns(self):
        """Whatever keeps the intent is called at every note, with everything that was noted."""
        kept = []
        intent = self.intent().kept_by(lambda it: kept.append(dict(it.noted)))
        intent.note(resource_id="abc")
        intent.note(sid="def")
        assert kept == [{"resource_id": "abc"}, {"resource_id": "abc", "sid": "def"}]

    def test_a_note_that_cannot_be_kept_is_an_error(self):
        """`note` doesn't return when keeping failed."""

        def fail(_):
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            self.intent().kept_by(fail).note(resource_id="abc")
