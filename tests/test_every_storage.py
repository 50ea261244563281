"""Every kind of storage in every region, at both vendors, against a table that was typed from their documents."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from planned import KEYS, Planner, revealed
from recorder_agora.tables import STORAGE_REGIONS as AGORA_REGIONS
from recorder_core import Plan, Recorder, RecordingSpec, Storage, UnsupportedFeature
from recorder_core.emulation.service import EmulatedService
from recorder_core.testing import connect, emulate
from recorder_zegocloud.tables import KNOWN_REGIONS as ZEGOCLOUD_REGIONS

TABLE = Path(__file__).parent / "storage_regions.csv"
VERDICTS = {"=": "exact", "~": "approximated", "x": "unsupported"}
AREAS = ("CN", "AP", "EU", "NA")
PROVIDERS = ("agora", "zegocloud")
BUCKET = "lessons-1250000000"
"""A name that every cloud would take; Tencent's carry the account's APPID."""

MORE: dict[str, dict[str, Any]] = {
    "s3_compatible": {"endpoint": "store.example.com:9000", "path_style": True},
    "azure_blob": {"container": "lessons", "account_name": "school", "account_key": "AZ-1"},
    "alibaba_vod": {"title": "Lesson 42", "storage_location": "x1.oss-cn-shanghai.aliyuncs.com"},
    "tencent_vod": {"sub_app_id": 1500000001},
}
"""What a kind has beside bucket, region and keys."""


@dataclass(frozen=True)
class Told:
    """What a vendor is sent: the number of the cloud, the number or string of the region, and how well that fits."""

    vendor: int | None
    region: str | None
    verdict: str


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    kind: str
    region: str | None
    area: str | None
    told: dict[str, Told]

    def __str__(self) -> str:
        return f"{self.kind}-{self.region}"

    @property
    def storage(self) -> dict[str, Any]:
        """The neutral storage."""
        own = MORE.get(self.kind, {})
        if self.kind in ("vendor_managed", "account", "azure_blob"):
            return {"kind": self.kind, **own}
        bucket = {} if self.kind.endswith("_vod") else {"bucket": BUCKET}
        region = {"region": self.region} if self.region else {}
        return {"kind": self.kind, **bucket, **region, **KEYS, **own}

    def body(self, provider: str) -> dict[str, Any]:
        """The vendor's storage object, whole."""
        told = self.told[provider]
        return agora_body(self.kind, told) if provider == "agora" else zegocloud_body(self.kind, told)


def agora_body(kind: str, told: Told) -> dict[str, Any]:
    """`storageConfig`."""
    assert told.region is not None
    where = {"vendor": told.vendor, "region": int(told.region)}
    if kind == "azure_blob":
        return {**where, "bucket": "lessons", "accessKey": "school", "secretKey": "AZ-1"}
    extension = {"extensionParams": {"endpoint": "store.example.com:9000"}} if kind == "s3_compatible" else {}
    return {**where, "bucket": BUCKET, "accessKey": "AK-1", "secretKey": "SK-1", **extension}


def zegocloud_body(kind: str, told: Told) -> dict[str, Any]:
    """`StorageParams`."""
    if kind == "alibaba_vod":
        return {
            "Vendor": told.vendor,
            "AlibabaCloudVodParams": {
                "Region": told.region,
                "AccessKeyId": "AK-1",
                "AccessKeySecret": "SK-1",
                "Title": "Lesson 42",
                "StorageLocation": "x1.oss-cn-shanghai.aliyuncs.com",
            },
        }
    if kind == "tencent_vod":
        keys = {"SecretId": "AK-1", "SecretKey": "SK-1"}
        return {
            "Vendor": told.vendor,
            "TencentCloudVodParams": {**keys, "Region": told.region, "SubAppId": 1500000001},
        }
    region = {"Region": told.region} if told.region else {}
    own = {"EndPoint": "store.example.com:9000", "S3ForcePathStyle": True} if kind == "s3_compatible" else {}
    return {
        "Vendor": told.vendor,
        **region,
        "Bucket": BUCKET,
        "AccessKeyId": "AK-1",
        "AccessKeySecret": "SK-1",
        **own,
    }


def rows() -> Iterator[Row]:
    """The lines of the table."""
    with TABLE.open(encoding="utf-8") as file:
        lines = csv.reader((line for line in file if not line.startswith("#")), skipinitialspace=True)
        assert len(next(lines)) == 9
        for cells in lines:
            kind, *rest = (None if cell == "-" else cell for cell in cells)
            region, area, vendor, number, verdict, other_vendor, string, other_verdict = rest
            assert kind is not None
            agora = Told(vendor and int(vendor), number, VERDICTS[str(verdict)])
            zegocloud = Told(other_vendor and int(other_vendor), string, VERDICTS[str(other_verdict)])
            yield Row(kind, region, area, {"agora": agora, "zegocloud": zegocloud})


