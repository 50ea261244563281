"""Everything that can go wrong, each with what the vendor said and what to check next.

Whatever class is raised, it carries the same fields, is safe to log (no secret is ever put into one) and
survives pickling with its notes and its cause, so that a worker process can hand it on.
"""

from __future__ import annotations

import pickle
from copyreg import __newobj__  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recorder_core.models.recording import Recording, StartIntent
    from recorder_core.plan import Finding

__all__ = [
    "AuthenticationError",
    "ConfigurationError",
    "DeadlineExceeded",
    "Fault",
    "InvalidSpec",
    "LedgerUnavailable",
    "PermissionDenied",
    "ProviderNotFound",
    "QuotaExceeded",
    "RateLimited",
    "RecorderError",
    "RecordingConflict",
    "RecordingEnded",
    "RecordingFailed",
    "RecordingNotFound",
    "RoomNotReady",
    "ServiceUnavailable",
    "StartOutcomeUnknown",
    "TransportError",
    "UnexpectedResponse",
    "UnsupportedFeature",
    "UnsupportedOperation",
    "UnverifiedWebhookWarning",
    "Vetoed",
    "WebhookRejected",
]

Fault = Literal["caller", "destination", "vendor"]
"""Whose fault it is: the caller's, the destination's (the bucket) or the vendor's."""


