"""What each answer of the vendor means and what follows: data, no logic.

Codes from "Error Codes" (Tencent Cloud, 2024-10-22), those that all services share among them, and from
"CreateCloudRecording" (2026-01-22). A code has one part or two, `InvalidParameter.SdkAppId`; the second may be new.
It decides, whatever the HTTP status, which is 200 even for errors.
"""

from __future__ import annotations

from recorder_core.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidSpec,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RecordingConflict,
    RecordingNotFound,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
)
from recorder_core.rules import NO_ANSWER, NOT_SENT, Rule, Then
from recorder_trtc.tables import GONE_CODES

__all__ = ["RULES"]

_START = ("CreateCloudRecording",)
_STOP = ("DeleteCloudRecording",)
_LOOK = ("DescribeCloudRecording",)
_REMOVE = ("RemoveUser", "RemoveUserByStrRoomId")
_AGAIN = (1.0, 2.0, 4.0)
_AS_ADVISED = (3.0, 6.0, 12.0)
_SUPPORT = "Give the request id to the vendor's support."
_MAY_RUN = (
    "Keep the error's intent. A callback (event 301) brings the task's id, if the recorder's callbacks are received; "
    "recover ends it where end_lost is set. Left alone, it ends when the room has been empty for idle_timeout. Another "
    "start with the same key replaces it."
)
_KEY = "Check secret_id and secret_key in the console: Access Management, API Keys; neither is the SDKSecretKey."
_APPLICATION = "Check sdk_app_id, and that the API key belongs to the account whose application it is."

