"""The vendor's clouds, regions, profiles, ciphers, states and hosts: data, no logic.

From the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026) where nothing else is named.
Region numbers that are gone from it come from "Start recording" (2022) and "Agora Cloud Recording RESTful
API" (2019).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Literal, NamedTuple

from recorder_agora.wire.callbacks import EventType

__all__ = [
    "AUDIO_PROFILES",
    "BASE_URLS",
    "CONVERSIONS",
    "DECRYPTION_MODES",
    "EVENT_KINDS",
    "EVENT_STATES",
    "FATAL_ERRORS",
    "FRAME_RATES",
    "MODULES",
    "PAGE_ENDS",
    "PAGE_LIMITS",
    "PAGE_RELOADS",
    "REGIONAL_BASE_URLS",
    "REGION_AREAS",
    "STATES",
    "STORAGE_REGIONS",
    "UPLOAD_WARNINGS",
    "WITHDRAWN_VENDORS",
    "AudioProfile",
    "PageEnd",
    "StorageRegion",
    "StorageVendor",
]


class StorageVendor(IntEnum):
    """`storageConfig.vendor`; 9 and 10 are documented nowhere."""

    QINIU = 0
    AMAZON_S3 = 1
    ALIBABA_CLOUD = 2
    TENCENT_CLOUD = 3
    KINGSOFT_CLOUD = 4
    MICROSOFT_AZURE = 5
    GOOGLE_CLOUD = 6
    HUAWEI_CLOUD = 7
    BAIDU_AI_CLOUD = 8
    S3_COMPATIBLE = 11


WITHDRAWN_VENDORS: Mapping[StorageVendor, str] = MappingProxyType(
    dict.fromkeys(
        (StorageVendor.QINIU, StorageVendor.KINGSOFT_CLOUD),
        "gone from the vendor's list of 2026, still on its page of prerequisites",
    )
)
"""Clouds that the vendor may no longer take, and why we think so."""


@dataclass(frozen=True, slots=True)
class StorageRegion:
    """`storageConfig.region`.

    `doubt` says why the number may not work, and is empty where nothing speaks against it.
    """

    number: int
    doubt: str = ""


def _numbered(*names: str, doubts: Mapping[str, str] = MappingProxyType({})) -> Mapping[str, StorageRegion]:
    regions = {name: StorageRegion(number, doubts.get(name, "")) for number, name in enumerate(names)}
    return MappingProxyType(regions)


_OLDER_PAGES = "named only on the vendor's older pages"
_MEANT = "the vendor prints {0}, which is no region of this cloud; this one is presumably meant"

STORAGE_REGIONS: Mapping[StorageVendor, Mapping[str, StorageRegion]] = MappingProxyType(
    {
        StorageVendor.QINIU: _numbered("z0", "z1", "z2", "na0", "as0"),
        # 26, "AWS_REGION_NUM" of 2022, is a counter that slipped into the page, not a region.
        StorageVendor.AMAZON_S3: _numbered(
            *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3"),
            *(
                "eu-central-1",
                "ap-southeast-1",
                "ap-southeast-2",
                "ap-northeast-1",
                "ap-northeast-2",
                "sa-east-1",
            ),
            *("ca-central-1", "ap-south-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "af-south-1"),
            *("ap-east-1", "ap-northeast-3", "eu-north-1", "me-south-1", "us-gov-east-1", "ap-southeast-3"),
            "eu-south-1",
            doubts={"us-gov-west-1": _OLDER_PAGES, "us-gov-east-1": _OLDER_PAGES},
        ),
        StorageVendor.ALIBABA_CLOUD: _numbered(
            *("cn-hangzhou", "cn-shanghai", "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote"),
            *("cn-shenzhen", "cn-hongkong", "us-west-1", "us-east-1", "ap-southeast-1", "ap-southeast-2"),
            *(
                "ap-southeast-3",
                "ap-southeast-5",
                "ap-northeast-1",
                "ap-south-1",
                "eu-central-1",
                "eu-west-1",
            ),
            *(
                "eu-east-1",
                "ap-southeast-6",
                "cn-heyuan",
                "cn-guangzhou",
                "cn-chengdu",
                "cn-nanjing",
                "cn-fuzhou",
            ),
            *("cn-wulanchabu", "ap-northeast-2", "ap-southeast-7"),
            doubts={
                "eu-east-1": "no region of this cloud has that name",
                "ap-northeast-2": _MEANT.format("CN_Northeast_2"),
                "ap-southeast-7": _MEANT.format("CN_Southeast_7"),
            },
        ),
        StorageVendor.TENCENT_CLOUD: _numbered(
            *("ap-beijing-1", "ap-beijing", "ap-shanghai", "ap-guangzhou", "ap-chengdu", "ap-chongqing"),
            *(
                "ap-shenzhen-fsi",
                "ap-shanghai-fsi",
                "ap-beijing-fsi",
                "ap-hongkong",
                "ap-singapore",
                "ap-mumbai",
            ),
            *(
                "ap-seoul",
                "ap-bangkok",
                "ap-tokyo",
                "na-siliconvalley",
                "na-ashburn",
                "na-toronto",
                "eu-frankfurt",
            ),
            "eu-moscow",
        ),
        StorageVendor.KINGSOFT_CLOUD: _numbered(
            *(
                "HANGZHOU",
                "SHANGHAI",
                "QINGDAO",
                "BEIJING",
                "GUANGZHOU",
                "HONGKONG",
                "JR_BEIJING",
                "JR_SHANGHAI",
            ),
            *("RUSSIA", "SINGAPORE"),
        ),
        StorageVendor.MICROSOFT_AZURE: MappingProxyType({}),
        StorageVendor.GOOGLE_CLOUD: MappingProxyType({}),
        StorageVendor.HUAWEI_CLOUD: _numbered(
            *("cn-north-1", "cn-north-4", "cn-east-2", "cn-east-3", "cn-south-1", "cn-southwest-2"),
            *(
                "ap-southeast-1",
                "ap-southeast-2",
                "ap-southeast-3",
                "af-south-1",
                "sa-argentina-1",
                "sa-peru-1",
            ),
            *("na-mexico-1", "sa-brazil-1", "la-south-2", "sa-chile-1"),
        ),
        StorageVendor.BAIDU_AI_CLOUD: _numbered(
            *("bj", "bd", "su", "gz", "hkg", "sin", "fwh", "fsh"), doubts={"bj": _OLDER_PAGES}
        ),
        StorageVendor.S3_COMPATIBLE: MappingProxyType({}),
    }
)
"""Number of a region by the cloud's own name for it. A cloud without regions here takes 0."""