ROWS = tuple(rows())


def spec(row: Row, provider: str) -> RecordingSpec:
    """The row's storage, in a spec that is exact at the vendor otherwise."""
    formats = ["mp4"] if row.kind.endswith("_vod") and provider == "zegocloud" else ["hls"]
    return RecordingSpec.load({"room": f"room-{row.kind}", "storage": row.storage, "output": {"formats": formats}})


def sent(plan: Plan) -> Any:
    """The vendor's storage object in the planned start, secrets in clear."""
    body = revealed(plan.requests[-1].payload)
    return body["StorageParams"] if plan.provider == "zegocloud" else body["clientRequest"]["storageConfig"]


@pytest.fixture(scope="module", params=PROVIDERS)
def plan(request: pytest.FixtureRequest) -> Planner:
    """Plans at one of the vendors."""
    return Planner(request.param)


@pytest.fixture(scope="module", params=PROVIDERS)
def recording(request: pytest.FixtureRequest) -> Iterator[tuple[EmulatedService, Recorder]]:
    """One of the vendors' services, and a recorder for it."""
    with emulate(request.param, media=False, rate_limits=False) as service, connect(service) as recorder:
        yield service, recorder


def test_the_table_has_every_kind_and_each_region_once() -> None:
    """No kind of the models and no region of a provider's tables is missing, and nothing stands there twice."""
    kinds = {model.model_fields["kind"].default for model in get_args(get_args(Storage)[0])}
    assert {row.kind for row in ROWS} == kinds
    assert len({(row.kind, row.region) for row in ROWS}) == len(ROWS)
    for provider, known in (("agora", AGORA_REGIONS), ("zegocloud", ZEGOCLOUD_REGIONS)):
        for vendor, regions in known.items():
            listed = {row.region for row in ROWS if row.told[provider].vendor == vendor}
            assert set(regions) <= listed, (provider, vendor)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_vendor_is_sent_its_own_words_for_a_storage(plan: Planner, row: Row) -> None:
    """The cloud's number, the region's number or string, bucket, keys and the rest, each at its place; or a refusal."""
    name = plan.provider.name
    told = row.told[name]
    made = plan.recorder.plan(spec(row, name))
    assert made.fidelity == told.verdict, made.findings
    assert all(finding.path.partition(".")[0] == "storage" for finding in made.findings)
    if told.verdict == "unsupported":
        assert made.requests == ()
    else:
        assert sent(made) == row.body(name)


def test_no_number_is_given_twice() -> None:
    """Two names for one number would be one region too many, as would two numbers for one name."""
    seen: dict[tuple[str, str], str] = {}
    for row in ROWS:
        number = row.told["agora"].region
        if number is not None and row.kind not in MORE and str(row.region) != "oss-cn-hangzhou":
            assert seen.setdefault((row.kind, number), str(row.region)) == str(row.region)


def test_what_cannot_be_stored_to_is_refused_before_any_request(recording: tuple[EmulatedService, Recorder]) -> None:
    """Every refused pair raises with its path, and the vendor hears nothing."""
    service, recorder = recording
    refused = [row for row in ROWS if row.told[service.name].verdict == "unsupported"]
    assert len(refused) > 10
    before = len(service.journal)
    for row in refused:
        with pytest.raises(UnsupportedFeature) as raised:
            recorder.start(spec(row, service.name))
        assert [finding.path.partition(".")[0] for finding in raised.value.findings] == ["storage"], row
        assert raised.value.findings[0].instead
    assert len(service.journal) == before


def test_the_vendor_takes_every_other(recording: tuple[EmulatedService, Recorder]) -> None:
    """What is planned is sent, and a service that checks its tables strictly starts the recording."""
    service, recorder = recording
    taken = [row for row in ROWS if row.told[service.name].verdict != "unsupported"]
    assert len(taken) > 100
    for row in taken:
        before = len(service.journal)
        made = recorder.start(spec(row, service.name))
        recorder.stop(made, wait=False)
        body = next(entry.body for entry in service.journal[before:] if entry.operation in ("start", "StartRecord"))
        stored = body["StorageParams"] if service.name == "zegocloud" else body["clientRequest"]["storageConfig"]
        expected = row.body(service.name)
        for key in ("vendor", "region", "bucket", "Vendor", "Region", "Bucket", "EndPoint", "S3ForcePathStyle"):
            assert stored.get(key) == expected.get(key), (row, key)