RULES: tuple[Rule, ...] = (
    Rule(statuses=("2xx",), codes=(None,), then=Then.ACCEPT, meaning="accepted"),
    # Codes that the provider turns into a state.
    Rule(
        operations=_LOOK + _STOP,
        codes=GONE_CODES,
        then=Then.ACCEPT,
        meaning="the task has ended, or can't be asked for any more",
    ),
    Rule(
        operations=_REMOVE,
        codes=("FailedOperation.RoomNotExist", "FailedOperation.UserNotExist"),
        then=Then.ACCEPT,
        meaning="there is no such room, or the recorder isn't in it",
    ),
    Rule(
        codes=GONE_CODES,
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="there is no such task, or it has ended",
        hint="A task is known while it runs, and for controllable_hours at most, to its application and in its region.",
        fault="caller",
    ),
    # Who calls.
    Rule(
        codes=("AuthFailure.SignatureExpire",),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the signature's time is more than five minutes off",
        hint="Set this machine's clock.",
        fault="caller",
    ),
    Rule(
        codes=("AuthFailure.UnRealNameAuthenticated",),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the account's identity isn't verified",
        hint="Verify it in the vendor's console.",
        fault="caller",
    ),
    Rule(
        codes=("AuthFailure.UnauthorizedOperation", "UnauthorizedOperation", "UnauthorizedOperation.*"),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the API key may not do this",
        hint="Give it the policy QcloudTRTCFullAccess, or one with this action for this application.",
        fault="caller",
    ),
    Rule(
        codes=(
            *("AuthFailure.UnsupportedOperation", "UnsupportedOperation", "UnsupportedOperation.*"),
            *("FailedOperation.CRUnsupportMethod", "FailedOperation.NotAllowed", "FailedOperation.NotAbility"),
        ),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the application or the account may not do this",
        hint="Check in the console that On-Cloud Recording is enabled for the application, in its present edition.",
        fault="caller",
    ),
    Rule(
        codes=("AuthFailure.TokenFailure",),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the token of the temporary key is wrong or has expired",
        hint="Renew secret_id, secret_key and session_token together.",
        fault="caller",
    ),
    Rule(
        codes=("AuthFailure", "AuthFailure.*"),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the API key or its signature wasn't accepted",
        hint=_KEY,
        fault="caller",
    ),
    # How much.
    Rule(
        codes=(
            *("RequestLimitExceeded", "RequestLimitExceeded.*"),
            *("FailedOperation.RestrictedFrequency", "OperationDenied.FreqOverLimit"),
        ),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=RateLimited,
        meaning="the account calls more often than 20 times a second",
        hint="Call less often, give processes that share the account one budget, or ask the vendor for more.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        codes=(
            *("FailedOperation.RestrictedConcurrency", "LimitExceeded", "LimitExceeded.*"),
            *("ResourceInsufficient", "ResourceInsufficient.*"),
        ),
        then=Then.RAISE,
        error=QuotaExceeded,
        meaning="as many recordings run as the account may have, 100 by default",
        hint="Stop one, or ask the vendor for more.",
        fault="caller",
        retryable=True,
    ),
    # What is asked.
    Rule(
        codes=(
            *("InvalidParameter.SdkAppId", "InvalidParameter.InvalidSdkAppId"),
            *("FailedOperation.SdkAppIdNotExist", "FailedOperation.SdkAppIdNotUnderAppId"),
        ),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the vendor doesn't know the application, or it is another account's",
        hint=_APPLICATION,
        fault="caller",
    ),
    Rule(
        codes=("InvalidParameter.UserSig",),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the recorder's UserSig is wrong or has expired",
        hint="Check app_key: it is the application's SDKSecretKey. Check this machine's clock, too.",
        fault="caller",
    ),
    Rule(
        codes=("UnsupportedRegion", "UnsupportedProtocol", "NoSuchVersion", "InvalidAction", "ActionOffline"),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the host doesn't offer this action, in this region",
        hint="Check site, region and base_urls.",
        fault="caller",
    ),
    Rule(
        codes=("FailedOperation.TaskExist",),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="there is such a task already",
        hint="Another recording of the room has the same options.trtc.user_id: leave it out.",
        fault="caller",
    ),
    Rule(
        codes=(
            *("InvalidParameter", "InvalidParameter.*", "InvalidParameterValue", "InvalidParameterValue.*"),
            *("MissingParameter", "MissingParameter.*", "UnknownParameter", "UnknownParameter.*"),
        ),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="a parameter is missing, unknown, of the wrong type or out of range",
        hint="The vendor's message names the parameter.",
        fault="caller",
    ),
    # What fails at the vendor.
    Rule(
        operations=_START,
        codes=("InternalError", "InternalError.*"),
        then=Then.REPEAT,
        # The same start may be sent again: the same user id keeps two from running, and the document advises it.
        delays=_AS_ADVISED,
        error=StartOutcomeUnknown,
        meaning="the vendor failed at the start, and may have begun the recording",
        hint=_MAY_RUN,
        fault="vendor",
    ),
    Rule(
        codes=("InternalError", "InternalError.*"),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=ServiceUnavailable,
        meaning="the vendor's service failed",
        hint=_SUPPORT,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_START,
        codes=("FailedOperation", "FailedOperation.*"),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="the start failed, and the vendor doesn't say how far it came",
        hint=_MAY_RUN,
        fault="vendor",
    ),
    Rule(
        codes=("FailedOperation", "FailedOperation.*"),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the operation failed at the vendor",
        hint=_SUPPORT,
        fault="vendor",
        retryable=True,
    ),
    # What comes from other hands, or not at all.
    Rule(
        statuses=(NOT_SENT,),
        then=Then.NEXT_HOST,
        delays=(0.5,),
        error=TransportError,
        meaning="the host can't be reached; nothing was sent",
        hint="Check the network, the proxy settings (HTTPS_PROXY, NO_PROXY) and base_urls.",
        retryable=True,
    ),
    Rule(
        operations=_START,
        statuses=(NO_ANSWER, "5xx"),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="the start was sent, and no answer of the vendor's came: it may run",
        hint=_MAY_RUN,
    ),
    Rule(
        statuses=(NO_ANSWER,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=TransportError,
        meaning="no whole answer came",
        hint="The request may have been carried out; asked again, it does no harm.",
        retryable=True,
    ),
    Rule(
        statuses=(429,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=RateLimited,
        meaning="a gateway was called too often",
        hint="Call less often.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        statuses=("5xx",),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=ServiceUnavailable,
        meaning="a gateway or the vendor's service failed",
        hint="Try again later.",
        fault="vendor",
        retryable=True,
    ),
)
