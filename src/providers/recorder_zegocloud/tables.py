"""The vendor's hosts, signature, states, codes, clouds and regions: data, no logic.

From "Cloud Recording Server API" (OpenAPI files, ZEGOCLOUD, 2025-11 to 2026-08-18) and "Accessing server
APIs" (2025-10-29) where nothing else is named; of callbacks from "Recording status callback" (2025-11-26; Chinese
edition of 2026-04-07). The vendor takes each cloud's own region string, so no number
has to be looked up, and a region that is missing here may still be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Literal, NamedTuple

from recorder_zegocloud.wire.callbacks import EventType, ImageType
from recorder_zegocloud.wire.values import FileFormat, FileStatus, QuitReason, StorageVendor, TaskStatus

__all__ = [
    "BASE_URLS",
    "CLOCK_TOLERANCE_S",
    "EVENT_KINDS",
    "EVENT_STATES",
    "FILE_STATES",
    "FORMATS",
    "IMAGE_PATHS",
    "KEPT_S",
    "KNOWN_REGIONS",
    "MOST_STREAMS",
    "NONCE_BYTES",
    "QUITS",
    "REGIONAL_BASE_URLS",
    "REGION_FORMS",
    "REQUIRED",
    "SIGNATURE_VERSION",
    "TASK_STATES",
    "WITHOUT_FILE_URL",
    "Code",
    "Quit",
]

BASE_URLS = ("https://cloudrecord-api.zego.im",)
"""The unified host, which serves callers anywhere."""

REGIONAL_BASE_URLS: Mapping[str, str] = MappingProxyType(
    {
        "shanghai": "https://cloudrecord-api-sha.zego.im",
        "hongkong": "https://cloudrecord-api-hkg.zego.im",
        "frankfurt": "https://cloudrecord-api-fra.zego.im",
        "california": "https://cloudrecord-api-lax.zego.im",
        "mumbai": "https://cloudrecord-api-bom.zego.im",
        "singapore": "https://cloudrecord-api-sgp.zego.im",
    }
)
"""Hosts near the calling server, in the vendor's order. Whether one sees another's tasks isn't documented, so
a task keeps the host that it was started at."""

SIGNATURE_VERSION = "2.0"
NONCE_BYTES = 8
"""Random bytes of a SignatureNonce, which is their lower-case hex."""
CLOCK_TOLERANCE_S = 600
"""How far Timestamp may be off the vendor's clock, in seconds."""
KEPT_S = 3 * 86400
"""How long after its start a task can be described, and after its end a file stays in backup, in seconds."""

MOST_STREAMS = 36
"""How many streams a single-stream task records (vendor FAQ of 2021-09-10)."""

TASK_STATES: Mapping[int, str] = MappingProxyType(
    {
        TaskStatus.INITIALISING: "starting",
        TaskStatus.RUNNING: "recording",
        TaskStatus.PAUSED: "paused",
        TaskStatus.ENDED: "completed",
        TaskStatus.ENDED_ABNORMALLY: "failed",
    }
)
"""The neutral state of a task, its files apart: ended ones are still uploading while a file is.

An abnormal end whose files are all stored or in backup is complete, and so is one that was asked for (`QUITS`).
"""

FILE_STATES: Mapping[int, str] = MappingProxyType(
    {
        FileStatus.RECORDING: "recording",
        FileStatus.UPLOADING: "uploading",
        FileStatus.UPLOADED: "uploaded",
        FileStatus.BACKUP: "backup",
        FileStatus.LOST: "lost",
    }
)
"""The neutral status of a file."""

EVENT_KINDS: Mapping[int, str] = MappingProxyType(
    {
        EventType.UPLOAD_FINISHED: "uploaded",
        EventType.ENDED_ABNORMALLY: "error",
        EventType.IMAGE_NOT_DOWNLOADED: "image_unavailable",
        EventType.NO_STREAMS: "idle",
        EventType.EXITED: "stopped",
        EventType.STREAM_MISSING: "participant_missing",
        EventType.STOPPED: "stopped",
        EventType.PLAYLIST: "file_started",
        EventType.PAUSED: "paused",
        EventType.RESUMED: "resumed",
    }
)
"""The neutral kind of each event type. Two tell more by their detail: an upload may have ended in a backup, in nothing
or in one picture, and an "abnormal" end may be one of the two that were asked for."""

EVENT_STATES: Mapping[int, str] = MappingProxyType(
    {
        EventType.ENDED_ABNORMALLY: "uploading",
        EventType.EXITED: "uploading",
        EventType.STOPPED: "uploading",
        EventType.PAUSED: "paused",
        EventType.RESUMED: "recording",
    }
)
"""The neutral state after an event, where its type tells one. Events come in any order, so that none of 2, 5 and 7
says that the files are settled, or that there are none: that is what event 1 or the status is for."""


