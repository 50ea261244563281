"""What the transport does with each outcome: accept, repeat, move on, raise; and when it gives up."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any

import pytest
from requests import PreparedRequest

from recorder_core.clock import Deadline, deadline_scope
from recorder_core.errors import (
    ConfigurationError,
    DeadlineExceeded,
    InvalidSpec,
    RateLimited,
    RecorderError,
    ServiceUnavailable,
    StartOutcomeUnknown,
    TransportError,
    UnexpectedResponse,
)
from recorder_core.rules import NO_ANSWER, NOT_SENT, Rule, Then
from recorder_core.transport import quote_path

BUSY = Rule(
    statuses=(429,),
    then=Then.REPEAT,
    delays=(1.0, 3.0),
    error=RateLimited,
    meaning="too many calls",
    hint="Call less often.",
    fault="caller",
    retryable=True,
)
ELSEWHERE = Rule(statuses=(NOT_SENT, 503), then=Then.NEXT_HOST, error=ServiceUnavailable)
LOST_START = Rule(
    operations=("start",),
    statuses=(NO_ANSWER,),
    then=Then.REPEAT,
    delays=(3.0,),
    error=StartOutcomeUnknown,
)


def failure(transport: Any, call: Any, **options: Any) -> RecorderError:
    """The error that the call ends in."""
    with pytest.raises(RecorderError) as caught:
        transport.send(call, **options)
    return caught.value


class TestOneAttempt:
    def test_a_call_arrives_as_it_was_made(self, bench: Any, peer: Any) -> None:
        """Method, path, query and JSON body arrive; the answer comes back with its envelope and host."""
        peer.will(peer.answer({"code": 0, "id": "r1"}, headers={"X-Request-Id": "q7"}))
        made = bench.call(path=quote_path("v1", "a/b ?"), query={"Action": "Do it"}, body={"room": "Ünï"})
        answer = bench.transport(peer).send(made)
        received = peer.received[0]
        assert (received.method, received.target) == ("POST", "/v1/a%2Fb%20%3F?Action=Do+it")
        assert received.json == {"room": "Ünï"}
        assert received.headers["Content-Type"] == "application/json"
        assert received.headers["User-Agent"].startswith("recorder-core")
        assert (answer.status, answer.body, answer.base_url) == (200, {"code": 0, "id": "r1"}, peer.url)
        assert (answer.envelope.code, answer.envelope.request_id) == (0, "q7")

    def test_a_call_without_a_body_sends_none(self, bench: Any, peer: Any) -> None:
        """None as the body sends neither a body nor a content type."""
        bench.transport(peer).send(bench.call(method="GET", body=None))
        assert peer.received[0].body == b""
        assert "Content-Type" not in peer.received[0].headers

    def test_further_headers_go_with_every_request(self, bench: Any, peer: Any) -> None:
        """The transport's headers are added to its own."""
        bench.transport(peer, headers={"X-Client": "c1"}).send(bench.call())
        assert peer.received[0].headers["X-Client"] == "c1"

    def test_a_call_has_headers_of_its_own(self, bench: Any, peer: Any) -> None:
        """They go with that call alone, win over the transport's, and may be quoted by the answer: none is secret."""
        transport = bench.transport(peer, headers={"X-Client": "c1", "X-Action": "none"})
        peer.will(peer.answer({"code": 0, "said": "StartTask"}))
        answer = transport.send(bench.call(headers={"X-Action": "StartTask"}))
        transport.send(bench.call())
        assert [(one.headers["X-Client"], one.headers["X-Action"]) for one in peer.received] == [
            ("c1", "StartTask"),
            ("c1", "none"),
        ]
        assert answer.body["said"] == "StartTask"

    @pytest.mark.parametrize(
        ("body", "key"),
        [
            ({"code": 0}, "Data.TaskId"),
            ({"code": 0, "Data": {}}, "Data.TaskId"),
            ({"code": 0, "Data": {"TaskId": ""}}, "Data.TaskId"),
            ({"code": 0, "Data": ["TaskId"]}, "Data.TaskId"),
            ({"code": 0, "Data": {"TaskId": None}}, "Data.TaskId"),
        ],
    )
    def test_an_accepted_answer_without_its_id(self, bench: Any, peer: Any, body: Any, key: str) -> None:
        """Success without the key that it must hold is an error of ours, with status, code and request id."""
        peer.will(peer.answer(body, headers={"X-Request-Id": "q7"}))
        error = failure(bench.transport(peer), bench.call(requires=(key,)))
        assert isinstance(error, UnexpectedResponse)
        assert (error.http_status, error.vendor_code, error.request_id) == (200, 0, "q7")
        assert key in error.message

    @pytest.mark.parametrize(
        ("body", "lacks"), [({"sid": "s"}, False), ({"id": {"of": 7}}, False), ({"id": {}}, True), ({"sid": ""}, True)]
    )
    def test_of_several_keys_one_is_enough(self, bench: Any, peer: Any, body: Any, lacks: bool) -> None:
        """A bar stands between keys of which an accepted answer needs one."""
        peer.will(peer.answer({"code": 0, **body}))
        transport, call = bench.transport(peer), bench.call(requires=("sid|id.of",))
        if lacks:
            assert "sid|id.of" in failure(transport, call).message
        else:
            assert transport.send(call).body == {"code": 0, **body}

    def test_a_start_that_is_accepted_without_its_id_may_run(self, bench: Any, peer: Any) -> None:
        """What the core can't read of a start's success is no failure."""
        peer.will(peer.answer({"code": 0}))
        error = failure(bench.transport(peer), bench.call("begin", starts=True, requires=("tape",)))
        assert isinstance(error, StartOutcomeUnknown)
        assert "tape" in error.message
        assert error.hint

    @pytest.mark.parametrize("status", [303, 304])
    def test_redirects_by_which_a_start_may_have_been_carried_out(self, bench: Any, peer: Any, status: int) -> None:
        """ "See other" and "not modified" aren't followed either, and leave a start in doubt."""
        peer.will(*[peer.answer(b"", status=status, headers={"Location": "/there"})] * 2)
        transport = bench.transport(peer)
        assert isinstance(failure(transport, bench.call("begin", starts=True)), StartOutcomeUnknown)
        assert isinstance(failure(transport, bench.call("begin")), UnexpectedResponse)

    def test_half_a_surrogate_is_no_text(self, bench: Any, peer: Any) -> None:
        """What no file, database or log takes is replaced; a whole pair is the letter that it stands for."""
        peer.will(
            peer.answer(b'{"code": 0, "id": "a\\ud800b", "\\uDFFF": ["\\ud83d\\ude00"], "big": %s}' % (b"9" * 400))
        )
        body = bench.transport(peer).send(bench.call()).body
        assert body == {"code": 0, "id": "a?b", "?": ["😀"], "big": int("9" * 400)}
        assert json.dumps(body, ensure_ascii=False).encode()

    @pytest.mark.parametrize("odd", [[], {}, True, 1.5])
    def test_an_envelope_of_the_wrong_types_holds_nothing(self, bench: Any, peer: Any, odd: object) -> None:
        """A provider that passes on what it is given passes on no list, and no code that is none."""
        peer.will(peer.answer({"code": odd, "message": odd}, status=400))
        error = failure(bench.transport(peer), bench.call())
        assert (error.vendor_code, error.vendor_message) == (None, None)

    def test_zero_and_false_are_not_empty(self, bench: Any, peer: Any) -> None:
        """A required key may hold 0 or false."""
        peer.will(peer.answer({"code": 0, "count": 0, "on": False}))
        assert bench.transport(peer).send(bench.call(requires=("count", "on"))).body["count"] == 0

    def test_an_answer_that_is_not_json(self, bench: Any, peer: Any) -> None:
        """HTML with status 200 is an error that keeps status and request id and quotes the beginning."""
        page = b"<html>Log in to our WLAN</html>"
        for body in (page, b"[1, 2]", b'"text"', b"", b'{"code": 0', b"[" * 100_000):
            peer.will(peer.answer(body, headers={"X-Request-Id": "q7"}))
            error = failure(bench.transport(peer), bench.call())
            assert isinstance(error, UnexpectedResponse)
            assert (error.http_status, error.request_id, error.vendor_code) == (200, "q7", None)
            assert body[:20].decode() in error.message

    def test_a_gateway_page_is_judged_by_its_number(self, bench: Any, peer: Any) -> None:
        """A rule for 503 holds whether or not the gateway wrote JSON."""
        peer.will(peer.answer(b"<h1>Service Unavailable</h1>", status=503))
        assert isinstance(failure(bench.transport(peer, rules=(ELSEWHERE,)), bench.call()), ServiceUnavailable)

    def test_a_redirect_is_not_followed(self, bench: Any, peer: Any) -> None:
        """A redirect is an error that names the host it points to, and nothing else of the address."""
        elsewhere = bench.peer()
        for status in (301, 302, 303, 307, 308):
            location = f"{elsewhere.url}/login?token=abc123"
            peer.will(peer.answer(status=status, headers={"Location": location}))
            error = failure(bench.transport(peer), bench.call())
            assert isinstance(error, UnexpectedResponse)
            assert error.http_status == status
            assert "127.0.0.1" in error.message
            assert "abc123" not in str(error)
        assert elsewhere.received == []

    def test_an_unlisted_answer_keeps_its_body(self, bench: Any, peer: Any) -> None:
        """An answer that no rule knows is quoted, so that a code from nowhere can be looked into."""
        peer.will(peer.answer({"code": 15, "sid": ""}, status=500))
        error = failure(bench.transport(peer), bench.call())
        assert isinstance(error, UnexpectedResponse)
        assert (error.vendor_code, error.http_status) == (15, 500)
        assert '"sid": ""' in error.message

    def test_an_error_carries_everything(self, bench: Any, peer: Any) -> None:
        """Provider, operation, recording, the vendor's words and the rule's advice are all on the error."""
        rule = Rule(
            statuses=(400,),
            codes=(2,),
            then=Then.RAISE,
            error=InvalidSpec,
            meaning="a parameter is wrong",
            hint="Read the message.",
            fault="caller",
        )
        peer.will(peer.answer({"code": 2, "message": "bad fps"}, status=400, headers={"X-Request-Id": "q7"}))
        transport = bench.transport(peer, rules=(rule,))
        error = failure(transport, bench.call("start", recording_id="rec-1"))
        assert isinstance(error, InvalidSpec)
        assert {name: value for name, value in error.fields().items() if name != "problems"} == {
            "message": "a parameter is wrong",
            "provider": "vendor",
            "operation": "start",
            "recording_id": "rec-1",
            "http_status": 400,
            "vendor_code": 2,
            "vendor_message": "bad fps",
            "request_id": "q7",
            "retryable": False,
            "fault": "caller",
            "hint": "Read the message.",
            "intent": None,
            "recording": None,
        }


