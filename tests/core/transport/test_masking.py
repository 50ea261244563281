"""No secret that a call carries is seen anywhere but on the wire."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import Secret, SecretStr
from requests import PreparedRequest
from requests.auth import HTTPBasicAuth

from recorder_core.errors import RecorderError
from recorder_core.rules import NO_ANSWER, Rule, Then

STORAGE_KEY = 'wJalr/XUtn"FEMI+K7\\MDENGé'
TOKEN = "006abcTOKENdef"
PASSWORD = "c0nsole-passw0rd"
SIGNATURE = "e459994ecbeff12dbe36465ba5a07883"
SECRETS = (STORAGE_KEY, TOKEN, PASSWORD, SIGNATURE)
BODY = {
    "room": "lesson-42",
    "storage": {"accessKey": "AKIAEXAMPLE", "secretKey": SecretStr(STORAGE_KEY)},
    "options": [Secret({"token": TOKEN, "list": [TOKEN, 5, None, True]})],
}


def forms(secret: str) -> set[str]:
    """The ways in which a secret may be written."""
    plain = json.dumps(secret)[1:-1]
    return {
        secret,
        plain,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        plain.replace("/", "\\/"),
        quote(secret, safe=""),
        repr(secret)[1:-1],
        base64.b64encode(f"us:{secret}".encode()).decode(),
    }


def leaks(text: str) -> list[str]:
    """The forms of secrets that a text holds."""
    return [form for secret in SECRETS for form in forms(secret) if form in text]


def sign(request: PreparedRequest) -> PreparedRequest:
    """Sign in the header and in the query."""
    request = HTTPBasicAuth("us", PASSWORD)(request)
    request.url = f"{request.url}?Action=Start&Signature={SIGNATURE}&Version=2.0"
    return request


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that anybody logs."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.util.retry", "requests", "recorder_core"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def shown(error: RecorderError) -> str:
    """Everything that a log, a crash report or another process could see of an error."""
    seen: list[str] = []
    chain: BaseException | None = error
    while chain is not None:
        seen += [str(chain), repr(chain), repr(vars(chain)), repr(pickle.dumps(chain)), repr(chain.args)]
        report = traceback.TracebackException.from_exception(chain, capture_locals=True)
        seen += [str(frame.locals) for frame in report.stack if frame.filename != __file__]
        assert chain.__context__ is None or chain.__suppress_context__
        assert chain.__context__ in (None, chain.__cause__)
        chain = chain.__cause__
    return "\n".join(seen)


def echoing(peer: Any, *, status: int = 200, code: int = 0) -> Any:
    """Answers with all that it was sent, plain, quoted and escaped in different ways."""

    def act(connection: Any) -> bool:
        received = peer.received[-1]
        message = f"got {received.body.decode()} at {received.target} from {received.headers}"
        body = {
            "code": code,
            "message": message,
            "echo": json.loads(received.body),
            STORAGE_KEY: [STORAGE_KEY, quote(STORAGE_KEY, safe="")],
            "basic": received.headers["Authorization"],
            "password": PASSWORD,
        }
        text = json.dumps(body).replace("/", "\\/").replace("+", "\\u002b")
        return bool(peer.answer(text.encode(), status=status)(connection))

    return act


def test_secrets_arrive_on_the_wire(bench: Any, peer: Any) -> None:
    """What is masked everywhere else is sent as it is."""
    bench.transport(peer, auth=sign, masked_query=frozenset({"Signature"})).send(bench.call(body=BODY))
    received = peer.received[0]
    assert received.json["storage"]["secretKey"] == STORAGE_KEY
    assert received.json["options"] == [{"token": TOKEN, "list": [TOKEN, 5, None, True]}]
    assert received.target.endswith(f"Signature={SIGNATURE}&Version=2.0")


def test_an_echo_is_scrubbed(bench: Any, peer: Any, logs: pytest.LogCaptureFixture) -> None:
    """A vendor that sends everything back shows no secret: not in the answer, the exchange or the logs."""
    peer.will(echoing(peer))
    transport = bench.transport(peer, auth=sign, masked_query=frozenset({"Signature"}))
    answer = transport.send(bench.call(body=BODY))
    assert leaks(repr(answer)) == []
    assert leaks(json.dumps(answer.body, ensure_ascii=False)) == []
    assert answer.body["echo"]["room"] == "lesson-42"
    assert leaks(repr(bench.exchanges)) == []
    assert "Action=Start&Signature=**********&Version=2.0" in bench.exchanges[0].url
    assert leaks(logs.text) == []
    assert "Signature=**********" in logs.text
    assert {"recorder_core.transport", "urllib3.connectionpool"} <= {record.name for record in logs.records}


@pytest.mark.parametrize("network", ["refuses", "hangs up", "redirects", "talks nonsense", "no JSON", "unlisted"])
def test_an_error_shows_no_secret(bench: Any, peer: Any, logs: pytest.LogCaptureFixture, network: str) -> None:
    """Whatever goes wrong: message, fields, pickle, cause, a traceback's variables and the logs are clean."""
    page = f"<p>{STORAGE_KEY} {TOKEN} {PASSWORD} {SIGNATURE}</p>".encode()
    script = {
        "refuses": echoing(peer, status=400, code=2),
        "hangs up": peer.hang_up,
        "redirects": peer.answer(status=302, headers={"Location": f"/x?Signature={SIGNATURE}&t={TOKEN}"}),
        "talks nonsense": peer.raw(f"{SIGNATURE} {TOKEN} {STORAGE_KEY}\r\n".encode()),
        "no JSON": peer.answer(page, status=502),
        "unlisted": peer.answer({"sid": STORAGE_KEY, "token": TOKEN}, status=500),
    }[network]
    peer.will(script, script)
    again = Rule(statuses=(NO_ANSWER, 400), then=Then.REPEAT, delays=(1,), error=RecorderError)
    transport = bench.transport(peer, rules=(again,), auth=sign, masked_query=frozenset({"Signature"}))
    with pytest.raises(RecorderError) as caught:
        transport.send(bench.call(body=BODY))
    assert leaks(shown(caught.value)) == []
    assert leaks(repr(bench.exchanges)) == []
    assert leaks(logs.text) == []