def _areas(**areas: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({area: tuple(names.split()) for area, names in areas.items()})


REGION_AREAS: Mapping[StorageVendor, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        StorageVendor.QINIU: _areas(CN="z0 z1 z2", AP="as0", NA="na0"),
        StorageVendor.AMAZON_S3: _areas(
            CN="cn-north-1 cn-northwest-1",
            AP="ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-3",
            EU="eu-central-1 eu-north-1 eu-south-1 eu-west-1 eu-west-2 eu-west-3",
            NA="ca-central-1 us-east-1 us-east-2 us-gov-east-1 us-gov-west-1 us-west-1 us-west-2",
        ),
        StorageVendor.ALIBABA_CLOUD: _areas(
            CN="cn-beijing cn-chengdu cn-fuzhou cn-guangzhou cn-hangzhou cn-heyuan cn-huhehaote cn-nanjing cn-qingdao "
            "cn-shanghai cn-shenzhen cn-wulanchabu cn-zhangjiakou",
            AP="ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-3 ap-southeast-5 ap-southeast-6 "
            "ap-southeast-7 cn-hongkong",
            EU="eu-central-1 eu-west-1",
            NA="us-east-1 us-west-1",
        ),
        StorageVendor.TENCENT_CLOUD: _areas(
            CN="ap-beijing ap-beijing-1 ap-beijing-fsi ap-chengdu ap-chongqing ap-guangzhou ap-shanghai "
            "ap-shanghai-fsi ap-shenzhen-fsi",
            AP="ap-bangkok ap-hongkong ap-mumbai ap-seoul ap-singapore ap-tokyo",
            EU="eu-frankfurt eu-moscow",
            NA="na-ashburn na-siliconvalley na-toronto",
        ),
        StorageVendor.KINGSOFT_CLOUD: _areas(
            CN="BEIJING GUANGZHOU HANGZHOU JR_BEIJING JR_SHANGHAI QINGDAO SHANGHAI", AP="HONGKONG SINGAPORE"
        ),
        StorageVendor.HUAWEI_CLOUD: _areas(
            CN="cn-east-2 cn-east-3 cn-north-1 cn-north-4 cn-south-1 cn-southwest-2",
            AP="ap-southeast-1 ap-southeast-2 ap-southeast-3",
            NA="na-mexico-1",
        ),
        StorageVendor.BAIDU_AI_CLOUD: _areas(CN="bd bj fsh fwh gz su", AP="hkg sin"),
    }
)
"""The regions of a cloud that surely lie in an area of acquire's `region`: mainland China, the rest of Asia, Europe,
North America. Australia, the Middle East, Africa and South America lie in none, nor does a region whose place isn't
sure (Kingsoft's Russia, which the vendor counts to North America; Alibaba's `eu-east-1`, which doesn't exist)."""