class TestRepeats:
    def test_the_same_request_goes_again_signed_anew(self, bench: Any, peer: Any) -> None:
        """A repeat sends the same body with a fresh signature."""
        nonces = iter("123")

        def sign(request: PreparedRequest) -> PreparedRequest:
            request.url = f"{request.url}?Nonce={next(nonces)}"
            return request

        peer.will(peer.answer({}, status=429), peer.answer({}, status=429))
        assert bench.transport(peer, rules=(BUSY,), auth=sign).send(bench.call()).status == 200
        assert [request.target for request in peer.received] == ["/do?Nonce=1", "/do?Nonce=2", "/do?Nonce=3"]
        assert {request.body for request in peer.received} == {b'{"a":1}'}

    def test_waits_are_the_rules_with_a_little_jitter(self, bench: Any, peer: Any) -> None:
        """Each wait is the rule's delay, or up to a tenth longer."""
        peer.will(peer.answer({}, status=429), peer.answer({}, status=429))
        bench.transport(peer, rules=(BUSY,)).send(bench.call())
        first, second = bench.clock.slept
        assert 1.0 <= first <= 1.1
        assert 3.0 <= second <= 3.3

    def test_used_up_delays_end_in_the_error_without_a_wait(self, bench: Any, peer: Any) -> None:
        """After as many repeats as delays the rule's error is raised; nobody sleeps after the last try."""
        peer.will(*[peer.answer({"message": "slow down"}, status=429)] * 3)
        error = failure(bench.transport(peer, rules=(BUSY,)), bench.call())
        assert isinstance(error, RateLimited)
        assert (error.retryable, error.fault, error.vendor_message) == (True, "caller", "slow down")
        assert len(peer.received) == 3
        assert len(bench.clock.slept) == 2

    def test_a_longer_retry_after_is_honoured(self, bench: Any, peer: Any) -> None:
        """The vendor's pause counts where it is the longer one."""
        peer.will(
            peer.answer({}, status=429, headers={"Retry-After": "7"}),
            peer.answer({}, status=429, headers={"Retry-After": "2"}),
        )
        bench.transport(peer, rules=(BUSY,)).send(bench.call())
        assert bench.clock.slept[0] == 7.0
        assert bench.clock.slept[1] >= 3.0

    def test_retry_after_may_be_a_date(self, bench: Any, peer: Any) -> None:
        """A date in `Retry-After` is a pause until then."""
        date = email.utils.formatdate(time.time() + 90, usegmt=True)
        peer.will(peer.answer({}, status=429, headers={"Retry-After": date}))
        bench.transport(peer, rules=(BUSY,)).send(bench.call())
        assert 30 < bench.clock.slept[0] <= 90

    @pytest.mark.parametrize("value", ["soon", "", "9" * 5000, "-3", "Mon, 99 Foo 2026"])
    def test_a_senseless_retry_after_is_ignored(self, bench: Any, peer: Any, value: str) -> None:
        """What isn't a pause doesn't disturb the rule's own."""
        peer.will(peer.answer({}, status=429, headers={"Retry-After": value}))
        bench.transport(peer, rules=(BUSY,)).send(bench.call())
        assert bench.clock.slept[0] <= 1.1

    def test_a_very_long_retry_after_is_not_waited_for(self, bench: Any, peer: Any) -> None:
        """An hour's pause is the caller's to decide on: the error comes at once and says how long."""
        peer.will(peer.answer({}, status=429, headers={"Retry-After": "3600"}))
        error = failure(bench.transport(peer, rules=(BUSY,)), bench.call())
        assert isinstance(error, RateLimited)
        assert error.retry_after == 3600
        assert bench.clock.slept == []

    def test_every_attempt_is_observed(self, bench: Any, peer: Any) -> None:
        """Observers are told of each attempt, failed ones included, with what was sent and received."""
        peer.will(peer.answer({"code": 9}, status=429, headers={"X-Request-Id": "q1"}), peer.reset)
        rules = (BUSY, Rule(statuses=(NO_ANSWER,), then=Then.REPEAT, delays=(1,)))
        bench.transport(peer, rules=rules).send(bench.call(recording_id="rec-1"))
        busy, lost, good = bench.exchanges
        assert (busy.attempt, busy.status, busy.vendor_code, busy.request_id) == (1, 429, 9, "q1")
        assert (busy.provider, busy.operation, busy.recording_id) == ("vendor", "query", "rec-1")
        assert (busy.method, busy.url) == ("POST", f"{peer.url}/do")
        assert (busy.request_body, busy.response_body, busy.error) == ({"a": 1}, {"code": 9}, None)
        assert (lost.attempt, lost.status, lost.response_body) == (2, None, None)
        assert lost.error
        assert (good.attempt, good.status, good.response_body) == (3, 200, {"code": 0})
        assert good.duration_s > 0