class Quit(NamedTuple):
    """What a `quit_reason` means.

    Attributes:
        ending: the neutral word for it.
        fault: whose fault it is, if it is one.
        reason: what happened and what to do.
    """

    ending: Literal["idle", "limit", "fault"]
    fault: Literal["caller", "vendor"] | None
    reason: str


def _vendors(what: str) -> Quit:
    return Quit("fault", "vendor", f"{what}: start again")


QUITS: Mapping[int, Quit] = MappingProxyType(
    {
        QuitReason.SERVICE_FAILED: _vendors("the vendor's recording service failed to start"),
        QuitReason.LOGIN_FAILED: Quit(
            "fault",
            "caller",
            "the recorder couldn't log in to the room: check its name and that app_id is the application's project",
        ),
        QuitReason.IDLE: Quit(
            "idle",
            None,
            "it ended by itself: nobody published in the room for idle_timeout; check who publishes, or raise it",
        ),
        QuitReason.MAX_DURATION: Quit(
            "limit", None, "it ended by itself: it had lasted for max_duration; start another, or raise it"
        ),
        QuitReason.ENGINE_FAILED: _vendors("the vendor's recording engine failed to start"),
        QuitReason.NETWORK_LOST: _vendors("the vendor's recording service lost its network connection"),
        QuitReason.UNKNOWN: _vendors("the vendor's recorder failed and doesn't say why"),
        QuitReason.FILE_NAME_TOO_LONG: Quit(
            "fault",
            "caller",
            "the file's name was too long: shorten room, participants, stream ids and options.zegocloud."
            "mix_output_stream_id, which are parts of it",
        ),
        QuitReason.FILE_NOT_OPENED: _vendors("the vendor's recorder couldn't open its file"),
        QuitReason.DISK_FULL: _vendors("the vendor's recorder ran out of disk space"),
        QuitReason.ENGINE_NOT_INITIALISED: _vendors("the vendor's recording engine couldn't be set up"),
        QuitReason.HEADER_NOT_WRITTEN: _vendors("the vendor's recorder couldn't write the head of the file"),
        QuitReason.WRITE_BAD_DESCRIPTOR: _vendors("the vendor's recorder couldn't write its file (EBADF)"),
        QuitReason.WRITE_FAILED: _vendors("the vendor's recorder couldn't write its file (EIO)"),
        QuitReason.CHANNEL_FAILED: _vendors("a channel inside the vendor's recorder failed"),
        QuitReason.FORMAT_NOT_SUPPORTED: Quit(
            "fault", "caller", "the vendor can't record this format: choose another in output.formats"
        ),
        QuitReason.ILLEGAL_STATE: _vendors("the vendor's recorder was in an illegal state"),
    }
)
"""What each `quit_reason` of event 2 means.

3 and 4 are ends that were asked for, by MaxIdleTime and MaxRecordTime, though the vendor reports them as abnormal.
Every end may leave files, also a failed start, of a server that was to take a task over: the outcome is known when they
are settled.
"""

IMAGE_PATHS: Mapping[int, str] = MappingProxyType(
    {
        ImageType.BACKGROUND: "layout.background.image",
        ImageType.WATERMARK: "watermarks",
        ImageType.PLACEHOLDER: "layout.placeholders['*']",
        ImageType.WINDOW: "layout.placeholders",
    }
)
"""The neutral field of each `image_type` of event 3."""


class Code(IntEnum):
    """`Code` of an answer; it decides, whatever the HTTP status."""

    ACCEPTED = 0
    OLD_FAILED = 1
    OLD_BAD_PARAMETER = 2
    OLD_VERIFICATION_FAILED = 3
    OLD_RATE_EXCEEDED = 7
    HOST_WRONG = 100000000
    APP_ID_MALFORMED = 100000001
    TIMESTAMP_EMPTY = 100000002
    TIMESTAMP_MALFORMED = 100000003
    SIGNATURE_EXPIRED = 100000004
    SIGNATURE_WRONG = 100000005
    ACTION_EMPTY = 100000006
    ACTION_NOT_SUPPORTED = 100000007
    NONCE_EMPTY = 100000008
    SIGNATURE_EMPTY = 100000009
    SECRET_NOT_FOUND = 100000010
    APP_NOT_CONFIGURED = 100000011
    BODY_NOT_READ = 100000012
    VERSION_EMPTY = 100000013
    VERSION_NOT_SUPPORTED = 100000014
    GATEWAY_ERROR = 100000015
    NO_PRODUCTION_ENVIRONMENT = 100000016
    SERVICE_NOT_ENABLED = 100000017
    RECORDING_NOT_ENABLED = 300000002
    RATE_EXCEEDED = 300000003
    BAD_PARAMETER = 300000004
    GATEWAY_CHECK_FAILED = 300000005
    TOO_MANY_TASKS = 300000006
    NO_SUCH_TASK = 300001000
    TASK_ENDED = 300001001
    TASK_NOT_PAUSED = 300001004
    SYSTEM_ERROR = 300010000


