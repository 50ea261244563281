"""Hosts, regions, codes and states of the vendor's: data, no logic.

From "CreateCloudRecording" (Tencent Cloud, 2026-01-22), "On-Cloud Recording" (2024-04-26) and "Cloud Recording and Web
Page Recording Webhooks" (2024-11-06) where nothing else is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = [
    "ALGORITHM",
    "BASE_URLS",
    "CALLS_PER_SECOND",
    "CLOCK_TOLERANCE_S",
    "GONE_CODES",
    "LONGEST_CONTROL_H",
    "MOST_IDS",
    "MOST_WINDOWS",
    "REMOVING_REGION",
    "ROOM",
    "SERVICE",
    "SHORTEST_CONTROL_H",
    "USER_ID",
    "VERSION",
]

SERVICE: Final = "trtc"
VERSION: Final = "2019-07-22"
ALGORITHM: Final = "TC3-HMAC-SHA256"

BASE_URLS: Mapping[str, str] = MappingProxyType(
    {
        "international": "https://trtc.intl.tencentcloudapi.com",
        "mainland": "https://trtc.tencentcloudapi.com",
    }
)
"""The API's host, by the site at which the account was opened."""

REMOVING_REGION: Mapping[str, str] = MappingProxyType({"ap-shanghai": "ap-guangzhou"})
"""Where users are removed from rooms, by a region that doesn't do that ("RemoveUser", Tencent Cloud, 2025-11-13)."""

CLOCK_TOLERANCE_S: Final = 300
"""By how many seconds a signature's time may differ from the vendor's ("Error Codes", Tencent Cloud, 2024-10-22)."""

CALLS_PER_SECOND: Final = 20
"""Of each action."""

MOST_WINDOWS: Final = 25
MOST_IDS: Final = 32
"""Ids in one list of subscribed users."""

SHORTEST_CONTROL_H, LONGEST_CONTROL_H = 6, 720
"""Hours for which a task can be asked for and stopped."""

USER_ID: Final = r"[A-Za-z0-9_-]{1,32}"
"""What a user id may be: up to 32 bytes of letters, digits, `-` and `_` ("TRTCParams", TRTC SDK, 2024)."""

ROOM: Final = r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,64}"
"""What a text room id may be ("TRTCParams", TRTC SDK, 2024)."""

GONE_CODES: Final = (
    "ResourceNotFound",
    "ResourceNotFound.*",
    "FailedOperation.TaskNotExist",
    "FailedOperation.TaskFinished",
)
"""A task that has ended can't be asked for any more: the action fails. The documents don't fix its code."""
