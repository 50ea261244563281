"""The emulated vendor's gateway over raw HTTP: routes, authentication, limits, and the vendor's own addresses."""

from __future__ import annotations

from typing import Any

import pytest
import requests


def code(answer: requests.Response) -> tuple[int, Any]:
    """HTTP status and vendor code."""
    return answer.status_code, answer.json().get("code")


def test_no_credentials(caller: Any) -> None:
    """Without an Authorization header: 401 and the gateway's message."""
    answer = requests.post(caller.url("/acquire"), json={})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("pair", [("someone", "else"), ("emulated-customer-id", "wrong")])
def test_wrong_credentials(caller: Any, pair: tuple[str, str]) -> None:
    """A pair that isn't the account's: 401 and the gateway's other message."""
    answer = requests.post(caller.url("/acquire"), json={}, auth=pair)
    assert (answer.status_code, answer.json()) == (401, {"message": "Invalid authentication credentials"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/acquire"),
        ("POST", "/Acquire"),
        ("POST", "/resourceid/r/mode/mix"),
        ("POST", "/resourceid/r/sid/s/mode/mix/query"),
        ("POST", "/resourceid/r/sid/s/mode/mix/updatelayout"),
        ("GET", "/resourceid/r/sid/s/mode/mix/stop"),
    ],
)
def test_paths_are_case_sensitive_and_bound_to_their_method(caller: Any, method: str, path: str) -> None:
    """What is no route gets the gateway's 404, before any authentication."""
    answer = requests.request(method, caller.url(path), json={})
    assert (answer.status_code, answer.json()) == (404, {"message": "no Route matched with those values"})


def test_unknown_app(caller: Any) -> None:
    """An App ID that the account doesn't have: 400 by message."""
    answer = caller.session.post(f"{caller.service.base_url}/v1/apps/other/cloud_recording/acquire", json={})
    assert (answer.status_code, answer.json()) == (400, {"message": "appid is invalid"})


@pytest.mark.parametrize(
    ("body", "kind"), [(b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")]
)
def test_body_that_is_no_json_object(caller: Any, body: bytes, kind: str) -> None:
    """Malformed JSON, another JSON value or another content type: code 8."""
    answer = caller.session.post(caller.url("/acquire"), data=body, headers={"Content-Type": kind})
    assert code(answer) == (400, 8)


def test_eleven_calls_in_a_second(serve: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than ten calls of one account in a second, over all methods: 429 by message."""
    service = serve(rate_limits=True)
    monkeypatch.setattr(service.clock, "paced", lambda: 1_800_000_000.0)
    caller = call(service)
    answers = [caller.query() for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert answers[-1].json() == {"message": "API rate limit exceeded"}


def test_every_answer_has_a_request_id(caller: Any) -> None:
    """`X-Request-Id` is on answers and refusals alike, and never twice the same."""
    answers = [caller.acquire(), caller.query(), requests.post(caller.url("/acquire"))]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 3


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_addresses_of_notifications(serve: Any, call: Any, version: str) -> None:
    """Both versions of `ncs/ip` list hosts to whoever has the account's credentials, at the price of a call."""
    service = serve(addresses=["192.0.2.7", "192.0.2.8"])
    url = f"{service.base_url}/{version}/ncs/ip"
    hosts = [{"primaryIP": "192.0.2.7"}, {"primaryIP": "192.0.2.8"}]
    answer = call(service).session.get(url)
    assert (answer.status_code, answer.json()) == (200, {"data": {"service": {"hosts": hosts}}})
    assert requests.get(url).json() == {"message": "Unauthorized"}
    assert call(service).session.post(url, json={}).status_code == 404
    service.fail_next("ncs/ip", "429")
    assert call(service).session.get(url).status_code == 429
    assert service.journal.operations() == 4 * ["ncs/ip"]


def test_addresses_by_default(service: Any, call: Any) -> None:
    """An emulator's notifications come from this machine."""
    answer = call(service).session.get(f"{service.base_url}/v2/ncs/ip").json()
    assert "127.0.0.1" in [host["primaryIP"] for host in answer["data"]["service"]["hosts"]]
