"""What events tell by their details, which of them are one event, and which are nobody's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agora.notified import SENT_AT, SID, bytes_of, event, sample, written
from recorder_agora.rules import ERRORS
from recorder_agora.tables import STATES
from recorder_core import EventKind

# --- what depends on the details ---


@pytest.mark.parametrize("status", list(STATES))
def test_a_told_status_is_that_of_a_query(status: int) -> None:
    """Event 3 has the numbers of `serverResponse.status`."""
    assert event(written(3, {"status": status})).state == STATES[status]


@pytest.mark.parametrize("status", [9, -1, None, "x", []])
def test_an_unknown_status_tells_nothing(status: Any) -> None:
    """The event is there all the same."""
    found = event(written(3, {"status": status}))
    assert (found.kind, found.state, found.reason) == ("status", None, None)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_listed_error_teaches(code: int) -> None:
    """Its meaning, its number, what to check, and whose fault it is, as the table of errors has them."""
    found = event(written(1, {"errorCode": code}))
    assert found.reason == f"{ERRORS[code].meaning} (code {code}). {ERRORS[code].hint}"
    assert found.fault == ERRORS[code].fault
    assert ERRORS[code].hint


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        *((code, "destination") for code in (32, 47)),
        *((code, "vendor") for code in (51, 52)),
        (50, None),
        *((code, "caller") for code in (109, 110)),
    ],
)
def test_whose_fault_an_error_is(code: int, fault: str | None) -> None:
    """The bucket's, the vendor's, or the caller's token. That an upload takes its time is nobody's."""
    assert event(written(1, {"errorCode": code})).fault == fault


@pytest.mark.parametrize("code", [47, 50, 51, 7777, None])
def test_an_error_that_passes_ends_nothing(code: int | None) -> None:
    """An upload that failed is tried again; only what can't be mended is an end."""
    found = event(written(1, {"errorCode": code, "errorLevel": 5}))
    assert (found.state, found.ending) == (None, None)


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        *((code, "idle") for code in (4, 6, 12, 20, "4")),
        *((code, "stopped") for code in (2, 10, 18)),
        *((code, None) for code in (8, 16, 24, -1, None, "x")),
        (0, "fault"),
    ],
)
def test_a_leave_code_is_bits(code: Any, ending: str | None) -> None:
    """Nobody in the room is the reason wherever its bit is set. Why a recorder left by itself isn't told."""
    found = event(written(41, {"leaveCode": code}))
    assert (found.state, found.ending) == ("stopping", ending)
    assert (found.reason is None) == (code in (-1, None, "x"))


@pytest.mark.parametrize(
    ("code", "message", "ending", "fault"),
    [
        (0, "ok", "stopped", None),
        (1, "max_recording_hour", "limit", None),
        (2, "capability_limit", "fault", "caller"),
        (3, "start_engine_failed", "fault", "vendor"),
        (4, "page_load_timeout", "fault", "caller"),
        (5, "access_url_failed", "fault", "caller"),
        (6, "recorder_error", "fault", "vendor"),
        (7, "unlisted", None, None),
    ],
)
def test_why_a_page_stopped(code: int, message: str, ending: str | None, fault: str | None) -> None:
    """By its code; what failed without a file has failed, and what left files uploads them."""
    details = {"code": code, "message": message, "details": "as it was"}
    found = event(written(71, details))
    assert (found.ending, found.fault) == (ending, fault)
    assert found.state == ("failed" if ending == "fault" else "stopping")
    assert (found.reason or "").endswith("in the vendor's words: 'as it was'")
    assert event(written(71, {**details, "fileList": [{"filename": "x.m3u8"}]})).state == "stopping"


@pytest.mark.parametrize(("status", "state"), [(0, "completed"), (None, "completed"), (1, "failed"), ("1", "failed")])
@pytest.mark.parametrize("key", ["exitStatus", "leaveStatus"])
def test_an_exit_is_normal_unless_it_says_otherwise(key: str, status: Any, state: str) -> None:
    """The key had another name on older pages."""
    assert event(written(11, {key: status})).state == state


@pytest.mark.parametrize("progress", [-1, 10_001, "x", None, 1.5, True, 10**400])
def test_a_progress_out_of_range_is_left_out(progress: Any) -> None:
    """It is a part of a whole."""
    assert event(written(33, {"progress": progress})).progress is None


@pytest.mark.parametrize(("told", "uid"), [("0", None), ("", None), (0, None), ("11", "11"), (11, "11"), (None, None)])
def test_nobodys_stream_is_everybodys(told: Any, uid: str | None) -> None:
    """In a composite recording the uid is 0."""
    assert event(written(43, {"streamUid": told, "state": 0})).participant == uid


def test_a_first_slice_has_no_gap() -> None:
    """Both instants are the same where nothing was interrupted."""
    details = {"startUtcMs": 1784110500042, "discontinueUtcMs": 1784110500042, "streamUid": "0"}
    assert event(written(42, details)).reason is None


@pytest.mark.parametrize("number", [30, 40])
def test_an_abnormal_status_is_told(number: int) -> None:
    """0 is normal."""
    assert event(written(number, {"status": 0})).reason is None
    assert "abnormal status 3" in (event(written(number, {"status": 3})).reason or "")


@pytest.mark.parametrize("limit", ["resolution", "WebGL", "bandwidth", "something-else", None])
def test_a_page_beyond_the_browser_is_the_callers_fault(limit: str | None) -> None:
    """Whichever limit it is."""
    found = event(written(72, {"limitType": limit}))
    assert found.fault == "caller"
    assert "the recording ends" in (found.reason or "")


# --- events of nobody ---


