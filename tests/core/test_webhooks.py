"""What a provider's callback parser is made from: whatever arrives, it is read within bounds or rejected."""

from __future__ import annotations

import hmac
import json
import math
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from recorder_core import WebhookRejected, WebhookRequest
from recorder_core.webhooks import (
    BODY_LIMIT,
    DEEPEST,
    FIELDS,
    VALUES,
    form,
    json_object,
    plain,
    refuse_stale,
    signed_by,
    verify,
)

OLD, NEW = SecretStr("the-old-secret"), SecretStr("the-new-secret")


def sign(body: bytes, secret: SecretStr) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.digest(secret.get_secret_value().encode(), body, "sha256").hex()


def check(body: bytes, secrets: tuple[SecretStr, ...], signature: str | None) -> None:
    """Verify a body as a provider does."""
    request = WebhookRequest("POST", "/", {}, body)
    verify(request, secrets, lambda secret: sign(body, SecretStr(secret.decode())), signature, where="the header S")


# --- signatures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("used", [OLD, NEW])
def test_any_of_several_secrets_verifies(used: SecretStr) -> None:
    """While one secret is replaced by another, callbacks signed with either are true."""
    check(b"{}", (OLD, NEW), sign(b"{}", used))


@pytest.mark.parametrize(
    "signature",
    [sign(b"{ }", OLD), sign(b"{}", SecretStr("x")), sign(b"{}", OLD)[:-1], sign(b"{}", OLD).upper(), "é", "\ud800"],
    ids=["another body", "another secret", "cut", "capitals", "not ASCII", "half a character"],
)
def test_every_other_signature_is_refused(signature: str) -> None:
    """A signature is right to the last character, or wrong; the error says what to check and shows no secret."""
    with pytest.raises(WebhookRejected, match="forged, or signed with another secret: the header S") as caught:
        check(b"{}", (OLD, NEW), signature)
    assert caught.value.response_status == 403
    assert "the body as it arrived" in caught.value.hint
    assert "the-old-secret" not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("signature", [None, ""])
def test_a_missing_signature_is_refused_by_name(signature: str | None) -> None:
    """The error names the place that is empty."""
    with pytest.raises(WebhookRejected, match="no signature: the header S is missing") as caught:
        check(b"{}", (OLD,), signature)
    assert caught.value.response_status == 403


def test_without_secrets_nothing_is_verified() -> None:
    """What can't be verified isn't refused here: the event is marked later."""
    check(b"{}", (), None)


def test_every_secret_is_tried_whichever_fits() -> None:
    """The time that verifying takes doesn't tell which secret fits: there is no early exit."""
    tried: list[bytes] = []

    def make(secret: bytes) -> str:
        tried.append(secret)
        return "fits"

    assert signed_by((OLD, NEW), make, "fits")
    assert tried == [b"the-old-secret", b"the-new-secret"]


# --- JSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"text"', b"1", b"{", b"{}{}", b"key=value", b"\xff{}", b"\xef\xbb\xbf{}"),
        *(b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": ' + b"9" * 5000 + b"}"),
        *(b'{"a": "\\ud800"}', b'{"\\udc00": 1}', b"[" * 30_000, b'{"a":' * 30_000),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """No other type at the top, no numbers that JSON can't write again, no half characters, no endless nesting."""
    with pytest.raises(WebhookRejected, match="no JSON object in UTF-8") as caught:
        json_object(body)
    assert caught.value.response_status == 400
    assert caught.value.__cause__ is None


def test_the_depth_is_bounded() -> None:
    """As deep as allowed is read, one level more isn't; many brackets side by side aren't depth."""

    def nested(levels: int) -> bytes:
        return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)

    assert json_object(nested(DEEPEST))
    with pytest.raises(WebhookRejected, match=f"deeper than {DEEPEST} levels"):
        json_object(nested(DEEPEST + 1))
    assert len(json_object(json.dumps({"files": [{}] * 500}).encode())["files"]) == 500


def test_the_size_is_bounded() -> None:
    """The largest body is read, one byte more isn't."""
    padding = b" " * (BODY_LIMIT - 2)
    assert json_object(b"{}" + padding) == {}
    with pytest.raises(WebhookRejected, match=f"{BODY_LIMIT} are read") as caught:
        json_object(b"{}" + padding + b" ")
    assert caught.value.response_status == 413


@pytest.mark.parametrize("value", ["0", "{}", "[]", '"a"', '{"a":0}'])
def test_the_number_of_values_is_bounded(value: str) -> None:
    """What a small body can hold of values takes a moment to read; a large body of nothing else took seconds."""

    def filled(count: int) -> bytes:
        return f'{{"a":[{",".join([value] * count)}]}}'.encode()

    brackets = value.count("{") + value.count("[")
    most = (VALUES - 1) // (1 + brackets)
    assert len(json_object(filled(most))["a"]) == most
    with pytest.raises(WebhookRejected, match=f"more than {VALUES} values") as caught:
        json_object(filled(most + 2))
    assert caught.value.response_status == 413


