"""Storage, neutral to wire: the vendor's numbers. `tests/test_every_storage.py` has every cloud and region."""

from __future__ import annotations

from typing import Any

import pytest

from planned import KEYS, S3_STORAGE, Planner, revealed
from recorder_agora.tables import REGION_AREAS, STORAGE_REGIONS, StorageVendor

APPROXIMATED, UNSUPPORTED = "approximated", "unsupported"


@pytest.fixture(scope="module")
def plan() -> Planner:
    return Planner("agora")


def storage(plan: Planner, **fields: Any) -> Any:
    """storageConfig of start."""
    return revealed(plan(storage=fields).request("start").payload)["clientRequest"]["storageConfig"]


SENT = {"bucket": "b", "accessKey": "AK-1", "secretKey": "SK-1"}


def test_clouds_without_regions_take_zero(plan: Planner) -> None:
    """Google, Azure and S3-compatible stores; the account's name is Azure's access key."""
    assert storage(plan, kind="google_cloud_storage", bucket="b", **KEYS) == {"vendor": 6, "region": 0, **SENT}
    azure = storage(plan, kind="azure_blob", container="c", account_name="account", account_key="key-1")
    assert azure == {"vendor": 5, "region": 0, "bucket": "c", "accessKey": "account", "secretKey": "key-1"}
    store = {"kind": "s3_compatible", "bucket": "b", "region": "any", "endpoint": "store.example.com", **KEYS}
    for path_style in (True, False):
        sent = storage(plan, **store, path_style=path_style)
        assert sent == {"vendor": 11, "region": 0, **SENT, "extensionParams": {"endpoint": "store.example.com"}}
        assert plan(storage={**store, "path_style": path_style}).findings == ()


def test_temporary_keys_go_with_their_end(plan: Planner) -> None:
    """The session token, and its end in Unix seconds."""
    sent = storage(plan, **S3_STORAGE, session_token="ST", session_expires_at="2026-08-01T12:00:00+02:00")
    assert (sent["stsToken"], sent["stsExpiration"]) == ("ST", 1785578400)


def test_tags_and_encryption_are_extensions(plan: Planner) -> None:
    """Only what was given is sent."""
    assert "extensionParams" not in storage(plan, **S3_STORAGE)
    assert storage(plan, **S3_STORAGE, object_tag="t")["extensionParams"] == {"tag": "t"}
    oss = {"kind": "alibaba_oss", "bucket": "b", "region": "cn-hangzhou", **KEYS}
    assert storage(plan, **oss, object_tag="t")["extensionParams"] == {"tag": "t"}


POLICY = {"kind": "s3", "bucket": "b", "region": "eu-west-1", "bucket_policy": True}


@pytest.mark.parametrize(
    ("fields", "path", "verdict"),
    [
        ({**S3_STORAGE, "region": "eu-west-9"}, "storage.region", "unsupported"),
        ({**S3_STORAGE, "region": "us-gov-west-1"}, "storage.region", "approximated"),
        ({"kind": "qiniu_kodo", "bucket": "b", "region": "z0", **KEYS}, "storage.kind", "approximated"),
        ({"kind": "kingsoft_ks3", "bucket": "b", "region": "BEIJING", **KEYS}, "storage.kind", "approximated"),
        ({"kind": "s3", "bucket": "b", "region": "eu-west-1", "role_arn": "arn:r"}, "storage.role_arn", "unsupported"),
        (POLICY, "storage.bucket_policy", "unsupported"),
        ({**S3_STORAGE, "server_side_encryption": "kms", "kms_key_id": "k"}, "storage.kms_key_id", "unsupported"),
        (
            {"kind": "google_cloud_storage", "bucket": "b", "credentials_json": "{}"},
            "storage.credentials_json",
            "unsupported",
        ),
        ({"kind": "china_mobile_eos", "bucket": "b", "region": "r", **KEYS}, "storage", "unsupported"),
    ],
)
def test_what_the_vendor_cannot_store_to(plan: Planner, fields: dict[str, Any], path: str, verdict: str) -> None:
    """An unknown region, a doubtful one, a cloud that left the list, and credentials of another form."""
    assert plan.found(storage=fields) == {path: verdict}


def test_the_numbers_of_a_cloud_have_no_gap() -> None:
    """Every cloud's regions are counted from 0, each number once; clouds without regions have none."""
    for vendor in StorageVendor:
        numbers = [region.number for region in STORAGE_REGIONS[vendor].values()]
        assert numbers == list(range(len(numbers))), vendor


def test_areas_are_those_of_known_regions() -> None:
    """A region lies in one area at most, and is one that has a number."""
    for vendor, areas in REGION_AREAS.items():
        placed = [region for regions in areas.values() for region in regions]
        assert len(placed) == len(set(placed)), vendor
        assert set(placed) <= set(STORAGE_REGIONS[vendor]), vendor
        assert set(areas) <= {"CN", "AP", "EU", "NA"}


def test_an_end_before_1970_is_refused(plan: Planner) -> None:
    """The vendor counts seconds since then."""
    keys = {"session_token": "ST", "session_expires_at": "1960-01-01T00:00:00Z"}
    assert plan.found(storage={**S3_STORAGE, **keys}) == {"storage.session_expires_at": UNSUPPORTED}


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("HTTPS://s3.e.com:9000/", {}),
        ("HTTP://s3.e.com", {"storage.endpoint": APPROXIMATED}),
        ("https://s3.e.com?x=1", {"storage.endpoint": UNSUPPORTED}),
        ("s3.e.com#part", {"storage.endpoint": UNSUPPORTED}),
    ],
)
def test_an_endpoint_is_a_host(plan: Planner, endpoint: str, found: dict[str, str]) -> None:
    """What follows the host would be lost; a scheme is one in whatever case."""
    storage = {**S3_STORAGE, "kind": "s3_compatible", "region": "eu-1", "endpoint": endpoint}
    assert plan.found(storage=storage) == found
