"""The emulated service over raw HTTP, and ways to look into what it recorded."""

import copy
import hashlib
import io
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import av
import numpy as np
import pytest
import requests
from numpy.typing import NDArray

from emulation.telling import Receiver
from recorder_core.emulation.clock import EmulatorClock
from recorder_zegocloud.emulator.service import ZegocloudEmulator

START: dict[str, Any] = {
    "RoomId": "room-42",
    "RecordInputParams": {
        "RecordMode": 2,
        "MaxIdleTime": 120,
        "MixConfig": {
            "MixOutputStreamId": "mix-42",
            "MixOutputVideoConfig": {"Width": 320, "Height": 180, "Fps": 10, "Bitrate": 140000},
        },
    },
    "StorageParams": {
        "Vendor": 1,
        "Region": "eu-west-1",
        "Bucket": "lessons",
        "AccessKeyId": "AKIAEXAMPLE",
        "AccessKeySecret": "example-secret",
    },
}


def _merge(into: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


class Caller:
    """Speaks to the service as any HTTP client would."""

    def __init__(self, service: ZegocloudEmulator) -> None:
        self.service = service
        self.session = requests.Session()
        self.session.trust_env = False

    def query(self, action: str, **changes: str | None) -> dict[str, str]:
        """The six query parameters, signed; None leaves one out. A changed part is signed as changed."""
        query = {
            "Action": action,
            "AppId": str(self.service.app_id),
            "SignatureNonce": secrets.token_hex(8),
            "Timestamp": str(int(time.time())),
            "SignatureVersion": "2.0",
        } | {key: value for key, value in changes.items() if value is not None}
        text = query["AppId"] + query["SignatureNonce"] + self.service.server_secret + query["Timestamp"]
        query.setdefault("Signature", hashlib.md5(text.encode()).hexdigest())
        return {key: value for key, value in query.items() if changes.get(key, "") is not None}

    def raw(self, query: dict[str, str], body: Any) -> requests.Response:
        return self.session.post(f"{self.service.base_url}/", params=query, json=body, timeout=20)

    def __call__(self, action: str, body: Any) -> Any:
        answer = self.raw(self.query(action), body)
        assert answer.status_code == 200
        return answer.json()

    def start(self, mix: dict[str, Any] | None = None, **changes: Any) -> str:
        """Start the usual task with changes; the TaskId."""
        answer = self("StartRecord", start_body(mix, **changes))
        assert answer["Code"] == 0, answer
        return str(answer["Data"]["TaskId"])

    def start_streams(self, output: dict[str, Any] | None = None, **changes: Any) -> str:
        """Start a single-stream task; `changes` are of RecordInputParams, `output` is RecordOutputParams."""
        answer = self("StartRecord", single_body(output, **changes))
        assert answer["Code"] == 0, answer
        return str(answer["Data"]["TaskId"])

    def describe(self, task_id: str) -> dict[str, Any]:
        answer = self("DescribeRecordStatus", {"TaskId": task_id})
        assert answer["Code"] == 0, answer
        data: dict[str, Any] = answer["Data"]
        return data

    def spans(self, task_id: str, begun: float) -> list[tuple[str, float, float]]:
        """Stream, begin and duration of each file, in seconds since the start."""
        return [
            (file["StreamId"], round(file["BeginTimestamp"] / 1000 - begun, 2), file["Duration"] / 1000)
            for file in self.describe(task_id).get("RecordFiles", [])
        ]

    @staticmethod
    def taken_at(key: str) -> float:
        """The Unix second in a file's name."""
        digits = key.split("_")[-1].split(".")[0]
        seconds = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
        return seconds + int(digits[14:]) / 1000

    def stop(self, task_id: str) -> None:
        """Stop, and let the upload end."""
        assert self("StopRecord", {"TaskId": task_id})["Code"] == 0
        self.service.clock.advance(5)


def start_body(mix: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The usual StartRecord body; `mix` is merged into MixConfig, `changes` into the whole."""
    body = copy.deepcopy(START)
    _merge(body["RecordInputParams"]["MixConfig"], mix or {})
    _merge(body, changes)
    return body


def single_body(output: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The usual StartRecord body of a single-stream task."""
    params = {"RecordMode": 1, "MaxIdleTime": 120, **changes}
    return copy.deepcopy(START) | {"RecordInputParams": params, "RecordOutputParams": output or {}}


@pytest.fixture
def body() -> Callable[..., dict[str, Any]]:
    """Makes StartRecord bodies."""
    return start_body


@pytest.fixture
def serve() -> Iterator[Callable[..., Caller]]:
    """Starts services with a clock that stands still; gives a caller each."""
    callers: list[Caller] = []

    def start(**options: Any) -> Caller:
        options.setdefault("clock", EmulatorClock(frozen=True))
        options.setdefault("media", False)
        caller = Caller(ZegocloudEmulator(**options).start())
        callers.append(caller)
        return caller

    yield start
    for caller in callers:
        caller.session.close()
        caller.service.close()


@pytest.fixture
def call(serve: Callable[..., Caller]) -> Caller:
    """A service without media and its caller."""
    return serve()


ENVELOPE = {
    *("app_id", "task_id", "room_id", "event_type", "message"),
    *("nonce", "timestamp", "signature", "sequence", "detail"),
}


@dataclass
class Hearing:
    """A service whose callbacks a real HTTP server receives, and its caller."""

    call: Caller
    receiver: Receiver
    begun: float

    def act(self, action: str, task_id: str, **body: Any) -> None:
        """Carry out an action on a task, and let its callbacks arrive."""
        answer = self.call(action, {"TaskId": task_id, **body})
        assert answer["Code"] == 0, answer
        self.call.service.callbacks.wait()

    def bodies(self) -> list[dict[str, Any]]:
        """What was received, each verified as the vendor's page tells receivers to do it."""
        service = self.call.service
        for received in self.receiver.received:
            body = received.body
            assert received.headers["Content-Type"] == "application/json"
            assert set(body) == ENVELOPE
            assert (body["app_id"], body["message"]) == (service.app_id, "")
            assert isinstance(body["timestamp"], str)
            assert int(body["timestamp"]) == int(received.at or 0)
            parts = sorted([service.webhook_secret, body["timestamp"], body["nonce"]])
            assert body["signature"] == hashlib.sha1("".join(parts).encode()).hexdigest()
        return [received.body for received in self.receiver.received]

    def events(self, task_id: str) -> list[tuple[float, int, dict[str, Any]]]:
        """The task's callbacks as second since the beginning, type and detail; numbered from 0 on, in their order."""
        told = zip(self.bodies(), self.receiver.received, strict=True)
        mine = [(body, received.at or 0.0) for body, received in told if body["task_id"] == task_id]
        assert [body["sequence"] for body, _ in mine] == list(range(len(mine)))
        return [(round(at - self.begun, 3), body["event_type"], body["detail"]) for body, at in mine]

    def timeline(self, task_id: str) -> list[tuple[float, int]]:
        """As `events`, without their details."""
        return [(at, event_type) for at, event_type, _ in self.events(task_id)]


@pytest.fixture
def hear(serve: Callable[..., Caller]) -> Iterator[Callable[..., Hearing]]:
    """Starts services, each with a receiver of its callbacks."""
    receivers: list[Receiver] = []

    def start(**options: Any) -> Hearing:
        receiver = Receiver()
        receivers.append(receiver)
        call = serve(callback_url=receiver.url, **options)
        receiver.clock = call.service.clock
        return Hearing(call, receiver, call.service.clock.time())

    yield start
    for receiver in receivers:
        receiver.close()


class Film:
    """A decoded file: pictures by second, and what is heard."""

    def __init__(self, content: bytes) -> None:
        with av.open(io.BytesIO(content)) as container:
            self.streams = sorted(stream.type for stream in container.streams)
        self._content = content
        self.pictures: list[tuple[float, NDArray[np.uint8]]] = []
        if "video" in self.streams:
            with av.open(io.BytesIO(content)) as container:
                first = None
                for frame in container.decode(video=0):
                    first = frame.time if first is None else first
                    self.pictures.append((frame.time - first, frame.to_ndarray(format="rgb24")))

    def at(self, second: float) -> NDArray[np.uint8]:
        """The picture that is shown at a second."""
        return [picture for shown, picture in self.pictures if shown <= second + 1e-6][-1]

    def sound(self) -> tuple[NDArray[np.float64], int]:
        """The samples of the first channel, and how many there are in a second."""
        samples, rate = [], 0
        with av.open(io.BytesIO(self._content)) as container:
            for frame in container.decode(audio=0):
                rate = frame.sample_rate
                samples.append(frame.to_ndarray().reshape(-1, frame.samples)[0].astype(float))
        return np.concatenate(samples), rate

    def is_silent(self, start: float, end: float) -> bool:
        """Whether nothing is heard between two seconds."""
        samples, rate = self.sound()
        return bool(np.abs(samples[int(start * rate) : int(end * rate)]).max() < 0.01 * np.abs(samples).max())

    def tones(self, start: float, end: float) -> set[int]:
        """The frequencies (Hz, to the nearest 10) that are clearly heard between two seconds."""
        samples, rate = self.sound()
        heard = samples[int(start * rate) : int(end * rate)]
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        loud = np.flatnonzero(spectrum > spectrum.max() / 4)
        return {round(index * rate / len(heard) / 10) * 10 for index in loud}


@pytest.fixture
def film() -> type[Film]:
    """Decodes files."""
    return Film