def test_the_vendor_s_words_write_no_line_and_command_no_terminal() -> None:
    """They are cut, and what would end a line, turn its direction or be obeyed is a space."""
    assert plain("one\r\n2027 ERROR forged\x1b[2J\u202e\u2028\ud800", 40) == "one  2027 ERROR forged [2J   "
    assert plain("课堂 👩‍🏫 é", 40) == "课堂 👩‍🏫 é"
    assert (plain("abc", 2), plain(None, 2)) == ("ab", "")


@pytest.mark.parametrize("most", [20, 40, 60, 200])
def test_words_that_quote_a_signed_address(most: int) -> None:
    """What opens it isn't told, wherever the words are cut."""
    words = plain("Put https://us:c2Vjcm@b.s3.amazonaws.com/a.mp4?X-Amz-Signature=V0LXRoYXQtb3BlbnM&n=1 failed", most)
    assert len(words) == min(most, 88)
    assert words.startswith("Put https://us:*****")
    assert not {"c2V", "V0L"} & {words[at : at + 3] for at in range(len(words))}


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, width=32)))
def test_json_objects_are_read_as_they_are(tree: dict[str, Any]) -> None:
    """What an encoder writes comes back, escaped or not; where it holds an infinity it is refused."""
    for ascii_only in (True, False):
        text = json.dumps(tree, ensure_ascii=ascii_only)
        if math.inf in map(abs, filter(lambda value: isinstance(value, float), tree.values())):
            with pytest.raises(WebhookRejected):
                json_object(text.encode())
        else:
            assert json_object(text.encode()) == tree


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\u0d8 1eE-', max_size=60).map(str.encode))
def test_garbage_raises_nothing_else(body: bytes) -> None:
    """Whatever the bytes are, there is an object that can be written again, or `WebhookRejected`."""
    with suppress(WebhookRejected):
        json.dumps(json_object(body), ensure_ascii=False, allow_nan=False).encode()


# --- forms -------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.text(), st.text(), min_size=1, max_size=20))
def test_forms_are_read_as_they_are(fields: dict[str, str]) -> None:
    """What a browser's encoder writes comes back, empty fields too."""
    assert dict(form(urlencode(fields).encode())) == fields


@pytest.mark.parametrize(
    ("body", "why"),
    [
        *((body, "no form in UTF-8") for body in (b"", b"{}", b"null", b"a", b"a&b", b"a=1&", b"&a=1", b"a=%ff")),
        *((body, "no form in UTF-8") for body in (b"a=%ed%a0%80", "a=é".encode(), b"\xff=1")),
        *((body, "a field twice") for body in (b"a=1&a=2", b"a=1&b=2&%61=1")),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, why: str) -> None:
    """Other bodies, halves of characters, and a field of which one reader takes the first and another the last."""
    with pytest.raises(WebhookRejected, match=why) as caught:
        form(body)
    assert caught.value.response_status == 400
    assert caught.value.__cause__ is None


def test_forms_are_bounded() -> None:
    """In bytes and in fields: the largest is read, one more isn't."""
    assert len(form(b"&".join(b"%d=" % number for number in range(FIELDS)))) == FIELDS
    assert form(b"a=" + b"1" * (BODY_LIMIT - 2))["a"].startswith("11")
    for body in (b"&".join(b"%d=" % number for number in range(FIELDS + 1)), b"a=" + b"1" * (BODY_LIMIT - 1)):
        with pytest.raises(WebhookRejected) as caught:
            form(body)
        assert caught.value.response_status == 413


@given(st.binary(max_size=200) | st.text(alphabet="&=%+;ab0fF é\x00", max_size=60).map(str.encode))
def test_garbage_as_a_form_raises_nothing_else(body: bytes) -> None:
    """Whatever the bytes are, there are texts that can be written again, or `WebhookRejected`."""
    with suppress(WebhookRejected):
        assert urlencode(form(body)).encode()


# --- age ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent_at", [700.0, 1000.0, 1300.0])
def test_within_the_window_it_is_accepted(sent_at: float) -> None:
    """The window reaches as far back as into the future, its ends included."""
    refuse_stale(sent_at, 1000.0, 300.0)


@pytest.mark.parametrize(
    ("sent_at", "why"),
    [
        (699.0, "301 s ago; up to 300 s"),
        (1301.0, "301 s in the future"),
        (float("nan"), "up to 300 s"),
        (float("inf"), "in the future"),
        (None, "no time"),
        (10**400, "no time"),
        (-(10**400), "no time"),
    ],
)
def test_outside_of_the_window_it_is_refused(sent_at: float | None, why: str) -> None:
    """A replay comes too late, a wrong clock shows, and a time that is none doesn't pass."""
    with pytest.raises(WebhookRejected, match=why) as caught:
        refuse_stale(sent_at, 1000.0, 300.0)
    assert caught.value.response_status == 403