@dataclass(frozen=True, slots=True)
class AudioProfile:
    """Sound of a composite recording: Hz, channels, kbps (about)."""

    number: int
    sample_rate: int
    channels: int
    bitrate_kbps: int


AUDIO_PROFILES = (
    AudioProfile(0, 48000, 1, 48),
    AudioProfile(1, 48000, 1, 128),
    AudioProfile(2, 48000, 2, 192),
)
"""`audioProfile`: AAC, music."""

FRAME_RATES = (1, 7, 10, 15, 24, 30, 60)
"""`fps` that take effect; every other records at 15 without an error."""

DECRYPTION_MODES: Mapping[str, int] = MappingProxyType(
    {
        "aes_128_xts": 1,
        "aes_128_ecb": 2,
        "aes_256_xts": 3,
        "sm4_128_ecb": 4,
        "aes_128_gcm": 5,
        "aes_256_gcm": 6,
        "aes_128_gcm2": 7,
        "aes_256_gcm2": 8,
    }
)
"""`decryptionMode` by cipher; 7 and 8 need a salt."""

STATES: Mapping[int, str] = MappingProxyType(
    {
        0: "starting",
        1: "starting",
        2: "starting",
        3: "starting",
        4: "recording",
        5: "recording",
        6: "stopping",
        7: "uploading",
        8: "uploading",
        20: "failed",
    }
)
"""`serverResponse.status` of query. 4: ready, nothing uploaded yet; it stays so while nobody publishes."""

EVENT_KINDS: Mapping[int, str] = MappingProxyType(
    {
        EventType.CLOUD_RECORDING_ERROR: "error",
        EventType.CLOUD_RECORDING_WARNING: "warning",
        EventType.CLOUD_RECORDING_STATUS_UPDATE: "status",
        EventType.CLOUD_RECORDING_FILE_INFOS: "file_started",
        EventType.SESSION_EXIT: "ended",
        EventType.SESSION_FAILOVER: "migrated",
        EventType.HIGH_AVAILABILITY_REGISTER_SUCCESS: "status",
        EventType.UPLOADER_STARTED: "upload_started",
        EventType.UPLOADED: "uploaded",
        EventType.BACKUPED: "backed_up",
        EventType.UPLOADING_PROGRESS: "upload_progress",
        EventType.RECORDER_STARTED: "started",
        EventType.RECORDER_LEAVE: "stopped",
        EventType.RECORDER_SLICE_START: "segment_started",
        EventType.RECORDER_AUDIO_STREAM_STATE_CHANGED: "audio_changed",
        EventType.RECORDER_VIDEO_STREAM_STATE_CHANGED: "video_changed",
        EventType.RECORDER_SNAPSHOT_FILE: "snapshot",
        EventType.VOD_STARTED: "upload_started",
        EventType.VOD_TRIGGERED: "uploaded",
        EventType.WEB_RECORDER_STARTED: "started",
        EventType.WEB_RECORDER_STOPPED: "stopped",
        EventType.WEB_RECORDER_CAPABILITY_LIMIT: "error",
        EventType.WEB_RECORDER_RELOAD: "page_reloaded",
        EventType.TRANSCODER_STARTED: "status",
        EventType.TRANSCODER_COMPLETED: "transcoded",
        EventType.DOWNLOAD_FAILED: "error",
        EventType.RTMP_PUBLISH_STATUS: "push_changed",
        EventType.POSTPONE_TRANSCODE_FINAL_RESULT: "transcoded",
    }
)
"""The kind of each event by `eventType` ("Cloud Recording API callback service", Agora, 2026)."""

EVENT_STATES: Mapping[int, str] = MappingProxyType(
    {
        EventType.CLOUD_RECORDING_FILE_INFOS: "recording",
        EventType.SESSION_EXIT: "completed",
        EventType.UPLOADER_STARTED: "uploading",
        EventType.UPLOADED: "completed",
        EventType.BACKUPED: "completed",
        EventType.RECORDER_STARTED: "starting",
        EventType.RECORDER_LEAVE: "stopping",
        EventType.RECORDER_SLICE_START: "recording",
        EventType.WEB_RECORDER_STARTED: "starting",
        EventType.WEB_RECORDER_STOPPED: "stopping",
    }
)
"""The state after an event, where it tells one. A recorder that has started (40, 70) is not yet one that records. An
abnormal exit (11) and a page that never came up (71) are failures; the status of 3 is one of `STATES`."""