@pytest.mark.parametrize("row", [row for row in ROWS if row.told["agora"].verdict != "unsupported"], ids=str)
def test_a_fence_and_the_storage_lie_in_one_area(row: Row) -> None:
    """Another area than the storage's is refused; where its own can't be told, a finding says so."""
    plan = Planner("agora")
    found = {}
    for fence in AREAS:
        made = plan.recorder.plan(RecordingSpec.load(fenced(row, fence)))
        found[fence] = next((f.verdict for f in made.findings if "fence" in f.detail), "exact")
    if row.area is None:
        assert set(found.values()) == {"approximated"}
    else:
        assert found == {fence: "exact" if fence == row.area else "unsupported" for fence in AREAS}


def fenced(row: Row, fence: str) -> dict[str, Any]:
    """The spec with an area that must record."""
    return {"room": "lesson-42", "storage": row.storage, "options": {"agora": {"region": fence}}}


def test_a_fence_is_never_dropped() -> None:
    """Without it the recording would be made elsewhere; the finding names the regions that fit."""
    row = next(row for row in ROWS if str(row) == "s3-us-east-1")
    made = Planner("agora").recorder.plan(RecordingSpec.load(fenced(row, "EU")))
    (finding,) = made.findings
    assert (finding.path, finding.droppable, made.requests) == ("storage.region", False, ())
    assert "us-east-1 lies in NA" in finding.detail
    assert "eu-west-1" in finding.instead
    inside = Planner("agora").recorder.plan(RecordingSpec.load(fenced(row, "NA")))
    assert inside.request("acquire").payload["clientRequest"]["region"] == "NA"


def test_a_refused_storage_needs_no_second_finding_for_the_fence() -> None:
    """Where the region itself is unknown, its area isn't asked for."""
    row = next(row for row in ROWS if str(row) == "s3-eu-wset-1")
    made = Planner("agora").recorder.plan(RecordingSpec.load(fenced(row, "EU")))
    assert [finding.path for finding in made.findings] == ["storage.region"]


@pytest.mark.parametrize(
    ("kind", "region", "meant"),
    [
        ("s3", "eu-wset-1", "eu-west-1"),
        ("s3", "EU_WEST_1", "eu-west-1"),
        ("s3", "us-east-1a", "us-east-1"),
        ("alibaba_oss", "CN_Hangzhou", "cn-hangzhou"),
        ("alibaba_oss", "oss-cn-hangzou", "cn-hangzhou"),
        ("tencent_cos", "ap-peking", "ap-beijing"),
        ("huawei_obs", "cn-north4", "cn-north-4"),
        ("qiniu_kodo", "z4", "z0"),
    ],
)
def test_an_unknown_region_names_the_nearest(plan: Planner, kind: str, region: str, meant: str) -> None:
    """The first name, or one of the first three, is what was meant, whatever the case."""
    made = plan(storage={"kind": kind, "bucket": BUCKET, "region": region, **KEYS})
    finding = next(finding for finding in made.findings if finding.path == "storage.region")
    assert repr(region.removeprefix("oss-")) in finding.detail
    assert meant in finding.instead


def test_a_region_unlike_any_gets_the_whole_list(plan: Planner) -> None:
    """Where nothing is near, all are named."""
    made = plan(storage={"kind": "tencent_cos", "bucket": BUCKET, "region": "moon", **KEYS})
    (finding,) = made.findings
    assert {"ap-beijing", "eu-frankfurt", "na-ashburn"} <= set(finding.instead.replace(",", " ").split())


TEMPORARY = {"session_token": "ST-1", "session_expires_at": "2026-08-01T12:00:00+02:00"}


@pytest.mark.parametrize("kind", ["s3", "alibaba_oss", "tencent_cos"])
def test_temporary_keys_where_they_exist(plan: Planner, kind: str) -> None:
    """Token and end (Unix seconds) at one vendor; refused with what to do instead at the other."""
    region = {"s3": "eu-west-1", "alibaba_oss": "cn-hangzhou", "tencent_cos": "ap-beijing"}[kind]
    made = plan(storage={"kind": kind, "bucket": BUCKET, "region": region, **KEYS, **TEMPORARY})
    if plan.provider.name == "agora":
        assert made.findings == ()
        assert {key: sent(made)[key] for key in ("stsToken", "stsExpiration")} == {
            "stsToken": "ST-1",
            "stsExpiration": 1785578400,
        }
    else:
        assert {finding.path: finding.verdict for finding in made.findings} == {
            "storage.session_token": "unsupported",
            "storage.session_expires_at": "unsupported",
        }
        assert "permanent keys" in made.findings[0].instead