_KEYS = ("Bucket", "AccessKeyId", "AccessKeySecret")

REQUIRED: Mapping[StorageVendor, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(StorageVendor, ("Region", *_KEYS)),
        StorageVendor.ALIBABA_VOD: ("AlibabaCloudVodParams",),
        StorageVendor.TENCENT_VOD: ("TencentCloudVodParams",),
        StorageVendor.GOOGLE_CLOUD_STORAGE: _KEYS,
        StorageVendor.S3_COMPATIBLE: ("Region", *_KEYS, "EndPoint"),
    }
)
"""The fields of StorageParams that a cloud can't do without."""

FORMATS: Mapping[StorageVendor, tuple[FileFormat, ...]] = MappingProxyType(
    {
        **dict.fromkeys(StorageVendor, tuple(FileFormat)),
        StorageVendor.ALIBABA_VOD: (FileFormat.MP4, FileFormat.FLV),
        StorageVendor.TENCENT_VOD: (FileFormat.MP4, FileFormat.FLV, FileFormat.JPG, FileFormat.MP3),
    }
)
"""What can be stored where."""

WITHOUT_FILE_URL = frozenset({StorageVendor.QINIU_KODO, StorageVendor.ALIBABA_VOD})
"""Clouds for whose files no FileUrl is returned."""

REGION_FORMS: Mapping[StorageVendor, str] = MappingProxyType(
    {**dict.fromkeys(StorageVendor, "{region}"), StorageVendor.ALIBABA_OSS: "oss-{region}"}
)
"""StorageParams.Region by the cloud's own region name: as it is, but for Alibaba OSS."""

_TENCENT = (
    *(
        "ap-beijing-1",
        "ap-beijing",
        "ap-nanjing",
        "ap-shanghai",
        "ap-guangzhou",
        "ap-chengdu",
        "ap-chongqing",
    ),
    *("ap-shenzhen-fsi", "ap-shanghai-fsi", "ap-beijing-fsi", "ap-hongkong", "ap-singapore", "ap-jakarta"),
    *("ap-seoul", "ap-bangkok", "ap-tokyo", "na-siliconvalley", "na-ashburn", "sa-saopaulo", "eu-frankfurt"),
)
_ALIBABA = (
    *("cn-hangzhou", "cn-shanghai", "cn-nanjing", "cn-fuzhou", "cn-wuhan-lr", "cn-qingdao", "cn-beijing"),
    *(
        "cn-zhangjiakou",
        "cn-huhehaote",
        "cn-wulanchabu",
        "cn-shenzhen",
        "cn-heyuan",
        "cn-guangzhou",
        "cn-chengdu",
    ),
    *("cn-hongkong", "us-west-1", "us-east-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1"),
    *("ap-southeast-3", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "eu-central-1", "eu-west-1"),
    "me-east-1",
)

KNOWN_REGIONS: Mapping[StorageVendor, tuple[str, ...]] = MappingProxyType(
    {
        StorageVendor.AMAZON_S3: (
            *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-1", "ap-south-1"),
            *("ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
            *("ap-southeast-5", "ap-southeast-7", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
            *("ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2"),
            *(
                "eu-west-1",
                "eu-west-2",
                "eu-west-3",
                "eu-north-1",
                "eu-south-1",
                "eu-south-2",
                "il-central-1",
            ),
            *("me-south-1", "me-central-1", "mx-central-1", "sa-east-1", "us-gov-east-1", "us-gov-west-1"),
        ),
        StorageVendor.ALIBABA_OSS: _ALIBABA,
        StorageVendor.TENCENT_COS: _TENCENT,
        StorageVendor.QINIU_KODO: ("z0", "cn-east-2", "z1", "z2", "na0", "as0", "ap-southeast-2"),
        StorageVendor.HUAWEI_OBS: (
            *(
                "cn-north-1",
                "cn-north-4",
                "cn-north-9",
                "cn-east-2",
                "cn-east-3",
                "cn-south-1",
                "cn-southwest-2",
            ),
            *(
                "ap-southeast-1",
                "ap-southeast-2",
                "ap-southeast-3",
                "ap-southeast-4",
                "af-south-1",
                "me-east-1",
            ),
            *("la-north-2", "la-south-2", "na-mexico-1", "sa-brazil-1", "tr-west-1"),
        ),
    }
)
"""Regions that a cloud is known to have, by its own names: for hints at likely slips, not to refuse one."""
