"""What each answer of the vendor means and what follows: data, no logic.

Codes and meanings from the documentation set "Cloud Recording" (Agora, 17 June to 1 July 2026), its best
practices among them, and from "Common errors" (withdrawn 17 June 2026); 1004 and 1005 from "Agora Cloud
Recording RESTful API" (2019). HTTP statuses are left open where no page prints one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from recorder_core.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidSpec,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    RecordingConflict,
    RecordingEnded,
    RecordingFailed,
    RecordingNotFound,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_JSON, NOT_SENT, Rule, Then

__all__ = ["ERRORS", "RULES"]

_STOP = ("stop",)
_START = ("start",)
_ACQUIRE = ("acquire",)
_PAIR = (*_ACQUIRE, *_START)
_UPDATE = ("update",)
_CHANGE = ("update", "updateLayout")
_ADDRESSES = ("ncs/ip",)
_LATER = ("query", "update", "updateLayout", "stop")
_SAME_HOST = (1.0,)
_PAUSES = (1.0, 3.0, 6.0)
_AFTER_50X = (3.0, 6.0, 9.0)
_AFTER_206 = (3.0, 6.0)
_WATCHING_404 = (5.0, 10.0, 15.0)
_WATCHING_50X = (5.0, 10.0, 15.0, 30.0)
_MAY_RUN = (
    "Give the error's intent and the spec to recover, within 5 minutes if you can: so long the vendor may still tell "
    "its sid, as callbacks do. Don't start it anew with another uid: that would be a second recording. Left alone, it "
    "ends once the room has been empty for idle_timeout, a page after max_duration; the vendor's channel management "
    "API (POST /dev/v1/kicking-rule, join_channel) may put its uid out of the room."
)
_FRESH = "The vendor had no capacity for this resource id: a fresh start may succeed."
_CHANNEL = (
    "A room has up to 63 bytes of a-z A-Z 0-9, blank and !#$%&()+-:;<=.>?@[]^_{}|~,.; "
    "the label of a web page recording any text up to 1024 bytes."
)
_ENABLE = "Check app_id, and that Cloud Recording is enabled for it in the vendor's console."

RULES: tuple[Rule, ...] = (
    # No answer: no byte reached the host, or the request was sent and nothing whole came back.
    Rule(
        statuses=(NOT_SENT,),
        then=Then.NEXT_HOST,
        delays=_SAME_HOST,
        error=TransportError,
        meaning="none of the vendor's hosts could be reached",
        hint="Check DNS, proxy and firewall, and base_urls where they are set.",
        retryable=True,
    ),
    Rule(
        operations=_START,
        statuses=(NO_ANSWER,),
        then=Then.REPEAT,
        delays=_AFTER_50X,
        error=StartOutcomeUnknown,
        meaning="the start was sent and its answer was lost, so the recording may run",
        hint=_MAY_RUN,
    ),
    Rule(
        statuses=(NO_ANSWER,),
        then=Then.NEXT_HOST,
        delays=_SAME_HOST,
        error=TransportError,
        meaning="the vendor didn't answer in time or closed the connection",
        hint="The vendor may be overloaded, or a proxy cuts long answers; try again.",
        retryable=True,
    ),
    # Answers that the provider reads itself.
    Rule(statuses=(200,), codes=(None,), then=Then.ACCEPT, meaning="accepted"),
    Rule(
        operations=_STOP,
        statuses=(206,),
        codes=(None, 50, 435),
        then=Then.ACCEPT,
        meaning="stopping; files unknown yet, or none (435)",
    ),
    Rule(operations=_STOP, codes=(49,), then=Then.ACCEPT, meaning="the session is leaving already"),
    Rule(operations=_STOP, codes=(50,), then=Then.ACCEPT, meaning="stopped; the upload isn't finished yet"),
    Rule(
        operations=("query", "stop"),
        codes=(404,),
        then=Then.ACCEPT,
        meaning="ended, never came up, or migrating",
    ),
    Rule(
        operations=("query", "stop"),
        statuses=(404,),
        codes=(None,),
        message="failed to find worker",
        then=Then.ACCEPT,
        meaning="ended, never came up, or migrating",
    ),
    Rule(operations=("query",), codes=(501,), then=Then.ACCEPT, meaning="the session is exiting"),
    Rule(
        operations=_ADDRESSES,
        statuses=(404,),
        then=Then.ACCEPT,
        meaning="this host doesn't know that version of the method; the older one is asked",
    ),
    # What a start is answered that isn't plainly refused: it may have been carried out.
    Rule(operations=_START, statuses=(201,), then=Then.ACCEPT, meaning="this resource id already records"),
    Rule(operations=_START, codes=(7,), then=Then.ACCEPT, meaning="this resource id already records"),
    Rule(
        operations=_START,
        codes=(1005,),
        then=Then.RAISE,
        error=StartOutcomeUnknown,
        meaning="the resource id was used already, so a start with it was carried out",
        hint=_MAY_RUN,
    ),
    Rule(
        operations=_PAIR,
        codes=(502,),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the vendor couldn't allocate a recorder",
        hint=_FRESH,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_PAIR,
        codes=(15,),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the vendor's server failed (undocumented code, seen on start)",
        hint=_FRESH,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_START,
        codes=(65,),
        then=Then.REPEAT,
        delays=_AFTER_206,
        error=StartOutcomeUnknown,
        meaning="the start reached the backend, which didn't complete it in time, so the recording may run",
        hint=_MAY_RUN,
        fault="vendor",
    ),
    Rule(
        operations=_START,
        statuses=("2xx",),
        then=Then.REPEAT,
        delays=_AFTER_206,
        error=StartOutcomeUnknown,
        meaning="the start's answer is incomplete or unreadable, so the recording may run",
        hint=_MAY_RUN,
        fault="vendor",
    ),
    *(
        Rule(
            operations=_START,
            statuses=statuses,
            codes=codes,
            then=Then.REPEAT,
            delays=_AFTER_50X,
            error=StartOutcomeUnknown,
            meaning="the vendor's server failed while starting, so the recording may run",
            hint=_MAY_RUN,
            fault="vendor",
        )
        for statuses, codes in (((303, 304, 408, 499, "5xx"), ()), ((), (500, 501, 504)))
    ),
    # The gateway's answers, which carry a message and no code.
    Rule(
        statuses=(429,),
        then=Then.REPEAT,
        delays=(1.0, 2.0, 4.0),
        error=RateLimited,
        meaning="more than 10 calls per second",
        hint="All processes that use these credentials share 10 calls per second; ask less often.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        statuses=(401,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the customer id and customer secret were not accepted",
        hint=f"Check customer_id and customer_secret (not the App ID or its certificate). {_ENABLE}",
        fault="caller",
    ),
    *(
        Rule(
            statuses=(400,),
            message=message,
            then=Then.RAISE,
            error=PermissionDenied,
            meaning="the App ID is unknown or has no Cloud Recording",
            hint=_ENABLE,
            fault="caller",
        )
        for message in ("appid is invalid", "invalid appid", "invalid_appid")
    ),
    Rule(
        statuses=(404,),
        message="no Route matched",
        then=Then.RAISE,
        error=ConfigurationError,
        meaning="the address leads to no method of the API",
        hint="Check base_urls: scheme and host only, without a path.",
        fault="caller",
    ),
    # The service's codes.
    Rule(
        operations=_UPDATE,
        codes=(2,),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="the update doesn't fit how the recording was started",
        hint="Only media that are recorded can have other participants, only a web page can be put on hold, and only a "
        "push that was started (push_urls) gets another address. Storage credentials are those of the same bucket.",
        fault="caller",
    ),
    Rule(
        codes=(2,),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="a parameter is missing, of the wrong type or out of range",
        hint="The vendor's message names it. Look at extra_body first: it isn't checked before sending.",
        fault="caller",
    ),
    Rule(
        codes=(7,),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="this resource id already records",
        hint="The recording of the earlier start runs; use its handle.",
        fault="caller",
    ),
    Rule(
        codes=(8,),
        then=Then.RAISE,
        error=UnexpectedResponse,
        meaning="header, method, address or JSON is malformed",
        hint="A proxy may have changed the request; compare it with recorder_http.",
    ),
    Rule(
        operations=("query",),
        statuses=("5xx",),
        then=Then.REPEAT,
        delays=_WATCHING_50X,
        error=ServiceUnavailable,
        meaning="the vendor's service can't be asked right now",
        hint="The recording itself is not affected; ask again later.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        operations=_LATER,
        codes=(15, 500, 501, 502, 504),
        then=Then.REPEAT,
        delays=_AFTER_50X,
        error=ServiceUnavailable,
        meaning="the vendor's server failed",
        hint="Try again; the recording itself is not affected.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        codes=(32,),
        then=Then.RAISE,
        error=RecordingFailed,
        meaning="the storage is configured wrongly",
        hint="Check bucket, region and keys, and that the keys may write.",
        fault="destination",
    ),
    Rule(
        codes=(47,),
        then=Then.RAISE,
        error=RecordingFailed,
        meaning="an upload failed; the vendor keeps the files and tries again",
        hint="Check the bucket's rights and lifecycle rules.",
        fault="destination",
    ),
    Rule(
        codes=(49,),
        then=Then.RAISE,
        error=RecordingEnded,
        meaning="the session is leaving: stopped, idle, or put out by another client with its uid",
        hint="Give the recorder a uid that nobody in the room uses, and a longer idle_timeout.",
        fault="caller",
    ),
    Rule(
        codes=(50,),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the upload isn't finished yet",
        hint="The files arrive later; ask for the status again.",
        retryable=True,
    ),
    Rule(
        codes=(51,),
        then=Then.RAISE,
        error=RecordingFailed,
        meaning="the vendor couldn't process the recorded files",
        hint="Give the request id to the vendor's support.",
        fault="vendor",
    ),
    Rule(
        codes=(52,),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the service took too long to start",
        hint=_FRESH,
        fault="vendor",
        retryable=True,
    ),
    Rule(
        codes=(53, 1004),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="a recording with this room and uid runs already",
        hint="Stop the other recording, or start with another options.agora.uid.",
        fault="caller",
    ),
    Rule(
        operations=_LATER,
        codes=(62,),
        then=Then.REPEAT,
        delays=_AFTER_50X,
        error=ServiceUnavailable,
        meaning="the vendor's backend didn't answer",
        hint="Try again; the recording itself is not affected.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        codes=(62,),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="Cloud Recording isn't enabled for this App ID",
        hint=_ENABLE,
        fault="caller",
    ),
    Rule(
        codes=(65,),
        then=Then.REPEAT,
        delays=_AFTER_206,
        error=ServiceUnavailable,
        meaning="the call reached the backend, which didn't complete it in time",
        hint="Try again.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        codes=(109,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the recorder's room token has expired",
        hint="Make tokens that outlive the recording: the vendor can't renew them.",
        fault="caller",
    ),
    Rule(
        codes=(110,),
        then=Then.RAISE,
        error=AuthenticationError,
        meaning="the recorder's room token is invalid",
        hint="Make the token for this App ID, this room and the recorder's own uid (options.agora.uid).",
        fault="caller",
    ),
    Rule(
        codes=(400,),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the App ID has no Cloud Recording",
        hint=_ENABLE,
        fault="caller",
    ),
    Rule(
        codes=(401, 1013),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="the channel name is invalid",
        hint=_CHANNEL,
        fault="caller",
    ),
    Rule(
        operations=_CHANGE,
        codes=(404,),
        then=Then.REPEAT,
        delays=_WATCHING_404,
        error=RecordingNotFound,
        meaning="the recording has ended, never came up, or is moving to another server",
        hint="A move takes up to 90 s; after that the recording is gone. Ask for its status.",
        retryable=True,
    ),
    Rule(
        codes=(405,),
        then=Then.RAISE,
        error=PermissionDenied,
        meaning="the vendor's account is overdue or suspended",
        hint="Look at the balance in the vendor's console.",
        fault="caller",
    ),
    Rule(
        codes=(406,),
        then=Then.RAISE,
        error=QuotaExceeded,
        meaning="the account runs as many recordings as it may (50 of rooms, 200 of web pages by default)",
        hint="Stop recordings that are no longer needed, or have the limit raised by the vendor.",
        fault="caller",
        retryable=True,
    ),
    Rule(
        operations=_START,
        codes=(432, 1001, 1003),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="room, uid or App ID differ from those that the resource id was acquired with",
        hint="Acquire and start with the same room, options.agora.uid and app_id.",
        fault="caller",
    ),
    Rule(
        codes=(432, 1001, 1003),
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="room, uid, App ID, resource id and sid don't belong together",
        hint="Use the handle as start returned it, with the same app_id.",
        fault="caller",
    ),
    Rule(
        operations=_START,
        codes=(433,),
        then=Then.RAISE,
        error=ServiceUnavailable,
        meaning="the resource id has expired (5 minutes)",
        hint="A resource id serves one start: acquire a fresh one.",
        retryable=True,
    ),
    Rule(
        codes=(433,),
        then=Then.RAISE,
        error=RecordingNotFound,
        meaning="the time for calls to this recording is over (options.agora.resource_expired_hours)",
        hint="No call reaches it any more. It ends by itself once the room has been empty for idle_timeout, a page "
        "after max_duration.",
        fault="caller",
    ),
    Rule(
        codes=(435,),
        then=Then.RAISE,
        error=RecordingEnded,
        meaning="nothing was recorded, because nobody published",
        hint="Check that somebody publishes in this very room, and participants where they are set; or that the page "
        "was ever resumed.",
        fault="caller",
    ),
    Rule(
        operations=_ACQUIRE,
        codes=(500, 501, 504),
        then=Then.REPEAT,
        delays=_PAUSES,
        error=ServiceUnavailable,
        meaning="the vendor has no recorder to give right now",
        hint="Try again later, or in another options.agora.region.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        codes=(1005,),
        then=Then.RAISE,
        error=RecordingConflict,
        meaning="the resource id was used already",
        hint="A resource id serves one start: acquire a fresh one.",
        fault="caller",
    ),
    Rule(
        codes=(1028,),
        then=Then.RAISE,
        error=InvalidSpec,
        meaning="the layout is wrong",
        hint="Look at the layout's regions: at most 17, inside the canvas.",
        fault="caller",
    ),
    # What no row above names.
    Rule(
        statuses=(206,),
        then=Then.REPEAT,
        delays=_AFTER_206,
        error=ServiceUnavailable,
        meaning="the answer is incomplete, as when a query overlaps a stop",
        hint="Try again.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        statuses=("5xx",),
        then=Then.REPEAT,
        delays=_AFTER_50X,
        error=ServiceUnavailable,
        meaning="the vendor's service failed",
        hint="Look at the vendor's status page; try again later.",
        fault="vendor",
        retryable=True,
    ),
    Rule(
        statuses=("4xx",),
        then=Then.RAISE,
        error=UnexpectedResponse,
        meaning="a refusal that the vendor's documents don't name",
        hint="Check that no proxy answers in its place; give the request id to the vendor's support.",
    ),
    Rule(
        statuses=(NOT_JSON,),
        then=Then.REPEAT,
        delays=_PAUSES,
        error=UnexpectedResponse,
        meaning="the answer isn't a JSON object",
        hint="Check that base_urls name the vendor's API and that no proxy answers in its place.",
        retryable=True,
    ),
    Rule(
        then=Then.RAISE,
        error=UnexpectedResponse,
        meaning="an answer that the vendor's documents don't name",
        hint="Give the request id to the vendor's support.",
    ),
)
"""What each answer means and what to do about it; the first row that matches decides.

A start is only ever repeated with the same resource id, which the vendor answers with 201 if it runs already:
after 3, 6, 9 s on 50x, after 3, 6 s on 206 (best practices, 2026). What needs a fresh resource id is the
provider's to repeat. Every outcome after which it may run is `StartOutcomeUnknown`; of every other one it doesn't.
"""

_REPORTED = (2, 32, 47, 49, 50, 51, 52, 53, 109, 110, 1028)
"""Of the uploader 32, 47, 51, of the service 50, 52 ("Cloud Recording API callback service", Agora, 2026); the others
are what a recorder can meet after its start was answered."""
ERRORS: Mapping[int, Rule] = MappingProxyType(
    {code: next(rule for rule in RULES if not rule.operations and code in rule.codes) for code in _REPORTED}
)
"""What the error numbers mean that callbacks tell: the rows that hold for every operation."""