class TestHosts:
    def test_what_was_not_sent_goes_to_the_next_host_at_once(self, bench: Any, peer: Any) -> None:
        """A dead host is left without a wait, and the answer names the host that gave it."""
        transport = bench.transport(bench.free_url(), peer, rules=(ELSEWHERE,))
        assert transport.send(bench.call("start")).base_url == peer.url
        assert sum(bench.clock.slept) == 0

    def test_hosts_are_tried_in_their_order(self, bench: Any) -> None:
        """First, second, third; the last one's failure is the error."""
        peers = [bench.peer() for _ in range(3)]
        for peer in peers:
            peer.will(peer.answer({}, status=503))
        error = failure(bench.transport(*peers, rules=(ELSEWHERE,)), bench.call())
        assert isinstance(error, ServiceUnavailable)
        assert [len(peer.received) for peer in peers] == [1, 1, 1]
        assert [exchange.url for exchange in bench.exchanges] == [f"{peer.url}/do" for peer in peers]

    def test_delays_come_before_the_next_host(self, bench: Any, peer: Any) -> None:
        """A rule with delays asks the same host again first, and each host anew."""
        other = bench.peer()
        peer.will(*[peer.answer({}, status=503)] * 2)
        other.will(other.answer({}, status=503))
        rule = Rule(statuses=(503,), then=Then.NEXT_HOST, delays=(1.0,), error=ServiceUnavailable)
        assert bench.transport(peer, other, rules=(rule,)).send(bench.call()).base_url == other.url
        assert (len(peer.received), len(other.received)) == (2, 2)

    def test_a_pinned_call_stays(self, bench: Any, peer: Any) -> None:
        """A call that is pinned to a host goes to no other."""
        other = bench.peer()
        other.will(other.answer({}, status=503))
        error = failure(bench.transport(peer, other, rules=(ELSEWHERE,)), bench.call(), base_url=f"{other.url}/")
        assert isinstance(error, ServiceUnavailable)
        assert peer.received == []

    def test_credentials_go_to_no_host_that_the_configuration_does_not_name(self, bench: Any, peer: Any) -> None:
        """A pin from elsewhere is refused before anything is sent; one that is listed isn't."""
        other = bench.peer()
        error = failure(bench.transport(peer), bench.call(recording_id="rec-1"), base_url=other.url)
        assert isinstance(error, ConfigurationError)
        assert (error.recording_id, error.fault) == ("rec-1", "caller")
        assert other.received == []
        assert bench.transport(peer, pins=[other.url]).send(bench.call(), base_url=other.url)

    def test_a_start_in_doubt_moves_to_no_other_host(self, bench: Any, peer: Any) -> None:
        """Once a start was sent and not answered, no other host gets it; no later failure hides the doubt."""
        other = bench.peer()
        peer.will(peer.hang_up, peer.answer({}, status=503))
        error = failure(bench.transport(peer, other, rules=(LOST_START, ELSEWHERE)), bench.call("start"))
        assert isinstance(error, StartOutcomeUnknown)
        assert error.http_status == 503
        assert isinstance(error.__cause__, ServiceUnavailable)
        assert other.received == []

    def test_a_start_in_doubt_that_is_accepted_is_a_success(self, bench: Any, peer: Any) -> None:
        """The repeat's answer settles the doubt."""
        peer.will(peer.hang_up)
        assert bench.transport(peer, rules=(LOST_START,)).send(bench.call("start")).status == 200

    @pytest.mark.parametrize(
        "url",
        [
            "api.example.com",
            "ftp://api.example.com",
            "https://",
            "https://id:pass9@api.example.com",
            "https://api.example.com?key=pass9",
            "https://api.example.com#pass9",
            "file:///etc/passwd",
        ],
    )
    def test_what_is_no_base_url_is_refused(self, bench: Any, url: str) -> None:
        """Scheme and host, nothing secret: anything else is refused when the transport is made."""
        with pytest.raises(ConfigurationError) as caught:
            bench.transport(url)
        assert "pass9" not in str(caught.value)

    def test_no_hosts_are_refused(self, bench: Any) -> None:
        """A transport needs a host."""
        with pytest.raises(ConfigurationError, match="base_urls"):
            bench.transport()


