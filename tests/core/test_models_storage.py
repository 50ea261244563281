"""Storage that can't work is refused by the models, without the network and without showing a secret."""

from __future__ import annotations

from typing import Any

import pytest

from recorder_core import AccountStorage, AlibabaOss, InvalidSpec, RecordingSpec, TencentVod

AWS_ID = "AKIAIOSFODNN7EXAMPLE"
AWS_TEMPORARY_ID = "ASIAIOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {"access_key": "AK", "secret_key": "SK"}


def problems(**storage: Any) -> list[str]:
    """What is wrong with a storage, one line each."""
    fields = {"bucket": "lessons", "region": "eu-west-1", **KEYS, **storage}
    try:
        RecordingSpec.load({"room": "lesson-42", "storage": fields})
    except InvalidSpec as error:
        found = list(error.problems)
    else:
        found = []
    assert not any(key in line for line in found for key in (AWS_ID, AWS_TEMPORARY_ID, AWS_SECRET))
    return found


@pytest.mark.parametrize("bucket", ["lessons", "lessons-", "-1250000000", "1250000000", "lessons-125000000x"])
def test_a_tencent_bucket_needs_its_app_id(bucket: str) -> None:
    """The bucket of Tencent Cloud COS is name-APPID; without the number the sentence says so."""
    (problem,) = problems(kind="tencent_cos", region="ap-beijing", bucket=bucket)
    assert problem.startswith("storage.bucket: has no APPID; the whole name of the bucket is name-APPID")
    assert problems(kind="tencent_cos", region="ap-beijing", bucket="lessons-1250000000") == []
    assert problems(kind="tencent_cos", region="ap-beijing", bucket="lessons-2026-1250000000") == []


def test_other_buckets_need_none() -> None:
    """APPIDs belong to one cloud."""
    assert problems(kind="s3") == []
    assert problems(kind="alibaba_oss", region="cn-hangzhou") == []


@pytest.mark.parametrize("key_id", [AWS_ID, AWS_TEMPORARY_ID])
def test_swapped_aws_keys_are_noticed(key_id: str) -> None:
    """A secret that has the form of a key's id is none; in their places the two are taken."""
    (problem,) = problems(kind="s3", access_key=AWS_SECRET, secret_key=key_id)
    assert problem.startswith("storage.secret_key: has the form of an access key's id")
    assert problems(kind="s3", access_key=AWS_ID, secret_key=AWS_SECRET) == []
    assert problems(kind="s3_compatible", endpoint="minio:9000", access_key=AWS_SECRET, secret_key=key_id) == []


@pytest.mark.parametrize(
    ("kind", "region", "key_id"),
    [("s3", "eu-west-1", AWS_TEMPORARY_ID), ("alibaba_oss", "cn-hangzhou", "STS.NUgYrLnoC37mZZCNnAbez")],
)
def test_temporary_keys_need_their_token(kind: str, region: str, key_id: str) -> None:
    """A key whose form says that it is temporary works only with its session token."""
    keys = {"access_key": key_id, "secret_key": AWS_SECRET}
    assert problems(kind=kind, region=region, **keys) == [
        "storage.session_token: is missing; access_key has the form of a temporary key, which works only with its token"
    ]
    assert problems(kind=kind, region=region, **keys, session_token="ST") == []


def test_an_alibaba_region_is_the_same_with_the_services_prefix() -> None:
    """Alibaba prints both `cn-hangzhou` and `oss-cn-hangzhou`; they are one region."""
    one, other = (AlibabaOss(bucket="b", region=name, **KEYS) for name in ("cn-hangzhou", "oss-cn-hangzhou"))
    assert one == other
    assert one.region == "cn-hangzhou"


@pytest.mark.parametrize("name", ["school.blob.core.windows.net", "c2Nob29s+c2Nob29s=="])
def test_an_azure_account_is_named(name: str) -> None:
    """Its address and its key are none."""
    storage = {"kind": "azure_blob", "container": "lessons", "account_name": name, "account_key": "k"}
    with pytest.raises(InvalidSpec, match=r"storage\.account_name: is no account name") as raised:
        RecordingSpec.load({"room": "lesson-42", "storage": storage})
    assert name not in str(raised.value)


VOD = {"kind": "tencent_vod", "region": "ap-beijing"}


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        (KEYS, None),
        ({}, None),
        ({"access_key": "AK"}, "storage.secret_key: is missing"),
        ({"secret_key": "SK"}, "storage.secret_key: is given without access_key; give both keys, or neither"),
    ],
)
def test_a_vod_has_both_keys_or_none(keys: dict[str, str], problem: str | None) -> None:
    """Without keys it is that of the account which records; half a pair opens nothing."""
    spec = {"room": "lesson-42", "storage": {**VOD, **keys}}
    if problem is None:
        loaded = RecordingSpec.load(spec)
        assert RecordingSpec.load(loaded.dump(reveal=True)) == loaded
        return
    with pytest.raises(InvalidSpec) as raised:
        RecordingSpec.load(spec)
    assert list(raised.value.problems) == [problem]


def test_a_vod_needs_nothing_at_all() -> None:
    """Region and application are those that the account is set to."""
    storage = RecordingSpec.load({"room": "lesson-42", "storage": {"kind": "tencent_vod"}}).storage
    assert isinstance(storage, TencentVod)
    assert (storage.region, storage.access_key, storage.secret_key, storage.sub_app_id) == (None, None, None, None)


def test_storage_of_an_account_has_no_keys() -> None:
    """It was opened when the account was set up: keys would be given away for nothing, and are refused."""
    told = {"kind": "account", "store": "azure_blob", "bucket": "lessons", "endpoint": "acme.blob.core.windows.net"}
    storage = RecordingSpec.load({"room": "lesson-42", "storage": told}).storage
    assert isinstance(storage, AccountStorage)
    with pytest.raises(InvalidSpec) as raised:
        RecordingSpec.load({"room": "lesson-42", "storage": {**told, **KEYS}})
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [
        "storage.access_key",
        "storage.secret_key",
    ]
    with pytest.raises(InvalidSpec, match=r"storage\.store: "):
        RecordingSpec.load({"room": "lesson-42", "storage": {**told, "store": "vendor_managed"}})
