"""Signatures of requests and of the recorder's entry, against the vendor's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from datetime import UTC, datetime

import pytest
from requests import PreparedRequest
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.trtc.v20190722.trtc_client import TrtcClient

from recorder_trtc.config import TrtcConfig
from recorder_trtc.emulator.protocol import may_enter
from recorder_trtc.signing import authorization, sign, user_sig

AT = 1_795_300_000


@pytest.mark.parametrize("body", [b"{}", '{"RoomId":"Ünï"}'.encode()])
@pytest.mark.parametrize("host", ["trtc.tencentcloudapi.com", "127.0.0.1:8080"])
def test_a_request_is_signed_as_the_published_client_signs_it(body: bytes, host: str) -> None:
    """The signature of a body equals that of the vendor's SDK for the same second."""
    theirs = TrtcClient(Credential("id", "key"), "ap-singapore")
    request = RequestInternal(host, "POST", "/")
    request.header = {"Content-Type": "application/json", "Host": host, "X-TC-Timestamp": str(AT)}
    request.data = body
    date = f"{datetime.fromtimestamp(AT, UTC):%Y-%m-%d}"
    expected = theirs._get_tc3_signature({}, request, date, "trtc", "key")
    made = authorization("id", "key", host=host, content_type="application/json", body=body, timestamp=AT)
    assert made == (
        f"TC3-HMAC-SHA256 Credential=id/{date}/trtc/tc3_request, SignedHeaders=content-type;host, Signature={expected}"
    )


def test_a_temporary_key_brings_its_token() -> None:
    """A session token goes into X-TC-Token; without one there is no such header."""
    for token, expected in (("TOKEN", "TOKEN"), (None, None)):
        request = PreparedRequest()
        request.prepare(method="POST", url="https://trtc.tencentcloudapi.com/", json={})
        signed = sign(TrtcConfig.placeholder(session_token=token), request)
        assert signed.headers.get("X-TC-Token") == expected
        assert signed.headers["Authorization"].startswith("TC3-HMAC-SHA256 Credential=")


def test_a_user_sig_says_who_may_enter_until_when() -> None:
    """It is zlib in the vendor's base64, has the five members and is signed over the other four, each on a line."""
    config = TrtcConfig.placeholder(app_key="k" * 64, user_sig_lifetime=7200)
    text = user_sig(config, "recorder", datetime.fromtimestamp(AT, UTC)).get_secret_value()
    assert not set(text) & set("+/=")
    packed = text.replace("*", "+").replace("-", "/").replace("_", "=")
    ticket = json.loads(zlib.decompress(base64.b64decode(packed)))
    signature = base64.b64decode(ticket.pop("TLS.sig"))
    assert ticket == {
        "TLS.ver": "2.0",
        "TLS.identifier": "recorder",
        "TLS.sdkappid": config.sdk_app_id,
        "TLS.time": AT,
        "TLS.expire": 7200,
    }
    lines = "".join(f"{name}:{ticket[name]}\n" for name in ("TLS.identifier", "TLS.sdkappid", "TLS.time", "TLS.expire"))
    assert signature == hmac.new(b"k" * 64, lines.encode(), hashlib.sha256).digest()


def test_a_user_sig_lets_in_nobody_else() -> None:
    """The emulator refuses another user, another application, another key, an expired ticket and garbage."""
    config = TrtcConfig.placeholder(app_key="k" * 64, user_sig_lifetime=7200)
    text = user_sig(config, "recorder", datetime.fromtimestamp(AT, UTC)).get_secret_value()
    right = {"user_id": "recorder", "sdk_app_id": config.sdk_app_id, "app_key": "k" * 64, "wall": AT + 7199}
    assert may_enter(text, **right)
    for wrong in ({"user_id": "other"}, {"sdk_app_id": 1}, {"app_key": "x" * 64}, {"wall": AT + 7200}):
        assert not may_enter(text, **{**right, **wrong})
    assert not may_enter("garbage", **right)