def test_a_role_and_a_key_file_are_refused_with_what_to_give(plan: Planner) -> None:
    """Neither vendor takes them; the finding says which credentials it does."""
    for storage, path in (
        ({"kind": "s3", "bucket": "b", "region": "eu-west-1", "role_arn": "arn:aws:iam::1:role/r"}, "role_arn"),
        ({"kind": "google_cloud_storage", "bucket": "b", "credentials_json": "{}"}, "credentials_json"),
    ):
        (finding,) = plan(storage=storage).findings
        assert (finding.path, finding.verdict) == (f"storage.{path}", "unsupported")
        assert "access_key and secret_key" in finding.instead


EXTENSIONS = {
    "server_side_encryption": {"sse": "kms"},
    "object_tag": {"tag": "lessons"},
}


@pytest.mark.parametrize(
    ("kind", "field"), [("s3", "server_side_encryption"), ("s3", "object_tag"), ("alibaba_oss", "object_tag")]
)
def test_encryption_and_tags_where_they_exist(plan: Planner, kind: str, field: str) -> None:
    """Alone in `extensionParams` at one vendor; refused by their path at the other."""
    ((key, value),) = EXTENSIONS[field].items()
    region = {"s3": "eu-west-1", "alibaba_oss": "cn-hangzhou"}[kind]
    made = plan(storage={"kind": kind, "bucket": "lessons", "region": region, **KEYS, field: value})
    if plan.provider.name == "agora":
        assert made.findings == ()
        assert sent(made)["extensionParams"] == {key: value}
    else:
        assert [finding.path for finding in made.findings] == [f"storage.{field}"]


@pytest.mark.parametrize(
    ("endpoint", "agora", "zegocloud", "findings"),
    [
        ("store.example.com", "store.example.com", "store.example.com", {}),
        ("store.example.com:9000", "store.example.com:9000", "store.example.com:9000", {}),
        ("https://store.example.com", "store.example.com", "https://store.example.com", {}),
        ("http://store.example.com", "store.example.com", "http://store.example.com", {"agora": "approximated"}),
        ("https://store.example.com/v1", None, "https://store.example.com/v1", {"agora": "unsupported"}),
    ],
)
def test_an_endpoint_in_each_vendors_form(
    plan: Planner, endpoint: str, agora: str | None, zegocloud: str, findings: dict[str, str]
) -> None:
    """One takes a bare host, the other whatever the store's owner writes."""
    fields = {"kind": "s3_compatible", "bucket": "lessons", "region": "any", **KEYS, "endpoint": endpoint}
    made = plan(storage=fields)
    name = plan.provider.name
    expected = [("storage.endpoint", findings[name])] if name in findings else []
    assert [(finding.path, finding.verdict) for finding in made.findings] == expected
    if name == "zegocloud":
        assert (sent(made)["EndPoint"], sent(made)["S3ForcePathStyle"]) == (zegocloud, False)
    elif agora is not None:
        assert sent(made)["extensionParams"] == {"endpoint": agora}


@pytest.mark.parametrize(
    ("prefix", "agora", "zegocloud"),
    [
        ("lessons", ["lessons"], "lessons/"),
        ("lessons/2026", ["lessons", "2026"], "lessons/2026/"),
        ("lessons/2026/", ["lessons", "2026"], "lessons/2026/"),
        ("my-lessons/week_7", None, "my-lessons/week_7/"),
        ("Unterricht/Größe", None, "Unterricht/Größe/"),
        ("/".join(["a" * 31] * 4), ["a" * 31] * 4, "/".join(["a" * 31] * 4) + "/"),
        ("/".join(["a" * 31] * 3 + ["a" * 32]), None, "/".join(["a" * 31] * 3 + ["a" * 32]) + "/"),
    ],
)
def test_a_folder_by_each_vendors_rules(plan: Planner, prefix: str, agora: list[str] | None, zegocloud: str) -> None:
    """Letters and digits in up to 128 characters, slashes included, at one vendor; any text at the other."""
    made = plan(output={"prefix": prefix})
    if plan.provider.name == "zegocloud":
        assert made.findings == ()
        assert made.requests[0].payload["RecordOutputParams"]["OutputFolder"] == zegocloud
    elif agora is None:
        assert [(finding.path, finding.verdict) for finding in made.findings] == [("output.prefix", "unsupported")]
    else:
        assert made.findings == ()
        assert sent(made)["fileNamePrefix"] == agora