def test_no_connection_shows_no_secret(bench: Any, logs: pytest.LogCaptureFixture) -> None:
    """A host that can't be reached leaves the signature out of errors and logs."""
    transport = bench.transport(bench.free_url(), auth=sign, masked_query=frozenset({"Signature"}))
    with pytest.raises(RecorderError) as caught:
        transport.send(bench.call(body=BODY))
    assert leaks(shown(caught.value)) == []
    assert leaks(logs.text) == []
    assert leaks(repr(bench.exchanges)) == []


def test_an_observer_that_raises_shows_no_secret(bench: Any, peer: Any) -> None:
    """Even where the observer breaks its promise, the traceback's variables are clean."""

    def observe(_: object) -> None:
        raise RecorderError("broken observer")

    bench.exchanges = type("Broken", (), {"append": staticmethod(observe)})
    peer.will(echoing(peer))
    transport = bench.transport(peer, auth=sign, masked_query=frozenset({"Signature"}))
    with pytest.raises(RecorderError) as caught:
        transport.send(bench.call(body=BODY))
    assert leaks(shown(caught.value)) == []


def test_ids_survive_short_secrets(bench: Any, peer: Any) -> None:
    """A secret of a few characters isn't cut out of an id that holds it by chance; a very short one never."""
    peer.will(peer.answer({"code": 0, "sid": "ab1001cd", "note": "uid 1001, n 7", "n": 1001, "is": True}))
    body = {"uid": SecretStr("1001"), "n": Secret(7), "flag": Secret(True)}
    answer = bench.transport(peer).send(bench.call(body=body))
    assert answer.body == {
        "code": 0,
        "sid": "ab1001cd",
        "note": "uid **********, n 7",
        "n": "**********",
        "is": True,
    }


@pytest.mark.parametrize("key", ["rtmpUrl", "rtmp\\u0055rl"])
@pytest.mark.parametrize("status", [200, 500])
def test_keys_whose_values_are_secret_are_masked_in_answers(bench: Any, peer: Any, key: str, status: int) -> None:
    """What only the answer knows to be secret: neither answer, error nor exchange shows it, however it is escaped."""
    body = f'{{"code": 0, "outputs": [{{"{key}": "rtmp://cdn/live/k3y", "status": "on"}}]}}'
    peer.will(peer.answer(body.encode(), status=status))
    transport = bench.transport(peer, masked_answers=frozenset({"rtmpUrl"}))
    if status == 200:
        answer = transport.send(bench.call(body=None))
        assert answer.body["outputs"] == [{"rtmpUrl": "**********", "status": "on"}]
    else:
        with pytest.raises(RecorderError) as caught:
            transport.send(bench.call(body=None))
        assert "k3y" not in shown(caught.value)
    assert "k3y" not in repr(bench.exchanges)


@pytest.mark.parametrize("status", [200, 418])
def test_signed_addresses_in_answers_are_masked(
    bench: Any, peer: Any, logs: pytest.LogCaptureFixture, status: int
) -> None:
    """Whoever has one has the file: no observer, log or error shows it. The provider gets what the vendor answered."""
    link = f"https://lessons.example.com/a.mp4?X-Amz-Signature={SIGNATURE}"
    peer.will(peer.answer({"code": 0, "url": link}, status=status), peer.answer({"code": 7, "message": f"no {link}"}))
    transport = bench.transport(peer)
    if status == 200:
        assert transport.send(bench.call()).body["url"] == link
    else:
        with pytest.raises(RecorderError) as quoted:
            transport.send(bench.call())
        assert SIGNATURE not in str(quoted.value) + repr(quoted.value)
    with pytest.raises(RecorderError) as said:
        transport.send(bench.call())
    assert "https://lessons.example.com/a.mp4?X-Amz-Signature=*" in (said.value.vendor_message or "")
    seen = f"{said.value}{said.value!r}{bench.exchanges}{logs.text}"
    assert SIGNATURE not in seen
    assert len(bench.exchanges) == 2


def test_a_timestamp_in_a_header_is_no_secret(bench: Any, peer: Any) -> None:
    """A header of digits that the signature adds isn't searched for in the answer; its other headers are."""

    def sign(request: PreparedRequest) -> PreparedRequest:
        request.headers.update({"X-Timestamp": "1767225600", "X-Api-Key": "k3y-of-the-house"})
        return request

    peer.will(peer.answer({"code": 0, "at": 1767225600, "key": "your k3y-of-the-house"}))
    answer = bench.transport(peer, auth=sign).send(bench.call())
    assert answer.body == {"code": 0, "at": 1767225600, "key": "your **********"}


def test_what_is_no_json_is_refused_by_its_type(bench: Any, peer: Any) -> None:
    """A leaf that JSON has no word for is a mistake of the provider's, named by its type alone."""
    with pytest.raises(TypeError, match="bytes"):
        bench.transport(peer).send(bench.call(body={"x": Secret(b"s3cr3t")}))
    assert peer.received == []
