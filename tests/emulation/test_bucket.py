"""Folder and S3 buckets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from recorder_core.emulation.bucket import Bucket, BucketRefused, FolderBucket, S3Bucket


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An S3 endpoint on loopback with the bucket `seminars`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        bucket_at(f"{host}:{port}")._client.create_bucket(Bucket="seminars")
        yield f"{host}:{port}"
    finally:
        server.stop()


def bucket_at(endpoint: str, *, bucket: str = "seminars", region: str | None = None) -> S3Bucket:
    """A bucket at `endpoint`."""
    return S3Bucket(endpoint=endpoint, region=region, bucket=bucket, access_key="AK-EXAMPLE", secret_key="SK-EXAMPLE")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A small file."""
    file = tmp_path / "file.mp4"
    file.write_bytes(b"content")
    return file


def test_a_folder_holds_what_was_put(tmp_path: Path, file: Path) -> None:
    """Objects lie under their keys, can be replaced, listed and read."""
    bucket = FolderBucket(tmp_path / "bucket")
    assert bucket.list() == ()
    bucket.put("b/c.mp4", file)
    file.write_bytes(b"newer")
    bucket.put("b/c.mp4", file)
    bucket.put("a.mp4", file)
    assert bucket.list() == ("a.mp4", "b/c.mp4")
    assert bucket.read("b/c.mp4") == b"newer"
    assert bucket.path("b/c.mp4").is_file()


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/x", "", "y" * 300])
def test_a_key_cannot_leave_the_folder(tmp_path: Path, file: Path, key: str) -> None:
    """Keys come from requests: one that leads elsewhere, or that no file system takes, is refused."""
    bucket = FolderBucket(tmp_path / "bucket")
    with pytest.raises(BucketRefused):
        bucket.put(key, file)
    with pytest.raises(BucketRefused):
        bucket.read(key)


def test_an_s3_bucket_holds_what_was_put(endpoint: str, file: Path) -> None:
    """The same through the S3 protocol; a bare loopback host is spoken to over http."""
    bucket: Bucket = bucket_at(endpoint)
    bucket.put("b/c.mp4", file)
    bucket.put("a.mp4", file)
    assert bucket.list() == ("a.mp4", "b/c.mp4")
    assert bucket.read("b/c.mp4") == b"content"
    kind = bucket_at(endpoint)._client.head_object(Bucket="seminars", Key="b/c.mp4")["ContentType"]
    assert kind == "video/mp4"


def test_a_refusal_names_its_reason_and_no_secret(endpoint: str, file: Path) -> None:
    """Whatever the store refuses is one exception, with the store's own code."""
    bucket = bucket_at(endpoint, bucket="nowhere")
    for attempt in (lambda: bucket.put("a", file), bucket.list, lambda: bucket.read("a")):
        with pytest.raises(BucketRefused, match="NoSuchBucket") as refusal:
            attempt()
        assert "EXAMPLE" not in str(refusal.value)


def test_an_endpoint_that_is_not_there_refuses(file: Path) -> None:
    """A store that can't be reached is a refusal too, as is an address that is none."""
    with pytest.raises(BucketRefused, match="EndpointConnectionError"):
        bucket_at("http://127.0.0.1:1").put("a", file)
    with pytest.raises(BucketRefused, match="no S3 address"):
        bucket_at("no host at all")


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("localhost:9000", "http://localhost:9000"),
        ("s3.storage.example", "https://s3.storage.example"),
        ("https://127.0.0.1:9000", "https://127.0.0.1:9000"),
    ],
)
def test_the_scheme_of_a_bare_host(endpoint: str, url: str) -> None:
    """Secrets leave the machine over https only, unless the endpoint says otherwise."""
    assert bucket_at(endpoint).endpoint == url