FATAL_ERRORS = frozenset({32, 52, 109, 110})
"""`errorCode` of event 1 after which nothing is recorded any more: nowhere to, never begun, no token."""

MODULES: Mapping[int | None, str] = MappingProxyType({0: "recorder", 1: "uploader", 2: "service", 6: "page recorder"})
"""The part of the vendor's service that `module` of events 1 and 2 names."""

UPLOAD_WARNINGS: Mapping[int | None, str] = MappingProxyType(
    {
        31: "a slice didn't arrive in the bucket and is sent there again (warning 31)",
        32: "a slice didn't arrive in the bucket and went to the vendor's backup (warning 32); check the bucket, its "
        "keys and its rules",
    }
)
"""What `warnCode` of event 2 means where the uploader warns."""


class PageEnd(NamedTuple):
    """What a `code` of event 71 means.

    Attributes:
        ending: the neutral word for it.
        fault: whose fault it is, if it is one.
        reason: what happened and what to do.
    """

    ending: Literal["stopped", "limit", "fault"]
    fault: Literal["caller", "vendor"] | None
    reason: str


PAGE_ENDS: Mapping[int | None, PageEnd] = MappingProxyType(
    {
        0: PageEnd("stopped", None, "it was stopped"),
        1: PageEnd("limit", None, "it reached max_duration"),
        2: PageEnd(
            "fault",
            "caller",
            "the page is more than the vendor's browser can show; check it for WebGL and for sources above 1280x720",
        ),
        3: PageEnd("fault", "vendor", "the vendor's browser didn't start; start anew"),
        4: PageEnd(
            "fault",
            "caller",
            "the page didn't call navigator.notifyReady() within ready_timeout, twice; check that it loads without a "
            "login, and set ready_timeout longer",
        ),
        5: PageEnd(
            "fault",
            "caller",
            "the page couldn't be opened; check that web_page.url is reachable from the internet",
        ),
        6: PageEnd("fault", "vendor", "the page's recorder failed; start anew"),
    }
)
"""What each `code` of event 71 means: why a page isn't recorded any more."""

PAGE_LIMITS: Mapping[str | None, str] = MappingProxyType(
    {
        "resolution": "a video source of the page is larger than 1280x720; show smaller ones",
        "WebGL": "the page uses WebGL, which the vendor's browser can't show",
        "bandwidth": "the page sends more than 10 Mbit/s or takes more than 1 Gbit/s",
    }
)
"""What each `limitType` of event 72 means."""

PAGE_RELOADS: Mapping[str | None, str] = MappingProxyType(
    {
        "audio_silence": "its sound was lost",
        "page_load_timeout": "it didn't call navigator.notifyReady() within ready_timeout; the second time ends it",
    }
)
"""Why a page was loaded again, by `reason` of event 73."""

CONVERSIONS: Mapping[str | None, str] = MappingProxyType(
    {
        "partial_success": "some files couldn't be converted; the recorded ones are there",
        **dict.fromkeys(("fail", "failed"), "the files couldn't be converted; the recorded ones are there"),
    }
)
"""What each `result` of events 81 and 1001 means that isn't a success."""

BASE_URLS = ("https://api.agora.io", "https://api.sd-rtn.com")
"""The global hosts in failover order for a server outside mainland China; inside, the order is reversed."""


def _pool(first: str, second: str, suffixes: tuple[str, str] = ("agora.io", "sd-rtn.com")) -> tuple[str, ...]:
    return tuple(f"https://{prefix}.{suffix}" for prefix in (first, second) for suffix in suffixes)


REGIONAL_BASE_URLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "NA": _pool("api-us-west-1", "api-us-east-1"),
        "EU": _pool("api-eu-west-1", "api-eu-central-1"),
        "AP": _pool("api-ap-southeast-1", "api-ap-northeast-1"),
        "CN": _pool("api-cn-east-1", "api-cn-north-1", ("sd-rtn.com", "agora.io")),
    }
)
"""Hosts near a server, in failover order: the same host under the other suffix, then the neighbouring region.

Areas and order of "Agora REST Client for Go" 0.12.0 (2025); the steps of the documentation's best practices.
"""