class TestDeadline:
    def test_nothing_is_sent_after_the_deadline(self, bench: Any, peer: Any) -> None:
        """A deadline that has passed costs no request."""
        with deadline_scope(Deadline(bench.clock, 0)):
            error = failure(bench.transport(peer), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert peer.received == []

    def test_no_wait_outlasts_the_deadline(self, bench: Any, peer: Any) -> None:
        """A wait that would end too late isn't begun; the last error is the cause."""
        peer.will(*[peer.answer({"code": 4}, status=429)] * 3)
        with deadline_scope(Deadline(bench.clock, 3)):
            error = failure(bench.transport(peer, rules=(BUSY,)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error.__cause__, RateLimited)
        assert (error.http_status, error.vendor_code, error.hint) == (429, 4, "Call less often.")
        assert "3 s" in error.message
        assert len(peer.received) == 2
        assert len(bench.clock.slept) == 1

    def test_retry_after_beyond_the_deadline_is_not_waited_for(self, bench: Any, peer: Any) -> None:
        """The vendor's pause is held against the deadline like any other."""
        peer.will(peer.answer({}, status=429, headers={"Retry-After": "100"}))
        with deadline_scope(Deadline(bench.clock, 60)):
            error = failure(bench.transport(peer, rules=(BUSY,)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert bench.clock.slept == []

    def test_an_unknown_start_says_more_than_a_deadline(self, bench: Any, peer: Any) -> None:
        """Where bytes of a start were sent, the deadline doesn't hide it."""
        peer.will(peer.hang_up)
        with deadline_scope(Deadline(bench.clock, 2)):
            error = failure(bench.transport(peer, rules=(LOST_START,)), bench.call("start"))
        assert isinstance(error, StartOutcomeUnknown)
        assert bench.clock.slept == []

    def test_a_sleep_that_lasts_too_long_sends_nothing_more(self, bench: Any, peer: Any) -> None:
        """A clock that oversleeps the deadline ends the attempts, with the last error as the cause."""
        peer.will(peer.answer({}, status=429))
        sleep = bench.clock.sleep
        bench.clock.sleep = lambda seconds: sleep(seconds + 100)
        with deadline_scope(Deadline(bench.clock, 60)):
            error = failure(bench.transport(peer, rules=(BUSY,)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error.__cause__, RateLimited)
        assert len(peer.received) == 1

    def test_the_deadline_cuts_the_time_out(self, bench: Any, peer: Any) -> None:
        """A silent host is waited for no longer than the deadline allows, though its time-out is longer."""
        peer.will(peer.stall)
        with deadline_scope(Deadline(bench.clock, 0.2)):
            error = failure(bench.transport(peer, timeout=(30, 30)), bench.call())
        assert isinstance(error, DeadlineExceeded)
        assert isinstance(error.__cause__, TransportError)


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_path_leads_nowhere_else(segment: str) -> None:
    """Segments that would change the path are refused, all others quoted."""
    with pytest.raises(ValueError, match="segment"):
        quote_path("v1", segment)
    assert quote_path("v1", "../x", "%2F", "ü") == "/v1/..%2Fx/%252F/%C3%BC"