@pytest.mark.parametrize("number", [0, 5, 46, 110, 2000, -1])
def test_an_event_that_the_vendor_adds_later_is_unknown(number: int) -> None:
    """It names its recording, has its number and moment, and `raw` has the rest."""
    found = event(written(number, {"msgName": "new", "more": 1}, sequence=7))
    assert (found.kind, found.state, found.sequence) == (EventKind.UNKNOWN, None, 7)
    assert found.native["sid"] == SID
    assert found.raw["payload"]["details"]["more"] == 1
    assert str(number) in (found.reason or "")


@pytest.mark.parametrize("number", [None, "x", [], {}, 1.5, True])
def test_an_event_without_a_number_is_unknown(number: Any) -> None:
    """A type that is no number is no event that has a name here."""
    assert event(written(number)).kind is EventKind.UNKNOWN


def test_events_of_other_products_are_unknown() -> None:
    """The numbers of other services mean other things."""
    found = event(written(31, envelope={"productId": 5}))
    assert (found.kind, found.state) == (EventKind.UNKNOWN, None)
    assert "product 5" in (found.reason or "")


def test_an_event_of_no_recording_is_unknown() -> None:
    """Whom it concerns nobody can tell, so that nobody may be told of an end."""
    found = event(written(11, {"exitStatus": 0}, sid=None))
    assert (found.kind, found.state) == (EventKind.UNKNOWN, None)
    assert "sid" in (found.reason or "")


# --- numbers and lists in other forms ---


@pytest.mark.parametrize("extra", [0, 0.0, 0.75])
def test_a_fraction_of_a_millisecond_is_cut_off(extra: float) -> None:
    """Every instant, that of the delivery included: a true callback isn't refused for how it writes a number."""
    at = SENT_AT * 1000 + extra
    details = {"startUtcMs": at, "discontinueUtcMs": at - 2000, "streamUid": "1001"}
    found = event(written(42, details, sendts=at, envelope={"notifyMs": at}), now=SENT_AT)
    assert found.occurred_at == datetime.fromtimestamp(SENT_AT, UTC)
    assert found.reason == "recorded again after a gap of 2.0 s"
    (file,) = event(written(31, {"fileList": [{"fileName": "a.m3u8", "sliceStartTime": at}]})).files
    assert file.started_at == datetime.fromtimestamp(SENT_AT, UTC)


@pytest.mark.parametrize("uid", ["1001", 1001, 1001.0])
def test_a_uid_in_any_form_is_the_same_uid(uid: Any) -> None:
    """Of the recorder, of a user, of a file, and the next server's."""
    found = event(written(43, {"streamUid": uid, "state": 0}, uid=uid))
    assert (found.participant, found.native["uid"]) == ("1001", "1001")
    (file,) = event(written(31, {"fileList": [{"fileName": "a.m3u8", "uid": uid}]})).files
    assert file.participant == "1001"
    assert "in the room as 1001;" in (event(written(12, {"newUid": uid})).reason or "")


def test_a_list_of_bare_names() -> None:
    """Files without anything else about them are files."""
    found = event(written(31, {"fileList": ["a.m3u8", "", 7, "b.mp4"]}))
    assert [(file.name, file.format) for file in found.files] == [("a.m3u8", "hls"), ("b.mp4", "mp4")]


# --- one event, many deliveries ---


def test_repeats_and_doubles_are_one_event() -> None:
    """A repeat has another notifyMs, the double of a highly available service another noticeId, one after a move
    another uid."""
    plain = written(31)
    repeat = written(31, envelope={"notifyMs": plain["notifyMs"] + 5000})
    double = written(31, uid="1830475926", envelope={"noticeId": "2000017311:90211:1"})
    assert len({event(body).dedup_key for body in (plain, repeat, double)}) == 1


def test_different_events_are_different() -> None:
    """By recording, by type, and by number."""
    bodies = [written(31), written(31, sequence=1), written(32), written(31, sid="another")]
    assert len({event(body).dedup_key for body in bodies}) == 4


@pytest.mark.parametrize("missing", ["sid", "sequence"])
def test_without_a_number_the_notice_tells_repeats(missing: str) -> None:
    """`noticeId`, which is the same in every repeat; without one the body itself."""
    plain = written(40, **{missing: None})
    later = {**plain, "notifyMs": plain["notifyMs"] + 5000}
    other = {**plain, "noticeId": "another"}
    assert event(plain).dedup_key == event(later).dedup_key != event(other).dedup_key
    bare, bare_later = ({**body, "noticeId": None} for body in (plain, later))
    assert event(bare).dedup_key == event(bare_later).dedup_key != event(plain).dedup_key


# --- secrets ---


PUSHED_TO = "rtmps://push.example/live/stream-key-204"


@pytest.mark.parametrize(
    "body",
    [
        sample(100),
        bytes_of(written(1, {"errorMsg": f"no way to {PUSHED_TO}, sorry", "more": [PUSHED_TO, {PUSHED_TO: 1}]})),
        bytes_of(written(46, {"address": PUSHED_TO.replace("rtmps", "RTMP")})),
        bytes_of(written(1, {"errorMsg": PUSHED_TO})).replace(b"rtmps", b"\\u0072tmps"),
        bytes_of(written(1, {"errorMsg": PUSHED_TO})).replace(b"/", b"\\/"),
    ],
)
def test_an_address_to_push_to_is_nowhere(body: bytes) -> None:
    """It has a stream key in it: neither `raw` nor any text shows it, however and wherever the vendor wrote it."""
    found = event(body)
    assert "stream-key-204" not in found.model_dump_json() + repr(found)
    assert "**********" in str(found.raw)


def test_the_vendors_own_words_are_short() -> None:
    """However much it says."""
    assert len(event(written(1, {"errorCode": 1, "errorMsg": "x" * 10_000})).reason or "") < 400
