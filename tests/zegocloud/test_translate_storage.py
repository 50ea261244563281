"""Storage, neutral to wire: numbers for clouds, the clouds' own names for regions.

`tests/test_every_storage.py` has every cloud and region.
"""

from __future__ import annotations

from typing import Any

import pytest

from planned import KEYS, S3_STORAGE, Planner, revealed


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("zegocloud")


def storage(plan: Planner, formats: tuple[str, ...] = ("mp4",), **fields: Any) -> Any:
    """StorageParams of StartRecord."""
    made = plan(storage=fields, output={"formats": formats})
    return revealed(made.requests[0].payload)["StorageParams"]


SENT = {"Bucket": "b", "AccessKeyId": "AK-1", "AccessKeySecret": "SK-1"}


def test_google_has_no_region(plan: Planner) -> None:
    """HMAC keys and a bucket."""
    assert storage(plan, kind="google_cloud_storage", bucket="b", **KEYS) == {"Vendor": 8, **SENT}


@pytest.mark.parametrize("path_style", [True, False])
def test_any_store_with_the_s3_protocol(plan: Planner, path_style: bool) -> None:
    """Endpoint, region and path style, as they were given."""
    fields = {"bucket": "b", "region": "any", "endpoint": "store.example.com:9000", "path_style": path_style, **KEYS}
    assert storage(plan, kind="s3_compatible", **fields) == {
        "Vendor": 10,
        "Region": "any",
        **SENT,
        "EndPoint": "store.example.com:9000",
        "S3ForcePathStyle": path_style,
    }


def test_vods_have_parameters_of_their_own(plan: Planner) -> None:
    """Keys lie inside them, and nothing beside them."""
    alibaba = {"region": "cn-shanghai", **KEYS, "title": "Lesson", "storage_location": "x.oss-cn.aliyuncs.com"}
    assert storage(plan, kind="alibaba_vod", **alibaba) == {
        "Vendor": 5,
        "AlibabaCloudVodParams": {
            "Region": "cn-shanghai",
            "AccessKeyId": "AK-1",
            "AccessKeySecret": "SK-1",
            "Title": "Lesson",
            "StorageLocation": "x.oss-cn.aliyuncs.com",
        },
    }
    tencent = {"SecretId": "AK-1", "SecretKey": "SK-1", "Region": "ap-beijing"}
    fields = {"kind": "tencent_vod", "region": "ap-beijing", **KEYS}
    assert storage(plan, **fields) == {"Vendor": 6, "TencentCloudVodParams": tencent}
    numbered = storage(plan, **fields, sub_app_id=7)
    assert numbered == {"Vendor": 6, "TencentCloudVodParams": {**tencent, "SubAppId": 7}}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({**S3_STORAGE, "session_token": "T"}, {"storage.session_token": "unsupported"}),
        ({**S3_STORAGE, "object_tag": "t"}, {"storage.object_tag": "unsupported"}),
        ({**S3_STORAGE, "server_side_encryption": "kms"}, {"storage.server_side_encryption": "unsupported"}),
        (
            {"kind": "s3", "bucket": "b", "region": "eu-west-1", "role_arn": "arn:r", "external_id": "e"},
            {"storage.role_arn": "unsupported", "storage.external_id": "unsupported"},
        ),
        (
            {"kind": "s3", "bucket": "b", "region": "eu-west-1", "bucket_policy": True},
            {"storage.bucket_policy": "unsupported"},
        ),
        (
            {"kind": "google_cloud_storage", "bucket": "b", "credentials_json": "{}"},
            {"storage.credentials_json": "unsupported"},
        ),
        (
            {"kind": "azure_blob", "container": "c", "account_name": "a", "account_key": "k"},
            {"storage": "unsupported"},
        ),
        ({"kind": "baidu_bos", "bucket": "b", "region": "bj", **KEYS}, {"storage": "unsupported"}),
        ({"kind": "kingsoft_ks3", "bucket": "b", "region": "BEIJING", **KEYS}, {"storage": "unsupported"}),
        ({"kind": "vendor_managed"}, {"storage": "unsupported"}),
        ({"kind": "account", "store": "s3", "bucket": "b"}, {"storage": "unsupported"}),
        (
            {"kind": "tencent_vod"},
            {"storage.access_key": "unsupported", "storage.region": "unsupported", "output.formats": "unsupported"},
        ),
        ({**S3_STORAGE, "region": "eu-wset-1"}, {"storage.region": "approximated"}),
    ],
    ids=str,
)
def test_what_the_vendor_cannot_store_to(plan: Planner, fields: dict[str, Any], found: dict[str, str]) -> None:
    """Clouds and credentials that it lacks; a region that looks like a slip goes out all the same."""
    assert plan.found(storage=fields) == found


def test_a_likely_slip_gets_the_nearest_names(plan: Planner) -> None:
    """The vendor takes any text, so the finding only warns."""
    made = plan(storage={**S3_STORAGE, "region": "eu-wset-1"})
    assert "eu-west-1" in made.findings[0].instead
    assert revealed(made.requests[0].payload)["StorageParams"]["Region"] == "eu-wset-1"


@pytest.mark.parametrize(
    ("kind", "region", "near"),
    [("alibaba_vod", "cn-shangai", "cn-shanghai"), ("tencent_vod", "ap-bejing", "ap-beijing")],
)
def test_a_slip_in_the_region_of_a_vod_is_named(plan: Planner, kind: str, region: str, near: str) -> None:
    """The vendor takes any text, so that a likely slip is found and sent all the same."""
    own = {"title": "t", "storage_location": "s"} if kind == "alibaba_vod" else {}
    made = plan(storage={"kind": kind, "region": region, **KEYS, **own}, output={"formats": ["mp4"]})
    (finding,) = (found for found in made.findings if found.path == "storage.region")
    assert finding.verdict == "approximated"
    assert near in finding.instead
