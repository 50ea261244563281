"""The error classes, walked as one."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import pytest

from recorder_core import Finding, Recording, StartIntent, errors
from recorder_core.errors import RecorderError

CLASSES = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, RecorderError) and found.__module__ == errors.__name__
]
PARENTS = {"RecordingEnded": "RecordingNotFound"}

FIELDS: dict[str, Any] = {
    "provider": "memory",
    "operation": "start",
    "recording_id": "r-1",
    "http_status": 503,
    "vendor_code": 62,
    "vendor_message": "failed to acquire resources",
    "request_id": "q-7",
    "retryable": True,
    "fault": "vendor",
    "hint": "Check the region.",
    "intent": StartIntent(
        id="r-1", provider="memory", room="lesson", created_at="2026-08-01T10:00:00Z", noted={"sid": "s-1"}
    ),
    "recording": Recording(id="r-1", provider="memory", room="lesson", started_at="2026-08-01T10:00:00Z"),
}
OWN: dict[str, dict[str, Any]] = {
    "InvalidSpec": {"problems": ("room: is missing",)},
    "UnsupportedFeature": {"findings": (Finding("layout", "unsupported", "no layouts", "leave it out"),)},
    "RecordingFailed": {"causes": ("the storage keys are wrong", "nobody came")},
    "RateLimited": {"retry_after": 2.5},
    "WebhookRejected": {"response_status": 403},
}


def raised(kind: type[RecorderError]) -> RecorderError:
    """An error with every field set and notes, as it is caught."""
    try:
        error = kind("it went wrong", **FIELDS, **OWN.get(kind.__name__, {}))
        error.add_note("first note")
        error.add_note("second note")
        raise error
    except RecorderError as caught:
        return caught


def test_the_classes_are_those_of_the_design() -> None:
    """Every documented class exists, is public, and hangs where the design says; there is no other."""
    names = {kind.__name__ for kind in CLASSES}
    documented = {
        *("RecorderError", "ConfigurationError", "InvalidSpec", "UnsupportedFeature", "UnsupportedOperation"),
        *("Vetoed", "AuthenticationError", "PermissionDenied", "RecordingNotFound", "RecordingEnded"),
        "RoomNotReady",
        *("RecordingFailed", "RecordingConflict", "StartOutcomeUnknown", "RateLimited", "QuotaExceeded"),
        *("DeadlineExceeded", "ServiceUnavailable", "TransportError", "UnexpectedResponse"),
        *("LedgerUnavailable", "WebhookRejected", "ProviderNotFound"),
    }
    assert names == documented
    for kind in CLASSES:
        if kind is not RecorderError:
            assert kind.__base__ is not None
            assert kind.__base__.__name__ == PARENTS.get(kind.__name__, "RecorderError")


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_carries_its_fields(kind: type[RecorderError]) -> None:
    """Every class takes every field and keeps it under its name."""
    error = raised(kind)
    for name, value in {**FIELDS, **OWN.get(kind.__name__, {})}.items():
        assert getattr(error, name) == value
    assert error.fields() == {"message": "it went wrong", **FIELDS, **OWN.get(kind.__name__, {})}


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_without_fields_has_them_all_the_same(kind: type[RecorderError]) -> None:
    """A field that nothing is known of is None (False, empty), so that a handler needs no hasattr."""
    error = kind("it went wrong")
    assert str(error) == error.message == "it went wrong"
    assert error.fields().pop("response_status", 400) == 400  # the answer to a request that can't be read
    assert all(not value for name, value in error.fields().items() if name not in ("message", "response_status"))
    assert set(FIELDS) <= error.fields().keys()


def test_an_intent_is_pickled_without_what_keeps_it() -> None:
    """What makes an intent durable belongs to the process that made it and doesn't travel."""
    intent = FIELDS["intent"].model_copy(deep=True).kept_by(lambda kept: None)
    copy = pickle.loads(pickle.dumps(errors.TransportError("lost", intent=intent)))
    assert copy.intent.model_dump() == intent.model_dump()
    copy.intent.note(sid="s-2")
    assert copy.intent.noted == {"sid": "s-2"}


def test_the_text_says_everything_that_helps() -> None:
    """Where, what, the vendor's code and words, the request id and the hint, each in its place."""
    error = raised(errors.ServiceUnavailable)
    assert str(error) == (
        "memory start: it went wrong\n"
        "(HTTP 503, code 62, message 'failed to acquire resources', request id q-7, recording r-1)\n"
        "Hint: Check the region."
    )


def test_a_code_of_zero_and_an_empty_message_are_shown_rightly() -> None:
    """Code 0 is a code; a vendor that says nothing leaves no quotes behind."""
    assert str(errors.UnexpectedResponse("odd", vendor_code=0)) == "odd\n(code 0)"
    assert str(errors.UnexpectedResponse("odd", vendor_message="", vendor_code=1)).endswith("(code 1)")


def test_the_text_of_a_failed_recording_lists_its_causes() -> None:
    """The likeliest cause comes first and is numbered."""
    text = str(errors.RecordingFailed("it died", causes=["wrong keys", "nobody came"]))
    assert text == "it died\nLikely causes, likeliest first:\n  1. wrong keys\n  2. nobody came"


def test_repr_shows_what_is_set_and_nothing_else() -> None:
    """repr names the class and the fields that hold something."""
    error = errors.RateLimited("slow down", vendor_code=0, retry_after=2.0, retryable=True)
    error.add_note("seen twice")
    assert repr(error) == "RateLimited(message='slow down', vendor_code=0, retryable=True, retry_after=2.0)"
    assert repr(errors.InvalidSpec("odd")) == "InvalidSpec(message='odd')"
