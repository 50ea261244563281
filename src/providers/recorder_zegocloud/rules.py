"""What each answer of the vendor means and what follows: data, no logic.

Codes from "Return codes" (ZEGOCLOUD, 2025-11-19). The gateway's own, 1000000xx, are listed by "Global Return
codes" of the vendor's RTC server API (2026-04-10), which says that they mean the same everywhere; the
one-digit ones by "Return codes - Server APIs v2" (2022-03-22). `Code` decides, whatever the HTTP status,
which is 200 even for errors.
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
    RecordingEnded,
    RecordingNotFound,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, Then
from recorder_zegocloud.tables import Code

__all__ = ["RULES"]

_START = ("StartRecord",)
_SNAPSHOT = ("TakeSnapshot",)
_LIST = ("DescribeTasks",)
_AGAIN = (1.0, 2.0, 4.0)
_SUPPORT = "Give the request id to the vendor's support."
_MAY_RUN = (
    "Give the error's intent to recover, with the spec where you have it; a start with the same key is answered with "
    "the task that runs. Left alone, it ends by idle_timeout or max_duration."
)
_MAY_BE_TAKEN = (
    "Look for it in the bucket, or wait for the callback: nothing else tells. Another try may take a second picture."
)
_CREDENTIALS = (
    "Check app_id and server_secret (32 characters, from the project's page in the vendor's console; neither "
    "the AppSign nor the CallbackSecret)."
)
_ENABLE = "Check app_id, and that Cloud Recording is enabled for it and paid in the vendor's console."
_ALTERED = "The library always sends this; a proxy or gateway in between must have changed the query."

RULES: tuple[Rule, ...] = (
    Rule(codes=(Code.ACCEPTED,), then=Then.ACCEPT, meaning="accepted"),
    # Codes that the provider turns into a state.
    Rule(
        operations=("DescribeRecordStatus",),
        codes=(Code.NO_SUCH_TASK, Code.TASK_ENDED),
        then=Then.ACCEPT,
        meaning="the vendor no longer knows the task, or says that it has ended",
    ),
    Rule(
        operations=("StopRecord",),
        codes=(Code.NO_SUCH_TASK, Code.TASK_ENDED),
        then=Then.ACCEPT,
        meaning="the task has ended, or the vendor no longer knows it",
    ),
    # The recording's own codes.
    Rule(
        codes=(Code.NO_SUCH_TASK,),
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="there is no such task",
        hint="A task is known for three days after its start, to its app_id and perhaps at its host only.",
        fault="caller",
    ),
    Rule(
        codes=(Code.TASK_ENDED,),
        then=Then.RAISE,
        error=RecordingEnded,
        meaning="the task has ended: stopped, idle or at its longest duration",
        hint="Ask for its status. If it ended too early, raise idle_timeout or max_duration.",
        fault="caller",
    ),
    Rule(
        codes=(Code.TASK_NOT_PAUSED,),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="the task isn't paused",
        hint="Ask for its status: it may be recording already.",
        fault="caller",
    ),
    Rule(
        operations=("PauseRecord", "ResumeRecord", *_SNAPSHOT),
        codes=(Code.BAD_PARAMETER, Code.OLD_BAD_PARAMETER),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="the task doesn't take this as it stands",
        hint="Ask for its status: only a composite recording that runs can be paused, resumed or photographed.",
        fault="caller",
    ),
    Rule(
        operations=_LIST,
        codes=(Code.BAD_PARAMETER, Code.OLD_BAD_PARAMETER),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="the vendor doesn't list this span",
        hint="It lists tasks that were started within the last three days, by its own clock: set this machine's.",
        fault="caller",
    ),
    Rule(
        codes=(Code.BAD_PARAMETER, Code.OLD_BAD_PARAMETER),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="a parameter is missing, of the wrong type or out of range",
        hint="The vendor's message names the parameter. Look at extra_body first: nothing checks it before.",
        fault="caller",
    ),
    Rule(
        codes=(Code.RECORDING_NOT_ENABLED, Code.SERVICE_NOT_ENABLED),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="Cloud Recording isn't enabled for this app",
        hint=_ENABLE,
        fault="caller",
    ),
    Rule(
        codes=(Code.RATE_EXCEEDED, Code.OLD_RATE_EXCEEDED),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=RateLimited,
        meaning="more calls per second than allowed (start and stop 50, others 10)",
        hint="All processes that use this app_id share the limit; ask less often or have it raised.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        codes=(Code.TOO_MANY_TASKS,),
        then=Then.RAISE,
        error=QuotaExceeded,
        meaning="the app runs as many recordings as it may (200 by default, 1000 in mainland China)",
        hint="Stop recordings that are no longer needed, or have the limit raised by the vendor.",
        fault="caller",
        retryable=True,
    ),
    # Failures of which nobody knows whether the call was carried out.
    Rule(
        operations=_START,
        codes=(Code.SYSTEM_ERROR, Code.GATEWAY_ERROR, Code.BODY_NOT_READ, Code.OLD_FAILED),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=StartOutcomeUnknown,
        meaning="the vendor's servers failed, so the recording may run",
        hint=_MAY_RUN,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_SNAPSHOT,
        codes=(Code.SYSTEM_ERROR, Code.GATEWAY_ERROR, Code.BODY_NOT_READ, Code.OLD_FAILED),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the vendor's servers failed, and the picture may have been taken",
        hint=_MAY_BE_TAKEN,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        codes=(Code.SYSTEM_ERROR, Code.GATEWAY_ERROR, Code.BODY_NOT_READ, Code.OLD_FAILED),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=ServiceUnavailable,
        meaning="the vendor's servers failed",
        hint=f"Try again; a recording that runs isn't affected. {_SUPPORT}",
        fault="vendor",
        retryable=True,
    ),
    # Credentials and signature; nothing was carried out.
    Rule(
        codes=(Code.SIGNATURE_EXPIRED,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the signature has expired",
        hint="Set this machine's clock: it may be at most 10 minutes off.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        codes=(Code.SIGNATURE_WRONG, Code.OLD_VERIFICATION_FAILED),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the signature is wrong",
        hint=_CREDENTIALS,
        fault="caller",
    ),
    Rule(
        codes=(Code.SECRET_NOT_FOUND,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the vendor has no server secret for this app_id",
        hint=f"The app_id is probably wrong. {_CREDENTIALS}",
        fault="caller",
    ),
    Rule(
        codes=(Code.APP_NOT_CONFIGURED,),
        then=Then.REPEAT,
        delays=(1.0,),
        error=AuthenticationError,
        meaning="the vendor found no configuration of this app",
        hint=f"{_ENABLE} If it is: {_SUPPORT}",
        retryable=True,
    ),
    Rule(
        codes=(Code.GATEWAY_CHECK_FAILED,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the vendor's gateway refused the call",
        hint=_SUPPORT,
        fault="vendor",
    ),
    Rule(
        codes=(Code.NO_PRODUCTION_ENVIRONMENT,),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the app has no production environment",
        hint="Set is_test for a project that is still in its test environment.",
        fault="caller",
    ),
    Rule(
        codes=(Code.APP_ID_MALFORMED,),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the app_id is malformed",
        hint="app_id is the project's decimal number.",
        fault="caller",
    ),
    Rule(
        codes=(Code.HOST_WRONG,),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the Host header is wrong",
        hint="Check base_urls, and whether a proxy rewrites the host.",
        fault="caller",
    ),
    Rule(
        codes=(Code.ACTION_NOT_SUPPORTED,),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the host doesn't know this action",
        hint="Check that base_urls name the vendor's Cloud Recording hosts and not those of another product.",
        fault="caller",
    ),
    *(
        Rule(
            codes=(code,),
            then=Then.RAISE,
            error=ConfigurationError,
            meaning=meaning,
            hint=_ALTERED,
            fault="caller",
        )
        for code, meaning in (
            (Code.TIMESTAMP_EMPTY, "Timestamp is empty"),
            (Code.TIMESTAMP_MALFORMED, "Timestamp isn't a number of seconds"),
            (Code.ACTION_EMPTY, "Action is empty"),
            (Code.NONCE_EMPTY, "SignatureNonce is empty"),
            (Code.SIGNATURE_EMPTY, "Signature is empty"),
            (Code.VERSION_EMPTY, "SignatureVersion is empty"),
            (Code.VERSION_NOT_SUPPORTED, "SignatureVersion isn't 2.0"),
        )
    ),
    # No code at all: what the transport saw. Only a start that no host has seen may go elsewhere.
    Rule(
        operations=_START,
        statuses=(NOT_SENT,),
        then=Then.NEXT_HOST,
        delays=(1.0, 3.0),
        error=TransportError,
        meaning="none of the vendor's hosts could be reached; nothing was sent",
        hint="Check DNS, proxy and firewall, and base_urls where they are set.",
        retryable=True,
    ),
    Rule(
        operations=_LIST,
        statuses=(NOT_SENT,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=TransportError,
        meaning="a host whose tasks belong to the list can't be reached",
        hint="Check DNS, proxy and firewall, and base_urls and area, which name the hosts that are asked.",
        retryable=True,
    ),
    Rule(
        statuses=(NOT_SENT,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=TransportError,
        meaning="the host that the recording was started at can't be reached; nothing was sent",
        hint="Check DNS, proxy and firewall. The recording goes on meanwhile.",
        retryable=True,
    ),
    Rule(
        statuses=(404, 405),
        codes=(None,),
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the address isn't the vendor's API",
        hint="Check base_urls: scheme and host only, without a path.",
        fault="caller",
    ),
    Rule(
        statuses=(429,),
        codes=(None,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=RateLimited,
        meaning="too many calls",
        hint="All processes that use this app_id share the limit; ask less often.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        operations=_START,
        statuses=(NO_ANSWER, NOT_JSON),
        codes=(None,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=StartOutcomeUnknown,
        meaning="the start was sent and its answer was lost, so the recording may run",
        hint=_MAY_RUN,
        retryable=True,
    ),
    Rule(
        operations=_START,
        statuses=("2xx", 303, 304, 408, 499, "5xx"),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=StartOutcomeUnknown,
        meaning="the answer to the start isn't one that the vendor documents, so the recording may run",
        hint=_MAY_RUN,
        retryable=True,
    ),
    *(
        Rule(
            operations=_SNAPSHOT,
            statuses=statuses,
            codes=(None,),
            then=Then.RAISE,
            error=error,
            meaning=f"{what}, and the picture may have been taken",
            hint=_MAY_BE_TAKEN,
            retryable=True,
        )
        for statuses, error, what in (
            (("5xx",), ServiceUnavailable, "the vendor's servers failed"),
            ((NO_ANSWER,), TransportError, "no answer came"),
            ((NOT_JSON,), UnexpectedResponse, "the answer isn't a JSON object"),
        )
    ),
    Rule(
        statuses=("5xx",),
        codes=(None,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=ServiceUnavailable,
        meaning="the vendor's servers can't serve now",
        hint="Try again; a recording that runs isn't affected.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        statuses=(NO_ANSWER,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=TransportError,
        meaning="the vendor didn't answer in time or closed the connection",
        hint="The vendor may be overloaded, or a proxy cuts long answers; try again.",
        retryable=True,
    ),
    Rule(
        statuses=(NOT_JSON,),
        codes=(None,),
        then=Then.REPEAT,
        delays=_AGAIN,
        error=UnexpectedResponse,
        meaning="the answer isn't a JSON object",
        hint="Check that base_urls name the vendor's API and that no proxy answers in its place.",
        retryable=True,
    ),
)
"""What each answer means and what follows.

A start may be repeated because it always carries a ClientTaskId, and every outcome of it after which the task may run
is `StartOutcomeUnknown`; stop, pause, resume, layout and whiteboard because the last one counts. A snapshot isn't
repeated once it may have been taken: every call takes one.
"""
