"""Where emulated recordings of every mode put their files, and temporary credentials that run out meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

STORAGE: dict[str, Any] = {
    "vendor": 1,
    "region": 4,
    "bucket": "rec-own",
    "accessKey": "AK",
    "secretKey": "SK",
    "fileNamePrefix": ["school"],
}
PAGE = {"url": "https://class.example", "audioProfile": 0, "videoWidth": 640, "videoHeight": 360, "maxRecordingHour": 9}
CONTENT: dict[str, dict[str, Any]] = {
    "mix": {},
    "individual": {
        "recordingConfig": {"subscribeUidGroup": 0, "streamMode": "standard", "maxIdleTime": 36000},
        "recordingFileConfig": {"avFileType": ["hls"]},
        "snapshotConfig": {"fileType": ["jpg"]},
    },
    "web": {
        "extensionServiceConfig": {"extensionServices": [{"serviceName": "web_recorder_service", "serviceParam": PAGE}]}
    },
}


@pytest.fixture(params=["mix", "individual", "web"])
def mode(request: pytest.FixtureRequest) -> str:
    """Each of the modes."""
    name: str = request.param
    return name


@pytest.fixture
def store() -> Iterator[tuple[str, str, Any]]:
    """A real S3 endpoint, a bucket there, and a client."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "AK", "aws_secret_access_key": "SK"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **keys)
    # Servers in one process share their buckets.
    bucket = f"rec-{uuid.uuid4()}"
    client.create_bucket(Bucket=bucket)
    yield f"{host}:{port}", bucket, client
    client.close()
    server.stop()


def uploading(answer: requests.Response) -> str:
    """`uploadingStatus`, wherever it lies in a stop's answer."""
    server = answer.json()["serverResponse"]
    if "extensionServiceState" in server:
        server = server["extensionServiceState"][0]["payload"]
    status: str = server["uploadingStatus"]
    return status


def begin(caller: Any, **storage: Any) -> None:
    """Start a recording of somebody."""
    caller.service.join(caller.cname, "11")
    assert caller.begin(**CONTENT[caller.mode], storageConfig=STORAGE | storage).status_code == 200


def test_temporary_credential_runs_out(serve: Any, call: Any, mode: str) -> None:
    """Files that are uploaded after `stsExpiration` are refused: `backuped`, and nothing in the bucket."""
    service = serve(media=True)
    caller = call(service, mode=mode)
    begin(caller, stsToken="sts", stsExpiration=int(service.clock.time()) + 3600)
    service.clock.advance(3601)
    assert uploading(caller.stop()) == "backuped"
    assert service.bucket.list() == service.recordings[0].files == ()


def test_temporary_credential_is_renewed(serve: Any, call: Any, mode: str) -> None:
    """update with a new `storageConfig` renews the credential in every mode."""
    service = serve()
    caller = call(service, mode=mode)
    begin(caller, stsToken="sts", stsExpiration=int(service.clock.time()) + 3600)
    service.clock.advance(3000)
    renewed = STORAGE | {"stsToken": "next", "stsExpiration": int(service.clock.time()) + 3600}
    assert caller.update({"storageConfig": renewed}).status_code == 200
    service.clock.advance(3000)
    assert uploading(caller.stop()) == "uploaded"


def test_renewal_is_checked(service: Any, call: Any, mode: str) -> None:
    """A renewal obeys the rules of start, and its credentials are in no journal."""
    caller = call(service, mode=mode)
    begin(caller)
    for wrong in ({"region": 26}, {"stsExpiration": 1900000000}, {"vendor": 11, "region": 0}):
        answer = caller.update({"storageConfig": STORAGE | wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, 2)
    caller.update({"storageConfig": STORAGE | {"secretKey": "RENEWED", "stsToken": "TEMPORARY"}})
    written = repr(list(service.journal))
    assert "RENEWED" not in written
    assert "TEMPORARY" not in written


def test_s3_compatible_store(serve: Any, call: Any, mode: str, store: tuple[str, str, Any]) -> None:
    """Cloud 11 gets every file at `extensionParams.endpoint`, prefix before each name, and no other place does."""
    endpoint, bucket, client = store
    service = serve(media=True)
    caller = call(service, mode=mode)
    begin(caller, vendor=11, region=0, bucket=bucket, extensionParams={"endpoint": endpoint})
    service.clock.advance(3 + 4)
    assert uploading(caller.stop()) == "uploaded"
    keys = {found["Key"] for found in client.list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == set(service.recordings[0].files)
    assert len(keys) == {"mix": 2, "individual": 6, "web": 2}[mode]
    assert all(key.startswith(f"school/{caller.sid}_{caller.cname}") for key in keys)
    assert service.bucket.list() == ()


def test_store_that_refuses(serve: Any, call: Any, mode: str, store: tuple[str, str, Any]) -> None:
    """A bucket that isn't there: `backuped`, whichever files there are."""
    endpoint, _, _ = store
    service = serve(media=True)
    caller = call(service, mode=mode)
    begin(caller, vendor=11, region=0, bucket="missing", extensionParams={"endpoint": endpoint})
    service.clock.advance(3 + 4)
    assert uploading(caller.stop()) == "backuped"
    assert service.recordings[0].files == ()