class RecorderError(Exception):
    """The base of every error that this library raises.

    Attributes:
        message: what happened, in one sentence.
        provider: name of the provider, such as the one given to `Recorder`.
        operation: the operation that failed: `start`, `status`, `layout`, `stop`, or a vendor call within one.
        recording_id: our id of the recording, where one was concerned.
        http_status: HTTP status of the vendor's last answer.
        vendor_code: the vendor's own code.
        vendor_message: the vendor's own words.
        request_id: the vendor's id of the request; its support asks for it first.
        retryable: whether the same call may succeed later without a change.
        fault: whose fault it is, where that is known.
        hint: what to check next, in plain words.
        intent: on errors of `start` after its first byte was sent: the `StartIntent`, else None.
        recording: on errors of `start(confirm=True)` after the vendor accepted it: the handle, else None.
    """

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        operation: str | None = None,
        recording_id: str | None = None,
        http_status: int | None = None,
        vendor_code: int | str | None = None,
        vendor_message: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        fault: Fault | None = None,
        hint: str | None = None,
        intent: StartIntent | None = None,
        recording: Recording | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.operation = operation
        self.recording_id = recording_id
        self.http_status = http_status
        self.vendor_code = vendor_code
        self.vendor_message = vendor_message
        self.request_id = request_id
        self.retryable = retryable
        self.fault: Fault | None = fault
        self.hint = hint
        self.intent = intent
        self.recording = recording

    def __str__(self) -> str:
        where = " ".join(part for part in (self.provider, self.operation) if part)
        lines = [f"{where}: {self.message}" if where else self.message]
        answer = [
            f"{label} {value}"
            for label, value in (
                ("HTTP", self.http_status),
                ("code", self.vendor_code),
                ("message", self.vendor_message and repr(self.vendor_message)),
                ("request id", self.request_id),
                ("recording", self.recording_id),
            )
            if value not in (None, "")
        ]
        if answer:
            lines.append(f"({', '.join(answer)})")
        if self.hint:
            lines.append(f"Hint: {self.hint}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        nothing = (None, False, ())  # compared by identity: a vendor's code may be 0
        shown = [
            f"{name}={value!r}" for name, value in self.fields().items() if not any(value is blank for blank in nothing)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def fields(self) -> dict[str, Any]:
        """All fields by name, for structured logging."""
        return {name: value for name, value in vars(self).items() if name != "__notes__"}

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        # Without __init__, which a subclass may have given other parameters.
        state, cause = dict(vars(self)), self.__cause__
        notes = [*state.pop("__notes__", ())]
        if cause is not None and _travels(cause):
            state["__cause__"] = cause
        elif cause is not None:
            notes.append(f"Its cause, {type(cause).__module__}.{type(cause).__qualname__}, stayed behind.")
        return __newobj__, (type(self), *self.args), state | ({"__notes__": notes} if notes else {})


def _travels(cause: BaseException) -> bool:
    """Whether a cause arrives in another process, and brings nothing secret there."""
    from pydantic_core import ValidationError  # not at the top: errors are the one thing that needs no other

    if isinstance(cause, RecorderError | ValidationError):
        return isinstance(cause, RecorderError)  # pydantic's keeps the inputs
    try:
        return type(pickle.loads(pickle.dumps(cause))) is type(cause)  # noqa: S301 - what was pickled here
    except Exception:
        return False


class ConfigurationError(RecorderError):
    """The recorder was set up wrongly: a credential, an address, a missing extra, a handle of another account."""


class InvalidSpec(RecorderError):
    """The spec contradicts itself or leaves its ranges. Nothing was sent, unless `vendor_code` says that the vendor
    refused it.

    `problems` holds every problem that was found here as `path: what is wrong`.
    """

    def __init__(self, message: str, *, problems: Sequence[str] = (), **fields: Any) -> None:
        super().__init__(message, **fields)
        self.problems = tuple(problems)


class UnsupportedFeature(RecorderError):
    """The vendor can't do what the spec demands; nothing was sent. `findings` names every such demand."""

    def __init__(self, message: str, *, findings: Sequence[Finding] = (), **fields: Any) -> None:
        super().__init__(message, **fields)
        self.findings = tuple(findings)


class UnsupportedOperation(RecorderError):
    """The vendor has no such operation; nothing was sent."""


class Vetoed(RecorderError):
    """A `recorder_before_start` hook refused the recording; nothing was sent."""


class AuthenticationError(RecorderError):
    """The vendor didn't accept the credentials or the signature."""


class PermissionDenied(RecorderError):
    """The credentials are right, but the account may not do this (service not enabled, overdue)."""


class RecordingNotFound(RecorderError):
    """The vendor knows no such recording."""


class RecordingEnded(RecordingNotFound):
    """The recording has ended, so the operation came too late."""


class RoomNotReady(RecorderError):
    """The vendor has no such room, or nobody is in it; nothing was started. Start again when somebody is there."""


class RecordingFailed(RecorderError):
    """The recording died. `causes` lists what may have killed it, the likeliest first."""

    def __init__(self, message: str, *, causes: Sequence[str] = (), **fields: Any) -> None:
        super().__init__(message, **fields)
        self.causes = tuple(causes)

    def __str__(self) -> str:
        causes = "".join(f"\n  {number}. {cause}" for number, cause in enumerate(self.causes, start=1))
        return super().__str__() + (f"\nLikely causes, likeliest first:{causes}" if causes else "")


class RecordingConflict(RecorderError):
    """Another recording with the same identity runs already, or may; or this one hasn't ended."""


class StartOutcomeUnknown(RecorderError):
    """Bytes of a start were sent and no answer came: it may run. Keep `.intent`."""


class RateLimited(RecorderError):
    """The vendor's rate limit was reached. `retry_after` is in seconds, where the vendor gave one."""

    def __init__(self, message: str, *, retry_after: float | None = None, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.retry_after = retry_after


class QuotaExceeded(RecorderError):
    """The account runs as many recordings as it may."""


class DeadlineExceeded(RecorderError):
    """The operation's deadline passed before it was done."""


class ServiceUnavailable(RecorderError):
    """The vendor's service answered that it can't serve now."""


class TransportError(RecorderError):
    """No answer came from the vendor: DNS, connection, TLS or time-out."""


class LedgerUnavailable(RecorderError):
    """The ledger's database can't be used. Of a start nothing was sent then; what runs goes on."""


class UnexpectedResponse(RecorderError):
    """The vendor's answer isn't what its documents promise: not JSON, or without the id it must carry."""


class WebhookRejected(RecorderError):
    """A callback was forged, stale, too large or not for this endpoint.

    `response_status` is the HTTP status to answer it with: 400 where it can't be read or is another vendor's, 403 where
    it isn't signed, or is forged, stale, or signed by what came with several other bodies, 405 where it is no POST, 413
    where it is too large.
    """

    def __init__(self, message: str, *, response_status: int = 400, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.response_status = response_status


class UnverifiedWebhookWarning(UserWarning):
    """Callbacks arrive and there is no secret to verify them with."""


class ProviderNotFound(RecorderError):
    """No installed provider has that name, or the one that has can't be loaded."""
